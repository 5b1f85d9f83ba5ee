"""Telegram's side as lean as can be, so that what is measured is the bot: answers every call at once with a full result.

One `Telegram` serves one bot. Whoever waits for a chat's messages puts a listener into `chats`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import parse_qsl

import httptools
import orjson

TOKEN: Final = "42:bench-token-that-the-double-lets-in"
ME: Final = {"id": 42, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
_SHOWS: Final = frozenset({"sendMessage", "sendRichMessage", "editMessageText"})
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as the bot sent or changed it, in Telegram's own form; `at` is when the call had come, in seconds."""

    message: dict[str, Any]
    at: float

    @property
    def buttons(self) -> list[dict[str, str]]:
        """All inline buttons, row after row."""
        markup = self.message.get("reply_markup") or {}
        return [button for row in markup.get("inline_keyboard", ()) for button in row]


Listener = Callable[[Shown], None]


class Telegram:
    """A Bot API server for one bot. `webhook` is set once the bot has told where it takes updates, and how they are signed."""

    def __init__(self) -> None:
        self.chats: dict[int, Listener] = {}
        self.webhook: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
        self.calls = 0
        self._messages = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen on a free port; the base URL."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        """Take no more connections."""
        if self._server is not None:
            self._server.close()

    def call(self, method: str, body: bytes) -> object:
        """Carry out a call and give its result."""
        self.calls += 1
        at = time.perf_counter()
        if method == "getMe":
            return ME
        params = _params(body)
        if method == "setWebhook" and not self.webhook.done():
            self.webhook.set_result((params["url"], params.get("secret_token", "")))
        return self._show(params, at) if method in _SHOWS else True

    def _show(self, params: dict[str, Any], at: float) -> dict[str, Any]:
        chat = int(params["chat_id"])
        message = {
            "message_id": int(params.get("message_id") or self._next()),
            "from": ME,
            "chat": {"id": chat, "first_name": "Customer", "type": "private"},
            "date": int(time.time()),
            "text": params.get("text", ""),
        }
        if "inline_keyboard" in (params.get("reply_markup") or ()):
            message["reply_markup"] = params["reply_markup"]
        if (listener := self.chats.get(chat)) is not None:
            listener(Shown(message, at))
        return message

    def _next(self) -> int:
        self._messages += 1
        return self._messages


def _params(body: bytes) -> dict[str, Any]:
    """The parameters of a call, which come as JSON or as a form."""
    if body.startswith(b"{"):
        params: dict[str, Any] = orjson.loads(body)
        return params
    return dict(parse_qsl(body.decode()))


class _Connection(asyncio.Protocol):
    """One kept-alive connection of the bot's client."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram
        self._parser = httptools.HttpRequestParser(self)
        self._method = ""
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._method = url.decode().rpartition("/")[2]

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        result = self._telegram.call(self._method, b"".join(self._body))
        self._body.clear()
        answer = orjson.dumps({"ok": True, "result": result})
        self._transport.write(_HEAD % (len(answer), answer))
