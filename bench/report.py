"""Figures as a table to read, and as JSON to keep."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from bench.measure import Round, middle

_ROW: Final = "{:<26}{:>9}{:>12}{:>12}{:>9}{:>9}{:>11}{:>8}"
_HEAD: Final = _ROW.format("", "turns/s", "CPU s/1000", "PostgreSQL", "p50 ms", "p99 ms", "p99 whole", "calls")


@dataclass(frozen=True, slots=True)
class Level:
    """Rounds of both bots under the same load."""

    name: str
    tillwise: Sequence[Round]
    echo: Sequence[Round]

    @property
    def ratio(self) -> float:
        """The echo bot's CPU per turn over ours: 1 is as cheap, more is cheaper than the echo bot.

        0 where the system's clock, which ticks a hundred times a second, has counted nothing for ours.
        """
        ours = middle(self.tillwise, lambda one: one.cpu_ms)
        return middle(self.echo, lambda one: one.cpu_ms) / ours if ours else 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """All of a run."""

    levels: Sequence[Level]
    shares: Mapping[str, float]
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def table(self) -> str:
        """For people."""
        lines = [_HEAD]
        for level in self.levels:
            lines += [_row(f"{level.name}: tillwise", level.tillwise), _row(f"{level.name}: echo", level.echo)]
            lines.append(f"{'':<26}{level.ratio:>9.2f}  echo's CPU per turn over Tillwise's")
        cost = middle(self.levels[-1].tillwise, lambda one: one.cpu_ms)
        if self.shares:
            lines += ["", f"Where Tillwise's CPU goes ({self.levels[-1].name})"]
        lines += [f"  {part:<34}{share:>6.1%}{share * cost:>8.3f} ms" for part, share in self.shares.items()]
        return "\n".join(lines)

    def json(self) -> bytes:
        """For programs: every round, and on what it ran."""
        return orjson.dumps(
            {
                "at": self.at,
                "machine": machine(),
                "levels": [_level(level) for level in self.levels],
                "shares": dict(self.shares),
            },
            option=orjson.OPT_INDENT_2,
        )

    def keep(self, directory: Path) -> Path:
        """Write the JSON into `directory`, under the time of the run."""
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / f"{self.at:%Y%m%dT%H%M%SZ}.json"
        file.write_bytes(self.json())
        return file


def machine() -> dict[str, Any]:
    """On what it runs, as far as it matters to speed."""
    return {
        "cpus": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }


def _level(level: Level) -> dict[str, Any]:
    return {
        "name": level.name,
        "ratio": level.ratio,
        "tillwise": [asdict(one) for one in level.tillwise],
        "echo": [asdict(one) for one in level.echo],
    }


def _row(name: str, rounds: Sequence[Round]) -> str:
    return _ROW.format(
        name,
        f"{middle(rounds, lambda one: one.rate):.0f}",
        f"{middle(rounds, lambda one: one.cpu_ms):.3f}",
        f"{middle(rounds, lambda one: one.database_cpu_ms):.3f}",
        f"{middle(rounds, lambda one: one.p50):.1f}",
        f"{middle(rounds, lambda one: one.p99):.1f}",
        f"{middle(rounds, lambda one: one.whole_p99):.1f}",
        f"{middle(rounds, lambda one: one.calls / one.turns):.2f}",
    )
