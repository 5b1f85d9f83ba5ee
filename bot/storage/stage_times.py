"""How long stages took, from the passages of all applications: the median and the 80th percentile, worked out by PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.applications.progress import Progress, passages
from bot.applications.stages import Stage
from bot.applications.usual_times import ENOUGH, LOOK_BACK, NO_TIMES, UsualTime, UsualTimes
from bot.core.clock import Clock
from bot.storage.rows import StagePassageRow, table
from bot.storage.sql import Executor, compiled, given

FRESH: Final = timedelta(minutes=10)
"""How long what was worked out is told again: it hardly changes, and every card shows it."""

_passage: Final = table(StagePassageRow)
_COLUMNS: Final = tuple(column.name for column in _passage.c)


def _keep() -> sa.Insert:
    """Passages come as one JSON array."""
    shapes = [sa.column(column.name, column.type) for column in _passage.c]
    given_rows = (
        sa.func.json_to_recordset(sa.bindparam("passages", type_=sa.JSON))
        .table_valued(*shapes, name="passed")
        .render_derived(with_types=True)
    )
    kept = sa.dialects.postgresql.insert(_passage).from_select(
        _COLUMNS, sa.select(*(given_rows.c[name] for name in _COLUMNS))
    )
    return kept.on_conflict_do_update(
        index_elements=[_passage.c.application, _passage.c.position],
        set_={name: kept.excluded[name] for name in ("stage", "entered_at", "left_at")},
    )


def _times() -> sa.Select[Any]:
    seconds = sa.extract("epoch", _passage.c.left_at - _passage.c.entered_at)
    count = sa.func.count()
    return (
        sa.select(
            _passage.c.product,
            _passage.c.stage,
            count.label("of"),
            sa.func.percentile_cont(0.5).within_group(seconds).label("half"),
            sa.func.percentile_cont(0.8).within_group(seconds).label("most"),
        )
        .where(_passage.c.left_at >= given(_passage.c.left_at))
        .group_by(_passage.c.product, _passage.c.stage)
        .having(count >= sa.bindparam("enough", type_=sa.Integer))
    )


_KEEP: Final = compiled(_keep())
_CUT: Final = compiled(
    sa.delete(_passage).where(
        _passage.c.application == given(_passage.c.application), _passage.c.position >= given(_passage.c.position)
    )
)
_TIMES: Final = compiled(_times())


async def keep_passages(on: Executor, application: str, product: str, progress: Progress) -> None:
    """Keep the passages of an application as its events tell them now, in place of those kept before."""
    rows = [
        {
            "application": application,
            "position": position,
            "product": product,
            "stage": str(passed.stage),
            "entered_at": passed.entered_at.isoformat(),
            "left_at": passed.left_at and passed.left_at.isoformat(),
        }
        for position, passed in enumerate(passages(progress))
    ]
    await _KEEP.run(on, passages=rows)
    await _CUT.run(on, application=application, position=len(rows))


class StageTimesCache:
    """What was worked out last, for all products; one for each process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times: dict[str, UsualTimes] = {}
        self._until: datetime | None = None

    async def of(self, on: Executor, product: str) -> UsualTimes:
        """The times of a product, worked out anew where they are no longer fresh."""
        now = self._clock.now()
        if self._until is None or now >= self._until:
            self._until = now + FRESH  # before the query: whoever comes meanwhile reads what there was
            self._times = _by_product(await _TIMES.rows(on, left_at=now - LOOK_BACK, enough=ENOUGH))
        return self._times.get(product, NO_TIMES)


class PostgresStageTimes:
    """See `StageTimes`."""

    __slots__ = ("_cache", "_on")

    def __init__(self, on: Executor, cache: StageTimesCache) -> None:
        self._on = on
        self._cache = cache

    async def of(self, product: str) -> UsualTimes:
        """See `StageTimes.of`."""
        return await self._cache.of(self._on, product)


def _by_product(rows: list[Any]) -> dict[str, UsualTimes]:
    found: dict[str, dict[Stage, UsualTime]] = {}
    for row in rows:
        half, most = (timedelta(seconds=float(row[name])) for name in ("half", "most"))
        found.setdefault(row["product"], {})[Stage(row["stage"])] = UsualTime(half, most, row["of"])
    return {**found}
