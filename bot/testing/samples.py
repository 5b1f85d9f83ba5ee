"""Files that customers of stories send, and a virus scanner that finds something in one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

HARMFUL: Final = b"HARMFUL-SAMPLE"
FOUND: Final = "Harmful-Sample"
SAMPLES: Final = ("page 1", "page 2", "page 3", "small", "words", "harmful", "pdf", "locked pdf")
"""What a story may name; where it names nothing, the first."""


@cache
def sample(name: str) -> bytes:
    """The content of a sample. Raises `LookupError`."""
    match name or SAMPLES[0]:
        case "small":
            return _picture("small", (320, 240))
        case "words":
            return b"These are only words."
        case "harmful":
            return _picture("harmful", (960, 1280), HARMFUL)
        case "pdf":
            return b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"
        case "locked pdf":
            return b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R /Encrypt 2 0 R>>\n%%EOF\n"
        case page if page in SAMPLES:
            return _picture(page, (960, 1280))
    raise LookupError(f"there is no sample '{name}'; use one of {', '.join(SAMPLES)}")


def _picture(words: str, size: tuple[int, int], comment: bytes = b"") -> bytes:
    picture, made = Image.new("RGB", size, "white"), BytesIO()
    ImageDraw.Draw(picture).text((40, 40), words, fill="black", font_size=48)
    picture.save(made, "JPEG", comment=comment)
    return made.getvalue()


class SampleScanner:
    """See `Scanner`: it knows the harmful sample."""

    async def scan(self, content: bytes) -> str | None:
        """See `Scanner.scan`."""
        return FOUND if HARMFUL in content else None


@asynccontextmanager
async def serving_clamd(answer: bytes | None = None) -> AsyncIterator[str]:
    """A server that speaks ClamAV's protocol and knows the harmful sample; its address. `answer` is all that it says."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(length)
        found = await SampleScanner().scan(content)
        verdict = f"stream: {found} FOUND\0" if found else "stream: OK\0"
        writer.write(verdict.encode() if answer is None else answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
