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


async def test_held_words_are_decided_on_by_keys_and_whoever_wrote_them_is_told(office: Office) -> None:
    boss = await office.manager("林主任", supervisor=True, catch_all=True, languages=frozenset(("en",)))
    chen = await office.manager("陈立")
    customer = await office.customer("小明")
    await office.say(customer, "人工")
    await office.press(chen, "接手")
    page = await office.signed_in(boss)
    await page.evaluate("window.untouched = true")
    await office.say(chen, "您放心，包过")
    await office.say(chen, "先交一笔手续费")
    await expect(rows(page, "held")).to_have_count(2, timeout=PATIENCE)
    await expect(page.locator("#news")).to_contain_text("陈立 写给客户")

    await page.get_by_label("给 陈立 的话（可不写）").first.focus()
    await page.keyboard.type("谁也保证不了")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(rows(page, "held").first.get_by_role("button", name="不发")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#told")).to_have_text("已退回，没有发给客户。")
    await expect(page.locator("#told")).to_be_focused()
    await expect(rows(page, "held")).to_have_count(1, timeout=PATIENCE)
    await page.get_by_role("button", name="同意发出").click()
    await expect(page.locator("#told")).to_have_text("已同意，会按顺序发出。")
    await expect(rows(page, "held")).to_have_count(0, timeout=PATIENCE)
    assert await page.evaluate("window.untouched")
    await office.house.settle()
    assert "谁也保证不了" in await office.heard(chen)
    assert "先交一笔手续费" in await office.heard(customer)
    assert "包过" not in await office.heard(customer)
    await page.get_by_role("link", name=re.compile("旁听客户")).click()
    stopped = page.locator("#talk-rows > li.stopped")
    await expect(stopped.first).to_contain_text("没有发：主管没同意")
    await expect(stopped.last).to_contain_text("主管同意后发出")


async def test_a_customer_changes_hands_a_manager_is_set_away_and_a_note_is_left_also_without_a_script(
    office: Office,
) -> None:
    boss = await office.manager("林主任", supervisor=True, catch_all=True, languages=frozenset(("en",)))
    chen = await office.manager("陈立")
    customer = await office.customer("小明")
    await office.say(customer, "人工")
    await office.press(chen, "接手")
    zhou = await office.manager("周宁")
    lead = await office.lead_of(customer)
    plain = await office.browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = await plain.new_page()
    await page.goto(await office.link(boss))
    await page.get_by_role("button").click()

    await page.locator(f"#acts-{lead} summary").click()
    await page.get_by_label(f"关于客户 {lead} 的留言，只有同事看得到").fill("丰收后再还")
    await page.get_by_role("button", name="留言", exact=True).click()
    await expect(page.locator("#told")).to_have_text("已留言。")
    await page.locator(f"#acts-{lead} summary").click()
    give = page.get_by_label("转给")
    await give.select_option(await give.locator("option", has_text="周宁").get_attribute("value"))
    await page.get_by_role("button", name="转交", exact=True).click()
    await expect(page.locator("#told")).to_have_text("已转交，双方都会收到消息。")
    await page.get_by_role("button", name="把 陈立 设为离开").click()
    await expect(page.locator("#told")).to_have_text("已设为离开，本人会收到消息。")
    await expect(page.get_by_role("button", name="把 陈立 设为在岗")).to_be_visible()
    await office.house.settle()
    heard = await office.heard(chen)
    assert "丰收后再还" in heard
    assert "林主任 把你设为离开" in heard
    assert "从现在起由周宁" in await office.heard(customer)
    assert f"客户 {lead}" in await office.heard(zhou)
    rows_of = await office.house.bot.parts.database.pool.fetch(
        "SELECT name, actor FROM audit WHERE name IN ('lead.reassigned', 'manager.set_away', 'desk.noted') ORDER BY at"
    )
    assert [row["name"] for row in rows_of] == ["desk.noted", "lead.reassigned", "manager.set_away"]
    assert len({row["actor"] for row in rows_of}) == 1


async def test_a_form_that_is_not_the_pages_own_does_nothing(office: Office) -> None:
    boss = await office.manager("林主任", supervisor=True)
    page = await office.signed_in(boss)
    number = await office.house.bot.parts.database.pool.fetchval("SELECT id FROM account_manager")
    for token in ("", "0" * 64):
        answer = await page.request.post(
            f"{office.house.bot.url}/desk/people/{number}/duty", form={"on_duty": "false", "token": token}
        )
        assert answer.status == 403
    assert await office.house.bot.parts.database.pool.fetchval("SELECT on_duty FROM account_manager")


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
            await office.say(chen, "Don't worry, approval is guaranteed" if english else "您放心，这个包过的")
    page = await office.signed_in(boss, width)
    assert await page.evaluate("document.documentElement.lang") == ("en" if english else "zh-CN")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.screenshot(path=shots / f"desk-{language}-{width}.png", full_page=True)
    await page.locator(f'a[href="/desk/leads/{lead}"]').focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#line")).to_have_attribute("data-state", "live")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.screenshot(path=shots / f"talk-{language}-{width}.png", full_page=True)
