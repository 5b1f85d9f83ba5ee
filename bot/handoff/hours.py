"""Working hours as they are written by authors and operators, and as people read them.

The week is written as in OpenStreetMap's `opening_hours`, of which this is the part that an office needs:
`Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00`. A day that is not named is closed; `24:00` is the end of a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby, pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import holidays

from bot.core.values import Text
from bot.handoff.availability import CLOSED, MINUTES_A_DAY, Shift, Shifts, WeeklyHours
from bot.products.reading import Section

DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
EXAMPLE: Final = "Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00"

_RULE: Final = re.compile(r"(?P<days>[A-Za-z ,\-]+?)\s+(?P<shifts>\d.*)")
_SHIFT: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_hours(section: Section) -> WeeklyHours:
    """The hours that a section of an authored file says. Raises `ContentError` with file, field and remedy.

    Fields: `week`; `timezone` (Asia/Shanghai where it is absent); `holidays`, the country whose public holidays are kept, such
    as `CN` or, with a subdivision, `DE-BY`; `closed`, a list of days; `opened`, days with their shifts.
    """
    nowhere: tuple[str | None, str | None] = (None, None)
    country, subdivision = section.optional("holidays", lambda field: _country(section, field), nowhere)
    hours = WeeklyHours(
        days=_tried(section, "week", section.text("week")),
        timezone=section.optional("timezone", lambda field: _timezone(section, field), "Asia/Shanghai"),
        country=country,
        subdivision=subdivision,
        closed=section.optional("closed", lambda field: frozenset(_days(section, field)), frozenset()),
        opened=section.optional("opened", lambda field: tuple(_opened(section.section(field))), ()),
    )
    section.done()
    return hours


def parse_hours(document: object, file: str = "hours") -> WeeklyHours:
    """The hours that a whole document says, such as one written by `written`. Raises `ContentError`."""
    return read_hours(Section(document, file))


def written(hours: WeeklyHours) -> dict[str, Any]:
    """The hours as `parse_hours` reads them, JSON-ready."""
    place = "-".join(part for part in (hours.country, hours.subdivision) if part)
    document: dict[str, Any] = {"week": written_week(hours.days), "timezone": hours.timezone}
    if place:
        document["holidays"] = place
    if hours.closed:
        document["closed"] = sorted(day.isoformat() for day in hours.closed)
    if hours.opened:
        document["opened"] = {day.isoformat(): _written_shifts(shifts) for day, shifts in hours.opened}
    return document


def parse_week(words: str) -> tuple[Shifts, ...]:
    """The shifts of the seven days, Monday first, as written in `words`. Raises `ValueError` with the remedy."""
    days: dict[int, Shifts] = {}
    for rule in filter(None, (part.strip() for part in words.split(";"))):
        found = _RULE.fullmatch(rule)
        if found is None:
            raise ValueError(f"'{rule}' says no days with hours; write such as {EXAMPLE}")
        shifts = parse_shifts(found["shifts"])
        for day in _named_days(found["days"]):
            if day in days:
                raise ValueError(f"{DAYS[day]} has hours twice; name each day once")
            days[day] = shifts
    if not days:
        raise ValueError(f"no day has hours; write such as {EXAMPLE}")
    return tuple(days.get(day, CLOSED) for day in range(7))


def parse_shifts(words: str) -> Shifts:
    """The shifts of one day, as in `09:00-12:00,14:00-18:00`. Raises `ValueError` with the remedy."""
    shifts = tuple(_shift(part.strip()) for part in words.split(","))
    for earlier, later in pairwise(shifts):
        if later.opens < earlier.closes:
            raise ValueError(f"'{words}' overlaps or is out of order; write the shifts of a day one after the other")
    return shifts


def written_week(days: tuple[Shifts, ...]) -> str:
    """The week as `parse_week` reads it; days with the same shifts are written together."""
    rules = (f"{_written_days(group)} {_written_shifts(shifts)}" for group, shifts in _alike(days))
    return "; ".join(rules)


def hours_text(hours: WeeklyHours) -> Text:
    """The hours for people, such as: weekdays 9:00–12:00, 14:00–18:00; Saturday 10:00–12:00."""
    lines = tuple(
        Text("hours.line", {"days": _named(group), "shifts": shown(shifts)}) for group, shifts in _alike(hours.days)
    )
    key = "hours.but_holidays" if hours.country else "hours.week"
    return Text(key, {"lines": _joined("hours.and_days", lines)})


def shown(shifts: Shifts) -> Text | str:
    """A day's shifts for people."""
    if not shifts:
        return Text("hours.closed")
    times = tuple(f"{_clock(shift.opens)}–{_clock(shift.closes)}" for shift in shifts)
    return _joined("hours.and_times", times)


