"""HTTP towards one Bot API server: requests with a body, answers as bytes, connections kept alive.

`Direct` speaks HTTP/1.1 itself on httptools' parser: the little that is needed costs about 0.02 ms of CPU a call, a whole
HTTP client several times that. `Proxied` is aiohttp, for the rarer case that a proxy stands between.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import Final, Protocol, cast
from urllib.parse import urlsplit

import aiohttp
import httptools

from bot.gateways.telegram.uploads import JSON

IDLE: Final = 30.0
"""Seconds without a call after which a connection is not used again, since the server is about to close it."""
_HEAD: Final = "Host: {host}\r\nContent-Type: %b\r\nAccept: application/json\r\nContent-Length: %d\r\n\r\n"


class ConnectionFailed(OSError):  # noqa: N818 -- what happened, for whoever asked
    """No answer that HTTP allows came back. Says nothing of the address, which holds the token."""


class Http(Protocol):
    """Posts to one server."""

    async def post(self, path: str, body: bytes, kind: str = JSON) -> tuple[int, bytes]:
        """Post a body of that content type. The status and body of the answer. Raises `OSError`."""
        ...

    async def close(self) -> None:
        """Close all connections; calls under way fail."""
        ...


class Direct:
    """Kept-alive connections to `base` (scheme, host and port), at most `most` at once; further calls wait in turn."""

    def __init__(self, base: str, most: int) -> None:
        address = urlsplit(base)
        self._tls = ssl.create_default_context() if address.scheme == "https" else None
        self._host = address.hostname or ""
        self._port = address.port or (443 if self._tls else 80)
        self._prefix = address.path.rstrip("/")
        self._head = _HEAD.format(host=address.netloc.rpartition("@")[2]).encode()
        self._room = asyncio.Semaphore(most)
        self._idle: deque[_Connection] = deque()
        self._all: set[_Connection] = set()

    async def post(self, path: str, body: bytes, kind: str = JSON) -> tuple[int, bytes]:
        """See `Http.post`. A call that is given up closes its connection, on which the answer may still come."""
        head = self._head % (kind.encode(), len(body))
        request = b"POST %b HTTP/1.1\r\n%b%b" % ((self._prefix + path).encode(), head, body)
        async with self._room:
            connection = self._kept() or await self._open()
            try:
                answer = await connection.ask(request)
            except BaseException:
                connection.close()
                raise
            if connection.usable:
                connection.since = asyncio.get_running_loop().time()
                self._idle.append(connection)
            return answer

    async def close(self) -> None:
        """See `Http.close`."""
        for connection in self._all:
            connection.close()
        await asyncio.gather(*(connection.closed for connection in self._all))

    def _kept(self) -> _Connection | None:
        """The connection used last, so that those not needed grow old."""
        fresh = asyncio.get_running_loop().time() - IDLE
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and connection.since > fresh:
                return connection
            connection.close()
        return None

    async def _open(self) -> _Connection:
        name = self._host if self._tls else None
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: _Connection(self._all), self._host, self._port, ssl=self._tls, server_hostname=name
        )
        return connection


class _Connection(asyncio.Protocol):
    """One connection, on which one call runs at a time. It stands in `among` while it is open."""

    def __init__(self, among: set[_Connection]) -> None:
        self.since = 0.0
        self.usable = False
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._among = among
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._body: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send a whole request; its answer in time. Raises `ConnectionFailed`."""
        self._answer = asyncio.get_running_loop().create_future()
        if self.usable:
            self._transport.write(request)
        else:
            self._fail()
        return self._answer

    def close(self) -> None:
        """Close at once."""
        self.usable = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._among.add(self)
        self.usable = True

    def connection_lost(self, error: Exception | None) -> None:
        self.usable = False
        self._among.discard(self)
        self.closed.set_result(None)
        self._fail()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail()
            self.close()

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self.usable = self.usable and self._parser.should_keep_alive()
        body = b"".join(self._body)
        self._body.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), body))
        else:  # nobody asked for it
            self.close()
        if not self.usable:
            self.close()

    def _fail(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionFailed("the connection was lost before an answer"))


class Proxied:
    """Calls to `base` through the proxy of that URL."""

    def __init__(self, base: str, most: int, proxy: str) -> None:
        self._base = base
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=most, keepalive_timeout=IDLE),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),
            proxy=proxy,
        )

    async def post(self, path: str, body: bytes, kind: str = JSON) -> tuple[int, bytes]:
        """See `Http.post`."""
        try:
            async with self._session.post(
                self._base + path, data=body, headers={"Content-Type": kind}, allow_redirects=False
            ) as response:
                return response.status, await response.read()
        except aiohttp.ClientError as error:
            raise ConnectionFailed(type(error).__name__) from None

    async def close(self) -> None:
        """See `Http.close`."""
        await self._session.close()
