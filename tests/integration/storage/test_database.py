from __future__ import annotations

import asyncio

import orjson
import pytest
from procrastinate import App, PsycopgConnector
from sqlmodel import select

from bot.conversation.ports import Conversation, Failure, Job, StorageUnavailable, UnitOfWork
from bot.core.errors import SettingsError
from bot.storage.database import Database
from bot.storage.failures import PostgresFailures
from bot.storage.rows import ConversationRow, FailureRow
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock
from tests.conftest import keys_of
from tests.integration.storage.conftest import World


@pytest.mark.parametrize("url", ["", "not a url", "mysql://user@host/db", "sqlite:///file"])
async def test_a_database_url_that_is_not_postgresql_s_ends_the_start_with_one_sentence(url: str) -> None:
    with pytest.raises(SettingsError, match="BOT_DATABASE_URL"):
        await Database(url).open()


async def test_a_database_that_cannot_be_reached_ends_the_start_without_telling_the_password() -> None:
    with pytest.raises(SettingsError, match="BOT_DATABASE_URL") as error:
        await Database("postgresql://user:hunter2@127.0.0.1:1/none").open()
    assert "hunter2" not in str(error.value)


async def test_a_database_that_does_not_exist_ends_the_start_with_one_sentence(postgres: str) -> None:
    with pytest.raises(SettingsError, match="cannot be reached"):
        await Database(postgres.replace("/tillwise?", "/nowhere?")).open()


async def test_a_database_that_is_not_open_says_so() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        _ = Database("postgresql://host/db").pool


async def test_cold_reads_go_through_sqlmodel_sessions_over_the_same_rows(
    on_postgres: World, database: Database
) -> None:
    known = await on_postgres.known("42")
    async with database.sessions() as session:
        row = (await session.exec(select(ConversationRow))).one()
    assert (row.id, row.role, row.reachable) == (known.id, "customer", True)


async def test_a_failure_is_kept_for_staff(database: Database, clock: FixedClock) -> None:
    failure = Failure(clock.now(), "turn", "ZeroDivisionError", 42, {"flow": "preapply"})
    await PostgresFailures(database).record(failure)
    async with database.sessions() as session:
        row = (await session.exec(select(FailureRow))).one()
    kept = Failure(row.at, row.where, row.error, row.conversation_id, row.details)
    assert kept == failure


async def test_a_job_taken_in_a_turn_is_run_by_procrastinate_s_worker(on_postgres: World, database_url: str) -> None:
    app = App(connector=PsycopgConnector(conninfo=database_url, json_loads=orjson.loads))
    ran: list[tuple[int, str]] = []

    @app.task(name="remind")
    async def remind(conversation: int, why: str) -> None:
        ran.append((conversation, why))

    async def defer(work: UnitOfWork, _: Conversation) -> None:
        work.defer(Job("remind", {"conversation": 5, "why": "未完成"}, lock="conversation:5", once="remind:5"))

    await on_postgres.turn("1", "42", change=defer)
    async with app.open_async():
        await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)
    assert ran == [(5, "未完成")]
    assert await on_postgres.waiting_jobs() == []


async def test_a_connection_lost_in_the_middle_of_a_turn_changes_nothing_and_the_pool_recovers(
    on_postgres: World, database: Database
) -> None:
    async def cut(work: UnitOfWork, conversation: Conversation) -> None:
        await work.track(conversation.id, "arrived", {}, on_postgres.clock.now())
        holders = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        await database.pool.execute(holders)

    with pytest.raises(StorageUnavailable):
        await on_postgres.turn("1", "42", change=cut)
    assert await on_postgres.milestones() == []
    assert await on_postgres.turn("1", "42") == ()


async def test_more_turns_than_connections_wait_for_one_another(database_url: str, clock: FixedClock) -> None:
    async with Database(database_url, size=2, keys=await keys_of(database_url)) as small:
        storage = PostgresStorage(small, clock, owner="one")

        async def turn(number: int) -> None:
            async with storage.work() as work:
                assert await work.open(str(number), "telegram", str(number)) is not None

        await asyncio.wait_for(asyncio.gather(*(turn(number) for number in range(20))), 20)
