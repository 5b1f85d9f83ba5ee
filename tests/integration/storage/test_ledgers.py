"""The ledgers on PostgreSQL: many writers at once, and every way in which somebody with the database's keys may tamper."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import psycopg
import pytest

from bot.conversation.ports import Conversation, UnitOfWork
from bot.ledger.audit import CUSTOMER, audited
from bot.storage.database import Database
from bot.storage.ledgers import Ledgers
from bot.testing.clock import FixedClock
from tests.integration.storage.conftest import World


async def act(work: UnitOfWork, conversation: Conversation, world: World) -> None:
    work.audit(audited("privacy.exported", CUSTOMER, conversation.id, world.clock.now()))


async def acts(world: World, number: int, *, writers: int = 1) -> None:
    async def write(writer: int) -> None:
        for turn in range(number):
            await world.turn(f"{writer}:{turn}", str(writer), change=lambda work, found: act(work, found, world))

    await asyncio.gather(*(write(writer) for writer in range(writers)))


@pytest.fixture
def ledgers(database: Database, clock: FixedClock) -> Ledgers:
    return Ledgers(database, clock)


async def wrong(ledgers: Ledgers, **noted: str) -> list[str]:
    _, _, found = await ledgers.verify("audit", {int(number.strip("n")): value for number, value in noted.items()})
    return [fault.what for fault in found]


async def test_many_writers_and_several_sealers_lose_nothing_and_make_one_chain(
    on_postgres: World, database: Database, clock: FixedClock
) -> None:
    writers, turns, sealers = 24, 8, 3
    done = asyncio.Event()

    async def sealing() -> int:
        own, total = Ledgers(database, clock), 0
        while not done.is_set():
            total += await own.seal()
        return total + await own.seal()

    tasks = [asyncio.create_task(sealing()) for _ in range(sealers)]
    await acts(on_postgres, turns, writers=writers)
    done.set()
    counted = sum(await asyncio.gather(*tasks))
    ledgers = Ledgers(database, clock)
    counted += await ledgers.seal()
    last, waiting, found = await ledgers.verify("audit", {})
    assert (last and last.number, waiting, found) == (writers * turns, 0, [])
    assert counted == writers * turns


async def test_a_record_that_is_committed_behind_later_ones_is_sealed_all_the_same(
    on_postgres: World, ledgers: Ledgers
) -> None:
    await on_postgres.known("slow")
    async with on_postgres.storage.work() as work:
        slow = await work.open("slow", "telegram", "slow")
        assert slow is not None
        await work.consents.latest(slow.id)
        await act(work, slow, on_postgres)
        await acts(on_postgres, 3)
        assert await ledgers.seal() == 3
        await work.commit(slow, on_postgres.said(), ())
    assert await ledgers.seal() == 1
    assert await wrong(ledgers) == []


async def test_a_turn_does_not_wait_for_whoever_seals(on_postgres: World, database: Database, ledgers: Ledgers) -> None:
    async with database.transaction() as sealer:
        await sealer.execute("SELECT pg_advisory_xact_lock($1)", 0x6175646974)
        await asyncio.wait_for(acts(on_postgres, 2), 20)
        assert await ledgers.seal() == 0
    assert await ledgers.seal() == 2


async def test_within_a_conversation_the_chain_keeps_the_order_of_its_turns(
    on_postgres: World, database: Database, ledgers: Ledgers
) -> None:
    await acts(on_postgres, 6, writers=5)
    await ledgers.seal()
    rows = await database.pool.fetch("SELECT subject, sequence FROM seal JOIN audit ON record = id ORDER BY number")
    for subject in {row["subject"] for row in rows}:
        own = [row["sequence"] for row in rows if row["subject"] == subject]
        assert own == sorted(own)


async def test_what_is_rolled_back_leaves_no_act_and_no_gap(on_postgres: World, ledgers: Ledgers) -> None:
    async def fail(work: UnitOfWork, conversation: Conversation) -> None:
        await act(work, conversation, on_postgres)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await on_postgres.turn("1", "42", change=fail)
    await acts(on_postgres, 2)
    await ledgers.seal()
    last, _, found = await ledgers.verify("audit", {})
    assert (last and last.number, found) == (2, [])


@pytest.mark.parametrize("table", ["audit", "seal", "consent"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_the_database_itself_refuses_to_change_a_ledger(database: Database, table: str, statement: str) -> None:
    column = {"audit": "id", "seal": "record", "consent": "record_id"}[table]
    with pytest.raises(Exception, match="never changed or removed"):
        await database.pool.execute(statement.format(table, column, column))


TAMPERING = {
    "change": ("UPDATE audit SET at = at + interval '1 day' WHERE sequence = {third}", "the record was changed"),
    "details": ("UPDATE audit SET details = '{{\"x\": 1}}' WHERE sequence = {third}", "the record was changed"),
    "place": ("UPDATE audit SET sequence = sequence + 1000 WHERE sequence = {third}", "the record was changed"),
    "removal": ("DELETE FROM audit WHERE sequence = {third}", "the record was removed"),
    "removal with the seal": (
        (
            "DELETE FROM seal WHERE record = (SELECT id FROM audit WHERE sequence = {third});"
            " DELETE FROM audit WHERE sequence = {third}"
        ),
        "it does not follow from the seal before it",
    ),
    "insertion": (
        (
            "INSERT INTO audit (id, name, actor, subject, at, details)"
            " VALUES ('forged', 'privacy.erased', 'customer', 1, now(), '{{}}')"
        ),
        "the record was never sealed: it was put in past the program",
    ),
    "order": (
        (
            "UPDATE seal SET number = -number WHERE number IN (3, 4);"
            " UPDATE seal SET number = 7 + number WHERE number IN (-3, -4)"
        ),
        "the seal was changed",
    ),
    "seal": ("UPDATE seal SET hash = previous WHERE number = 3", "the seal was changed"),
}


@pytest.mark.parametrize("how", [*TAMPERING])
async def test_tampering_with_triggers_disabled_shows(
    how: str, on_postgres: World, ledgers: Ledgers, database: Database, database_url: str
) -> None:
    await acts(on_postgres, 6)
    await ledgers.seal()
    assert await wrong(ledgers) == []
    third = await database.pool.fetchval("SELECT sequence FROM audit JOIN seal ON record = id WHERE number = 3")
    statement, shows = TAMPERING[how]
    with psycopg.connect(database_url, autocommit=True) as forger:
        forger.execute("SET session_replication_role = replica")
        forger.execute(statement.format(third=third).encode())
    assert shows in await wrong(ledgers)


async def test_the_end_cut_off_shows_to_who_has_noted_it_and_the_audit_has_noted_the_consents(
    on_postgres: World, ledgers: Ledgers, database_url: str
) -> None:
    await acts(on_postgres, 4)
    last = (await ledgers.anchor())["audit"]
    assert last.number == 4
    await ledgers.seal()
    with psycopg.connect(database_url, autocommit=True) as forger:
        forger.execute("SET session_replication_role = replica")
        forger.execute("DELETE FROM audit WHERE id IN (SELECT record FROM seal WHERE number >= 4)")
        forger.execute("DELETE FROM seal WHERE number >= 4")
    assert await wrong(ledgers) == []
    assert await wrong(ledgers, n4=last.hash) == ["the ledger ends at seal 3; this seal was noted and is gone"]


async def command(url: str, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and complaints of a command on the database."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, env={**os.environ, "BOT_DATABASE_URL": url}, stdout=-1, stderr=-1
    )
    out, complaint = await process.communicate()
    return process.returncode or 0, out.decode(), complaint.decode()


async def test_the_command_proves_a_ledger_and_says_what_is_wrong_with_one(
    on_postgres: World, database_url: str
) -> None:
    await acts(on_postgres, 3)
    code, out, _ = await command(database_url, "audit", "verify", "--json")
    told = json.loads(out)
    assert (code, told["whole"], told["last"]["number"], told["waiting"]) == (0, True, 3, 0)
    with psycopg.connect(database_url, autocommit=True) as forger:
        forger.execute("SET session_replication_role = replica")
        forger.execute("UPDATE audit SET actor = 'system'")
    noted = f"{told['last']['number']}:{told['last']['hash']}"
    code, out, _ = await command(database_url, "audit", "verify", "--noted", noted)
    assert (code, out.count("the record was changed"), "not the one" in out) == (1, 3, False)
    code, out, _ = await command(database_url, "consents", "verify")
    assert (code, "0 faults" in out) == (0, True)
    code, _, complaint = await command(database_url, "audit", "verify", "--noted", "soon")
    assert (code, complaint.count("\n")) == (2, 1)
