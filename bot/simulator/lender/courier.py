"""Carries the lender's events to the bot: signed, one application's in order, again and again until acknowledged.

Made worse on request: *duplicates* delivers every event twice, *disorder* holds one back and lets the next pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Final

import httpx
import structlog

from bot.core.clock import Clock
from bot.gateways.signatures import sign
from bot.simulator.lender.records import Letter

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """How time passes at the lender: `pauses` in seconds between tries of a delivery, the last one repeated."""

    pauses: Sequence[float] = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


TIMING: Final = Timing()


@dataclass(slots=True)
class Conditions:
    """How the post behaves; `hold` is how long, in seconds, disorder waits for a later event that may pass."""

    duplicates: bool = False
    disorder: bool = False
    hold: float = 12.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter, the address it goes to and the application it is about."""

    reference: str
    url: str
    letter: Letter


class Courier:
    """Delivers parcels in the background; `delivered` is called once for each that was acknowledged."""

    def __init__(
        self,
        secrets: Sequence[str],
        clock: Clock,
        delivered: Callable[[Parcel], None],
        timing: Timing = TIMING,
    ) -> None:
        self.conditions = Conditions()
        self._secrets = secrets
        self._clock = clock
        self._delivered = delivered
        self._timing = timing
        self._http = httpx.AsyncClient(timeout=10, trust_env=False)
        self._queues: dict[str, asyncio.Queue[Parcel]] = {}
        self._rounds: dict[str, asyncio.Task[None]] = {}

    def post(self, parcel: Parcel) -> None:
        """Take a parcel; it is delivered after those posted before it about the same application."""
        queue = self._queues.setdefault(parcel.reference, asyncio.Queue())
        queue.put_nowait(parcel)
        if parcel.reference not in self._rounds:
            self._rounds[parcel.reference] = asyncio.create_task(self._round(queue))

    async def close(self) -> None:
        """Stop; what is not acknowledged stays undelivered."""
        for task in self._rounds.values():
            task.cancel()
        await asyncio.gather(*self._rounds.values(), return_exceptions=True)
        await self._http.aclose()

    async def _round(self, queue: asyncio.Queue[Parcel]) -> None:
        while True:
            for parcel in await self._gathered(queue):
                await self._deliver(parcel)
                if self.conditions.duplicates:
                    await self._deliver(parcel)

    async def _gathered(self, queue: asyncio.Queue[Parcel]) -> tuple[Parcel, ...]:
        """The next parcel, or in disorder the next two the wrong way round where a second one comes in time."""
        first = await queue.get()
        if not self.conditions.disorder:
            return (first,)
        try:
            return await asyncio.wait_for(queue.get(), self.conditions.hold), first
        except TimeoutError:
            return (first,)

    async def _deliver(self, parcel: Parcel) -> None:
        """Try until the bot has taken it, or has said (410) that it wants no more."""
        for pause in chain(self._timing.pauses, repeat(self._timing.pauses[-1])):
            if await self._taken(parcel):
                self._delivered(parcel)
                return
            await self._timing.sleep(pause)

    async def _taken(self, parcel: Parcel) -> bool:
        signed = sign(self._secrets, parcel.letter.id, self._clock.now(), parcel.letter.body)
        headers = {"content-type": "application/cloudevents+json"} | signed
        try:
            answer = await self._http.post(parcel.url, content=parcel.letter.body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            _log.info("event not delivered", event_id=parcel.letter.id, error=type(error).__name__)
            return False
        if not answer.is_success:
            _log.info("event not acknowledged", event_id=parcel.letter.id, status=answer.status_code)
        return answer.is_success or answer.status_code == httpx.codes.GONE
