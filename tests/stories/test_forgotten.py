"""Jobs that still wait for somebody whose key was destroyed end quietly, and a dispute puts an erasure off."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

import pytest
import pytest_asyncio

from bot.conversation.ports import Job
from bot.dialogs.stories import Story, parse_story
from bot.storage.jobs import job_row
from bot.storage.legal_holds import LegalHolds
from bot.storage.sealing import Sealing
from bot.storage.statements import DEFER
from bot.testing.stage import play
from tests.stories.bot_stage import BotStage, bot_stage
from tests.stories.house import House, house
from tests.stories.library import marks, scenes

pytestmark = pytest.mark.asyncio(loop_scope="module")

OF_NOBODY: Final = {"destroy-keys", "remove-files", "retention", "anchor-ledgers", "expire-consents"}
"""Jobs that are about nobody, or about everybody."""


def story(*steps: Any) -> Story:
    return parse_story({"story": "forgotten", "steps": [*steps]}, "forgotten", scenes())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(new_database: Callable[[str], str]) -> AsyncIterator[House]:
    async with house(new_database("forgotten"), marks(), "lender", hosted_form=True) as made:
        yield made


async def asking_for_a_person(there: House) -> BotStage:
    """A customer with an application at the lender, and a lead."""
    wanted = story({"scene": "a-farmer-who-applied"}, {"says": "人工"})
    stage = await bot_stage(there, wanted, "zh")
    await play(wanted, stage, "zh")
    return stage


def waiting(customer: int, application: str, lead: int) -> Mapping[str, Mapping[str, Any]]:
    """A job of every kind that concerns one customer, with what it carries."""
    handed = {"application": application, "conversation": customer, "request": "r1"}
    held = {"conversation": customer, "lead": lead}
    page = {"page": "0a0a0a0a", "document": "lease", "kind": "photo", "file": "a-handle"}
    return {
        "deliver-event": {"conversation": customer, "event": {"type": "Said", "text": "慕容雪"}, "key": "later"},
        "submit-application": handed | {"locale": "zh"},
        "act-at-lender": handed | {"action": "withdraw"},
        "correct-at-lender": handed | {"field": "phone"},
        "send-document": {"application": application, "conversation": customer, "document": "lease"},
        "make-form-link": handed | {"locale": "zh"},
        "check-late": {"application": application, "conversation": customer},
        "keep-page": page | {"application": application, "conversation": customer},
        "lead-joined": held,
        "next-manager": held | {"assignment": 1},
        "lead-late": held | {"mark": "delayed"},
        "claim-late": {"conversation": customer, "message": 1},
        "expire-lead": held,
        "remind-appointment": {"conversation": customer, "appointment": 1},
        "begin-appointment": {"conversation": customer, "appointment": 1},
        "expire-field-lead": {"conversation": customer, "field_lead": 1},
        "offer-waiting": {"conversation": customer},
        "tell-crm": held
        | {"name": "lead.requested", "id": "e1", "at": "2026-01-01T00:00:00+00:00", "manager": None, "rung": None},
    }


async def test_jobs_of_somebody_whose_keys_are_gone_end_quietly(there: House) -> None:
    await asking_for_a_person(there)
    parts = there.bot.parts
    pool, keys = parts.database.pool, parts.database.keys
    (row,) = await pool.fetch(
        "SELECT a.id, a.conversation_id, l.id AS lead, substring(a.answers FROM 2 FOR 16) AS of_application, c.key"
        " FROM application a JOIN conversation c ON c.id = a.conversation_id JOIN lead l ON l.conversation_id = c.id"
    )
    jobs = waiting(row["conversation_id"], row["id"], row["lead"])
    assert set(jobs) == set(parts.jobs.tasks) - OF_NOBODY - {
        name for name in parts.jobs.tasks if "procrastinate" in name
    }
    sealing, newest = Sealing(keys, pool), await pool.fetchval("SELECT max(id) FROM procrastinate_jobs")
    await DEFER.run(pool, jobs=[await job_row(Job(task, payload), sealing) for task, payload in jobs.items()])
    await keys.destroy([row["key"], row["of_application"]])
    before = await pool.fetchval("SELECT count(*) FROM outbox")
    await there.let_submissions_go(last=False)
    await there.let_documents_go()
    ended = await pool.fetch(
        "SELECT task_name, status::text FROM procrastinate_jobs WHERE id > $1 AND task_name = ANY($2)",
        newest,
        list(jobs),
    )
    assert {one["task_name"]: one["status"] for one in ended} == dict.fromkeys(jobs, "succeeded")
    assert await there.failures() == []
    assert await pool.fetchval("SELECT count(*) FROM outbox") == before
    assert await pool.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_what_a_dispute_needs_is_erased_once_it_is_over(there: House) -> None:
    stage = await asking_for_a_person(there)
    parts = there.bot.parts
    customer = await parts.database.pool.fetchval("SELECT max(conversation_id) FROM application")
    holds, now = LegalHolds(parts.database), parts.clock.now()
    await play(
        story({"says": "/delete"}, {"sees": ["erase.ask"]}, {"presses": "yes"}, {"sees": ["erase.sure"]}), stage, "zh"
    )
    await holds.place(customer, "CLAIM-1", "test", now)
    await play(story({"presses": "yes"}, {"sees": ["erase.held", "…"]}), stage, "zh")
    await play(
        story({"says": "/delete"}, {"sees": ["erase.held", "…"]}, {"knows": {"business_name": "李家果园"}}), stage, "zh"
    )
    await holds.lift(customer, "CLAIM-1", "test", now)
    await play(
        story({"says": "/delete"}, {"presses": "yes"}, {"presses": "yes"}, {"sees": ["erase.done"]}), stage, "zh"
    )
    await play(story({"knows": {"business_name": None}}), stage, "zh")
