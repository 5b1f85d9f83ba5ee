"""Records about people lie sealed: quotes, screenings, progress, pages, the lender's events, and what waits in jobs."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import orjson
import psycopg
import pytest
from pydantic import TypeAdapter

from bot.applications import progress
from bot.applications.documents import Page
from bot.applications.events import STAGE_CHANGED, EventData, LenderEvent
from bot.applications.signals import Finding, Screening
from bot.conversation.ports import Conversation, Job, StoredAssessment, StoredQuote, UnitOfWork
from bot.conversation.sensitive import forget_financial, without_financial
from bot.dialogs.events import TimedOut
from bot.storage.database import Database
from bot.storage.envelope import Broken, Forgotten
from bot.storage.jobs import job_arguments
from bot.storage.keys import PersonKeys
from bot.storage.lender_events import PostgresLenderEvents
from bot.storage.migrations import migrate
from bot.storage.sealing import Sealing
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock
from tests.conftest import keys_of
from tests.integration.storage.conftest import World
from tests.integration.storage.test_keys import CANARY, carry_out, dumped, erase, shows
from tests.integration.storage.test_records import application, told

HANDLE = "AgACAgUAAxkBAAIB-of-a-file"
FOUND = Finding("debt_share", "ask", {"share": CANARY})


def quote(world: World, conversation: int, number: str) -> StoredQuote:
    return StoredQuote(number, conversation, "harvest", 1, {"purpose": CANARY}, world.clock.now())


def screening(world: World, conversation: int, number: str) -> Screening:
    return Screening(
        number, conversation, 1, 1, "ask", (FOUND,), {"debt": CANARY}, world.clock.now(), "debt_share", CANARY
    )


def page(world: World, conversation: int, number: str) -> Page:
    return Page(
        id=number, conversation=conversation, application="a1", document="lease", position=1, kind="photo",
        handle=HANDLE, media_type="image/jpeg", size=9, digest="d", scanned=False, received_at=world.clock.now(),
    )  # fmt: skip


async def apply(world: World) -> Conversation:
    """Somebody who has two applications, one of which the lender has, each with its quote; and a page, events, jobs."""

    async def keep(work: UnitOfWork, found: Conversation) -> None:
        for number in ("q1", "q2", "q3"):
            await work.quotes.add(quote(world, found.id, number))
        for number, reference in (("a1", "RG-1"), ("a2", None)):
            made = application(world, found.id, number, quote=f"q{number[1]}", reference=reference)
            await work.applications.add(made)
            await work.screenings.add(screening(world, found.id, number))
            known, _ = progress.advance(made.progress, told(world, f"e{number}", 2))
            await work.applications.save(replace(made, progress=known))
        await work.pages.add(page(world, found.id, "p1"))
        await work.lender_events.add(told(world, "early", 3, "RG-9"), world.clock.now())
        await work.lender_events.add(told(world, "known", 3), world.clock.now())
        payload = {"conversation": found.id, "event": {"type": "Said", "text": CANARY}, "key": "later"}
        work.defer(Job("deliver-event", payload, at=world.clock.now() + timedelta(days=1)))
        work.defer(Job("keep-page", {"conversation": found.id, "file": HANDLE, "page": "p2"}))

    await world.turn("applied", "42", change=keep)
    return await world.look("42")


async def arguments(database: Database, task: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = await database.pool.fetchval(
        "SELECT args::json FROM procrastinate_jobs WHERE task_name = $1", task
    )
    return found


async def test_they_are_read_back_and_the_database_shows_none_of_them(on_postgres: World, database: Database) -> None:
    conversation = await apply(on_postgres)
    assert not any(shows(dumped(database.url), word) for word in (CANARY, HANDLE, "amount_too_high", 'counter_offer"'))

    async with on_postgres.storage.work() as work:
        assert [one.values["purpose"] for one in await work.quotes.of_conversation(conversation.id)] == [CANARY] * 3
        assert await work.quotes.latest(conversation.id) == quote(on_postgres, conversation.id, "q3")
        assert await work.screenings.latest("a1") == screening(on_postgres, conversation.id, "a1")
        assert [one.handle for one in await work.pages.of_conversation(conversation.id)] == [HANDLE]
        known = await work.applications.get("a1")
        assert known is not None
        assert known.progress.history[-1].data.reasons == ("amount_too_high",)
        assert await work.lender_events.unapplied("RG-9") == (told(on_postgres, "early", 3, "RG-9"),)
        assert await work.lender_events.unapplied("RG-1") == (told(on_postgres, "known", 3),)
    sealing = Sealing(database.keys, database.pool)
    event = await job_arguments("deliver-event", await arguments(database, "deliver-event"), sealing)
    assert event == {
        "conversation": conversation.id,
        "event": {"type": "Said", "text": CANARY},
        "key": "later",
    }
    assert (await job_arguments("keep-page", await arguments(database, "keep-page"), sealing))["file"] == HANDLE


async def test_sensitive_answers_that_may_no_longer_be_used_leave_every_record_and_the_rest_stays(
    on_postgres: World,
) -> None:
    conversation = await apply(on_postgres)
    found = Finding("many_loans", "ask", {"open_loans": 5, "loans": 4})
    made = screening(on_postgres, conversation.id, "a1")
    told_of = StoredAssessment(
        "s1", conversation.id, "harvest", 1, "meets", {}, {"open_debts": 9, "seasons": 1}, on_postgres.clock.now()
    )
    async with on_postgres.storage.work() as work:
        await work.assessments.add(told_of)
        for known in await work.applications.of_conversation(conversation.id):
            await work.applications.renew(replace(known, answers={**known.answers, "open_debts": 9}))
        await work.screenings.add(
            replace(made, facts={**made.facts, "open_loans": 5}, findings=(found, FOUND), asked="many_loans")
        )
        opened = await work.open_known("debts", conversation.id)
        assert opened is not None
        await work.commit(opened, TimedOut(on_postgres.clock.now(), "debts"), ())
    async with on_postgres.storage.work() as work:
        before = await work.applications.of_conversation(conversation.id)
        assert "open_debts" in before[-1].answers
        opened = await work.open_known("forgotten", conversation.id)
        assert opened is not None
        await forget_financial(work, conversation.id)
        await work.commit(opened, TimedOut(on_postgres.clock.now(), "forgotten"), ())
    async with on_postgres.storage.work() as work:
        after = await work.applications.of_conversation(conversation.id)
        assert after == tuple(replace(one, answers=without_financial(one.answers)) for one in before)
        assert [one.answers for one in await work.assessments.of_conversation(conversation.id)] == [{"seasons": 1}]
        kept = await work.screenings.latest("a1")
        assert kept is not None
        assert (kept.findings, kept.asked, kept.answer) == ((FOUND,), None, None)
        assert "open_loans" not in kept.facts
        assert await work.pages.of_conversation(conversation.id) == ()


async def test_a_job_s_argument_opens_for_no_other_task_and_no_other_person(
    on_postgres: World, database: Database
) -> None:
    await apply(on_postgres)
    event, file = await arguments(database, "deliver-event"), await arguments(database, "keep-page")
    sealing = Sealing(database.keys, database.pool)
    with pytest.raises(Broken):
        await job_arguments("keep-page", {**file, "file": event["event"]}, sealing)
    with pytest.raises(Broken):
        await job_arguments("deliver-event", {**event, "conversation": event["conversation"] + 1}, sealing)


async def test_what_the_lender_has_outlives_an_erasure_with_its_quote_and_nothing_else_does(
    on_postgres: World, database: Database
) -> None:
    conversation = await apply(on_postgres)
    sealed = await arguments(database, "deliver-event")
    await erase(on_postgres, "42")
    await carry_out(on_postgres, database)
    async with on_postgres.storage.work() as work:
        assert [one.id for one in await work.quotes.of_conversation(conversation.id)] == ["q1"]
        assert [one.application for one in await work.screenings.of_conversation(conversation.id)] == ["a1"]
        assert await work.pages.of_conversation(conversation.id) == ()
        assert await work.lender_events.unapplied("RG-1") == (told(on_postgres, "known", 3),)
    with pytest.raises(Forgotten):
        await job_arguments("deliver-event", sealed, Sealing(database.keys, database.pool))


async def test_what_an_older_version_has_kept_in_clear_is_sealed(empty_database_url: str, clock: FixedClock) -> None:
    await migrate(empty_database_url, "0012")
    with psycopg.connect(empty_database_url, autocommit=True) as old:
        old.execute(old_rows())
    keys = await keys_of(empty_database_url)
    await keys.open()
    try:
        await migrate(empty_database_url, keys=keys)
        assert not any(shows(dumped(empty_database_url), word) for word in (CANARY, HANDLE, "欧阳静", "\\u6b27"))
        await _read_back(empty_database_url, keys, clock)
    finally:
        await keys.close()


async def _read_back(url: str, keys: PersonKeys, clock: FixedClock) -> None:
    async with Database(url, keys=keys) as database:
        number = await database.pool.fetchval("SELECT id FROM conversation")
        async with PostgresStorage(database, clock, owner="one").work() as work:
            assert [one.values for one in await work.quotes.of_conversation(number)] == [{"purpose": CANARY}] * 2
            found = await work.screenings.latest("a1")
            assert found is not None
            assert (found.findings, found.facts, found.answer) == ((FOUND,), {"name": "欧阳静"}, CANARY)
            assert [one.handle for one in await work.pages.of_conversation(number)] == [HANDLE]
            assert (await work.applications.get("a1")).answers == {"phone": CANARY}  # type: ignore[union-attr]
        events = PostgresLenderEvents(database.pool, Sealing(keys, database.pool))
        assert [one.id for one in await events.unapplied("RG-1")] == ["e1"]
        waiting = await arguments(database, "deliver-event")
        told = await job_arguments("deliver-event", waiting, Sealing(keys, database.pool))
        assert told == {"conversation": number, "event": {"text": "欧阳静"}, "key": "k"}
        assert b64decode(waiting["event"]["sealed"])


AT = datetime(2026, 1, 1, tzinfo=UTC)
PROGRESS = orjson.dumps(progress.encode(progress.begun(AT))).decode()
EVENT = (
    TypeAdapter(LenderEvent)
    .dump_json(LenderEvent("rivergate", "e1", STAGE_CHANGED, "RG-1", 1, AT, EventData(signing_url=CANARY)))
    .decode()
)
OLD = r"""
INSERT INTO conversation (channel, address, role, state, reachable, created_at, updated_at)
VALUES ('telegram', '42', 'customer', '{}', true, now(), now());
INSERT INTO quote (id, conversation_id, product, release, "values", created_at)
SELECT unnest(array['q1', 'q2']), id, 'harvest', 1, '{"purpose": "CANARY"}', now() FROM conversation;
INSERT INTO application (id, conversation_id, product, amount, currency, months, method, segment, answers, consents,
    quote, release, created_at, progress, reference)
