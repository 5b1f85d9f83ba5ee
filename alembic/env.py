"""Runs migrations on the connection that the program passes, or else on the database of BOT_DATABASE_URL."""

from __future__ import annotations

import asyncio
import os

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from bot.core.errors import SettingsError
from bot.storage.migrations import ours
from bot.storage.rows import METADATA
from bot.storage.urls import engine_url


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=METADATA, include_object=ours, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


async def run_on_configured() -> None:
    url = os.environ.get("BOT_DATABASE_URL")
    if not url:
        raise SettingsError("BOT_DATABASE_URL must name the database to migrate")
    engine = create_async_engine(engine_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


if (passed := context.config.attributes.get("connection")) is not None:
    run(passed)
else:
    asyncio.run(run_on_configured())
