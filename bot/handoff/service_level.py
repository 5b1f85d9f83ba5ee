"""How fast customers meet a person: the targets, the clocks that stop off hours, and the figures. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Final

from bot.handoff.availability import WeeklyHours
from bot.handoff.hours import read_hours
from bot.products.reading import Section

FILE: Final = "desk.yaml"
ENOUGH: Final = 20
"""Customers who must have met a person before their times are told to others."""

LOOK_BACK: Final = timedelta(days=30)
"""How old such a meeting may be to count for what customers are told."""

_MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Targets:
    """The desk's targets: durations in which its `hours` are open, without hours always; `turn_window` is plain time.

    A manager has `accept_within`; the customer hears of a delay after `tell_customer_after`, supervisors after
    `supervisor_after`, and after `expire_after` a request is closed. `first_touch_within` is what the figures are held
    against. Who let the time run out may be asked again `ask_again_after` later.
    """

    hours: WeeklyHours | None = None
    accept_within: timedelta = timedelta(minutes=2)
    tell_customer_after: timedelta = timedelta(minutes=5)
    first_touch_within: timedelta = timedelta(minutes=5)
    supervisor_after: timedelta = timedelta(minutes=15)
    ask_again_after: timedelta = timedelta(minutes=10)
    expire_after: timedelta = timedelta(hours=14)
    turn_window: timedelta = timedelta(hours=8)

    def is_open(self, at: datetime) -> bool:
        """Whether the desk is open at the moment `at`."""
        return self.hours is None or self.hours.is_open(at)


@dataclass(frozen=True, slots=True)
class Met:
    """A customer asked for a person, and met one, or has not yet (None)."""

    asked_at: datetime
    met_at: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Of `asked` customers `met` met a person; half of these within `p50`, nine in ten within `p90`, in working time.

    `within` is how many met one in time. Who still waits and is not late yet is in neither `within` nor `due`; the share
    in time is `within` of `due`.
    """

    asked: int
    met: int
    within: int
    due: int
    p50: timedelta | None
    p90: timedelta | None

    @property
    def share(self) -> Fraction | None:
        """The share in time, None where nobody is counted."""
        return Fraction(self.within, self.due) if self.due else None


def parse_targets(document: object, file: str = FILE) -> Targets:
    """The targets as authored. Raises `ContentError` with file, field and remedy."""
    section = Section(document, file)
    usual = Targets()

    def minutes(name: str, otherwise: timedelta) -> timedelta:
        return section.optional(name, lambda one: timedelta(minutes=section.whole(one, 1, _MOST)), otherwise)

    targets = Targets(
        hours=section.optional("hours", lambda name: read_hours(section.section(name)), None),
        accept_within=minutes("accept_within", usual.accept_within),
        tell_customer_after=minutes("tell_customer_after", usual.tell_customer_after),
        first_touch_within=minutes("first_touch_within", usual.first_touch_within),
        supervisor_after=minutes("supervisor_after", usual.supervisor_after),
        ask_again_after=minutes("ask_again_after", usual.ask_again_after),
        expire_after=minutes("expire_after", usual.expire_after),
        turn_window=minutes("turn_window", usual.turn_window),
    )
    section.done()
    if targets.supervisor_after < targets.accept_within:
        section.refuse("supervisor_after", "write a time that is not before `accept_within`")
    if targets.expire_after < max(targets.supervisor_after, targets.tell_customer_after):
        section.refuse("expire_after", "write a time that is not before `supervisor_after` and `tell_customer_after`")
    return targets


def due(hours: WeeklyHours | None, since: datetime, within: timedelta) -> datetime:
    """When `within` is over for a clock that began at `since` and runs in `hours` only.

    Where these hours do not come within a year, plain time is taken, so that nothing waits for ever.
    """
    return (hours.add_working_time(since, within) if hours else None) or since + within


def elapsed(hours: WeeklyHours | None, since: datetime, until: datetime) -> timedelta:
    """How long such a clock has run."""
    return hours.working_time_between(since, until) if hours else max(until - since, timedelta())


def figures(targets: Targets, meetings: Iterable[Met], now: datetime) -> Figures:
    """The figures of those who asked for a person."""
    every = tuple(meetings)
    took = sorted(elapsed(targets.hours, one.asked_at, one.met_at) for one in every if one.met_at is not None)
    late = sum(
        one.met_at is None and elapsed(targets.hours, one.asked_at, now) > targets.first_touch_within for one in every
    )
    return Figures(
        asked=len(every),
        met=len(took),
        within=sum(time <= targets.first_touch_within for time in took),
        due=len(took) + late,
        p50=percentile(took, Fraction(1, 2)),
        p90=percentile(took, Fraction(9, 10)),
    )


def percentile(ordered: Sequence[timedelta], share: Fraction) -> timedelta | None:
    """The smallest of the times within which at least `share` of them lie (nearest rank); None where there are none."""
    return ordered[ceil(share * len(ordered)) - 1] if ordered else None


def expected_wait(hours: WeeklyHours | None, meetings: Iterable[Met]) -> timedelta | None:
    """Half of the customers of late met a person within this; None where they are fewer than `ENOUGH`."""
    took = sorted(elapsed(hours, one.asked_at, one.met_at) for one in meetings if one.met_at is not None)
    return percentile(took, Fraction(1, 2)) if len(took) >= ENOUGH else None