def _joined(key: str, items: tuple[Text | str, ...]) -> Text | str:
    """Items one behind the other as the language strings them."""
    first, *rest = items
    for item in rest:
        first = Text(key, {"first": first, "second": item})
    return first


def _named(days: tuple[int, ...]) -> Text:
    match days:
        case (0, 1, 2, 3, 4, 5, 6):
            return Text("hours.every_day")
        case (0, 1, 2, 3, 4):
            return Text("hours.weekdays")
        case (5, 6):
            return Text("hours.weekends")
        case (day,):
            return Text(f"weekday.{DAYS[day].lower()}")
    first, last = (Text(f"weekday.{DAYS[day].lower()}") for day in (days[0], days[-1]))
    return Text("hours.from_to", {"first": first, "last": last})


def _alike(days: tuple[Shifts, ...]) -> Iterator[tuple[tuple[int, ...], Shifts]]:
    """Runs of days one behind the other with the same shifts; closed days are left out."""
    for shifts, run in groupby(range(7), lambda day: days[day]):
        if shifts:
            yield tuple(run), shifts


def _written_days(days: tuple[int, ...]) -> str:
    return DAYS[days[0]] if len(days) == 1 else f"{DAYS[days[0]]}-{DAYS[days[-1]]}"


def _written_shifts(shifts: Shifts) -> str:
    return ",".join(f"{_digits(shift.opens)}-{_digits(shift.closes)}" for shift in shifts)


def _digits(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _named_days(words: str) -> Iterator[int]:
    for part in words.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        begin, end = _weekday(first), _weekday(last or first)
        if end < begin:
            raise ValueError(f"'{part}' runs backwards; write the earlier day first")
        yield from range(begin, end + 1)


def _weekday(name: str) -> int:
    short = name[:2].title()
    if short not in DAYS:
        raise ValueError(f"'{name}' is no day; use {', '.join(DAYS)}")
    return DAYS.index(short)


def _shift(words: str) -> Shift:
    found = _SHIFT.fullmatch(words)
    if found is None:
        raise ValueError(f"'{words}' is no shift; write such as 09:00-12:00")
    opens, closes = (int(hour) * 60 + int(minute) for hour, minute in (found.group(1, 2), found.group(3, 4)))
    if int(found[2]) > 59 or int(found[4]) > 59 or closes > MINUTES_A_DAY:
        raise ValueError(f"'{words}' has a time that no clock shows; write times from 00:00 to 24:00")
    if closes <= opens:
        raise ValueError(f"'{words}' ends before it begins; a shift over midnight is written as two, on two days")
    return Shift(opens, closes)


def _tried(section: Section, field: str, words: str) -> tuple[Shifts, ...]:
    try:
        return parse_week(words)
    except ValueError as error:
        section.refuse(field, str(error))


def _timezone(section: Section, field: str) -> str:
    name = section.text(field)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name at all, or a folder of names
        section.refuse(field, f"'{name}' is no time zone; use an IANA name such as Asia/Shanghai")
    return name


def _country(section: Section, field: str) -> tuple[str | None, str | None]:
    country, _, subdivision = section.text(field).partition("-")
    known: Mapping[str, list[str]] = holidays.list_supported_countries()
    if country not in known:
        section.refuse(
            field, f"the public holidays of '{country}' are not known; use a country such as CN, or leave it out"
        )
    if subdivision and subdivision not in known[country]:
        section.refuse(
            field, f"'{subdivision}' is no subdivision of {country}; use one of {', '.join(known[country]) or 'none'}"
        )
    return country, subdivision or None


def _days(section: Section, field: str) -> Iterator[date]:
    value = section.take(field)
    if not isinstance(value, list):
        section.refuse(field, "write a list of days such as [2026-12-31]")
    for day in value:
        yield _day(section, field, day)


def _opened(section: Section) -> Iterator[tuple[date, Shifts]]:
    for name in section.names():
        try:
            yield _day(section, name, name), parse_shifts(section.text(name))
        except ValueError as error:
            section.refuse(name, str(error))


def _day(section: Section, field: str, day: object) -> date:
    if isinstance(day, date):
        return day
    if not isinstance(day, str) or not _DAY.fullmatch(day):
        section.refuse(field, f"'{day}' is no day; write such as 2026-12-31")
    try:
        return date.fromisoformat(day)
    except ValueError:
        section.refuse(field, f"{day} is in no calendar; correct it")
