"""A customer's story by command and by page: who may look, that every look is audited, and how it is seen."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from playwright.async_api import async_playwright

from bot import resources
from bot.applications.signals import Finding, Screening
from bot.conversation.ports import Conversation, Outgoing, UnitOfWork
from bot.conversation.story import as_text
from bot.core.values import Months
from bot.ledger.audit import CUSTOMER, audited
from bot.storage.console_access import ConsoleAccess
from bot.storage.customer_stories import CustomerStories
from bot.storage.database import Database
from bot.testing.clock import FixedClock
from bot.texts.catalogues import read_catalogues
from bot.texts.texts import Texts
from bot.web.access import access_router, refusals
from bot.web.compliance import compliance_router
from bot.web.server import serving
from tests.integration.storage.conftest import World, _postgres
from tests.integration.storage.test_ledgers import command
from tests.integration.storage.test_records import application


def texts() -> Texts:
    return Texts(read_catalogues(resources.locales()), "zh")


CHROMIUM = os.environ.get("BOT_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SHOWN = "您好 <b>老板</b>"


@pytest.fixture
def world(clock: FixedClock, database: Database) -> World:
    return _postgres(clock, database)


@pytest.fixture
async def customer(world: World) -> int:
    """Somebody who was shown a message and a quote, and said something back."""

    async def talk(work: UnitOfWork, found: Conversation) -> None:
        work.send(Outgoing(found.id, found.channel, found.address, "p", SHOWN, release=7))
        details: dict[str, Any] = {"quote": "q1", "product": "harvest", "release": 7}
        work.audit(audited("quote.shown", CUSTOMER, found.id, world.clock.now(), **details))

    await world.turn("1", "42", change=talk, event=world.said("<script>alert(1)</script>"))
    return (await world.look("42")).id


@asynccontextmanager
async def console(database: Database, clock: FixedClock) -> AsyncIterator[str]:
    app, access = FastAPI(), ConsoleAccess(database, clock)
    app.include_router(access_router(access, texts))
    app.include_router(compliance_router(access, CustomerStories(database, clock)))
    app.add_exception_handler(HTTPException, refusals(texts))
    async with serving(app) as url:
        yield url


async def signed_in(http: httpx.AsyncClient, database: Database, clock: FixedClock, role: str = "compliance") -> None:
    key = await ConsoleAccess(database, clock).issue(role)
    assert (await http.post("/console/enter", data={"key": key})).status_code == 303


async def looks(database: Database) -> list[str]:
    rows = await database.pool.fetch("SELECT name, actor FROM audit WHERE name = 'story.viewed' ORDER BY sequence")
    return [row["actor"] for row in rows]


async def test_a_story_is_found_by_number_and_every_look_is_audited(
    customer: int, database: Database, clock: FixedClock
) -> None:
    async with console(database, clock) as url, httpx.AsyncClient(base_url=url) as http:
        await signed_in(http, database, clock)
        found = await http.post("/console", data={"named": f" {customer} "})
        page = await http.get(found.headers["location"])
        assert "release 7" in page.text
        assert "quote.shown" in page.text
        assert "<script>" not in page.text
        assert "no-store" in page.headers["cache-control"]
        assert await looks(database) == ["operator:compliance"]
        missed = await http.post("/console", data={"named": "nobody"})
        assert (missed.status_code, "no such customer" in missed.text) == (404, True)


async def test_signals_stand_in_the_story_by_page_and_by_command_with_what_they_rest_on(
    customer: int, world: World, database: Database, clock: FixedClock
) -> None:
    async def screened(work: UnitOfWork, found: Conversation) -> None:
        await work.applications.add(application(world, found.id, "a1"))
        younger = {"months_trading": Months(30), "licence_months": Months(5), "slack": Months(6)}
        findings = (
            Finding("licence_younger", "ask", younger),
            Finding("many_loans", "ask", {"open_loans": 5, "loans": 4}),
        )
        await work.screenings.add(
            Screening(
                "a1", found.id, 3, 2, "ask", findings, {"open_loans": 5}, world.clock.now(), "licence_younger", "stands"
            )
        )

    await world.turn("2", "42", change=screened)
    async with console(database, clock) as url, httpx.AsyncClient(base_url=url) as http:
        await signed_in(http, database, clock)
        page = (await http.get(f"/console/stories/{customer}")).text
    told = await CustomerStories(database, clock).read(customer, "operator:tests")
    assert told is not None
    for shown in (page, as_text(told)):
        for words in (
            "licence_younger",
            "months_trading 30, licence_months 5, slack 6",
            "many_loans",
            "open_loans 5",
            "stands",
        ):
            assert words in shown


async def test_a_link_works_once_and_its_preview_does_not_use_it_up(database: Database, clock: FixedClock) -> None:
    async with console(database, clock) as url, httpx.AsyncClient(base_url=url) as http:
        key = await ConsoleAccess(database, clock).issue("compliance")
        for _ in range(2):
            assert (await http.get("/console/enter", params={"key": key})).status_code == 200
        first = await http.post("/console/enter", data={"key": key})
        assert first.status_code == 303
        assert {"HttpOnly", "SameSite=strict"} <= set(first.headers["set-cookie"].split("; "))
        assert (await http.post("/console/enter", data={"key": key})).status_code == 401
        kept = await database.pool.fetch("SELECT hash FROM console_access")
        assert key not in {row["hash"] for row in kept}


async def test_nobody_looks_without_a_session_that_holds_and_the_right_role(
    customer: int, database: Database, clock: FixedClock
) -> None:
    story = f"/console/stories/{customer}"
    async with console(database, clock) as url:
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get(story)).status_code == 401
            await signed_in(http, database, clock)
            assert (await http.get(story)).status_code == 200
            clock.advance(timedelta(minutes=31))
            assert (await http.get(story)).status_code == 401
            await signed_in(http, database, clock)
            await http.post("/console/leave")
            assert (await http.get(story)).status_code == 401
        async with httpx.AsyncClient(base_url=url) as http:
            await signed_in(http, database, clock, "supervisor")
            assert (await http.get(story)).status_code == 403
        key = await ConsoleAccess(database, clock).issue("compliance")
        clock.advance(timedelta(minutes=16))
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.post("/console/enter", data={"key": key})).status_code == 401
    assert len(await looks(database)) == 1


async def test_the_command_tells_the_story_and_is_audited(customer: int, database: Database, database_url: str) -> None:
    code, out, _ = await command(database_url, "story", str(customer), "--json")
    told_ = json.loads(out)
    assert (code, told_["customer"]) == (0, customer)
    assert {(one["what"], one["release"]) for one in told_["happenings"]} >= {("您好 老板", 7), ("quote.shown", 7)}
    code, out, _ = await command(database_url, "story", str(customer))
    assert (code, "您好 老板  [release 7]" in out) == (0, True)
    assert await looks(database) == ["operator:command line"] * 2
    code, _, complaint = await command(database_url, "story", "nobody")
    assert (code, complaint.count("\n")) == (2, 1)


async def test_after_an_erasure_the_acts_are_what_is_left(
    customer: int, database: Database, clock: FixedClock, world: World
) -> None:
    await world.turn("2", "42", change=lambda work, found: work.erase(found.id, clock.now()))
    story = await CustomerStories(database, clock).read(customer, "a test")
    assert story is not None
    assert [one.what for one in story.happenings if one.kind == "act"] == ["quote.shown"]
    assert all(SHOWN not in one.what and "script" not in one.what for one in story.happenings)


@pytest.mark.parametrize("width", [390, 1280])
async def test_the_page_fits_a_phone_and_a_desktop(
    width: int, customer: int, database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    key = await ConsoleAccess(database, clock).issue("compliance")
    async with console(database, clock) as url, async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": width, "height": 900})
        await page.goto(f"{url}/console/enter?key={key}")
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_label("Customer's number").fill(str(customer))
        await page.get_by_role("button", name="Show").click()
        await page.get_by_role("heading", name=f"Customer {customer}").wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.screenshot(path=tmp_path / f"story-{width}.png", full_page=True)
        await browser.close()
