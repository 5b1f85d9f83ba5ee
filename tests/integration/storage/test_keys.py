"""The keys of people on PostgreSQL: a dump tells nothing, an erasure reaches backups, master keys are rotated."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from bot.conversation.ports import Conversation, StoredAssessment, UnitOfWork
from bot.core.errors import SettingsError
from bot.dialogs.events import Said
from bot.dialogs.state import State
from bot.handoff.records import Lead
from bot.storage.database import Database
from bot.storage.envelope import Broken, Forgotten
from bot.storage.keys import PersonKeys, made_beside
from bot.storage.master_keys import MasterKeys, new_master_key
from bot.storage.migrations import migrate
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock
from tests.conftest import MASTER_KEY, keys_of
from tests.integration.storage.conftest import World, message_to
from tests.integration.storage.test_records import application

CANARY = "13912345678"
SECRETS = {"phone": CANARY, "contact_name": "欧阳静"}


def dumped(url: str) -> str:
    """Every value of every table, bytes as text and as base64 too."""
    found: list[str] = []
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT relid::regclass::text FROM pg_stat_user_tables").fetchall()
        for (table,) in tables:
            for row in connection.execute(f"SELECT * FROM {table}").fetchall():  # noqa: S608 -- the catalogue names it
                for value in row:
                    if isinstance(value, bytes):
                        found.append(value.decode("utf-8", "replace"))
                    found.append(str(value))
    return "\n".join(found)


def shows(dump: str, word: str) -> bool:
    encoded = base64.b64encode(word.encode()).decode().rstrip("=")
    return word in dump or encoded in dump


async def tell(world: World, address: str, word: str) -> Conversation:
    """A turn in which somebody tells something, and is told it."""
    await world.turn(
        f"told:{uuid4()}",
        address,
        state=State(known={"phone": word}),
        event=Said(world.clock.now(), word),
        texts=(word,),
    )
    return await world.look(address)


async def test_answers_of_applications_results_and_leads_lie_sealed_and_what_the_lender_has_outlives_an_erasure(
    on_postgres: World, database: Database
) -> None:
    answers = {"contact_name": "欧阳静", "phone": CANARY}

    async def apply(work: UnitOfWork, found: Conversation) -> None:
        for number, reference in (("a1", "R-1"), ("a2", None)):
            await work.applications.add(
                application(on_postgres, found.id, number, answers=answers, reference=reference)
            )
        await work.assessments.add(
            StoredAssessment("e1", found.id, "harvest", 1, "meets", {}, answers, on_postgres.clock.now())
        )
        await work.leads.add(Lead(0, found.id, "asked", "requested", answers, on_postgres.clock.now()))

    await on_postgres.turn("applied", "42", change=apply)
    assert not any(shows(dumped(database.url), word) for word in answers.values())
    conversation = await on_postgres.look("42")
    assert (await on_postgres.read(lambda work: work.applications.get("a2"))).answers == answers
    assert (await on_postgres.read(lambda work: work.leads.open_of(conversation.id))).facts == answers
    await erase(on_postgres, "42")
    await carry_out(on_postgres, database)
    kept = await on_postgres.read(lambda work: work.applications.of_conversation(conversation.id))
    assert [(one.id, one.answers) for one in kept] == [("a1", answers)]
    assert (await on_postgres.read(lambda work: work.leads.open_of(conversation.id))).facts == {}


async def erase(world: World, address: str) -> None:
    async def erasing(work: UnitOfWork, conversation: Conversation) -> None:
        await work.erase(conversation.id, world.clock.now())

    await world.turn(f"erase:{address}", address, change=erasing, state=State())


async def carry_out(world: World, database: Database) -> None:
    """What the worker does with what an erasure leaves."""
    for job in await world.waiting_jobs():
        if job.task == "destroy-keys":
            await database.keys.destroy(bytes.fromhex(key) for key in job.payload["keys"])


async def test_nothing_that_was_said_shown_or_kept_lies_in_clear(on_postgres: World, database: Database) -> None:
    conversation = await tell(on_postgres, "700000000042", CANARY)
    assert conversation.state.known["phone"] == CANARY
    dump = dumped(database.url) + dumped(database.keys.url)
    assert not shows(dump, CANARY)
    assert not shows(dump, "700000000042")
    assert "telegram" in dump


async def test_a_person_is_found_again_by_the_keyed_hash_alone(on_postgres: World) -> None:
    first, other = await tell(on_postgres, "42", "one"), await tell(on_postgres, "43", "two")
    assert (await on_postgres.look("42")).id == first.id != other.id


@asynccontextmanager
async def restored(database: Database) -> AsyncIterator[str]:
    """A copy of the main database as it is now; the server copies only what nobody is connected to."""
    parsed = make_url(database.url)
    name, copy = parsed.database, f"{parsed.database}_copy"
    await database.close()
    server = parsed.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {copy} TEMPLATE {name}")
        await database.open()
        try:
            yield parsed.set(database=copy).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {copy} WITH (FORCE)")


async def test_a_backup_from_before_an_erasure_cannot_read_the_person_and_can_read_others(
    on_postgres: World, database: Database, clock: FixedClock
) -> None:
    gone, stays = await tell(on_postgres, "42", CANARY), await tell(on_postgres, "43", "留下的话")
    async with restored(database) as backup:
        await erase(on_postgres, "42")
        await carry_out(on_postgres, database)
        keys = PersonKeys(database.keys.url, MasterKeys([MASTER_KEY]))
        async with Database(backup, keys=keys) as copy:
            storage = PostgresStorage(copy, clock, owner="restored")
            async with storage.work() as work:
                assert await work.look(gone.id) is None
                assert await work.transcript(gone.id, 10) == ()
                assert await work.shown(gone.id, "slot0") is None
                found = await work.open("again", "telegram", "42")
                assert found is not None
                assert (found.id, found.state) == (gone.id, State())
            async with storage.work() as work:
                kept = await work.look(stays.id)
                assert kept is not None
                assert kept.state.known["phone"] == "留下的话"
                assert [line.text for line in await work.transcript(stays.id, 10)] == ["留下的话", "留下的话"]


async def test_an_erasure_reaches_copies_in_a_manager_s_chat(
    on_postgres: World, database: Database, clock: FixedClock
) -> None:
    customer, manager = await tell(on_postgres, "42", "hello"), await tell(on_postgres, "7", "here")

    async def tell_manager(work: UnitOfWork, _: Conversation) -> None:
        work.send(replace(message_to(manager, CANARY, slot="lead1"), subject=customer.id))

    await on_postgres.turn("lead", "42", change=tell_manager)
    assert [one.message.html for one in await on_postgres.outbox.unsent(manager.id)] == ["here", CANARY]
    await erase(on_postgres, "42")
    assert [one.message.html for one in await on_postgres.outbox.unsent(manager.id)] == ["here"]
    assert CANARY not in {line.text for line in await on_postgres.read(lambda work: work.transcript(manager.id, 9))}


async def test_a_message_whose_person_is_gone_is_given_up(on_postgres: World, database: Database) -> None:
    conversation = await tell(on_postgres, "42", CANARY)
    key = await database.pool.fetchval("SELECT key FROM conversation WHERE id = $1", conversation.id)
    await database.keys.destroy([key])
    assert await on_postgres.outbox.unsent(conversation.id) == ()
    assert await database.pool.fetchval("SELECT failure FROM outbox") == "erased"


async def test_a_value_that_was_put_into_another_row_does_not_open(on_postgres: World, database: Database) -> None:
    one, other = await tell(on_postgres, "42", CANARY), await tell(on_postgres, "43", "other")
    await database.pool.execute(
        "UPDATE conversation SET (key, state) = (SELECT key, state FROM conversation WHERE id = $1) WHERE id = $2",
        one.id,
        other.id,
    )
    with pytest.raises(Broken):
        await on_postgres.look("43")


async def test_master_keys_are_rotated_and_the_former_left_out(on_postgres: World, database: Database) -> None:
    await tell(on_postgres, "42", CANARY)
    new = new_master_key()
    both = PersonKeys(database.keys.url, MasterKeys([new, MASTER_KEY]))
    await both.open()
    key_id = await database.pool.fetchval("SELECT key FROM conversation")
    try:
        assert await both.rotate() >= 2
        assert await both.rotate() == 0
        alone = PersonKeys(database.keys.url, MasterKeys([new]))
        await alone.open()
        assert await alone.get(key_id) is not None
        assert alone.hashed("address", "x") == database.keys.hashed("address", "x")
        await alone.close()
        with pytest.raises(SettingsError, match="BOT_MASTER_KEYS lacks"):
            await PersonKeys(database.keys.url, MasterKeys([MASTER_KEY])).open()
    finally:
        back = PersonKeys(database.keys.url, MasterKeys([MASTER_KEY, new]))
        await back.open()
        await back.rotate()
        await back.close()
        await both.close()


async def test_every_process_forgets_a_key_that_one_has_destroyed(database: Database) -> None:
    key = await database.keys.make()
    other = PersonKeys(database.keys.url, MasterKeys([MASTER_KEY]))
    await other.open()
    watching = asyncio.create_task(other.watch())
    try:
        async with asyncio.timeout(20):
            while not await database.keys.pool.fetchval(  # noqa: ASYNC110 -- another connection listens
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
            ):
                await asyncio.sleep(0.01)
            assert await other.get(key.id) is not None
            await database.keys.destroy([key.id])
            while await other.get(key.id) is not None:  # noqa: ASYNC110 -- it is told
                await asyncio.sleep(0.01)
    finally:
        watching.cancel()
        await other.close()


async def test_a_process_keeps_a_bounded_number_of_keys(database: Database) -> None:
    small = PersonKeys(database.keys.url, MasterKeys([MASTER_KEY]), cached=2)
    await small.open()
    made = [await small.make() for _ in range(5)]
    assert [(await small.get(key.id)) is not None for key in made] == [True] * 5
    assert len(small._cache) == 2
    await small.close()


async def test_what_an_older_version_has_kept_in_clear_is_sealed_by_the_migration(
    empty_database_url: str, clock: FixedClock
) -> None:
    await migrate(empty_database_url, "0012")
    with psycopg.connect(empty_database_url, autocommit=True) as old:
        old.execute(
            "INSERT INTO conversation (channel, address, role, state, reachable, created_at, updated_at)"
            """ VALUES ('telegram', '700000000042', 'customer', '{"known": {"phone": "13912345678"}}', true, now(), now())"""
        )
        old.execute(
            "INSERT INTO inbox (key, conversation_id, event, trace, at) SELECT 'k', id,"
            """ '{"type": "Said", "at": {"$time": "2026-01-01T00:00:00+00:00"}, "text": "13912345678"}', '[]', now()"""
            " FROM conversation"
        )
        old.execute(
            "INSERT INTO outbox (conversation_id, channel, address, slot, html, payload, priority, edit, owner, created_at,"
            " lease_until) SELECT id, channel, address, 'prompt', '13912345678', '{\"author\": \"bot\"}', 0, false, 'one',"
            " now(), now() FROM conversation"
        )
    with pytest.raises(SettingsError, match="has to be sealed"):
        await migrate(empty_database_url)
    keys = await keys_of(empty_database_url)
    await keys.open()
    await migrate(empty_database_url, keys=keys)
    await keys.close()
    assert not shows(dumped(empty_database_url), CANARY)
    assert not shows(dumped(empty_database_url), "700000000042")
    async with (
        Database(empty_database_url, keys=keys) as database,
        PostgresStorage(database, clock, owner="one").work() as work,
    ):
        found = await work.open("new", "telegram", "700000000042")
        assert found is not None
        assert found.state.known == {"phone": CANARY}
        assert {line.text for line in await work.transcript(found.id, 9)} == {CANARY}


async def test_what_is_sealed_for_somebody_erased_is_told_as_forgotten(on_postgres: World, database: Database) -> None:
    conversation = await tell(on_postgres, "42", CANARY)
    key = await database.pool.fetchval("SELECT key FROM conversation WHERE id = $1", conversation.id)

    async def too_late(work: Any, _: Conversation) -> None:
        work.send(replace(message_to(manager, "about", slot="lead1"), subject=conversation.id))

    manager = await tell(on_postgres, "7", "here")
    await database.keys.destroy([key])
    with pytest.raises(Forgotten):
        await on_postgres.turn("late", "7", change=too_late)


async def test_the_keys_database_is_made_beside_the_main_one(empty_database_url: str) -> None:
    assert await made_beside(empty_database_url) == await made_beside(empty_database_url)
