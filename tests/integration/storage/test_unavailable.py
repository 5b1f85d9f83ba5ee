"""A database that goes away takes nothing in, says so, and is used again once it is back."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

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


async def test_a_connection_lost_within_a_turn_is_nobodys_fault_and_keeps_nothing(
    database: Database, database_url: str
) -> None:
    storage = PostgresStorage(database, FixedClock(AT), owner="here")
    with pytest.raises(StorageUnavailable):  # noqa: PT012 -- it is raised where the block ends
        async with storage.work() as work:
            conversation = await work.open("telegram:1:1", "telegram", "7")
            assert conversation is not None
            _end_all_connections(database_url)
            await work.commit(conversation, Said(AT, "hello"), ())
    async with storage.work() as work:
        again = await work.open("telegram:1:1", "telegram", "7")
        assert again is not None
        assert again.created
        await work.commit(again, Said(AT, "hello"), ())


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
