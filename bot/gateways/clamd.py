"""A virus scanner that speaks ClamAV's protocol.

https://docs.clamav.net/manual/Usage/Scanning.html#clamd

`INSTREAM` takes a file over the connection, in chunks with their length before each; the answer is one line: `stream: OK`,
`stream: <name> FOUND`, or `… ERROR`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bot.conversation.ports import ScannerUnavailable
from bot.core.errors import SettingsError

PORT: Final = 3310
_CHUNK: Final = 64 * 1024
_LONGEST_ANSWER: Final = 4096


@dataclass(frozen=True, slots=True)
class Clamd:
    """See `Scanner`. A scanner at a socket's `path`, or at `host` and `port`; it has `timeout` seconds for a file."""

    path: str = ""
    host: str = ""
    port: int = PORT
    timeout: float = 60

    async def scan(self, content: bytes) -> str | None:
        """See `Scanner.scan`."""
        try:
            async with asyncio.timeout(self.timeout):
                return _found(await self._asked(content))
        except (OSError, TimeoutError) as error:
            raise ScannerUnavailable(f"the virus scanner: {type(error).__name__}") from None

    async def _asked(self, content: bytes) -> bytes:
        opened = asyncio.open_unix_connection(self.path) if self.path else asyncio.open_connection(self.host, self.port)
        reader, writer = await opened
        try:
            for part in _instream(content):
                writer.write(part)
                await writer.drain()
            return await reader.read(_LONGEST_ANSWER)
        finally:
            writer.close()


def scanner_at(address: str) -> Clamd:
    """The scanner at `tcp://host:port` or `unix:///path`. Raises `SettingsError`."""
    try:
        parts = urlsplit(address)
        if parts.scheme == "tcp" and parts.hostname:
            return Clamd(host=parts.hostname, port=parts.port or PORT)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme == "unix" and parts.path and not parts.netloc:
        return Clamd(path=parts.path)
    raise SettingsError("BOT_SCANNER is wrong: it must be tcp://host:port or unix:///path/of/a/socket")


def _instream(content: bytes) -> Iterator[bytes]:
    yield b"zINSTREAM\0"
    for start in range(0, len(content), _CHUNK):
        chunk = content[start : start + _CHUNK]
        yield len(chunk).to_bytes(4, "big") + chunk
    yield (0).to_bytes(4, "big")


def _found(answer: bytes) -> str | None:
    """What the scanner has found. Its words are not repeated where they are no finding."""
    said = answer.rstrip(b"\0\n").decode("ascii", "replace").removeprefix("stream: ")
    if said == "OK":
        return None
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    raise ScannerUnavailable("the virus scanner gave no verdict")
