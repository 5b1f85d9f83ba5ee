"""Documents on their whole way: from the chat over the bot's encrypted files to the lender, and away again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from bot.conversation.document_pages import SentPage
from bot.conversation.kept_pages import drafts
from bot.dialogs.stories import Story, parse_story
from bot.gateways.signatures import sign
from bot.testing.samples import SampleScanner, sample
from bot.testing.screen import Screen
from bot.testing.stage import play
from bot.testing.turns_stage import TurnsStage, published
from tests.stories.bot_stage import BotStage, bot_stage
from tests.stories.house import House, house
from tests.stories.library import marks, scenes

pytestmark = pytest.mark.asyncio(loop_scope="module")
ASKED: list[Any] = [
    {"scene": "a-farmer-who-applied"},
    {"lender": "docs_check"},
    {"lender": {"docs_missing": ["lease"]}},
    {"sends": "photo"},
    {"sends": {"document": "pdf"}},
    {"sees": ["document.pages_so_far"]},
]
FORM: list[Any] = [{"scene": "a-farmer-at-the-papers"}, {"presses": "now"}, {"sends": "photo"}, {"presses": "rest"}]


def story(*steps: Any) -> Story:
    return parse_story({"story": "documents", "steps": [*steps]}, "documents", scenes())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(new_database: Callable[[str], str]) -> AsyncIterator[House]:
    async with house(new_database("documents"), marks(), "lender") as made:
        yield made


async def staged(there: House) -> BotStage:
    """A customer who has sent two pages of a lease."""
    stage = await bot_stage(there, story(*ASKED), "en")
    await play(story(*ASKED), stage, "en")
    return stage


def kept(there: House) -> list[Path]:
    return [path for path in there.files.rglob("*") if path.is_file()]


async def rows(there: House, statement: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await there.bot.parts.database.pool.fetch(statement)]


async def told_by_the_desk(there: House, reference: str) -> None:
    """The demo lender's last event as it goes over the wire."""
    body = there.lender_desk.record(reference).letters[-1].body
    signed = sign((there.lender_secret,), "msg_desk", there.bot.parts.clock.now(), body)
    answer = await there.http.post(
        "/webhooks/lender", content=body, headers=signed | {"content-type": "application/cloudevents+json"}
    )
    assert answer.status_code == 204


async def test_pages_are_encrypted_on_the_disk_and_reach_the_lender_together_in_order(there: House) -> None:
    stage = await staged(there)
    reference = await stage._reference()
    assert len(kept(there)) == 2
    assert not any(sample("page 1")[100:200] in path.read_bytes() for path in kept(there))
    there.lender_desk.request_document(reference, "lease")
    await play(story({"presses": "done"}, {"sees": ["document.taken", "document.all_sent"]}), stage, "en")
    await there.let_documents_go()
    (received,) = there.lender_desk.record(reference).received
    assert (received.document, received.pages) == ("lease", 2)
    assert received.size == len(sample("page 1")) + len(sample("pdf"))
    assert [
        row["whole"] for row in await rows(there, "SELECT handed_in_at IS NOT NULL AS whole FROM document_page")
    ] == [
        True,
        True,
    ]
    acts = [row["name"] for row in await rows(there, "SELECT name FROM audit WHERE name LIKE 'document.%' ORDER BY at")]
    assert acts[-2:] == ["document.completed", "document.handed_in"]
    assert await there.failures() == []


async def test_a_document_that_the_lender_refuses_stays_and_can_be_handed_in_again(there: House) -> None:
    stage = await staged(there)
    reference = await stage._reference()
    await play(story({"presses": "done"}), stage, "en")
    there.gate.status = 422
    await there.let_documents_go()
    there.gate.status = None
    stage.screen.begin()
    await stage._look()
    await play(story({"sees": ["document.lost", "document.pages_so_far"]}), stage, "en")
    assert await there.failures() == ["lender.document: the lender refused with 422 not-today"]
    await play(story({"presses": "done"}), stage, "en")
    await there.let_documents_go()
    assert [one.pages for one in there.lender_desk.record(reference).received] == [2]


async def test_papers_of_a_form_go_to_the_lender_with_it_under_the_id_that_the_form_had(there: House) -> None:
    steps = story(*FORM, {"presses": "confirm"}, {"lender": "accepts"}, {"sees": ["…", "papers.along", "…"]})
    stage = await bot_stage(there, steps, "en")
    await play(steps, stage, "en")
    reference = await stage._reference()
    await there.let_documents_go()
    assert [(one.document, one.pages) for one in there.lender_desk.record(reference).received] == [("land_contract", 1)]
    (page,) = await rows(
        there,
        "SELECT handed_in_at FROM document_page JOIN application ON application.id = application"
        " WHERE document = 'land_contract'",
    )
    assert page["handed_in_at"] is not None
    assert await there.failures() == []


async def test_rows_and_files_of_a_form_go_when_it_is_given_up(there: House) -> None:
    stage = await bot_stage(there, story(*FORM), "en")
    before = len(kept(there))
    await play(story(*FORM), stage, "en")
    assert len(kept(there)) == before + 1
    await play(story({"says": "/start"}, {"presses": "restart"}), stage, "en")
    assert len(kept(there)) == before
    assert len(await rows(there, "SELECT id FROM document_page")) == before


