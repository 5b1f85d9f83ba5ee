"""A simulator served over real HTTP on a port of its own, a bot's hand on it, and a webhook that remembers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.simulator.client import Phone, SimulatorClient
from bot.simulator.server import create_simulator, running
from bot.simulator.world import BotAccounts, World
from bot.testing.clock import FixedClock
from bot.web.server import listening_socket

TOKEN = "4242:an-ordinary-token"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030806000000b9eade810000000b49444154789c63600002000005000157a5ab3f0000000049454e44ae426082"
)


@dataclass
class BotHand:
    """A bot's side, without any library: methods as HTTP calls."""

    http: httpx.AsyncClient
    base_url: str
    token: str = TOKEN

    async def ask(self, method: str, files: Any = None, **parameters: Any) -> dict[str, Any]:
        """The whole answer of the API, whatever it is."""
        url = f"{self.base_url}/bot{self.token}/{method}"
        if files is not None:
            fields = {name: _plain(value) for name, value in parameters.items()}
            answer = await self.http.post(url, data=fields, files=files)
        else:
            answer = await self.http.post(url, json=parameters)
        body: dict[str, Any] = orjson.loads(answer.content)
        assert body["ok"] is (answer.status_code == 200)
        return body

    async def do(self, method: str, files: Any = None, **parameters: Any) -> Any:
        """The result of a call that has to succeed."""
        body = await self.ask(method, files, **parameters)
        assert body["ok"], body
        return body["result"]

    async def refusal(self, method: str, **parameters: Any) -> tuple[int, str]:
        """Code and description of a call that has to fail."""
        body = await self.ask(method, **parameters)
        assert not body["ok"], body
        return body["error_code"], body["description"]

    async def send(self, phone: Phone, text: str = "hello", **more: Any) -> int:
        """Send a text and return its message id."""
        sent = await self.do("sendMessage", chat_id=phone.id, text=text, **more)
        return int(sent["message_id"])

    async def updates(self, **parameters: Any) -> list[dict[str, Any]]:
        """What getUpdates gives."""
        updates: list[dict[str, Any]] = await self.do("getUpdates", **parameters)
        return updates


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def button(text: str, data: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": text, "callback_data": data}]]}


async def until(done: Callable[[], object]) -> None:
    """Wait for the server, which runs in this very loop, to get there."""
    async with asyncio.timeout(10):
        while not done():  # noqa: ASYNC110  # the server's state is looked at from outside, without events of its own
            await asyncio.sleep(0.002)


@dataclass
class Webhook:
    """A bot's webhook: what came, and what to answer (in turn; then 200 with nothing)."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, request: Request) -> Response:
        self.bodies.append(orjson.loads(await request.body()))
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self.came.set()
        return self.answers.pop(0) if self.answers else Response()

    async def until(self, number: int) -> list[dict[str, Any]]:
        """The updates, as soon as there are so many."""
        async with asyncio.timeout(10):
            while len(self.bodies) < number:
                self.came.clear()
                await self.came.wait()
        return self.bodies


class QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    listening = listening_socket("127.0.0.1", 0)
    server = QuietServer(uvicorn.Config(app, log_level="error", access_log=False, ws="none", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        await until(lambda: server.started)
        server.should_exit = True
        await task


@dataclass
class Rig:
    """A served simulator."""

    url: str
    world: World
    http: httpx.AsyncClient
    simulator: SimulatorClient
    bot: BotHand


@pytest.fixture
async def rig(clock: FixedClock) -> AsyncIterator[Rig]:
    app = create_simulator(clock=clock, webhook_pause=0.01, seed=1, accounts=BotAccounts(topics=True))
    async with running(app) as url, httpx.AsyncClient(timeout=30) as http, SimulatorClient(url, http) as simulator:
        hand = BotHand(http, url)
        await hand.do("getMe")
        yield Rig(url, app.state.world, http, simulator, hand)


@pytest.fixture
def bot(rig: Rig) -> BotHand:
    return rig.bot


@pytest.fixture
async def phone(rig: Rig) -> Phone:
    """The phone of a customer who has pressed START."""
    phone = await rig.simulator.join("Mei", language="en", phone="+8613912345678")
    await phone.start()
    await rig.bot.updates(offset=-1)
    await rig.bot.updates(offset=rig.world.main_bot().updates.pending()[-1].update_id + 1)
    return phone


@pytest.fixture
async def webhook() -> AsyncIterator[Webhook]:
    hook = Webhook()
    async with serving(Starlette(routes=[Route("/hook", hook.receive, methods=["POST"])])) as url:
        hook.url = f"{url}/hook"
        yield hook
