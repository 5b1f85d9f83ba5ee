"""A small bot with the real way in and the real way out, running against the simulator, and the customers' side of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from bot.conversation.incoming import Incoming, Taken
from bot.conversation.ports import Failure, Key, Outgoing, Relayed
from bot.dialogs.events import Attached, Opened, Pressed, Said, Shared
from bot.gateways.telegram.account import take_by_polling, take_by_webhook
from bot.gateways.telegram.client import BotApi
from bot.gateways.telegram.limits import Rate
from bot.gateways.telegram.ports import Watch
from bot.gateways.telegram.sender import Pace, Sender
from bot.handlers.intake import Intake, TurnWatch
from bot.handlers.polling import Polling
from bot.handlers.routers import Desk
from bot.simulator.files import FileStore
from bot.simulator.server import create_simulator, running
from bot.simulator.world import World
from bot.web.telegram import TelegramWebhook
from tests.integration.telegram.telegram_double import FixedClock, MemoryOutbox, words

Mode: TypeAlias = Literal["polling", "webhook"]
TOKEN = "42:simulated"
BUTTON = ((Key("Yes", "yes"),),)
QUICK = Pace(Rate(0), Rate(0), pauses=(0.02,) * 5, catch_up=0)


@dataclass
class Shop:
    """Takes each event once and answers it: echoes words, counts presses on one message, passes files on to `manager`."""

    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)
    keys: list[str] = field(default_factory=list)
    presses: int = 0
    manager: int = 0
    reached: list[bool] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    sender: Sender | None = None

    async def take(self, incoming: Incoming) -> Taken:
        if incoming.key not in self.keys and self.sender is not None:
            self.keys.append(incoming.key)
            self.sender.deliver(self.outbox.post(*self.answer(incoming)))
        return Taken("Noted" if isinstance(incoming.event, Pressed) else None)

    def answer(self, incoming: Incoming) -> list[Outgoing]:
        chat = int(incoming.address)
        match incoming.event:
            case Opened():
                return [words("Shall we begin?", chat=chat, slot="task", keys=BUTTON)]
            case Pressed():
                self.presses += 1
                return [words(f"Pressed {self.presses}", chat=chat, slot="task", edit=True, keys=BUTTON)]
            case Said(text="contact"):
                return [words("Your number?", chat=chat, slot="ask", ask_contact="Share my number")]
            case Shared(phone=phone):
                return [words(f"Thank you, {phone}", chat=chat, slot="ask", edit=True)]
            case Attached(kind=kind, file=file) if file is not None:
                return [words("", chat=self.manager, relayed=Relayed(kind, file))]
            case Said(text=text):
                return [words(text, chat=chat)]
        return []

    async def reach(self, channel: str, address: str, reachable: bool, /) -> None:
        self.reached.append(reachable)

    async def lose(self, conversation: int) -> None:
        self.lost.append(conversation)

    async def fail(self, failure: Failure) -> None:
        self.failures.append(failure)

    def watch(self) -> Watch:
        return Watch(self.lose, self.fail, lambda _: None)

    def intake(self) -> Intake:
        return Intake(Desk(42, self.take, self.reach, FixedClock()), TurnWatch(lambda _, __: None, self.fail))


@dataclass
class Customer:
    """A person with a phone in the simulator."""

    http: httpx.AsyncClient
    id: int

    async def do(self, act: str, **details: Any) -> Any:
        answer = await self.http.post(f"/simulator/users/{self.id}/{act}", json=details or None)
        assert answer.is_success, answer.text
        return answer.json()

    async def chat(self) -> Any:
        return (await self.http.get(f"/simulator/users/{self.id}/chat")).json()

    async def answers(self, number: int) -> list[str]:
        """The notices of the first presses, once there are so many."""
        await self.chat_when(lambda chat: len(chat["answers"]) >= number)
        return [one["text"] for one in (await self.chat())["answers"]]

    async def chat_when(self, true: Callable[[Any], bool]) -> Any:
        seq = 0
        async with asyncio.timeout(10):
            while not true(chat := await self.chat()):
                waited = await self.http.get(f"/simulator/users/{self.id}/wait?after={seq}&timeout=1")
                seq = waited.json()["seq"]
        return chat

    async def sees(self, *texts: str) -> None:
        """Wait until the bot's messages are exactly these."""
        try:
            await self.chat_when(lambda chat: said(chat) == list(texts))
        except TimeoutError:
            assert said(await self.chat()) == list(texts)


def said(chat: Any) -> list[str]:
    """What the bot says in a chat."""
    return [one["text"] for one in chat["messages"] if one["from"] == "bot" and not one["deleted"]]


@dataclass
class Street:
    """The simulator with the shop in it."""

    http: httpx.AsyncClient
    shop: Shop
    world: World
    client: BotApi
    pace: Pace

    def restart(self, *, rich: bool = True) -> None:
        """The bot's sender begins anew: what it remembered is gone."""
        self.shop.sender = Sender(self.client, self.shop.outbox, FixedClock(), self.shop.watch(), self.pace, rich=rich)

    async def forget_files(self) -> None:
        """Telegram has none of the files any more that it was sent."""
        self.world.files = FileStore()

    async def customer(self) -> Customer:
        joined = await self.http.post("/simulator/users", json={"first_name": "小明", "language_code": "zh"})
        return Customer(self.http, joined.json()["id"])

    async def faults(self, **kinds: Any) -> None:
        (await self.http.put("/simulator/faults", json=kinds)).raise_for_status()

    async def struck(self, kind: str) -> int:
        return int((await self.http.get("/simulator/faults")).json()[kind]["struck"])

    async def limits(self, **limits: Any) -> None:
        (await self.http.put("/simulator/limits", json=limits)).raise_for_status()


@asynccontextmanager
async def street(mode: Mode = "polling", pace: Pace = QUICK, within: float = 2) -> AsyncIterator[Street]:
    shop = Shop()
    app = create_simulator(webhook_pause=0.02, seed=1)
    async with (
        running(app) as base,
        BotApi(TOKEN, base, within=within) as client,
        httpx.AsyncClient(base_url=base, trust_env=False) as http,
    ):
        street = Street(http, shop, app.state.world, client, pace)
        street.restart()
        async with _by_polling(client, shop) if mode == "polling" else _by_webhook(client, shop):
            yield street
        if shop.sender is not None:
            await shop.sender.close(grace=1)


@asynccontextmanager
async def _by_polling(client: BotApi, shop: Shop) -> AsyncIterator[None]:
    await take_by_polling(client)
    task = asyncio.create_task(Polling(client, shop.intake().feed, wait=1, pause=0.02).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def _by_webhook(client: BotApi, shop: Shop) -> AsyncIterator[None]:
    app = Starlette(routes=[Route("/telegram", TelegramWebhook(shop.intake().feed, "hook-secret"))])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    listener = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await take_by_webhook(client, f"http://127.0.0.1:{listener.getsockname()[1]}/telegram", "hook-secret")
    try:
        yield
    finally:
        server.should_exit = True
        await task
