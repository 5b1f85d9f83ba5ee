"""The demo page in a real browser, against a stand-in for the servers behind it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.simulator.server import create_simulator, running
from tests.acceptance.page_double import World, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHROMIUM = os.environ.get("BOT_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP = (1440, 900)
PHONE = (390, 844)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        await chromium.close()


@pytest.fixture
def world() -> World:
    return World()


@pytest_asyncio.fixture(loop_scope="module")
async def address(world: World) -> AsyncIterator[str]:
    async with serving(world) as url:
        yield url


@asynccontextmanager
async def opened(browser: Browser, address: str, size: tuple[int, int] = DESKTOP, **more: Any) -> AsyncIterator[Page]:
    """The page, loaded, with one customer and one manager; any script error in it fails the test."""
    options = {"locale": "en-GB", "reduced_motion": "reduce"} | more
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(address)
    await expect(page.locator("#seat-manager .start:enabled")).to_be_attached()
    yield page
    await context.close()
    assert errors == []


def customer(page: Page) -> Locator:
    return page.locator("#seat-customer")


def manager(page: Page) -> Locator:
    return page.locator("#seat-manager")


def bubbles(seat: Locator) -> Locator:
    return seat.locator(".bubble")


async def test_a_fresh_page_creates_one_customer_and_one_manager_and_offers_to_start(
    browser: Browser, address: str, world: World
) -> None:
    async with opened(browser, address) as page:
        await expect(customer(page).get_by_role("button", name="Start", exact=True)).to_be_visible()
        assert [user["role"] for user in world.users] == ["customer", "manager"]
        assert {user["language_code"] for user in world.users} == {"en"}


async def test_the_start_button_starts_the_bot_and_gives_way_to_the_composer(
    browser: Browser, address: str, world: World
) -> None:
    async with opened(browser, address) as page:
        await customer(page).get_by_role("button", name="Start", exact=True).click()
        await expect(bubbles(customer(page))).to_contain_text("/start")
        await expect(customer(page).get_by_role("textbox", name="Message")).to_be_visible()


async def test_a_message_pushed_by_the_server_appears_without_reloading(
    browser: Browser, address: str, world: World
) -> None:
    async with opened(browser, address) as page:
        world.say(world.of_role("customer"), "Good morning")
        await expect(bubbles(customer(page))).to_contain_text("Good morning")
        await expect(bubbles(manager(page))).to_have_count(0)


async def test_pressing_a_button_sends_its_data_and_shows_the_answer(
    browser: Browser, address: str, world: World
) -> None:
    async with opened(browser, address) as page:
        user = world.of_role("customer")
        message = world.say(user, "Which?", buttons=[[{"text": "Farmer", "data": "s:farmer"}]])
        await customer(page).get_by_role("button", name="Farmer").click()
        assert await world.asked.first("press") == {"user": user, "message_id": message["id"], "data": "s:farmer"}
        world.answer(user, "Noted")
        await expect(customer(page).get_by_role("status")).to_contain_text("Noted")
        await expect(customer(page).locator(".waiting")).to_have_count(0)


async def test_an_alert_waits_to_be_read(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address) as page:
        user = world.of_role("customer")
        world.say(user, "Hello")
        world.answer(user, "This card has changed", alert=True)
        alert = customer(page).get_by_role("alertdialog")
        await expect(alert).to_contain_text("This card has changed")
        await alert.get_by_role("button", name="OK").click()
        await expect(alert).to_have_count(0)


async def test_an_edit_changes_the_bubble_in_place_and_keeps_its_history(
    browser: Browser, address: str, world: World
) -> None:
    async with opened(browser, address) as page:
        user = world.of_role("customer")
        card = world.say(user, "<b>Submitted</b>")
        world.say(user, "After it")
        world.revise(user, card["id"], "<b>Approved</b>")
        await expect(bubbles(customer(page)).first).to_contain_text("Approved")
        await expect(bubbles(customer(page))).to_have_count(2)
        await customer(page).get_by_role("button", name="Edit history").click()
        await expect(customer(page).get_by_role("dialog")).to_contain_text("Submitted")


async def test_a_deleted_message_leaves_the_chat(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address) as page:
        user = world.of_role("customer")
        message = world.say(user, "Gone soon")
        await expect(bubbles(customer(page))).to_have_count(1)
        world.remove(user, message["id"])
        await expect(bubbles(customer(page))).to_have_count(0)


HOSTILE = [
    "<script>window.harm = 1</script>words",
    '<img src=x onerror="window.harm = 1">words',
    '<a href="javascript:window.harm = 1">words</a>',
    '<b onclick="window.harm = 1">words</b>',
    "<svg><script>window.harm = 1</script></svg>words",
    '<iframe srcdoc="<script>parent.harm = 1</script>"></iframe>words',
    "<form action=/evil><button>words</button></form>",
    '<math><mtext></form><form><mglyph><style></math><img src onerror="window.harm=1">words',
]


async def test_markup_from_the_bot_is_never_executed(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address) as page:
        for html in HOSTILE:
            world.say(world.of_role("customer"), html)
        last = world.say(world.of_role("customer"), "done")
        words = customer(page).locator(".words")
        await expect(customer(page).locator(f'[data-id="{last["id"]}"]')).to_be_visible()
        for node in await words.all():
            await node.dispatch_event("click")
        assert await page.evaluate("window.harm") is None
        inside = "script, img, iframe, svg, form, button, style, [onclick], [onerror], [href^=javascript]"
        await expect(words.locator(inside)).to_have_count(0)


async def test_the_telegram_markup_is_shown_as_what_it_means(browser: Browser, address: str, world: World) -> None:
    html = (
        "<b>b</b><i>i</i><u>u</u><s>s</s><code>c</code><pre>p</pre><blockquote>q</blockquote>"
        '<blockquote expandable>long</blockquote><tg-spoiler>secret</tg-spoiler><a href="https://example.com/">link</a> 1 &lt; 2'
    )
    async with opened(browser, address) as page:
        world.say(world.of_role("customer"), html)
        words = customer(page).locator(".words")
        for tag in ("strong", "em", "u", "s", "code", "pre", "blockquote:not(.expandable)", "blockquote.expandable"):
            await expect(words.locator(tag)).to_have_count(1)
        await expect(words).to_contain_text("1 < 2")
        spoiler = words.get_by_role("button", name="Reveal hidden text")
        await spoiler.press("Enter")
        await expect(words.locator(".spoiler.revealed")).to_have_text("secret")


async def test_enter_sends_the_text_and_a_reply_names_its_message(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address) as page:
        message = world.say(world.of_role("customer"), "How much?")
        await bubbles(customer(page)).first.hover()
        await customer(page).get_by_role("button", name="Message actions").click()
        await customer(page).get_by_role("dialog").get_by_role("button", name="Reply").click()
        box = customer(page).get_by_role("textbox", name="Message")
        await box.fill("300k")
        await box.press("Enter")
        sent = await world.asked.first("text")
        assert (sent["text"], sent["reply_to"]) == ("300k", message["id"])
        await expect(box).to_have_value("")
        await expect(customer(page).locator(".quoted")).to_contain_text("How much?")


async def test_sharing_the_phone_number_asks_first(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address) as page:
        user = world.of_role("customer")
        world.say(user, "Your number, please")
        await expect(bubbles(customer(page))).to_have_count(1)
        world.keyboard(user, {"rows": [[{"text": "Share number", "request_contact": True}]], "one_time": True})
        await customer(page).get_by_role("button", name="Share number").click()
        question = customer(page).get_by_role("alertdialog")
        await expect(question).to_contain_text(world.users[0]["phone"])
        assert "contact" not in [verb for verb, _ in world.asked.taken]
        await question.get_by_role("button", name="Share").click()
        assert (await world.asked.first("contact"))["own"] is True


async def test_a_file_is_sent_with_its_caption(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address) as page:
        world.say(world.of_role("customer"), "Your licence, please")
        await customer(page).get_by_role("button", name="Attach").click()
        async with page.expect_file_chooser() as chooser:
            await customer(page).get_by_role("button", name="File", exact=True).click()
        await (await chooser.value).set_files(
            {"name": "licence.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
        )
        await customer(page).get_by_role("textbox", name="Add a caption…").fill("Here")
        await customer(page).get_by_role("dialog").get_by_role("button", name="Send").click()
        assert await world.asked.first("file") == {"kind": "document", "name": "licence.pdf", "caption": "Here"}


async def test_the_manager_joins_by_the_invitation_with_one_tap(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address) as page:
        await manager(page).get_by_role("button", name="Join the team").click()
        sent = await world.asked.first("open")
        assert sent == {"user": world.of_role("manager"), "link": world.invitation}


async def test_without_an_invitation_the_manager_is_offered_none(browser: Browser, address: str, world: World) -> None:
    world.invitation = None
    async with opened(browser, address) as page:
        await expect(manager(page).get_by_role("button", name="Start", exact=True)).to_be_visible()
        await expect(manager(page).get_by_role("button", name="Join the team")).to_have_count(0)


async def test_a_link_of_a_channel_starts_the_bot_with_its_payload(
    browser: Browser, address: str, world: World
) -> None:
    async with opened(browser, address) as page:
        await customer(page).get_by_role("button", name="More actions").click()
        await customer(page).get_by_role("button", name="Open with link from channel…").click()
        await customer(page).get_by_role("button", name="WeChat article").click()
        assert (await world.asked.first("start"))["payload"] == "wechat-article"


async def test_each_topic_of_the_manager_holds_its_own_messages(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address) as page:
        user = world.of_role("manager")
        world.say(user, "New lead")
        await expect(bubbles(manager(page))).to_have_count(1)
        world.topic(user, 7, "Ms Lin")
        world.say(user, "You are connected", thread=7)
        await manager(page).get_by_role("tab", name="Ms Lin").click()
        await expect(bubbles(manager(page))).to_contain_text(["You are connected"])
        box = manager(page).get_by_role("textbox", name="Message")
        await box.fill("Hello")
        await box.press("Enter")
        assert (await world.asked.first("text"))["thread"] == 7


async def test_every_customer_has_a_chat_of_their_own(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address) as page:
        world.say(world.of_role("customer"), "For the first")
        await expect(bubbles(customer(page))).to_have_count(1)
        await customer(page).get_by_role("button", name="Switch customer").click()
        await customer(page).get_by_role("button", name="New customer").click()
        await customer(page).get_by_role("radio", name="Farmer").click()
        await customer(page).get_by_role("button", name="Create").click()
        await expect(customer(page).get_by_role("button", name="Start", exact=True)).to_be_visible()
        await expect(bubbles(customer(page))).to_have_count(0)
        world.say(world.of_role("customer"), "Again for the first")
        await expect(customer(page).locator(".persona .badge")).to_have_text("1")
        assert world.users[-1]["first_name"] == "Dashan"


async def test_a_reader_who_scrolled_up_is_told_of_news_and_left_in_place(
    browser: Browser, address: str, world: World
) -> None:
    async with opened(browser, address) as page:
        user = world.of_role("customer")
        for number in range(40):
            world.say(user, f"Line {number}")
        await expect(bubbles(customer(page))).to_have_count(40)
        scroller = customer(page).locator(".scroller")
        await scroller.evaluate("node => node.scrollTo(0, 0)")
        await expect(customer(page).get_by_role("button", name="To the latest")).to_be_visible()
        world.say(user, "The newest")
        chip = customer(page).get_by_role("button", name="1 new")
        await expect(chip).to_be_visible()
        assert await scroller.evaluate("node => node.scrollTop") == 0
        await chip.click()
        await expect(bubbles(customer(page)).last).to_be_in_viewport()


async def test_a_broken_stream_is_resumed_after_the_last_event_seen(
    browser: Browser, address: str, world: World
) -> None:
    async with opened(browser, address) as page:
        user = world.of_role("customer")
        message = world.say(user, "Before")
        await expect(bubbles(customer(page))).to_have_count(1)
        world.events.hang_up()
        world.say(user, "Meanwhile")
        await expect(bubbles(customer(page))).to_have_count(2)
        again = await world.events.connections.first("connected", skip=1)
        assert again["after"] >= message["seq"]


async def test_the_lender_moves_an_application_and_the_panel_follows(
    browser: Browser, address: str, world: World
) -> None:
    async with opened(browser, address) as page:
        world.apply("RG-1")
        panel = page.locator("#seat-lender")
        await expect(panel.get_by_role("article")).to_contain_text("¥300,000")
        await panel.get_by_role("button", name="Move to “Document check”").click()
        await expect(panel.locator(".application-state")).to_contain_text("Document check")
        await panel.get_by_role("button", name="Decide").click()
        await panel.get_by_text("Decline", exact=True).click()
        await expect(panel.get_by_role("button", name="Send decision")).to_be_disabled()
        await panel.get_by_role("checkbox", name="existing debt").check()
        await panel.get_by_role("button", name="Send decision").click()
        sent = await world.asked.first("decide")
        assert sent == {"reference": "RG-1", "decision": "declined", "reasons": ["existing_debt"]}


async def test_the_lender_can_be_set_to_automatic(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address) as page:
        switch = page.locator("#seat-lender").get_by_role("switch", name="Automatic")
        await switch.check()
        assert await world.asked.first("settings") == {"automatic": True}
        await expect(switch).to_be_checked()


async def test_a_fault_switched_on_is_counted_in_the_bar(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address) as page:
        await page.get_by_role("button", name="Faults").click()
        await page.get_by_role("switch", name="Same update twice").check()
        await expect(page.locator(".topbar .badge")).to_have_text("1")
        assert world.faults["repeat_update"]["on"] is True


async def test_the_page_speaks_chinese_and_english(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address, locale="zh-CN") as page:
        await expect(customer(page).get_by_role("button", name="开始", exact=True)).to_be_visible()
        assert world.users[0]["language_code"] == "zh"
        await page.get_by_role("button", name="English").click()
        await expect(customer(page).get_by_role("button", name="Start", exact=True)).to_be_visible()
        assert await page.locator("html").get_attribute("lang") == "en"


async def test_at_phone_width_the_three_views_are_reachable_by_tabs(
    browser: Browser, address: str, world: World
) -> None:
    async with opened(browser, address, PHONE) as page:
        for name, seat in (("Team", "manager"), ("Lender", "lender"), ("Customer", "customer")):
            await page.get_by_role("tablist", name="Views").get_by_role("tab", name=name).click()
            shown = page.locator(f"#seat-{seat}")
            await expect(shown).to_be_visible()
            await expect(page.locator(".seat:visible")).to_have_count(1)
            box = await shown.bounding_box()
            assert box is not None
            assert box["width"] == PHONE[0]


@pytest.mark.parametrize("width", [360, 390, 430])
async def test_nothing_is_wider_than_the_phone_and_no_control_is_too_small_to_tap(
    browser: Browser, address: str, world: World, width: int
) -> None:
    async with opened(browser, address, (width, 740)) as page:
        buttons = [[{"text": "A rather long label of a button", "data": "a"}, {"text": "Another one", "data": "b"}]]
        world.say(
            world.of_role("customer"), f"A word {'without an end' * 9} <pre>{'wide ' * 30}</pre>", buttons=buttons
        )
        await expect(bubbles(customer(page))).to_have_count(1)
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        assert await customer(page).locator(".scroller").evaluate("node => node.scrollWidth - node.clientWidth") == 0
        small = """() => [...document.querySelectorAll("button:not(.edited)")]
            .filter(node => node.checkVisibility() && node.getBoundingClientRect().height < 42).map(node => node.className)"""
        assert await page.evaluate(small) == []


async def test_the_dark_theme_is_the_systems_until_chosen(browser: Browser, address: str, world: World) -> None:
    async with opened(browser, address, color_scheme="dark") as page:
        panel = page.locator(".lender-panel")
        dark = await panel.evaluate("node => getComputedStyle(node).backgroundColor")
        await page.get_by_role("button", name="Light or dark").click()
        await expect(panel).not_to_have_css("background-color", dark)
        await page.reload()
        await expect(page.locator("html")).to_have_attribute("data-theme", "light")


TOKEN = "123456:the-simulator-takes-any-token-of-this-form"


async def call_as_bot(server: str, method: str, **arguments: Any) -> Any:
    async with httpx.AsyncClient(timeout=10) as client:
        answer = await client.post(f"{server}/bot{TOKEN}/{method}", json=arguments)
        return answer.raise_for_status().json()["result"]


async def test_the_page_and_a_bot_meet_in_the_real_simulator(browser: Browser) -> None:
    async with running(create_simulator()) as server:
        await call_as_bot(server, "getMe")
        async with opened(browser, server) as page:
            await customer(page).get_by_role("button", name="Start", exact=True).click()
            updates = await call_as_bot(server, "getUpdates", timeout=5)
            chat = updates[0]["message"]["chat"]["id"]
            keyboard = {"inline_keyboard": [[{"text": "Farmer", "callback_data": "farmer"}]]}
            await call_as_bot(server, "sendMessage", chat_id=chat, text="Which?", reply_markup=keyboard)
            await customer(page).get_by_role("button", name="Farmer").click()
            updates = await call_as_bot(server, "getUpdates", timeout=5, offset=updates[-1]["update_id"] + 1)
            assert updates[0]["callback_query"]["data"] == "farmer"
            identity = updates[0]["callback_query"]["id"]
            await call_as_bot(server, "answerCallbackQuery", callback_query_id=identity, text="Noted")
            await expect(customer(page).get_by_role("status")).to_contain_text("Noted")


async def test_an_open_page_survives_a_simulator_started_anew(browser: Browser) -> None:
    async with running(create_simulator()) as server:
        await call_as_bot(server, "getMe")
        context = await browser.new_context(locale="en-GB")
        page = await context.new_page()
        await page.goto(server)
        await customer(page).get_by_role("button", name="Start", exact=True).click()
        await expect(bubbles(customer(page))).to_have_count(1)
    async with running(create_simulator(), port=int(server.rpartition(":")[2])):
        await call_as_bot(server, "getMe")
        start = customer(page).get_by_role("button", name="Start", exact=True)
        await expect(start).to_be_enabled(timeout=20_000)
        await start.click()
        updates = await call_as_bot(server, "getUpdates", timeout=5)
        await call_as_bot(server, "sendMessage", chat_id=updates[0]["message"]["chat"]["id"], text="Here again")
        await expect(bubbles(customer(page)).last).to_contain_text("Here again")
        await context.close()


def cell(text: str, align: str = "left", **more: Any) -> dict[str, Any]:
    return {"align": align, "valign": "middle", "text": text, **more}


def schedule() -> list[dict[str, Any]]:
    head = [
        cell(name, align, is_header=True) for name, align in (("No.", "left"), ("Due", "left"), ("To pay ¥", "right"))
    ]
    wide = [cell(f"Column {number}", "right", is_header=True) for number in range(6)]
    rows = [[cell(str(row)), cell("Dec 1, 2026"), *[cell("8,661.90", "right")] * 7] for row in range(1, 13)]
    table = {
        "type": "table",
        "cells": [head + wide, *rows],
        "is_striped": True,
        "is_compact": True,
        "caption": {"type": "bold", "text": "All of it"},
    }
    return [{"type": "paragraph", "text": ["Every ", {"type": "bold", "text": "instalment"}, " <i>"]}, table]  # fmt: skip


async def test_a_table_stands_in_its_bubble_with_its_head_and_numbers_and_scrolls_where_it_is_too_wide(
    browser: Browser, address: str, world: World
) -> None:
    async with opened(browser, address, PHONE) as page:
        world.say(
            world.of_role("customer"),
            "Every <b>instalment</b>",
            rich=schedule(),
            buttons=[[{"text": "Done", "data": "d"}]],
        )
        bubble = bubbles(customer(page))
        await expect(bubble.locator("p")).to_have_text("Every instalment <i>")
        await expect(bubble.get_by_role("table", name="All of it").get_by_role("row")).to_have_count(13)
        await expect(bubble.get_by_role("columnheader", name="To pay ¥")).to_have_css("text-align", "end")
        await expect(bubble.get_by_role("rowheader", name="12", exact=True)).to_be_visible()
        await expect(bubble.locator("tbody td").nth(1)).to_have_css("white-space", "nowrap")
        width = "node => [node.scrollWidth > node.clientWidth, document.documentElement.scrollWidth <= innerWidth]"
        assert await bubble.locator(".table-scroll").evaluate(width) == [True, True]
        await expect(customer(page).get_by_role("button", name="Done")).to_be_visible()


async def test_a_picture_has_its_words_and_buttons_beneath_and_is_enlarged_by_a_tap(
    browser: Browser, address: str, world: World
) -> None:
    picture = {
        "kind": "photo",
        "url": "/simulator/files/chart",
        "name": "chart.png",
        "size": 9,
        "mime": "image/svg+xml",
    }
    async with opened(browser, address, PHONE) as page:
        world.say(
            world.of_role("customer"), "A <b>month</b>", media=picture, buttons=[[{"text": "Another", "data": "a"}]]
        )
        seat = customer(page)
        await expect(seat.locator(".photo img")).to_be_visible()
        await expect(seat.locator(".picture .words")).to_have_text("A month")
        await expect(seat.get_by_role("button", name="Another")).to_be_visible()
        await seat.locator(".photo").click()
        await expect(page.locator(".lightbox img")).to_be_visible()
