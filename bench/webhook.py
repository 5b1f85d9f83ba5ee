"""Brings updates to a bot's webhook as Telegram does: JSON over kept-alive connections, one update at a time on each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Self, cast
from urllib.parse import urlsplit

import httptools
import orjson

_HEAD: Final = (
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    "X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: "
)

Answered = Callable[[int, bytes], None]
"""Told the status and body that an update was answered with; status 0: the connection was lost."""


class Webhook(asyncio.Protocol):
    """One connection to the address that the bot gave to `setWebhook`."""

    def __init__(self, url: str, secret: str) -> None:
        self._address = address = urlsplit(url)
        self._head = _HEAD.format(path=address.path, host=address.netloc, secret=secret).encode()
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._answered: Answered | None = None

    @classmethod
    async def open(cls, url: str, secret: str) -> Self:
        """Connect."""
        webhook = cls(url, secret)
        await webhook._connect()
        return webhook

    async def ready(self) -> None:
        """Connect again where the bot has closed a connection that was idle for long."""
        if self._transport.is_closing():
            await self._connect()

    async def _connect(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        await asyncio.get_running_loop().create_connection(
            lambda: self, self._address.hostname or "", self._address.port or 80
        )

    def post(self, update: dict[str, object], answered: Answered) -> None:
        """Bring an update."""
        self._answered = answered
        body = orjson.dumps(update)
        self._transport.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))

    def close(self) -> None:
        """Disconnect."""
        self._answered = None
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._tell(0)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._tell(self._parser.get_status_code())

    def _tell(self, status: int) -> None:
        answered, self._answered = self._answered, None
        body = b"".join(self._body)
        self._body.clear()
        if answered is not None:
            answered(status, body)