async def test_a_page_that_comes_when_the_form_is_handed_in_follows_it() -> None:
    steps = story({"scene": "a-farmer-who-applied"})
    stage = await TurnsStage(steps, "zh", await published(marks())).begin()
    await play(steps, stage, "zh")
    (application,) = stage.storage.tables.applications.values()
    stage.screen.begin()
    late = SentPage("11111111", application.id, application.conversation, "season_plan", "photo", "file:page 1")
    await stage._pages.keep(late, last=True)
    assert stage.screen.news == ["papers.passed_on"]
    assert [job.payload["document"] for job in stage.storage.jobs if job.task == "send-document"] == ["season_plan"]


class HeldScanner:
    """See `Scanner`: it says what it has found once the customer sees that the page is being looked at."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    async def scan(self, content: bytes) -> str | None:
        while "document.checking" not in self._screen.news:  # noqa: ASYNC110 -- the screen itself is waited for
            await asyncio.sleep(0)
        return await SampleScanner().scan(content)


@pytest.mark.parametrize(("sent", "told"), [("page 1", "document.checked"), ("harmful", "document.refused.infected")])
async def test_a_page_that_takes_its_time_is_said_to_be_under_way_in_a_message_that_becomes_the_result(
    sent: str, told: str
) -> None:
    steps = story({"scene": "a-farmer-at-the-papers"}, {"presses": "now"})
    stage = await TurnsStage(steps, "zh", await published(marks())).begin()
    await play(steps, stage, "zh")
    conversation, draft = next(
        (one.id, draft) for one in stage.storage.tables.conversations.values() for draft in drafts(one.state)
    )
    stage.screen.begin()
    page = SentPage("22222222", draft, conversation, "land_contract", "photo", f"file:{sent}")
    async with asyncio.timeout(30):
        await stage.pages(HeldScanner(stage.screen), patience=0).keep(page, last=True)
    assert stage.screen.news[:2] == ["document.checking", told]
    keys = [part.key for shown in stage.screen.messages.values() for part in shown.parts]
    assert (keys.count(told), keys.count("document.checking")) == (1, 0)


async def test_rows_and_files_go_when_the_application_ends(there: House) -> None:
    stage = await staged(there)
    before = len(kept(there))
    await play(story({"lender": "withdrawn"}), stage, "en")
    assert len(kept(there)) == before - 2


async def test_rows_and_files_go_at_an_erasure(there: House) -> None:
    stage = await staged(there)
    before = {path.name for path in kept(there)}
    await play(story({"says": "/delete"}, {"presses": "yes"}, {"presses": "yes"}), stage, "en")
    remaining = {path.name for path in kept(there)}
    named = {row["id"] for row in await rows(there, "SELECT id FROM document_page")}
    assert len(before - remaining) == 2
    assert remaining == named


async def test_the_export_lists_the_pages_with_what_became_of_them_and_sends_each_back(there: House) -> None:
    stage = await staged(there)
    await play(
        story(
            {"says": "/privacy"},
            {"presses": "data"},
            {"presses": "export"},
            {
                "sees": [
                    "export.page",
                    "export.whole",
                    "document.page_shown",
                    "document.page_shown",
                    "privacy.exported",
                    "…",
                ]
            },
        ),
        stage,
        "en",
    )
    files = [message.media for message in (await stage._customer.chat()).messages if message.by_bot and message.media]
    async with httpx.AsyncClient(base_url=there.simulator.base_url) as http:
        page, whole, *sent = [(await http.get(media["url"])).content for media in files[-4:]]
    assert sent == [sample("page 1"), sample("pdf")]
    listed = orjson.loads(whole)["document_pages"]
    assert [(one["document"], one["number"], one["media_type"], one["standing"]) for one in listed] == [
        ("lease", 1, "image/jpeg", "kept"),
        ("lease", 2, "application/pdf", "kept"),
    ]
    assert listed[0]["bytes"] == len(sample("page 1"))
    assert re.search(r"lease of your business premises.*?page 1.*?not handed to the lender", page.decode(), re.DOTALL)


async def at_night(there: House) -> None:
    """What the worker does every night."""
    await there.bot.parts.jobs.tasks["retention"].defer_async(timestamp=0)
    await there.run_jobs()


async def test_old_files_go_at_night_and_it_is_reported_and_audited(there: House) -> None:
    await staged(there)
    count = len(kept(there))
    await at_night(there)
    assert len(kept(there)) == count
    await there.bot.parts.database.pool.execute(
        "UPDATE document_page SET received_at = received_at - interval '91 days'"
    )
    await at_night(there)
    assert kept(there) == []
    (act,) = await rows(there, "SELECT actor, details FROM audit WHERE name = 'retention.run'")
    assert (act["actor"], act["details"]) == ("system", {"what": "files", "removed": count})
    reports = await rows(there, "SELECT lines FROM retention_run ORDER BY id")
    assert [report["lines"]["files"]["removed"] for report in reports] == [0, count]
    assert await there.failures() == []
