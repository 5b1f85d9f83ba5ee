"""The content that turns read: the current release, and older ones that forms are pinned to."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.publishing.release import Documents, Release


class ReleaseStore(Protocol):
    """Where releases are kept. They are only ever added."""

    async def add(self, documents: Documents, digest: str, at: datetime, by: str, note: str) -> Release:
        """Keep a release under the next number, and tell every running process once it is committed."""
        ...

    async def newest(self) -> Release | None:
        """The release with the highest number; None before the first publication."""
        ...

    async def get(self, number: int) -> Release | None:
        """The release with this number."""
        ...
