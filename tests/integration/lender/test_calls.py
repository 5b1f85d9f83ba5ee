"""Calls to the lender by jobs: given up, left for staff, made again; times of stages; lateness. On PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.applications.application import Application
from bot.applications.events import STAGE_CHANGED, EventData, LenderEvent
from bot.applications.progress import Progress, begun, replay
from bot.applications.stages import Stage
from bot.applications.usual_times import ENOUGH
from bot.conversation.ports import DeadLetter, Job, Outgoing
from bot.core.values import Money
from bot.dialogs.events import Said
from bot.storage.database import Database
from bot.storage.dead_letters import PostgresDeadLetters
from bot.storage.lender_events import PostgresLenderEvents
from bot.storage.sealing import Sealing
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock
from bot.testing.memory import MemoryStorage

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
JOB = Job(
    "act-at-lender",
    {"application": "a1", "conversation": 5, "action": "withdraw", "request": "1.2.3"},
    lock="application:a1",
)


def letter(application: str = "a1") -> DeadLetter:
    return DeadLetter("withdraw", application, 5, JOB, "the lender answered 503", 8, NOW)


@pytest.fixture
def letters(database: Database) -> PostgresDeadLetters:
    return PostgresDeadLetters(database)


async def test_what_was_given_up_waits_for_staff_with_everything_it_needs(letters: PostgresDeadLetters) -> None:
    await letters.add(letter())
    (waiting,) = await letters.open()
    assert (waiting.call, waiting.subject, waiting.error, waiting.attempts) == (
        "withdraw", "a1", "the lender answered 503", 8,
    )  # fmt: skip
    assert waiting.job.payload == JOB.payload


async def test_a_retry_takes_the_job_once_and_settles_the_letter(
    letters: PostgresDeadLetters, database: Database
) -> None:
    await letters.add(letter())
    (waiting,) = await letters.open()
    assert await letters.retry(waiting.number, "anna", NOW) is not None
    assert await letters.retry(waiting.number, "anna", NOW) is None
    assert await letters.open() == ()
    rows = await database.pool.fetch("SELECT task_name, lock FROM procrastinate_jobs")
    assert [(row["task_name"], row["lock"]) for row in rows] == [("act-at-lender", "application:a1")]


async def test_a_call_that_has_succeeded_since_needs_nobody(letters: PostgresDeadLetters) -> None:
    await letters.add(letter())
    await letters.add(letter("a2"))
    await letters.settle("a1", "withdraw", NOW)
    assert [one.subject for one in await letters.open()] == ["a2"]


async def test_events_that_nobody_takes_in_or_understands_are_shown_to_staff(database: Database) -> None:
    events = PostgresLenderEvents(database.pool, Sealing(database.keys, database.pool))
    known = LenderEvent("urn:lender", "1", STAGE_CHANGED, "RG-1", 1, NOW, EventData(stage=Stage.SUBMITTED))
    strange = LenderEvent("urn:lender", "2", "org.tillwise.application.mood.v9", "RG-1", 2, NOW)
    for event in (known, strange):
        await events.add(event, NOW)
        await events.applied(event)
    await events.add(LenderEvent("urn:lender", "3", STAGE_CHANGED, "RG-9", 1, NOW, EventData(Stage.DOCS_CHECK)), NOW)
    assert [(odd.id, odd.understood) for odd in await events.odd()] == [("2", False), ("3", True)]


# How long stages take


def passed(number: int, hours: int) -> Progress:
    """An application that was checked for so many hours."""
    told = ((1, Stage.SUBMITTED, 0), (2, Stage.DOCS_CHECK, 1), (3, Stage.CREDIT_AUTHORISED, 1 + hours))
    return replay(
        begun(NOW),
        [
            LenderEvent("urn:lender", f"{number}-{at}", STAGE_CHANGED, f"RG-{number}", at, NOW + timedelta(hours=after),
                        EventData(stage=stage))
            for at, stage, after in told
        ],
    )  # fmt: skip


def application(number: int, conversation: int) -> Application:
    return Application(
        id=f"a{number}", conversation=conversation, product="harvest", amount=Money(Decimal(1000)), months=12,
        method="bullet", segment="farmer", answers={}, consents=(), quote=None, release=1, created_at=NOW,
        progress=begun(NOW),
    )  # fmt: skip


async def filled(storage: PostgresStorage | MemoryStorage, count: int) -> None:
    async with storage.work() as work:
        conversation = await work.open("1", "story", "someone")
        assert conversation is not None
        for number in range(count):
            kept = application(number, conversation.id)
            await work.applications.add(kept)
            told = passed(number, number + 1)
            await work.applications.save(replace(kept, progress=told))
        await work.commit(conversation, Said(NOW, ""), ())


@pytest.mark.parametrize("where", ["postgres", "memory"])
async def test_the_usual_time_is_the_median_and_the_80th_percentile_of_enough_applications(
    database: Database, where: str
) -> None:
    clock = FixedClock(NOW + timedelta(days=30))
    storage = PostgresStorage(database, clock, owner="here") if where == "postgres" else MemoryStorage(clock)
    await filled(storage, ENOUGH)
    async with storage.work() as work:
        times = await work.stage_times.of("harvest")
        assert await work.stage_times.of("equipment") == {}
    checked = times[Stage.DOCS_CHECK]
    assert (checked.half, checked.of) == (timedelta(hours=10.5), ENOUGH)
    assert checked.most == timedelta(hours=16.2)
    assert times[Stage.SUBMITTED].half == timedelta(hours=1)
    assert Stage.CREDIT_AUTHORISED not in times  # nobody has left it yet


async def test_too_few_applications_say_nothing_and_old_ones_are_forgotten(database: Database) -> None:
    clock = FixedClock(NOW + timedelta(days=30))
    storage = PostgresStorage(database, clock, owner="here")
    await filled(storage, ENOUGH - 1)
    async with storage.work() as work:
        assert await work.stage_times.of("harvest") == {}


async def test_passages_follow_the_history_when_an_event_comes_late(database: Database) -> None:
    storage = PostgresStorage(database, FixedClock(NOW), owner="here")
    await filled(storage, 1)
    late = LenderEvent("urn:lender", "late", STAGE_CHANGED, "RG-0", 4, NOW + timedelta(days=3),
                       EventData(stage=Stage.RISK_REVIEW))  # fmt: skip
    async with storage.work() as work:
        conversation = await work.open("2", "story", "someone")
        kept = await work.applications.get("a0")
        assert kept is not None
        assert conversation is not None
        told = replay(kept.progress, [late])
        await work.applications.save(replace(kept, progress=told))
        await work.commit(conversation, Said(NOW, ""), ())
    rows = await database.pool.fetch("SELECT stage, left_at FROM stage_passage ORDER BY position")
    assert [row["stage"] for row in rows] == ["submitted", "docs_check", "credit_authorised", "risk_review"]
    assert [row["left_at"] is None for row in rows] == [False, False, False, True]


async def test_what_stands_below_a_card_is_counted_by_messages_sent_anew(database: Database) -> None:
    storage = PostgresStorage(database, FixedClock(NOW), owner="here")
    async with storage.work() as work:
        conversation = await work.open("1", "story", "someone")
        assert conversation is not None
        assert await work.below(conversation.id, "card") is None
        for slot, edit in (("card", False), ("a", False), ("a", True), ("card", True), ("b", False)):
            work.send(Outgoing(conversation.id, "story", "someone", slot, "words", edit=edit))
        await work.commit(conversation, Said(NOW, ""), ())
    async with storage.work() as work:
        assert await work.below(conversation.id, "card") == 2
        assert await work.below(conversation.id, "b") == 0
