"""The whole journey of the demo in a real browser: advised, applied, decided, handed to an account manager and back."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from bot.core.values import Months
from bot.demo import demo
from bot.testing.network import free_port
from tests.acceptance.journey import CREDIT_CODE, Journey
from tests.acceptance.seats import Camera, opened
from tests.acceptance.tongues import EN, ZH, Tongue

pytestmark = pytest.mark.xdist_group("browser")

CHROMIUM = os.environ.get("BOT_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP = (1440, 900)
PHONE = (390, 844)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        await chromium.close()


@pytest.fixture
async def address(empty_database_url: str) -> AsyncIterator[str]:
    async with demo(page_port=0, bot_port=free_port(), database=empty_database_url) as running:
        yield running.page


async def test_the_whole_journey_in_chinese(browser: Browser, address: str, tmp_path: Path) -> None:
    async with opened(browser, address, ZH.page.browser, DESKTOP) as page:
        journey = Journey(page, ZH, Camera(tmp_path, "zh"))
        await journey.lender.set_pace(ZH.page.settings, 2, ZH.page.close)
        await _be_advised(journey)
        await journey.consent()
        await _apply(journey)
        card = await journey.submit()
        for stage in ("docs_check", "credit_authorised", "risk_review", "approved"):
            await journey.hear_of(stage, card)
        await journey.customer.saw(journey.words.opening("progress.told.approved"))
        await journey.hear_of_below("disbursed", card)
        await journey.shot("disbursed")
        await journey.find_the_team()
        await _meet_an_account_manager(journey)
        await journey.customer.sees(journey.words("home.menu"))


async def test_the_whole_journey_in_english(browser: Browser, address: str, tmp_path: Path) -> None:
    async with opened(browser, address, EN.page.browser, DESKTOP) as page:
        journey = Journey(page, EN, Camera(tmp_path, "en"))
        await journey.lender.set_automatic(EN.page.automatic, on=False)
        await _be_advised(journey)
        await journey.consent(to_be_contacted=False)
        await _apply(journey)
        card = await journey.submit()
        for stage in ("docs_check", "credit_authorised"):
            await journey.lender.tap(EN.page.move_to)
            await journey.hear_of(stage, card)
        await journey.lender.approve(EN.page.decide, EN.page.send_decision)
        await journey.hear_of("approved", card)
        await journey.customer.saw(journey.words.opening("progress.told.approved"))
        await journey.shot("approved")
        await journey.find_the_team()
        await _meet_an_account_manager(journey)
        await journey.customer.sees(journey.words("preapply.approved"))


@pytest.mark.parametrize("tongue", [ZH, EN], ids=lambda tongue: tongue.code)
async def test_the_journey_on_a_phone_alone(browser: Browser, address: str, tmp_path: Path, tongue: Tongue) -> None:
    async with opened(browser, address, tongue.page.browser, PHONE) as page:
        journey = Journey(page, tongue, Camera(tmp_path, f"phone-{tongue.code}"))
        await journey.find_the_team()
        await journey.customer.look()
        await journey.arrive_by_a_channel()
        await journey.see_what_it_costs()
        await journey.consent()
        await journey.choose("recall.loan", "button.keep_all")
        await journey.customer.sees(journey.words("purpose.ask"))
        await _meet_an_account_manager(journey)
        await journey.choose("purpose.ask", "purpose.stock")
        await journey.answer_about_the_business()
        await journey.answer("months_trading.ask", tongue.typed.trading)
        await journey.answer("monthly_turnover.ask", tongue.typed.turnover)
        await journey.agree_to_sensitive_questions()
        await journey.answer("open_debts.ask", "0")
        await journey.answer("recent_applications.ask", "0")
        await journey.share_the_phone_number()
        await journey.send_papers_later()
        await journey.review_and_correct()
        card = await journey.submit()
        await journey.lender.look()
        for stage in ("docs_check", "credit_authorised"):
            await journey.lender.tap(tongue.page.move_to)
            await journey.hear_of(stage, card)
        await journey.shot("lender")
        await journey.customer.look()
        await journey.shot("progress")
        await journey.manager.look()
        await journey.manager.sees(journey.words("lead.reason.high_value"), "¥300,000")
        await journey.shot("lead", notices=False)
        await expect(page.locator("html")).to_have_js_property("scrollWidth", PHONE[0])
        await page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        await expect(page.locator(".seat:visible")).to_have_count(3)
        await journey.shot("side-by-side", notices=False)


async def _be_advised(journey: Journey) -> None:
    await journey.arrive_by_a_channel()
    await journey.look_at_products()
    await journey.read_a_case_story()
    await journey.check_eligibility()
    await journey.ask_for_a_quote()


async def _apply(journey: Journey) -> None:
    await journey.choose("recall.loan", "button.change_some")
    await journey.choose("segment.ask", "segment.sole_trader")
    await journey.mistype_the_amount()
    await journey.answer("amount.ask", journey.typed.amount)
    await journey.choose("months.ask", "button.keep", answer=Months(12))
    await journey.ask_in_the_middle()
    await journey.choose("purpose.ask", "purpose.stock")
    await journey.choose("recall.business", "button.keep_all")
    await journey.answer("business_name.ask", journey.typed.shop)
    await journey.answer("uscc.ask", CREDIT_CODE)
    await journey.answer("licence_months.ask", journey.typed.corrected)
    await journey.answer("recent_applications.ask", "0")
    await journey.share_the_phone_number()
    await journey.send_papers_later()
    await journey.review_and_correct()


async def _meet_an_account_manager(journey: Journey) -> None:
    await journey.ask_for_a_person()
    await journey.accept()
    await journey.talk()
    await journey.shot("manager")
    await journey.give_back()
    await journey.shot("given-back")
