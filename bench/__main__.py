"""`python -m bench`: the journey over webhook and PostgreSQL next to a stock echo bot, in one run. See `docs/performance.md`."""

from __future__ import annotations

import argparse
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
import uvloop

from bench import measure
from bench.journey import Chatter, Customer
from bench.load import Crowd
from bench.measure import Round, Spell
from bench.processes import ROOT, TILLWISE, Bot, Postgres, echo, postgres, tillwise
from bench.report import Level, Report


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, for how long, and how often; figures are medians over the rounds."""

    customers: tuple[int, ...]
    rounds: int
    spell: Spell
    rate: float
    paced: Spell
    sampled: Spell


FULL: Final = Plan((1, 16, 128), 5, Spell(1, 5), 200, Spell(1, 10), Spell(2, 20))
QUICK: Final = Plan((1, 16), 1, Spell(0.3, 1), 50, Spell(0.3, 2), Spell(0.3, 2))


@dataclass(frozen=True, slots=True)
class Subject:
    """A bot with its customers."""

    bot: Bot
    crowd: Crowd
    database: Postgres

    async def at_once(self, customers: int, spell: Spell) -> Round:
        """See `measure.at_once`."""
        return await measure.at_once(self.bot, self.database, self.crowd, customers, spell)

    async def paced(self, rate: float, spell: Spell) -> Round:
        """See `measure.paced`."""
        return await measure.paced(self.bot, self.database, self.crowd, rate, spell)


async def run(plan: Plan, directory: Path) -> Report:
    """Carry out `plan` with the database in `directory`."""
    async with postgres(directory) as database:
        async with _tillwise(plan, database) as ours, _echo(plan, database) as other:
            levels = [*[await _level(plan, count, ours, other) for count in plan.customers]]
            levels.insert(0, await _paced(plan, ours, other))
        return Report(levels, await _sampled(plan, database))


@asynccontextmanager
async def _tillwise(plan: Plan, database: Postgres, *command: str) -> AsyncIterator[Subject]:
    async with tillwise(database, command or TILLWISE) as bot:
        crowd = await Crowd.gather(max(plan.customers), Customer, bot.telegram)
        yield Subject(bot, crowd, database)
        crowd.close()


@asynccontextmanager
async def _echo(plan: Plan, database: Postgres) -> AsyncIterator[Subject]:
    async with echo(database.log) as bot:
        crowd = await Crowd.gather(max(plan.customers), Chatter, bot.telegram)
        yield Subject(bot, crowd, database)
        crowd.close()


async def _level(plan: Plan, customers: int, ours: Subject, other: Subject) -> Level:
    """The rounds of both bots by turns, so that whatever else the machine does meets both."""
    rounds = [
        (await ours.at_once(customers, plan.spell), await other.at_once(customers, plan.spell))
        for _ in range(plan.rounds)
    ]
    return Level(f"{customers} at once", [one for one, _ in rounds], [one for _, one in rounds])


async def _paced(plan: Plan, ours: Subject, other: Subject) -> Level:
    rounds = [
        (await ours.paced(plan.rate, plan.paced), await other.paced(plan.rate, plan.paced))
        for _ in range(min(3, plan.rounds))
    ]
    return Level(f"{plan.rate:g} a second", [one for one, _ in rounds], [one for _, one in rounds])


async def _sampled(plan: Plan, database: Postgres) -> dict[str, float]:
    """Where the time goes with most customers at once, in a bot of its own, since looking costs something too."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        async with _tillwise(plan, database, "-m", "bench.sampling", file.name) as ours:
            await ours.at_once(max(plan.customers), plan.spell)
            ours.bot.process.send_signal(signal.SIGUSR1)
            await ours.at_once(max(plan.customers), plan.sampled)
        shares: dict[str, float] = orjson.loads(file.read())
        return shares


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="only see that it runs: some 20 seconds, no speeds to trust"
    )
    parser.add_argument(
        "--data-dir", type=Path, default=ROOT / "var" / "bench", help="where the database lies; it is emptied"
    )
    parser.add_argument(
        "--results", type=Path, default=ROOT / "bench" / "results", help="where the figures are written"
    )
    given = parser.parse_args()
    report = uvloop.run(run(QUICK if given.quick else FULL, given.data_dir))
    print(report.table())
    print(f"\nWritten to {report.keep(given.results)}")


if __name__ == "__main__":
    main()
