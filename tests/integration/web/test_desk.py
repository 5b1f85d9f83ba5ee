"""The supervisors' live page, as somebody sees it in a browser while the real bot runs on PostgreSQL."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.handoff import invitations
from bot.handoff.profiles import Profile
from bot.handoff.records import Manager
from bot.publishing.release import Documents
from bot.publishing.sources import read_documents
from bot.simulator.client import Phone, SeenMessage
from bot.storage.console_access import ConsoleAccess
from bot.storage.repositories.managers import PostgresManagers
from bot.testing.marks import Marks
from tests.stories.house import House, house

CHROMIUM: Final = os.environ.get("BOT_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE: Final = 10_000


class Unmarked(Marks):
    """The shipped content as people read it, with a desk that is always open."""

    def __init__(self, documents: Documents) -> None:
        desk = {name: value for name, value in documents["desk"].items() if name != "hours"}
        self.documents: dict[str, Any] = {**documents, "desk": desk}


@dataclass
class Office:
    """A bot at work, a browser, and the people."""

    house: House
    browser: Browser

    async def manager(self, name: str, language: str = "zh", **profile: Any) -> Phone:
        """An account manager who has joined."""
        code = invitations.new_code()
        invited = Manager(
            0, name, "客户经理", "9–18", language, invitation=invitations.hashed(code), profile=Profile(**profile)
        )
        await PostgresManagers(self.house.bot.parts.database.pool).add(invited)
        phone = await self.house.simulator.join(name, role="manager", language=language)
        link = f"https://t.me/{self.house.bot.account.username}?start={invitations.payload(code)}"
        await self._done(await phone.open(link))
        return phone

    async def customer(self, name: str, language: str = "zh") -> Phone:
        """Somebody who has said hello and chosen a language."""
        phone = await self.house.simulator.join(name, language=language)
        await self._done(await phone.start(""))
        return phone

    async def say(self, phone: Phone, text: str) -> None:
        await self._done(await phone.text(text))

    async def press(self, phone: Phone, label: str) -> None:
        """Press the newest button of that label."""
        message = next(one for one in reversed(await self.seen(phone)) if label in _labels(one))
        await self._done(await phone.press(message, label))

    async def seen(self, phone: Phone) -> list[SeenMessage]:
        return [one for one in (await phone.chat()).messages if one.by_bot and not one.deleted]

    async def heard(self, phone: Phone) -> str:
        return "\n".join(one.text or "" for one in await self.seen(phone))

    async def link(self, supervisor: Phone) -> str:
        """The link that the bot sends a supervisor."""
        await self.say(supervisor, "/desk")
        urls = [key.url for one in await self.seen(supervisor) for row in one.buttons for key in row if key.url]
        return urls[-1]

    async def signed_in(self, supervisor: Phone, width: int = 1280) -> Page:
        """The live page, as the supervisor comes to it."""
        page = await self.browser.new_page(locale="zh-CN", viewport={"width": width, "height": 860})
        await page.goto(await self.link(supervisor))
        await page.get_by_role("button").click()
        await expect(page.locator("#line")).to_have_attribute("data-state", "live")
        return page

    async def lead_of(self, customer: Phone) -> int:
        rows = await self.house.bot.parts.database.pool.fetch("SELECT max(id) AS id FROM lead")
        return int(rows[0]["id"])

    async def _done(self, act: Any) -> None:
        await self.house.taken(act["update_id"])
        await self.house.settle()


def _labels(message: SeenMessage) -> list[str]:
    return [key.text for row in message.buttons for key in row]


@asynccontextmanager
async def _office(database_url: str) -> AsyncIterator[Office]:
    async with house(database_url, Unmarked(read_documents()), "lender") as running, async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield Office(running, browser)
        finally:
            await browser.close()


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with _office(database_url) as made:
        yield made


def rows(page: Page, section: str) -> Locator:
    return page.locator(f"#{section}-rows > li:not(.empty)")


async def test_a_lead_appears_is_taken_and_is_read_along_without_any_reload(office: Office) -> None:
    boss = await office.manager("林主任", supervisor=True, catch_all=True, languages=frozenset(("en",)))
    chen = await office.manager("陈立")
    page = await office.signed_in(boss)
    await page.evaluate("window.untouched = true")
    await expect(rows(page, "waiting")).to_have_count(0)

    customer = await office.customer("小明")
    await office.say(customer, "人工")
    await expect(rows(page, "waiting")).to_have_count(1, timeout=PATIENCE)
    lead = await office.lead_of(customer)
    await expect(rows(page, "waiting").first).to_contain_text(f"客户 {lead}")
    await expect(rows(page, "waiting").first).to_contain_text("已问 陈立")
    await expect(page.locator("#news")).to_contain_text(f"客户 {lead} 在等")
    await expect(rows(page, "waiting").locator(".face")).to_have_text(re.compile(r"0:\d\d"))

    await office.press(chen, "接手")
    await expect(rows(page, "chats")).to_have_count(1, timeout=PATIENCE)
    await expect(rows(page, "waiting")).to_have_count(0)
    assert await page.evaluate("window.untouched")

    await page.get_by_role("link", name=f"旁听客户 {lead} 的对话").click()
    await expect(page.locator("#line")).to_have_attribute("data-state", "live")
    await office.say(customer, "我的号码是 110101199003078515")
    await office.say(chen, "收到，我来看")
    await expect(page.locator("#talk-rows > li.manager").last).to_contain_text("收到，我来看", timeout=PATIENCE)
    await expect(page.locator("#talk-rows")).not_to_contain_text("110101199003078515")
    looks = await office.house.bot.parts.database.pool.fetch("SELECT actor FROM audit WHERE name = 'desk.read_along'")
    assert len(looks) == 1
    assert looks[0]["actor"].startswith("manager:")


async def test_whoever_is_no_supervisor_gets_no_link_and_no_page(office: Office) -> None:
    chen = await office.manager("陈立")
    await office.say(chen, "/desk")
    assert "只给主管看" in await office.heard(chen)
    pages = ("/desk", "/desk/changes", "/desk/leads/1", "/desk/leads/1/changes")
    access = ConsoleAccess(office.house.bot.parts.database, office.house.bot.parts.clock)
    async with httpx.AsyncClient(base_url=office.house.bot.url) as http:
        assert [(await http.get(one)).status_code for one in pages] == [401] * 4
        await http.post("/console/enter", data={"key": await access.issue("compliance")})
        assert [(await http.get(one)).status_code for one in pages] == [403] * 4
        assert (await http.get("/console")).status_code == 200


async def test_a_link_works_once_and_a_session_ends_with_signing_out_or_with_the_office(office: Office) -> None:
    boss = await office.manager("林主任", supervisor=True)
    link = await office.link(boss)
    page = await office.browser.new_page(locale="zh-CN")
    await page.goto(link)
    await page.get_by_role("button").click()
    await expect(page).to_have_url(re.compile(r"/desk$"))
    other = await office.browser.new_page(locale="zh-CN")
    await other.goto(link)
    await other.get_by_role("button").click()
    await expect(other.get_by_role("heading", level=1)).to_contain_text("这个链接用过了")
    await page.get_by_role("button", name="退出").click()
    await page.goto(f"{office.house.bot.url}/desk")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("请先登录")

    page = await office.signed_in(boss)
    pool = office.house.bot.parts.database.pool
    await pool.execute("UPDATE account_manager SET profile = '{}'")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("请先登录", timeout=PATIENCE)


async def test_a_lost_connection_is_told_and_made_anew(office: Office) -> None:
    boss = await office.manager("林主任", supervisor=True)
    page = await office.signed_in(boss)
    await page.context.set_offline(True)
    pool = office.house.bot.parts.database.pool
    # The database's own connection for notifications is lost too: whoever looks sees what was missed.
    await pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN%desk%'"
    )
    await page.context.set_offline(False)
    await office.manager("陈立")
    await expect(rows(page, "people")).to_have_count(2, timeout=PATIENCE)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_pages_fit_a_phone_and_a_desktop_and_can_be_used_by_keys(
    width: int, language: str, office: Office, tmp_path: Path
) -> None:
    shots = Path(os.environ.get("BOT_TEST_SHOTS") or tmp_path)
    english = language == "en"
    boss = await office.manager("Mei Lin" if english else "林主任", language, supervisor=True, catch_all=True)
    chen = await office.manager("Li Chen" if english else "陈立", language, capacity=2)
    zhou = await office.manager("Ning Zhou" if english else "周宁", language, capacity=1)
    await office.say(zhou, "/away")
    for number in range(4):
        customer = await office.customer(f"C{number}", language)
        await office.say(customer, "/human")
        if number == 0:
            await office.press(chen, "Accept" if english else "接手")
            await office.say(chen, "Good morning, how can I help?" if english else "您好，我来帮您看看。")
            await office.say(customer, "About the harvest loan" if english else "想问问丰收贷")
            lead = await office.lead_of(customer)
    page = await office.signed_in(boss, width)
    assert await page.evaluate("document.documentElement.lang") == ("en" if english else "zh-CN")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.screenshot(path=shots / f"desk-{language}-{width}.png", full_page=True)
    await page.locator(f'a[href="/desk/leads/{lead}"]').focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#line")).to_have_attribute("data-state", "live")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.screenshot(path=shots / f"talk-{language}-{width}.png", full_page=True)
