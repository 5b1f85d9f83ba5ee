"""Waking those who wait for a change, without polling and without a thread."""

from __future__ import annotations

import asyncio


class Signal:
    """Something happens now and then; whoever waits at that moment is woken."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def watched(self) -> bool:
        """Whether somebody waits."""
        return bool(self._waiting)

    def notify(self) -> None:
        """Wake everyone who waits."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self, seconds: float | None = None) -> None:
        """Return at the next `notify`, or after `seconds`."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return
        finally:
            self._waiting.discard(future)
