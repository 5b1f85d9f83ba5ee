"""Whether the process lives, whether it can work, and its figures. No personal data in any of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Final, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

PATIENCE: Final = 2.0
_TURN_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

Check: TypeAlias = Callable[[], Awaitable[object]]


class Figures:
    """The counters of one process, with a registry of their own. Labels are words of the program, never of customers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._turns = Counter(
            "tillwise_turns", "Turns by how they came out", ["channel", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "tillwise_turn_seconds", "From an event in to its commit", buckets=_TURN_SECONDS, registry=self.registry
        )
        self._messages = Counter(
            "tillwise_messages", "Messages by what became of them", ["channel", "outcome"], registry=self.registry
        )
        self._turn = cache(self._turns.labels)
        self._message = cache(self._messages.labels)
        self._failures = Counter("tillwise_failures", "Faults of our own by place", ["where"], registry=self.registry)

    def turn(self, channel: str, outcome: str, seconds: float) -> None:
        """A turn came out as `outcome` after `seconds`."""
        self._turn(channel, outcome).inc()
        self._seconds.observe(seconds)

    def message(self, channel: str, outcome: str) -> None:
        """An outgoing message came to `outcome`."""
        self._message(channel, outcome).inc()

    def failure(self, where: str) -> None:
        """Something failed by our fault at `where`, a dotted name of the program."""
        self._failures.labels(where).inc()


def health_routes(checks: Mapping[str, Check], figures: Figures) -> list[Route]:
    """`/health/live`, `/health/ready` and `/metrics`.

    Ready is 200 when every check comes back in time, else 503 with the names of those that do not.
    """

    async def live(request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def ready(request: Request) -> Response:
        passed = await asyncio.gather(*map(_passes, checks.values()))
        answer = {name: "ok" if fine else "failing" for name, fine in zip(checks, passed, strict=True)}
        return JSONResponse(answer, 200 if all(passed) else 503)

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(figures.registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", metrics)]


async def _passes(check: Check) -> bool:
    try:
        await asyncio.wait_for(check(), PATIENCE)
    except Exception:  # noqa: BLE001 -- whatever the reason, the part is not ready; its own log says why
        return False
    return True
