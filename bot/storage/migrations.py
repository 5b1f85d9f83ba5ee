"""The schema, brought up to date by Alembic: at the command `migrate`, and at every start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from bot import resources
from bot.storage.keys import PersonKeys
from bot.storage.urls import engine_url, unreachable

_LOCK: Final = 0x6D696772617465  # "migrate": one process at a time


async def migrate(url: str, revision: str = "head", keys: PersonKeys | None = None) -> None:
    """Bring the schema to `revision` in one transaction, or `base` for none at all; others that start meanwhile wait.

    `keys` seal what an older version has kept in clear; a database without people needs none. Raises `SettingsError` when
    the database cannot be reached, or has people and no keys are given.
    """
    async with _transaction(url) as connection:
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        await connection.run_sync(_run, revision, keys)


async def at_head(url: str) -> bool:
    """Whether the schema is the one this program was written for. Raises `SettingsError`."""
    async with _transaction(url) as connection:
        return await connection.run_sync(_at_head)


def ours(_item: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Whether Alembic is to compare a table: procrastinate's are its own."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


@asynccontextmanager
async def _transaction(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(engine_url(url), poolclass=NullPool)
    try:
        connection = await engine.connect()
    except (OSError, TimeoutError, DBAPIError) as error:
        raise unreachable(error) from None
    try:
        async with connection.begin():
            yield connection
    finally:
        await connection.close()
        await engine.dispose()


def _run(connection: Connection, revision: str, keys: PersonKeys | None) -> None:
    config = _config()
    config.attributes["keys"] = keys
    config.attributes["connection"] = connection
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


def _at_head(connection: Connection) -> bool:
    heads = ScriptDirectory.from_config(_config()).get_heads()
    return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.migrations()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
