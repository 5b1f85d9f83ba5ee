"""A database that has been away is used again once it is back."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from bot.conversation.ports import StorageUnavailable
from bot.dialogs.events import Said
from bot.storage.database import Database
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _end_all_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_connections_lost_between_turns_are_made_anew(database: Database, database_url: str) -> None:
    storage = PostgresStorage(database, FixedClock(AT), owner="here")
    async with storage.work() as work:
        conversation = await work.open("telegram:1:1", "telegram", "7")
        assert conversation is not None
        await work.commit(conversation, Said(AT, "hello"), ())
    _end_all_connections(database_url)
    attempts = 0
    while attempts < 3:  # a connection of the pool may only be found lost when it is used
        attempts += 1
        try:
            async with storage.work() as work:
                assert await work.open("telegram:1:1", "telegram", "7") is None
            break
        except StorageUnavailable:
            continue
    assert attempts < 3
