"""A client of the simulator's control API for scripts and tests: be a person with a phone.

async with SimulatorClient(url) as simulator:
    phone = await simulator.join("李雷", language="zh")
    await phone.start()
    greeting = await phone.wait_for("欢迎")
    await phone.press(greeting, "中文")
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import orjson

from bot.core.errors import GatewayError

Found = TypeVar("Found")
Test = Callable[["SeenMessage"], bool]


class SimulatorError(GatewayError):
    """The simulator refused, or what was waited for did not come."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; `data` is None for one that opens a link."""

    text: str
    data: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message as the phone shows it; `raw` is the control API's whole object."""

    id: int
    seq: int
    by_bot: bool
    text: str
    html: str
    buttons: tuple[tuple[Button, ...], ...]
    edits: tuple[str, ...]
    deleted: bool
    thread: int | None
    raw: Mapping[str, Any]

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        """From the control API's object."""
        rows = tuple(tuple(_button(button) for button in row) for row in raw["buttons"])
        return cls(
            id=raw["id"], seq=raw["seq"], by_bot=raw["from"] == "bot", text=raw["text"], html=raw["html"],
            buttons=rows, edits=tuple(raw["edits"]), deleted=raw["deleted"], thread=raw["thread"], raw=raw,
        )  # fmt: skip

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all buttons."""
        return tuple(button.text for row in self.buttons for button in row)

    @property
    def media(self) -> Mapping[str, Any] | None:
        """`{"kind", "url", "name", "size", "mime"}` of its file, if there is one."""
        media: Mapping[str, Any] | None = self.raw["media"]
        return media

    @property
    def tables(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """The words of the cells of each table in a rich message."""
        found = (block["cells"] for block in self.raw["rich"] if block["type"] == "table")
        return tuple(tuple(tuple(str(cell.get("text", "")) for cell in row) for row in cells) for cells in found)


def _button(raw: Mapping[str, str]) -> Button:
    return Button(raw["text"], raw.get("data"), raw.get("url"))


@dataclass(frozen=True, slots=True)
class SeenChat:
    """A chat: messages (perhaps only the changed ones), reply keyboard, topics, and answers to presses."""

    messages: tuple[SeenMessage, ...]
    keyboard: Mapping[str, Any] | None
    topics: tuple[Mapping[str, Any], ...]
    answers: tuple[Mapping[str, Any], ...]
    seq: int

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        """From the control API's object."""
        messages = tuple(SeenMessage.read(message) for message in raw["messages"])
        return cls(messages, raw["keyboard"], tuple(raw["topics"]), tuple(raw["answers"]), raw["seq"])

    @property
    def last(self) -> SeenMessage:
        """The newest message of the bot that is still there."""
        return [message for message in self.messages if message.by_bot and not message.deleted][-1]


