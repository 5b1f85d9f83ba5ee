"""A real PostgreSQL for the tests: one server a session, shared by all workers, and one migrated database a worker,
emptied after each test: a copy of the database for every test would take fifty times as long."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from hypothesis import settings

from bot.storage.database import Database
from bot.storage.embedded import EmbeddedServer
from bot.storage.keys import PersonKeys, made_beside
from bot.storage.master_keys import MasterKeys, new_master_key
from bot.storage.migrations import migrate
from bot.testing.clock import FixedClock

# What a change is judged by is the same every time; at the desk each run looks for new counterexamples. A busy machine is
# no reason to fail: what is tested is what comes out, not its speed.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", derandomize=True, print_blob=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

MASTER_KEY: Final = new_master_key()
os.environ["BOT_MASTER_KEYS"] = MASTER_KEY
_TEMPLATE: Final = "migrated"
_FAST: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
}
_numbers: Final = count(1)

# Whoever is still connected is a leak of the test; triggers and foreign keys are off, as for a replica.
_EMPTY: Final = """
SET session_replication_role = replica;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$
DECLARE
    name regclass;
BEGIN
    FOR name IN SELECT oid FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('DELETE FROM %s', name);
    END LOOP;
END;
$$;
"""


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The URL of the session's server; the last worker to end stops it and removes its data."""
    base = tmp_path_factory.getbasetemp()
    run = base if worker_id == "master" else base.parent
    directory = _reachable(run)
    server = EmbeddedServer(directory, _FAST)
    with _locked(run / "postgres.lock"):
        url = server.start()
        _make_template(url)
    yield url
    with _locked(run / "postgres.lock"):
        server.stop()
        if not (directory / "data" / "postmaster.pid").exists():
            shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def reachable_path() -> Iterator[Path]:
    """A folder that an embedded server may use also where the tests run as root."""
    with tempfile.TemporaryDirectory(prefix="tillwise-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@pytest.fixture
def empty_database_url(postgres: str, worker_id: str) -> Iterator[str]:
    """A database of this test's own, without any table."""
    yield from _copy(postgres, f"test_{worker_id}_{next(_numbers)}", "template0")


@pytest.fixture(scope="session")
def worker_database_url(postgres: str, worker_id: str) -> Iterator[str]:
    """The migrated database of this worker."""
    yield from _copy(postgres, f"test_{worker_id}", _TEMPLATE)


@pytest.fixture
def database_url(worker_database_url: str) -> Iterator[str]:
    """A migrated database without any row. Its numbers go on from test to test, so that nothing can count on them."""
    yield worker_database_url
    with _connected(worker_database_url) as connection:
        connection.execute(_EMPTY)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database of this test's own, opened."""
    async with Database(database_url, keys=await keys_of(database_url)) as opened:
        yield opened


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands still until the test moves it."""
    return FixedClock()


async def keys_of(url: str) -> PersonKeys:
    """The keys of the people in a database of the tests."""
    return PersonKeys(await made_beside(url), MasterKeys([MASTER_KEY]))


def _copy(server: str, name: str, template: str) -> Iterator[str]:
    with _connected(server) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield _at(server, name)
        for made in (name, f"{name}_keys"):
            connection.execute(f"DROP DATABASE IF EXISTS {made} WITH (FORCE)")


def _reachable(run: Path) -> Path:
    """A folder for this run outside pytest's own, which every session of pytest closes to other users anew.

    Run as root, the server is another user.
    """
    return Path(tempfile.gettempdir()) / f"tillwise-{hashlib.sha256(bytes(run)).hexdigest()[:12]}"


def _make_template(server: str) -> None:
    with _connected(server) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_TEMPLATE,)).fetchone():
            return
        connection.execute("CREATE DATABASE being_migrated")
        asyncio.run(migrate(_at(server, "being_migrated")))
        connection.execute(f"ALTER DATABASE being_migrated RENAME TO {_TEMPLATE}")


def _connected(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url, autocommit=True)


def _at(server: str, database: str) -> str:
    return server.replace("/tillwise?", f"/{database}?")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
