"""When somebody is there: weekly hours with split shifts on a clock of their own, public holidays, and days apart from the rule. Pure.

A day's shifts are found in this order:

1. a day in `opened` has the shifts written there;
2. a day in `closed` has none;
3. a public holiday of the country (and of its subdivision) has none;
4. a weekend day that the country has declared a working day in exchange for one off (调休) has those of the nearest weekday that
   has some: a Saturday Friday's, a Sunday Monday's;
5. any other day has those of its day of the week.

Shifts are wall-clock times and become moments only for a given day, so that an office opens at nine on the day the clocks change
too. A closing time that the clock shows twice is the later one; an opening that the clock passes over is as much later.
Holidays and exchanged days are those that the library `holidays` knows; governments announce exchanged days about a year
ahead, so what it does not know yet is written as `opened` and `closed`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

import holidays

MINUTES_A_DAY: Final = 24 * 60
WEEKEND: Final = frozenset((5, 6))
LOOK_AHEAD: Final = timedelta(days=400)
"""How far ahead the next opening is looked for: whoever is away longer than a year has no hours."""

_NEAREST_WEEKDAYS: Final = {5: (4, 3, 2, 1, 0), 6: (0, 1, 2, 3, 4)}


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """From `opens` to `closes` on one day, in minutes since midnight on the wall clock; the end of the day is 1440."""

    opens: int
    closes: int


Shifts = tuple[Shift, ...]
CLOSED: Final[Shifts] = ()


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The hours of a person or a branch.

    `days` has seven entries, Monday first, each with its shifts in order. `timezone` is an IANA name. `country` (ISO 3166-1) and
    `subdivision` (as `holidays` names it) say whose public holidays are kept, None: none are. `opened` and `closed` are days apart
    from the rule.
    """

    days: tuple[Shifts, ...]
    timezone: str = "Asia/Shanghai"
    country: str | None = None
    subdivision: str | None = None
    closed: frozenset[date] = frozenset()
    opened: tuple[tuple[date, Shifts], ...] = ()

    def shifts_on(self, day: date) -> Shifts:
        """The shifts of a calendar day in these hours' own time zone."""
        for special, shifts in self.opened:
            if special == day:
                return shifts
        if day in self.closed or (self.country and day in _calendar(self.country, self.subdivision, day.year).off):
            return CLOSED
        if self.country and day in _calendar(self.country, self.subdivision, day.year).made_up:
            return self._exchanged(day)
        return self.days[day.weekday()]

    def local_day(self, at: datetime) -> date:
        """The calendar day at the moment `at`, where these hours are kept."""
        return at.astimezone(ZoneInfo(self.timezone)).date()

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at the moment `at`; at a closing time nobody is any more."""
        return any(opens <= at < closes for opens, closes in self._on_day(self.local_day(at), None))

    def next_opening(self, at: datetime) -> datetime | None:
        """The first moment from `at` on at which somebody is there, in UTC; None where there is none within `LOOK_AHEAD`."""
        found = next(self._from(at), None)
        return max(found[0], at.astimezone(UTC)) if found else None

    def working_time_between(self, begin: datetime, end: datetime) -> timedelta:
        """How long somebody is there between two moments; nothing where `end` is not behind `begin`."""
        total = timedelta()
        for opens, closes in self._from(begin, until=end):
            total += max(min(closes, end) - max(opens, begin), timedelta())
        return total

    def add_working_time(self, at: datetime, duration: timedelta) -> datetime | None:
        """The moment, in UTC, by which somebody was there for `duration` since `at`; None where that takes beyond `LOOK_AHEAD`.

        With no duration it is `at`, open or not. At the end of a shift it is the closing time, not the next opening.
        """
        if duration <= timedelta():
            return at.astimezone(UTC)
        left = duration
        for opens, closes in self._from(at):
            begins = max(opens, at)
            if closes - begins >= left:
                return (begins + left).astimezone(UTC)
            left -= closes - begins
        return None

    def slots(
        self,
        after: datetime,
        length: timedelta,
        *,
        count: int,
        lead: timedelta = timedelta(),
        taken: Collection[datetime] = (),
    ) -> tuple[datetime, ...]:
        """The first `count` appointments of `length` that begin at least `lead` behind `after`, in UTC.

        Each lies within one shift and is counted from its opening, so that two who ask at different moments are offered
        the same times. A slot that begins at a moment in `taken` is left out.
        """
        earliest = after + lead
        free = (slot for slot in self.every_slot(earliest, length) if slot not in taken)
        return tuple(islice(free, count))

    def fits(self, begin: datetime, length: timedelta) -> bool:
        """Whether an appointment of `length` at `begin` is one that `slots` would offer."""
        return self.slots(begin, length, count=1) == (begin,)

    def every_slot(self, earliest: datetime, length: timedelta) -> Iterator[datetime]:
        """The beginnings of appointments from `earliest` on, as `slots` offers them, without end but for `LOOK_AHEAD`."""
        for opens, closes in self._from(earliest):
            passed = max(-((opens - earliest) // length), 0)  # rounded up: none begins before `earliest`
            begin = opens + passed * length
            while begin + length <= closes:
                yield begin
                begin += length

    def _from(self, at: datetime, until: datetime | None = None) -> Iterator[tuple[datetime, datetime]]:
        """The stretches, in UTC and in order, none overlapping, in which somebody is there and that end behind `at`."""
        day, last = self.local_day(at) - timedelta(days=1), self.local_day(until or at + LOOK_AHEAD)
        before: datetime | None = None
        while day <= last:
            for opens, closes in self._on_day(day, before):
                before = closes
                if closes > at:
                    yield opens, closes
            day += timedelta(days=1)

    def _on_day(self, day: date, before: datetime | None) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of a day; a changing clock may push one into the next, which then begins where it ends."""
        for shift in self.shifts_on(day):
            opens, closes = self._moment(day, shift.opens, 0), self._moment(day, shift.closes, 1)
            opens = max(opens, before) if before else opens
            if opens < closes:
                before = closes
                yield opens, closes

    def _moment(self, day: date, minute: int, fold: int) -> datetime:
        days, minutes = divmod(minute, MINUTES_A_DAY)
        wall = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60), ZoneInfo(self.timezone))
        moments = [wall.replace(fold=side).astimezone(UTC) for side in (0, 1)]
        return max(moments) if fold else moments[0]

    def _exchanged(self, day: date) -> Shifts:
        near = _NEAREST_WEEKDAYS.get(day.weekday(), (day.weekday(),))
        return next((self.days[weekday] for weekday in near if self.days[weekday]), CLOSED)


@dataclass(frozen=True, slots=True)
class _Calendar:
    """Of one year the public holidays, and the weekend days that are worked in exchange for others."""

    off: frozenset[date]
    made_up: frozenset[date]


@lru_cache(maxsize=256)
def _calendar(country: str, subdivision: str | None, year: int) -> _Calendar:
    found = holidays.country_holidays(country, subdiv=subdivision, years=year)
    made_up = frozenset(day for day in found.weekend_workdays if day.year == year)
    return _Calendar(frozenset(day for day in found if day.year == year) - made_up, made_up)
