"""The lender's own form on its whole way: a signed link in the chat, the page in a browser, the event back, the card."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from bot.dialogs.stories import Story, parse_story
from bot.gateways.lender.forms import HostedForm
from bot.gateways.signatures import sign
from bot.testing.stage import play
from tests.stories.bot_stage import BotStage, bot_stage
from tests.stories.house import House, house
from tests.stories.library import marks, scenes

pytestmark = pytest.mark.asyncio(loop_scope="module")
IDENTITY, ELSEWHERE, CARD = "110101199003074610", "810000199408230021", "6222021234567890128"
CHROMIUM = os.environ.get("BOT_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SHOTS = os.environ.get("FORM_SHOTS")


def story(*steps: object) -> Story:
    return parse_story({"story": "the lender's own form", "steps": [*steps]}, "form", scenes())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(new_database: Callable[[str], str]) -> AsyncIterator[House]:
    async with house(new_database("form"), marks(), "lender", hosted_form=True) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phone() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=2)
        yield page
        await browser.close()


async def applied(there: House, locale: str) -> BotStage:
    steps = story({"scene": "a-farmer-who-applied"}, {"sees": ["…", "hosted_form.offer"]})
    stage = await bot_stage(there, steps, locale)
    await play(steps, stage, locale)
    return stage


def link(stage: BotStage) -> str:
    message = stage.screen.messages[stage.screen.with_buttons()[-1]]
    (address,) = [knob.url for row in message.knobs for knob in row if knob.url]
    return address


async def told_by_the_desk(there: House, reference: str) -> None:
    body = there.lender_desk.record(reference).letters[-1].body
    signed = sign((there.lender_secret,), "msg_form", there.bot.parts.clock.now(), body)
    headers = signed | {"content-type": "application/cloudevents+json"}
    assert (await there.http.post("/webhooks/lender", content=body, headers=headers)).status_code == 204


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("locale", ["zh", "en"])
async def test_identity_and_account_are_given_on_the_lenders_page_and_the_chat_hears_only_that(
    there: House, phone: Page, locale: str
) -> None:
    stage = await applied(there, locale)
    reference, address = await stage._reference(), link(stage)
    assert parse_qs(urlsplit(address).query).keys() == {"id", "until", "signature", "lang"}
    await phone.goto(address)
    await shoot(phone, f"form-{locale}-open")
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await phone.fill("#identity", IDENTITY[:-1] + "1")
    await phone.fill("#card", "6222021234567890129")
    await phone.click("button")
    await expect(phone.locator(".fault")).to_have_count(3)
    await shoot(phone, f"form-{locale}-faults")
    await phone.fill("#identity", ELSEWHERE)
    await phone.fill("#card", CARD)
    await phone.check("[name=consent]")
    await phone.click("button")
    await expect(phone.locator(".warning")).to_be_visible()
    await shoot(phone, f"form-{locale}-region")
    await phone.check("[name=sure]")
    await phone.click("button")
    await expect(phone.locator(".done")).to_be_visible()
    await shoot(phone, f"form-{locale}-filled")
    stage.screen.begin()
    await told_by_the_desk(there, reference)
    await stage._look()
    await play(
        story({"sees": ["…", "hosted_form.filled", "preapply.waiting"]}, {"knows": {"form_filled": "yes"}}),
        stage,
        locale,
    )
    record = there.lender_desk.record(reference)
    assert record.form_filled_at is not None
    assert ELSEWHERE not in str(record)
    pool = there.bot.parts.database.pool
    for table in ("inbox", "outbox", "application", "lender_event", "conversation", "audit"):
        found = await pool.fetchval(f"SELECT count(*) FROM {table} AS one WHERE one::text ~ $1", f"{ELSEWHERE}|{CARD}")  # noqa: S608
        assert found == 0


async def test_a_link_that_is_over_says_so_and_the_chat_gives_a_new_one(there: House) -> None:
    stage = await applied(there, "en")
    reference, first = await stage._reference(), link(stage)
    await play(story({"says": "New link"}, {"sees": ["hosted_form.offer"]}), stage, "en")
    second = link(stage)
    assert first != second
    desk = there.lender_desk
    clock, moved = desk._clock, parse_qs(urlsplit(first).query)["until"][0]
    assert clock.now().timestamp() < int(moved) <= clock.now().timestamp() + 3600
    async with httpx.AsyncClient() as http:
        assert (await http.get(second)).status_code == 200
        changed = second.replace(f"until={parse_qs(urlsplit(second).query)['until'][0]}", f"until={int(moved) + 9999}")
        assert (await http.get(changed)).status_code == 404
        assert (await http.get(second.replace(reference, "RG-2026-009999"))).status_code == 404
        over, _ = HostedForm(second.partition("?")[0], (there.lender_secret,)).link(
            reference, "en", there.bot.parts.clock.now() - timedelta(hours=2)
        )
        gone = await http.get(over)
        assert (gone.status_code, "New link" in gone.text, "<form" in gone.text) == (410, True, False)
        answer = await http.post(second, data={"identity": IDENTITY, "card": CARD})
        assert (answer.status_code, desk.record(reference).form_filled_at) == (422, None)
        await play(story({"presses": "later"}, {"sees": ["preapply.waiting"]}), stage, "en")
        await play(story({"presses": "form"}, {"sees": ["hosted_form.offer"]}), stage, "en")


async def test_where_the_credit_enquiry_waits_for_the_form_a_new_link_is_offered_and_ends_the_one_before(
    there: House,
) -> None:
    stage = await applied(there, "zh")
    reference, address = await stage._reference(), link(stage).partition("?")[0]
    form, now = HostedForm(address, (there.lender_secret,)), there.bot.parts.clock.now()
    older, _ = form.link(reference, "zh", now - timedelta(minutes=10))
    async with httpx.AsyncClient() as http:
        assert (await http.get(older)).status_code == 200
        await play(
            story(
                {"presses": "later"},
                {"lender": "docs_check"},
                {"lender": "credit_authorised"},
                {"sees": ["progress.card", "hosted_form.wanted", "hosted_form.offer"]},
            ),
            stage,
            "zh",
        )
        assert any("等您：填身份和收款账户" in shown.words for shown in stage.screen.messages.values())
        assert (await http.get(link(stage))).status_code == 200
        replaced = await http.get(older)
        assert (replaced.status_code, "打开最新的那个" in replaced.text, "<form" in replaced.text) == (410, True, False)


async def test_an_identity_number_in_the_chat_gets_the_link_and_the_question_stays(there: House) -> None:
    stage = await applied(there, "zh")
    await play(
        story(
            {"presses": "later"},
            {"sees": ["preapply.waiting"]},
            {"says": f"身份证 {IDENTITY}"},
            {"sees": ["withheld.identity", "hosted_form.again"]},
            {"buttons": ["link", "renew", "person", "go_on"]},
        ),
        stage,
        "zh",
    )
    async with httpx.AsyncClient() as http:
        assert (await http.get(link(stage))).status_code == 200
    await play(
        story({"says": "6222 0212 3456 7890 128"}, {"sees": ["withheld.bank_card", "hosted_form.again"]}), stage, "zh"
    )
    await play(story({"presses": "go_on"}, {"sees": ["preapply.waiting"]}), stage, "zh")
    found = await there.bot.parts.database.pool.fetchval(
        "SELECT count(*) FROM inbox AS one WHERE one::text LIKE $1", f"%{IDENTITY}%"
    )
    assert found == 0