SELECT 'a1', id, 'harvest', 1, 'CNY', 12, 'bullet', 'farmer', '{"phone": "CANARY"}', '{}', 'q1', 1, now(), 'PROGRESS',
    'RG-1' FROM conversation;
INSERT INTO screening (application, conversation_id, release, version, outcome, findings, facts, at, answer)
SELECT 'a1', id, 1, 1, 'ask', '[["debt_share", "ask", {"share": "CANARY"}]]', '{"name": "\u6b27\u9633\u9759"}', now(),
    'CANARY' FROM conversation;
INSERT INTO document_page (id, conversation_id, application, document, position, kind, handle, media_type, size, digest,
    scanned, received_at)
SELECT 'p1', id, 'a1', 'lease', 1, 'photo', 'HANDLE', 'image/jpeg', 9, 'd', false, now() FROM conversation;
INSERT INTO lender_event (source, id, reference, type, time, sequence, payload, received_at, understood)
VALUES ('rivergate', 'e1', 'RG-1', 't', now(), 1, 'EVENT', now(), true);
INSERT INTO procrastinate_jobs (queue_name, task_name, args)
SELECT 'default', 'deliver-event', json_build_object('conversation', id, 'event', '{"text": "欧阳静"}'::json, 'key', 'k')
FROM conversation;
"""
"""Rows as an older version has kept them; words in capitals stand for values."""


def old_rows() -> str:
    """The statements that make them."""
    values = {"CANARY": CANARY, "HANDLE": HANDLE, "PROGRESS": PROGRESS, "EVENT": EVENT}
    return reduce(lambda text, name: text.replace(name, values[name]), values, OLD)
