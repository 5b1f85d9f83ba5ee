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
from typing import Annotated, Any, Final, Literal, Protocol, get_args

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bot.conversation.ports import TranscriptLine
from bot.conversation.supervision import REFUSALS, Done
from bot.conversation.visitors import Visitor
from bot.core.values import Money, Rate
from bot.handoff.overview import FEWEST, Overview
from bot.handoff.pursuit import LONGEST_REMARK
from bot.handoff.records import Lead, Manager
from bot.texts.texts import Texts
from bot.web.access import Access, form_token, needs, own_form, session_of, words_of
from bot.web.pages import page, part
from bot.web.words import Words

LOOK_EVERY: Final = 30.0
"""Seconds after which a stream looks at what no transaction changes."""

SETTLE: Final = 0.1
"""Seconds in which several changes become one."""

TOLD: Final[tuple[str, ...]] = get_args(Done)
"""What a page may be asked to tell of an act."""

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


class Acts(Protocol):
    """What a supervisor may do; shipped as `Supervision`."""

    async def reassign(self, visitor: Visitor, lead: int, manager: int, /) -> str: ...
    async def set_duty(self, visitor: Visitor, manager: int, /, *, on_duty: bool) -> str: ...
    async def decide(self, visitor: Visitor, message: int, /, *, approve: bool, remark: str) -> str: ...
    async def note(self, visitor: Visitor, lead: int, words: str, /) -> str: ...


Render = Callable[[], Awaitable[str]]


def desk_router(access: Access, views: Views, watch: Watch, texts: Callable[[], Texts], acts: Acts) -> APIRouter:
    """`/desk`, `/desk/leads/<number>`, the streams of both, their script, and what forms do.

    A form comes back to the page with what came of it; a script is told so in words.
    """
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

    def told(request: Request, visitor: Visitor, done: str) -> Response:
        if "application/json" in request.headers.get("accept", ""):
            said = words(request, visitor)(f"supervisor.told.{done}")
            return JSONResponse({"told": said, "done": done not in REFUSALS}, headers={"cache-control": "no-store"})
        return RedirectResponse(f"/desk?told={done}", 303)

    @router.get("/desk")
    async def desk(request: Request, told: str = "", visitor: Visitor = role) -> HTMLResponse:
        say = words(request, visitor)
        seen = {**_board(await views.overview(), say), "token": form_token(request), "reader": visitor.manager}
        done = told if told in TOLD else ""
        return page("desk", **seen, now=_now(), told=done, refused=done in REFUSALS)

    @router.post("/desk/leads/{lead}/manager", dependencies=[own_form])
    async def reassign(
        request: Request, lead: int, manager: Annotated[int, Form()], visitor: Visitor = role
    ) -> Response:
        return told(request, visitor, await acts.reassign(visitor, lead, manager))

    @router.post("/desk/leads/{lead}/notes", dependencies=[own_form])
    async def note(
        request: Request, lead: int, words: Annotated[str, Form(max_length=LONGEST_REMARK)], visitor: Visitor = role
    ) -> Response:
        written = words.strip()
        return told(request, visitor, await acts.note(visitor, lead, written) if written else "gone")

    @router.post("/desk/people/{manager}/duty", dependencies=[own_form])
    async def duty(
        request: Request, manager: int, on_duty: Annotated[bool, Form()], visitor: Visitor = role
    ) -> Response:
        return told(request, visitor, await acts.set_duty(visitor, manager, on_duty=on_duty))

    @router.post("/desk/held/{message}", dependencies=[own_form])
    async def decide(
        request: Request,
        message: int,
        decision: Annotated[Literal["approve", "refuse"], Form()],
        remark: Annotated[str, Form(max_length=LONGEST_REMARK)] = "",
        visitor: Visitor = role,
    ) -> Response:
        done = await acts.decide(visitor, message, approve=decision == "approve", remark=remark.strip())
        return told(request, visitor, done)

    @router.get("/desk/changes", response_class=EventSourceResponse)
    async def changes(request: Request, visitor: Visitor = role) -> AsyncIterator[ServerSentEvent]:
        say, token = words(request, visitor), form_token(request)

        async def render() -> str:
            seen = _board(await views.overview(), say)
            return part("desk_board", **seen, token=token, reader=visitor.manager)

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
