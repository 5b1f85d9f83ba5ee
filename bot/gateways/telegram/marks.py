"""Sent marks, written many at a time: one statement for all messages of some 50 ms."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import structlog

_LONGEST_PAUSE: Final = 5.0
_log = structlog.get_logger(__name__)


class Marks:
    """Collects `(outbox id, channel's message id)` and hands them to `write`, again and again until it succeeds.

    A batch is written `pause` seconds after its first mark, or as soon as it has `size`.
    """

    def __init__(
        self,
        write: Callable[[Sequence[tuple[int, str | None]]], Awaitable[None]],
        *,
        pause: float = 0.05,
        size: int = 200,
    ) -> None:
        self._write = write
        self._pause = pause
        self._size = size
        self._waiting: dict[int, str | None] = {}
        self._full = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def pending(self) -> AbstractSet[int]:
        """The outbox ids whose marks are not written for certain yet."""
        return frozenset(self._waiting)

    def add(self, posted: int, message: str | None) -> None:
        """Note that a message was sent."""
        self._waiting[posted] = message
        if len(self._waiting) >= self._size:
            self._full.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def flush(self) -> None:
        """Come back once everything noted so far is written."""
        while self._task is not None:
            self._full.set()
            await asyncio.wait([self._task])

    async def abandon(self) -> None:
        """Give up writing; what was sent unmarked will be sent again by the relay."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            failed = 0
            while self._waiting:
                await self._gather(failed)
                failed = 0 if await self._write_batch() else failed + 1
        finally:
            self._task = None

    async def _gather(self, failed: int) -> None:
        """Wait for a batch to come together; after failures longer, and whatever its size."""
        if failed:
            await asyncio.sleep(min(_LONGEST_PAUSE, self._pause * 2**failed))
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._full.wait(), self._pause)

    async def _write_batch(self) -> bool:
        self._full.clear()
        batch = list(self._waiting.items())
        try:
            await self._write(batch)
        except Exception as error:  # noqa: BLE001 -- whatever failed, the marks must be kept and written later
            _log.warning("sent marks not written yet", count=len(batch), error=type(error).__name__)
            return False
        for posted, _ in batch:
            del self._waiting[posted]
        return True
