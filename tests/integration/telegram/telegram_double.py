"""A tiny Bot API server that fails exactly when and how a test says, and a sender that talks to it over real HTTP."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.conversation.ports import Failure, Outgoing, Posted
from bot.gateways.telegram.client import BotApi
from bot.gateways.telegram.limits import Rate
from bot.gateways.telegram.ports import Watch
from bot.gateways.telegram.sender import Pace, Sender

TOKEN = "42:very-secret"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FAST = Pace(Rate(0), Rate(0), pauses=(0.01, 0.02), catch_up=0)


@dataclass(frozen=True)
class Fault:
    """How one call fails. With `done` it is carried out all the same; `silent`: no answer comes for so many seconds."""

    status: int = 502
    words: str = "Bad Gateway"
    parameters: dict[str, Any] = field(default_factory=dict)
    done: bool = False
    silent: float = 0


BLOCKED = Fault(403, "Forbidden: bot was blocked by the user")
NOT_MODIFIED = Fault(400, "Bad Request: message is not modified: exactly the same")
GONE = Fault(400, "Bad Request: message to edit not found")
UNPARSABLE = Fault(400, "Bad Request: can't parse entities: unsupported start tag")
REFUSED = Fault(400, "Bad Request: BUTTON_TYPE_INVALID")


def flood(seconds: float) -> Fault:
    return Fault(429, "Too Many Requests", {"retry_after": seconds})


class Double:
    """The server. `chats` holds what each chat shows, by message id; `calls` all calls in the order they came."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.chats: dict[int, dict[int, str]] = defaultdict(dict)
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.updates: list[dict[str, Any]] = []
        self.waiting = asyncio.Event()
        self.base = ""
        self._messages = 0

    def fail(self, method: str, *faults: Fault) -> None:
        self.faults[method].extend(faults)

    def texts(self, chat: int) -> list[str]:
        return list(self.chats[chat].values())

    def methods(self) -> list[str]:
        return [method for method, _ in self.calls]

    async def answer(self, request: web.Request) -> web.Response:
        method, params = request.match_info["method"], await request.json()
        self.calls.append((method, params))
        fault = self.faults[method].popleft() if self.faults[method] else None
        result = await self.carry_out(method, params) if fault is None or fault.done else None
        if fault is None:
            return web.json_response({"ok": True, "result": result})
        await asyncio.sleep(fault.silent)
        body = {"ok": False, "error_code": fault.status, "description": fault.words, "parameters": fault.parameters}
        return web.json_response(body, status=fault.status)

    async def carry_out(self, method: str, params: dict[str, Any]) -> Any:
        if method == "getUpdates":
            return await self.poll(params)
        if "chat_id" not in params:
            return True
        chat = self.chats[params["chat_id"]]
        if method == "deleteMessage":
            return chat.pop(params["message_id"]) is not None
        number: int = params["message_id"] if method == "editMessageText" else self.next_message()
        chat[number] = params.get("text", "")
        return {"message_id": number}

    async def poll(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        self.updates = [one for one in self.updates if one["update_id"] >= params.get("offset", 0)]
        if not self.updates:
            self.waiting.set()
            await asyncio.sleep(min(0.02, params["timeout"]))
        return self.updates[: params["limit"]]

    def next_message(self) -> int:
        self._messages += 1
        return self._messages


class MemoryOutbox:
    """The outbox as far as a sender sees it."""

    def __init__(self) -> None:
        self.rows: dict[int, Posted] = {}
        self.sent: dict[int, str | None] = {}
        self.failed: dict[int, str] = {}
        self.unreachable: set[int] = set()
        self.batches: list[int] = []
        self.down = False

    def post(self, *messages: Outgoing) -> list[Posted]:
        posted = [Posted(len(self.rows) + 1 + place, one) for place, one in enumerate(messages)]
        self.rows.update((one.id, one) for one in posted)
        return posted

    def open(self) -> list[Posted]:
        return [one for one in self.rows.values() if one.id not in self.sent and one.id not in self.failed]

    async def unsent(self, conversation: int, /) -> Sequence[Posted]:
        return [one for one in self.open() if one.message.conversation == conversation]

    async def mark_sent(self, batch: Sequence[tuple[int, str | None]], /) -> None:
        if self.down:
            raise ConnectionRefusedError
        self.batches.append(len(batch))
        self.sent.update(batch)

    async def mark_failed(self, posted: int, reason: str, attempts: int, /) -> None:
        self.failed[posted] = reason

    async def claim_abandoned(self, now: datetime, limit: int, /) -> Sequence[Posted]:
        return self.open()[:limit]

    async def message_of(self, conversation: int, slot: str, /) -> str | None:
        here = [
            one.id for one in self.rows.values() if (one.message.conversation, one.message.slot) == (conversation, slot)
        ]
        return next((self.sent[number] for number in reversed(here) if self.sent.get(number)), None)

    async def drop_unsent(self, conversation: int, /) -> None:
        self.failed.update((one.id, "unreachable") for one in await self.unsent(conversation))

    async def set_reachable(self, conversation: int, reachable: bool, /) -> None:
        (self.unreachable.discard if reachable else self.unreachable.add)(conversation)


class FixedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class World:
    """A server, an outbox, and what the sender's watch was told."""

    api: Double
    client: BotApi
    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)
    lost: list[int] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)

    def sender(self, pace: Pace = FAST) -> Sender:
        async def lost(conversation: int) -> None:
            self.lost.append(conversation)

        async def failed(failure: Failure) -> None:
            self.failures.append(failure)

        return Sender(self.client, self.outbox, FixedClock(), Watch(lost, failed, self.outcomes.append), pace)


@asynccontextmanager
async def world(within: float = 5) -> AsyncIterator[World]:
    double = Double()
    app = web.Application()
    app.router.add_post("/bot" + TOKEN + "/{method}", double.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    double.base = f"http://{host}:{port}"
    try:
        async with BotApi(TOKEN, double.base, within=within) as client:
            yield World(double, client)
    finally:
        await runner.cleanup()


def words(text: str, *, chat: int = 7, slot: str = "say", edit: bool = False, **more: Any) -> Outgoing:
    message = Outgoing(conversation=chat, channel="telegram", address=str(chat), slot=slot, html=text, edit=edit)
    return replace(message, **more)


async def until(true: Callable[[], object], patience: float = 5) -> None:
    async with asyncio.timeout(patience):
        while not true():  # noqa: ASYNC110 -- what is waited for happens behind a real connection
            await asyncio.sleep(0.002)
