"""A correction on its whole way: from the chat to the lender, tried again, given up, and not sent without consent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from bot.dialogs.stories import Story, parse_story
from bot.testing.stage import play
from tests.stories.bot_stage import BotStage, bot_stage
from tests.stories.house import House, house
from tests.stories.library import marks, scenes

pytestmark = pytest.mark.asyncio(loop_scope="module")
CORRECTS: list[Any] = [
    {"scene": "a-farmer-who-applied"},
    {"says": {"zh": "隐私", "en": "privacy"}},
    {"presses": "data"},
    {"presses": "correct"},
    {"presses": "phone"},
    {"says": "13900139000"},
    {"sees": ["correct.busy"]},
]


def story(*steps: Any) -> Story:
    return parse_story({"story": "corrections", "steps": [*steps]}, "corrections", scenes())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(new_database: Callable[[str], str]) -> AsyncIterator[House]:
    async with house(new_database("corrections"), marks(), "lender") as made:
        yield made


async def staged(there: House) -> BotStage:
    """A customer who has put a telephone number right; the lender has not been told yet."""
    stage = await bot_stage(there, story(*CORRECTS), "en")
    there.gate.standing = None
    await play(story(*CORRECTS), stage, "en")
    there.gate.standing = None
    return stage


async def acts(there: House, stage: BotStage) -> list[tuple[str, dict[str, Any]]]:
    """What was audited of corrections, the oldest first."""
    async with there.bot.parts.storage.work() as work:
        conversation = await work.open("corrections:look", "telegram", str(stage._customer.id))
        assert conversation is not None
        found = await work.acts(conversation.id)
    return [(act.name, dict(act.details)) for act in found if act.name.endswith("corrected")]


async def job(there: House) -> str:
    (row,) = await there.bot.parts.database.pool.fetch(
        "SELECT args::text AS given FROM procrastinate_jobs WHERE task_name = 'correct-at-lender' AND status = 'todo'"
    )
    return str(row["given"])


async def test_the_lender_has_what_was_put_right_and_the_job_never_held_it(there: House) -> None:
    stage = await staged(there)
    reference = await stage._reference()
    assert "13900139000" not in await job(there)
    await there.let_submissions_go(last=False)
    await stage._look()
    record = there.lender_desk.record(reference)
    assert record.submitted.answers["phone"] == "+8613900139000"
    assert [one.fields for one in record.corrected] == [("phone",)]
    names = [name for name, _ in await acts(there, stage)]
    assert names == ["privacy.corrected", "application.corrected"]


async def test_after_an_answer_that_was_lost_the_same_correction_is_made_once(there: House) -> None:
    stage = await staged(there)
    there.gate.status = 503
    await there.let_submissions_go(last=False)
    there.gate.status = None
    await there.let_submissions_go(last=False)
    assert len(there.lender_desk.record(await stage._reference()).corrected) == 1


async def test_what_was_given_up_waits_for_staff_and_goes_to_a_person(there: House) -> None:
    stage = await staged(there)
    there.gate.status = 503
    await there.let_submissions_go(last=True)
    there.gate.status = None
    (letter,) = await there.bot.parts.database.pool.fetch(
        "SELECT call, payload::text AS job FROM dead_letter WHERE settled_at IS NULL"
    )
    assert (letter["call"], "13900139000" in letter["job"]) == ("correct", False)
    assert (await acts(there, stage))[-1] == ("application.not_corrected", {"field": "phone", "why": "failed"})
    assert (
        await there.bot.parts.database.pool.fetchval("SELECT reason FROM lead ORDER BY id DESC LIMIT 1") == "correction"
    )
    await there.failures()


async def test_a_consent_that_is_taken_back_before_the_attempt_stops_it(there: House) -> None:
    stage = await staged(there)
    reference = await stage._reference()
    back = story({"says": {"zh": "撤回同意", "en": "withdraw consent"}}, {"presses": "share_with_lender"},
                 {"presses": "withdraw"}, {"presses": "yes"})  # fmt: skip
    await play(back, stage, "en")
    await there.let_submissions_go(last=False)
    await stage._look()
    assert there.lender_desk.record(reference).corrected == ()
    assert (await acts(there, stage))[-1] == ("application.not_corrected", {"field": "phone", "why": "no_consent"})
    assert "correct.no_consent" in stage.screen.news
