"""The supervisors' pages: the desk as it is at this moment, and talks to read along.

A page is whole when it is opened and needs no script; with one it is kept up to date by server-sent events. Nothing asks
again and again: a stream looks when the database says that something has changed, and now and then for what only time
changes, such as somebody's hours.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Protocol

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bot.conversation.ports import TranscriptLine
from bot.conversation.visitors import Visitor
from bot.core.values import Money, Rate
from bot.handoff.overview import FEWEST, Overview
from bot.handoff.records import Lead, Manager
from bot.texts.texts import Texts
from bot.web.access import Access, form_token, needs, session_of, words_of
from bot.web.pages import page, part
from bot.web.words import Words

LOOK_EVERY: Final = 30.0
"""Seconds after which a stream looks at what no transaction changes."""

SETTLE: Final = 0.1
"""Seconds in which several changes become one."""

_SCRIPT: Final = Path(__file__).parent / "static" / "desk.js"


class Talk(Protocol):
    """A talk to read along."""

    @property
    def lead(self) -> Lead: ...
    @property
    def manager(self) -> Manager | None: ...
    @property
    def lines(self) -> tuple[TranscriptLine, ...]: ...


class Views(Protocol):
    """What the pages show; shipped on PostgreSQL."""

    async def overview(self) -> Overview: ...
    async def open_talk(self, lead: int, visitor: Visitor, /) -> Talk | None:
        """The talk for somebody who begins to read, which is audited. None: there is no such lead open."""
        ...

    async def talk(self, lead: int, /) -> Talk | None: ...


class Watch(Protocol):
    """Tells that something has changed."""

    @property
    def closed(self) -> bool: ...
    def changes(self) -> AbstractAsyncContextManager[asyncio.Event]: ...


Render = Callable[[], Awaitable[str]]


def desk_router(access: Access, views: Views, watch: Watch, texts: Callable[[], Texts]) -> APIRouter:
    """`/desk`, `/desk/leads/<number>`, the streams of both, and their script."""
    router = APIRouter()
    role = needs(access, "supervisor")

    def words(request: Request, visitor: Visitor) -> Words:
        return words_of(request, texts(), visitor.language)

    async def stream(request: Request, render: Render) -> AsyncIterator[ServerSentEvent]:
        """The part of a page, now and whenever it is another; `over` when the session has ended."""
        async with watch.changes() as changed:
            last = ""
            while not watch.closed:
                changed.clear()
                if await access.visitor(session_of(request)) is None:
                    yield ServerSentEvent(event="over", raw_data="")
                    return
                html = await render()
                if html != last:
                    yield ServerSentEvent(event="board", data={"now": _now(), "html": html})
                last = html
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), LOOK_EVERY)
                    await asyncio.sleep(SETTLE)

    @router.get("/desk")
    async def desk(request: Request, visitor: Visitor = role) -> HTMLResponse:
        say = words(request, visitor)
        seen = {**_board(await views.overview(), say), "token": form_token(request)}
        return page("desk", **seen, now=_now())

    @router.get("/desk/changes", response_class=EventSourceResponse)
    async def changes(request: Request, visitor: Visitor = role) -> AsyncIterator[ServerSentEvent]:
        say, token = words(request, visitor), form_token(request)

        async def render() -> str:
            return part("desk_board", **_board(await views.overview(), say), token=token)

        async for event in stream(request, render):
            yield event

    @router.get("/desk/leads/{lead}")
    async def read_along(request: Request, lead: int, visitor: Visitor = role) -> HTMLResponse:
        talk, say = await views.open_talk(lead, visitor), words(request, visitor)
        values: dict[str, Any] = {"say": say, "talk": talk, "number": lead, "now": _now()}
        return page("read_along", status=200 if talk else 404, lines=_lines(talk), **values)

    @router.get("/desk/leads/{lead}/changes", response_class=EventSourceResponse)
    async def talk_changes(request: Request, lead: int, visitor: Visitor = role) -> AsyncIterator[ServerSentEvent]:
        say = words(request, visitor)

        async def render() -> str:
            talk = await views.talk(lead)
            return part("read_along_board", say=say, talk=talk, number=lead, lines=_lines(talk))

        async for event in stream(request, render):
            yield event

    @router.get("/desk/desk.js")
    async def script() -> FileResponse:
        return FileResponse(_SCRIPT, media_type="text/javascript", headers={"cache-control": "no-cache"})

    return router


def _board(seen: Overview, say: Words) -> dict[str, Any]:
    return {
        "seen": seen, "say": say, "clock": _clock_face, "epoch": datetime.timestamp, "money": _money, "rate": _rate,
        "fewest": FEWEST,
    }  # fmt: skip


def _money(amount: int | Decimal) -> Money:
    return Money(Decimal(amount))


def _rate(share: Fraction) -> Rate:
    return Rate(Decimal(share.numerator) / share.denominator)


def _now() -> float:
    """The server's clock, by which the page sets its own."""
    return datetime.now().astimezone().timestamp()


def _clock_face(seconds: float) -> str:
    """A duration as a clock shows it: 6:05, 1:06:05."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _lines(talk: Talk | None) -> list[tuple[str, TranscriptLine]]:
    """The lines, each with a name that stays the same while more are added."""
    named: list[tuple[str, TranscriptLine]] = []
    counts: dict[datetime, int] = {}
    for line in talk.lines if talk else ():
        counts[line.at] = counts.get(line.at, 0) + 1
        named.append((f"line-{int(line.at.timestamp() * 1_000_000)}-{counts[line.at]}", line))
    return named
