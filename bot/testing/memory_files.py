"""Files in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from bot.conversation.ports import FileLost


class MemoryFiles:
    """See `Files`; `kept` are person and content by name."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[int, bytes]] = {}

    def digest(self, content: bytes) -> str:
        """See `Files.digest`."""
        return hashlib.sha256(content).hexdigest()

    async def write(self, name: str, person: int, content: bytes) -> None:
        """See `Files.write`."""
        self.kept[name] = person, content

    async def read(self, name: str, person: int) -> bytes:
        """See `Files.read`."""
        owner, content = self.kept.get(name, (None, b""))
        if owner != person:
            raise FileLost("the file is not there")
        return content

    async def remove(self, names: Sequence[str]) -> None:
        """See `Files.remove`."""
        for name in names:
            self.kept.pop(name, None)
