"""Keyed hashes and screenings on PostgreSQL: compared between accounts, never in clear, gone with time, with erasure and without a key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.applications.application import Application
from bot.applications.progress import begun
from bot.applications.signals import Finding, Screening
from bot.conversation.ports import UnitOfWork
from bot.core.values import Money, Rate, Values
from bot.dialogs.events import Opened
from bot.storage.database import Database
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NUMBER = "+8613800138000"
LONG_AGO = NOW - timedelta(days=365)


def storage(database: Database, key: bytes | None = b"a key of thirty-two characters ..") -> PostgresStorage:
    return PostgresStorage(database, FixedClock(NOW), owner="here", signals_key=key)


async def customer(work: UnitOfWork, address: str, at: datetime = NOW) -> int:
    conversation = await work.open(f"key:{address}:{at}", "test", address)
    assert conversation is not None
    await work.fingerprints.keep(conversation.id, f"a{address}", {"number": NUMBER}, at)
    await work.commit(conversation, Opened(NOW), ())
    return conversation.id


async def test_the_same_number_is_found_in_other_accounts_and_not_in_ones_own(database: Database) -> None:
    there = storage(database)
    numbers = []
    for address in ("1", "2", "3"):
        async with there.work() as work:
            numbers.append(await customer(work, address))
    async with there.work() as work:
        assert await work.fingerprints.elsewhere(numbers[0], "number", NUMBER, LONG_AGO) == 2
        assert await work.fingerprints.elsewhere(numbers[0], "licence", NUMBER, LONG_AGO) == 0
        assert await work.fingerprints.elsewhere(numbers[0], "number", "+8613900139000", LONG_AGO) == 0
        assert await work.fingerprints.here(numbers[0], "number", NUMBER, LONG_AGO) == 1
        assert await work.fingerprints.here(numbers[0], "number", "+8613900139000", LONG_AGO) == 2
    kept = await database.pool.fetch("SELECT digest FROM fingerprint")
    assert len({row["digest"] for row in kept}) == 1
    assert all("1380013" not in row["digest"] for row in kept)


async def test_without_a_key_nothing_is_kept_and_another_key_finds_nothing(database: Database) -> None:
    async with storage(database, None).work() as work:
        await customer(work, "1")
    assert await database.pool.fetchval("SELECT count(*) FROM fingerprint") == 0
    async with storage(database).work() as work:
        await customer(work, "2")
    async with storage(database, b"another key of that many characters").work() as work:
        assert await work.fingerprints.elsewhere(0, "number", NUMBER, LONG_AGO) == 0


async def test_hashes_end_with_an_erasure(database: Database) -> None:
    there = storage(database)
    async with there.work() as work:
        second = await customer(work, "2")
    async with there.work() as work:
        conversation = await work.open_known("erase", second)
        assert conversation is not None
        await work.erase(second, NOW)
        await work.commit(conversation, Opened(NOW), ())
    assert await database.pool.fetchval("SELECT count(*) FROM fingerprint") == 0


async def test_a_screening_comes_back_as_it_was_and_goes_with_its_application(database: Database) -> None:
    there = storage(database)
    async with there.work() as work:
        number = await customer(work, "1")
    application = Application(
        id="a1", conversation=number, product="working_capital", amount=Money(Decimal(50_000)), months=12,
        method="annuity", segment="sole_trader", answers={}, consents=(), quote=None, release=1, created_at=NOW,
        progress=begun(NOW),
    )  # fmt: skip
    facts: Values = {"open_loans": 5, "instalment_share": Rate(Decimal("0.25")), "agent_words": False}
    finding = Finding("many_loans", "ask", {"loans": 4, "open_loans": 5})
    first = Screening("a1", number, 3, 1, "ask", (finding,), facts, NOW, asked="many_loans", answer="stands")
    later = replace(first, outcome="manual_review", at=NOW + timedelta(days=1))
    async with there.work() as work:
        conversation = await work.open_known("apply", number)
        assert conversation is not None
        await work.applications.add(application)
        await work.screenings.add(first)
        await work.screenings.add(later)
        await work.commit(conversation, Opened(NOW), ())
    async with there.work() as work:
        assert await work.screenings.of_conversation(number) == (first, later)
        assert await work.screenings.latest("a1") == later
        conversation = await work.open_known("erase", number)
        assert conversation is not None
        await work.erase(number, NOW)
        await work.commit(conversation, Opened(NOW), ())
    assert await database.pool.fetchval("SELECT count(*) FROM screening") == 0