class SimulatorClient:
    """The control API at `base_url`, over an httpx client of its own or a given one."""

    def __init__(self, base_url: str, http: httpx.AsyncClient | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = http or httpx.AsyncClient(timeout=httpx.Timeout(10, read=90))
        self._owned = http is None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let the connections go."""
        if self._owned:
            await self._http.aclose()

    async def call(self, method: str, path: str, **more: Any) -> Any:
        """One call below `/simulator/`; raises `SimulatorError` with the reason when it is refused."""
        answer = await self._http.request(method, f"{self.base_url}/simulator/{path}", **more)
        body = orjson.loads(answer.content)
        if answer.is_error:
            raise SimulatorError(f"{answer.status_code}: {body.get('error', 'refused')}")
        return body

    async def state(self) -> dict[str, Any]:
        """Bots, users, faults, limits, and the counter `seq`."""
        state: dict[str, Any] = await self.call("GET", "state")
        return state

    async def join(self, first_name: str, *, language: str = "zh", role: str = "customer", **more: str | None) -> Phone:
        """Let somebody join; `more` may give last_name, username and phone."""
        wanted = {"first_name": first_name, "language_code": language, "role": role, **more}
        return Phone(self, await self.call("POST", "users", json=wanted))

    async def phone(self, user: int) -> Phone:
        """The phone of somebody who joined already."""
        for known in (await self.state())["users"]:
            if known["id"] == user:
                return Phone(self, known)
        raise SimulatorError("there is no such user")

    async def wait_for_bot(self, seconds: float = 10) -> dict[str, Any]:
        """The first bot, as soon as one has connected."""
        async with asyncio.timeout(seconds):
            async for _ in self.events(after=0):
                if bots := (await self.state())["bots"]:
                    first: dict[str, Any] = bots[0]
                    return first
        raise SimulatorError("no bot has connected")

    async def set_faults(self, **faults: Any) -> dict[str, Any]:
        """Have exactly these faults, for instance `set_faults(blocked=1, timeout={"seconds": 2})`; none: all off."""
        view: dict[str, Any] = await self.call("PUT", "faults", json=faults)
        return view

    async def set_limits(self, **limits: Any) -> dict[str, Any]:
        """Change limits, for instance `set_limits(flood_control=True)`."""
        view: dict[str, Any] = await self.call("PUT", "limits", json=limits)
        return view

    async def events(self, after: int | None = None) -> AsyncIterator[dict[str, Any]]:
        """Changes as they come, from now on or after a number."""
        url = f"{self.base_url}/simulator/events"
        params = {} if after is None else {"after": after}
        async with self._http.stream("GET", url, params=params) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    yield orjson.loads(line.removeprefix("data: "))


class Phone:
    """One person's phone. `seen` is the counter up to which this phone has looked: waiting looks further."""

    def __init__(self, simulator: SimulatorClient, user: Mapping[str, Any], bot: int | None = None) -> None:
        self.simulator = simulator
        self.user = user
        self.id: int = user["id"]
        self.seen = 0
        self._query = {} if bot is None else {"bot": bot}

    def with_bot(self, bot: int) -> Phone:
        """The same person's chat with another bot."""
        return Phone(self.simulator, self.user, bot)

    async def _act(self, verb: str, method: str = "POST", **more: Any) -> dict[str, Any]:
        path = f"users/{self.id}/{verb}"
        done: dict[str, Any] = await self.simulator.call(
            method, path, params=self._query | more.pop("params", {}), **more
        )
        self.seen = max(self.seen, done.get("seq", 0))
        return done

    async def start(self, payload: str = "") -> dict[str, Any]:
        """Press START."""
        return await self._act("start", json={"payload": payload})

    async def open(self, link: str) -> dict[str, Any]:
        """Open a link to a bot, which presses START with its payload."""
        return await self._act("open", "GET", params={"link": link})

    async def text(self, text: str, *, reply_to: int | None = None, thread: int | None = None) -> dict[str, Any]:
        """Write a message."""
        return await self._act("text", json={"text": text, "reply_to": reply_to, "thread": thread})

    async def press(
        self, message: SeenMessage | int, label: str | None = None, *, data: str | None = None, stale: bool = False
    ) -> dict[str, Any]:
        """Press a button by its label or data; `stale` allows one that is gone by now."""
        number = message.id if isinstance(message, SeenMessage) else message
        return await self._act("press", json={"message_id": number, "text": label, "data": data, "stale": stale})

    async def press_keyboard(self, label: str) -> dict[str, Any]:
        """Press a button of the reply keyboard."""
        return await self._act("reply-keyboard", json={"text": label})

    async def contact(self, phone: str | None = None, *, own: bool = True) -> dict[str, Any]:
        """Share a phone number."""
        return await self._act("contact", json={"phone": phone, "own": own})

    async def location(self, latitude: float, longitude: float) -> dict[str, Any]:
        """Share a place."""
        return await self._act("location", json={"latitude": latitude, "longitude": longitude})

    async def sticker(self) -> dict[str, Any]:
        """Send a sticker."""
        return await self._act("sticker")

    async def file(
        self, name: str, content: bytes, *, kind: str = "document", mime: str = "", caption: str = ""
    ) -> dict[str, Any]:
        """Send a photo, document or voice."""
        return await self._act(
            "file", data={"kind": kind, "caption": caption}, files={"file": (name, content, mime or None)}
        )

    async def edit(self, message_id: int, text: str) -> dict[str, Any]:
        """Correct one's own message."""
        return await self._act("edit", json={"message_id": message_id, "text": text})

    async def block(self) -> dict[str, Any]:
        """Block the bot."""
        return await self._act("block")

    async def unblock(self) -> dict[str, Any]:
        """Let the bot write again."""
        return await self._act("unblock")

    async def chat(self, after: int = 0) -> SeenChat:
        """The whole chat, or what changed after a number. Does not move `seen`."""
        raw = await self.simulator.call("GET", f"users/{self.id}/chat", params=self._query | {"after": after})
        return SeenChat.read(raw)

    async def wait(self, seconds: float = 10, *, after: int | None = None) -> SeenChat:
        """What changed after `seen` (or `after`), as soon as something has. Does not move `seen`."""
        query = self._query | {"after": self.seen if after is None else after, "timeout": seconds}
        return SeenChat.read(await self.simulator.call("GET", f"users/{self.id}/wait", params=query))

    async def wait_for(self, wanted: str | Test = "", *, seconds: float = 10) -> SeenMessage:
        """The first message of the bot, new or edited since `seen`, that contains a text or passes a test.

        Moves `seen` to that message, so that the next wait looks at what comes after it.
        """
        passes = _test(wanted)
        found = await self._found(
            lambda chat: [m for m in chat.messages if m.by_bot and not m.deleted and passes(m)], seconds
        )
        first = min(found, key=lambda message: message.seq)
        self.seen = first.seq
        return first

    async def wait_for_answer(self, callback_id: str | None = None, *, seconds: float = 10) -> Mapping[str, Any]:
        """The bot's answer to a press, `{"callback_id", "text", "alert", "url", "seq"}`; any newer than `seen` by default."""
        found = await self._found(
            lambda chat: [one for one in chat.answers if callback_id in (None, one["callback_id"])], seconds
        )
        return found[0]

    async def _found(self, look: Callable[[SeenChat], list[Found]], seconds: float) -> list[Found]:
        loop = asyncio.get_running_loop()
        end, after = loop.time() + seconds, self.seen
        while (left := end - loop.time()) > 0:
            news = await self.wait(left, after=after)
            if found := look(news):
                return found
            after = news.seq
        raise SimulatorError(f"within {seconds} s the bot did not do what was waited for")


def _test(wanted: str | Test) -> Test:
    if callable(wanted):
        return wanted
    return lambda message: wanted in message.text or wanted in message.labels
