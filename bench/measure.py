"""One measurement of one bot: load for a while, and what it cost."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.load import Crowd, undisturbed
from bench.processes import Bot, Postgres


@dataclass(frozen=True, slots=True)
class Round:
    """What was seen: counts, seconds of CPU, and latencies in milliseconds."""

    turns: int
    calls: int
    seconds: float
    cpu: float
    database_cpu: float
    load_cpu: float
    p50: float
    p99: float
    whole_p50: float
    whole_p99: float
    late: int

    @property
    def rate(self) -> float:
        """Turns a second."""
        return self.turns / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of the bot's CPU a turn, which is also its seconds of CPU for 1,000 turns."""
        return 1000 * self.cpu / self.turns

    @property
    def database_cpu_ms(self) -> float:
        """The same of PostgreSQL."""
        return 1000 * self.database_cpu / self.turns


@dataclass(frozen=True, slots=True)
class Spell:
    """How long to load: `warm` seconds that do not count, and `seconds` that do."""

    warm: float
    seconds: float


async def at_once(bot: Bot, database: Postgres, crowd: Crowd, customers: int, spell: Spell) -> Round:
    """So many customers at once, each going on as soon as the bot has answered."""
    return await _measure(bot, database, crowd, lambda going: crowd.press_on(customers, going), spell)


async def paced(bot: Bot, database: Postgres, crowd: Crowd, rate: float, spell: Spell) -> Round:
    """So many turns a second."""
    return await _measure(bot, database, crowd, lambda going: crowd.pace(rate, going), spell)


async def _measure(
    bot: Bot,
    database: Postgres,
    crowd: Crowd,
    load: Callable[[Callable[[], bool]], Coroutine[Any, Any, None]],
    spell: Spell,
) -> Round:
    until = time.perf_counter() + spell.warm + spell.seconds
    enough = asyncio.Event()
    with undisturbed():
        async with asyncio.TaskGroup() as group:
            group.create_task(load(lambda: not enough.is_set()))
            await asyncio.sleep(spell.warm)
            before = _Counts.now(bot, database)
            crowd.record.clear()
            await asyncio.sleep(until - time.perf_counter())
            await crowd.record.some()
            enough.set()
            after = _Counts.now(bot, database)
            first, whole, late = sorted(crowd.record.first), sorted(crowd.record.whole), crowd.record.late
    return Round(
        turns=len(first),
        calls=after.calls - before.calls,
        seconds=after.at - before.at,
        cpu=after.cpu - before.cpu,
        database_cpu=after.database_cpu - before.database_cpu,
        load_cpu=after.load_cpu - before.load_cpu,
        p50=_at(first, 0.5),
        p99=_at(first, 0.99),
        whole_p50=_at(whole, 0.5),
        whole_p99=_at(whole, 0.99),
        late=late,
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    at: float
    calls: int
    cpu: float
    database_cpu: float
    load_cpu: float

    @classmethod
    def now(cls, bot: Bot, database: Postgres) -> _Counts:
        own = os.times()
        return cls(time.perf_counter(), bot.telegram.calls, bot.cpu(), database.cpu(), own.user + own.system)


def _at(ordered: Sequence[float], share: float) -> float:
    """The value below which a `share` of the seconds lies, in milliseconds."""
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def middle(rounds: Sequence[Round], of: Callable[[Round], float]) -> float:
    """The median of a figure over several rounds."""
    return median(map(of, rounds))
