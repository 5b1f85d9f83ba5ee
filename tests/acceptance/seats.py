"""The demo page as the people in front of it use it: two phones, the lender's panel, and a camera."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Locator, Page, expect

PATIENCE: Final = 15_000


class Camera:
    """Takes numbered pictures into the folder that `BOT_TEST_SHOTS` names, else into `folder`."""

    def __init__(self, folder: Path, title: str) -> None:
        self._folder = Path(os.environ.get("BOT_TEST_SHOTS") or folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._title = title
        self._numbers: Iterator[int] = count(1)

    async def take(self, page: Page, name: str, *, notices: bool = True) -> None:
        """A picture of all that is in sight, with or without notices that are about to leave."""
        await page.mouse.move(0, 0)
        await page.evaluate("Promise.allSettled([...document.images].map((image) => image.decode()))")
        path = self._folder / f"{self._title}-{next(self._numbers):02}-{name}.png"
        if not notices:
            await page.evaluate("document.querySelectorAll('.toast').forEach((toast) => toast.remove())")
        await page.screenshot(path=path, animations="disabled")


class Seat:
    """One of the phones, `customer` or `manager`, in the hands of somebody."""

    def __init__(self, page: Page, role: str) -> None:
        self.page = page
        self.root = page.locator(f"#seat-{role}")
        self._tab = page.locator(f"#tab-{role}")

    @property
    def received(self) -> Locator:
        """All messages from the bot."""
        return self.root.locator(".message.theirs")

    @property
    def latest(self) -> Locator:
        """The newest message from the bot."""
        return self.received.last

    async def look(self) -> None:
        """Bring this phone to the front where the page shows one view at a time."""
        if await self._tab.is_visible():
            await self._tab.click()

    async def tap(self, label: str) -> None:
        """Use a button of the page itself, a menu entry or a key of the quick replies."""
        await self.root.get_by_role("button", name=label).last.click()

    async def press(self, label: str) -> None:
        """Press a button under a message."""
        exactly = re.compile(rf"^\s*{re.escape(label)}\s*$", re.IGNORECASE)  # a button begins with a capital
        await self.root.locator(".inline-button:not(.waiting)", has_text=exactly).last.click()

    async def say(self, text: str) -> None:
        """Type a message and send it."""
        box = self.root.locator(".composer-input")
        await box.fill(text)
        await box.press("Enter")
        await expect(self.root.locator(".message.own").last).to_contain_text(text)

    async def sees(self, *words: str | re.Pattern[str]) -> None:
        """The newest message comes to contain all of these."""
        for part in words:
            await expect(self.latest).to_contain_text(part, timeout=PATIENCE)

    async def saw(self, words: str | re.Pattern[str]) -> Locator:
        """Some message comes to contain this; the newest that does."""
        found = self.received.filter(has_text=words).last
        await expect(found).to_be_attached(timeout=PATIENCE)
        return found

    async def same(self, message: Locator) -> Locator:
        """The same message later on, whatever it says by then."""
        return self.root.locator(f'.message[data-id="{await message.get_attribute("data-id")}"]')


class LenderPanel:
    """The lender's side of the page."""

    def __init__(self, page: Page) -> None:
        self.root = page.locator("#seat-lender")
        self._tab = page.locator("#tab-lender")

    @property
    def application(self) -> Locator:
        """The one application there is."""
        return self.root.get_by_role("article")

    async def look(self) -> None:
        """Bring the panel to the front where the page shows one view at a time."""
        if await self._tab.is_visible():
            await self._tab.click()

    async def tap(self, label: str | re.Pattern[str]) -> None:
        """Use a button of the panel."""
        await self.root.get_by_role("button", name=label).last.click()

    async def set_automatic(self, label: str, on: bool) -> None:
        """Let applications move on by themselves, or not."""
        switch = self.root.get_by_role("switch", name=label)
        await expect(switch).to_be_enabled(timeout=PATIENCE)
        await switch.set_checked(on)

    async def set_pace(self, settings: str, seconds: int, close: str) -> None:
        """How long a stage takes in automatic mode."""
        await self.tap(settings)
        await self.root.locator("select").select_option(str(seconds))
        await self.tap(close)

    async def approve(self, decide: str, send: str) -> None:
        """Decide now; the first of the decisions is to approve."""
        await self.tap(decide)
        await self.tap(send)


@asynccontextmanager
async def opened(browser: Browser, address: str, locale: str, size: tuple[int, int]) -> AsyncIterator[Page]:
    """The page in a browser of its own; any script error or blocked resource in it fails the test."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=locale,
        reduced_motion="reduce",
        timezone_id="Asia/Shanghai",
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    await page.goto(address)
    yield page
    assert errors == []
    await context.close()
