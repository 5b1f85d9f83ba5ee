"""Servers on real sockets, and a bot's side that keeps what it receives."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from bot.applications.events import LenderEvent
from bot.core.values import Money, Rate
from bot.gateways.lender.client import Submission
from bot.web.lender import lender_router

SECRET = "whsec_" + base64.b64encode(b"a secret of enough bytes for us").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"another one, just as long as it").decode()
START = datetime(2026, 11, 23, 9, tzinfo=UTC)


@dataclass(slots=True)
class SetClock:
    """A clock that stands until it is moved."""

    present: datetime = START

    def now(self) -> datetime:
        return self.present

    def move(self, **step: float) -> None:
        self.present += timedelta(**step)


@dataclass(slots=True)
class Inbox:
    """The bot's side: every event in the order of its arrival; the next `failures` are not kept."""

    events: list[LenderEvent] = field(default_factory=list)
    failures: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def receive(self, event: LenderEvent) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("storage is away, and this text names 张三")
        async with self._news:
            self.events.append(event)
            self._news.notify_all()

    async def until(self, holds: Callable[[list[LenderEvent]], bool]) -> list[LenderEvent]:
        """What has arrived as soon as `holds` is true of it."""
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(lambda: holds(self.events))
            return list(self.events)

    async def count(self, number: int) -> list[LenderEvent]:
        """The first `number` events, as soon as so many have arrived."""
        return (await self.until(lambda events: len(events) >= number))[:number]


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """The base URL of `app` on a port of its own; the socket listens before anybody can call."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2, lifespan="on")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            if (desk := getattr(app.state, "desk", None)) is not None:
                await desk.close()
            server.should_exit = True
            await task


def bot_side(
    receive: Callable[[LenderEvent], Awaitable[None]], clock: SetClock, secrets: Sequence[str] = (SECRET,)
) -> FastAPI:
    app = FastAPI()
    app.include_router(lender_router(receive, secrets, clock))
    return app


def submission(callback: str | None, **changes: Any) -> Submission:
    values: dict[str, Any] = {
        "application": "7c2e8d7e-5f8a-4a57-9d0e-3c1f6a2b9d10",
        "product": "working-capital",
        "amount": Money(Decimal("100000.00")),
        "months": 12,
        "method": "annuity",
        "segment": "sole_trader",
        "answers": {"name": "张三", "purpose": "stock"},
        "consents": ("3f0d1c8e",),
        "callback_url": callback,
        "locale": "zh",
        "rate": Rate(Decimal("0.066")),
    }
    return Submission(**(values | changes))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        yield client
