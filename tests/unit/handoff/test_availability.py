from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ContentError
from bot.handoff.availability import CLOSED, LOOK_AHEAD, Shift, Shifts, WeeklyHours
from bot.handoff.hours import hours_text, parse_hours, parse_week, written
from bot.publishing.sources import read_documents
from bot.texts.texts import Texts

SPLIT = "Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00"
CHINA = parse_hours({"week": SPLIT, "holidays": "CN"})
NEW_YORK = parse_hours({"week": "Mo-Su 00:30-02:30,03:00-09:00", "timezone": "America/New_York"})
HOUR = timedelta(hours=1)
HALF = timedelta(minutes=30)


def beijing(day: str, time: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("day", "time", "there"),
    [
        ("2026-11-30", "08:59", False),
        ("2026-11-30", "09:00", True),
        ("2026-11-30", "12:00", False),  # a closing time is not open any more
        ("2026-11-30", "13:00", False),
        ("2026-11-30", "17:59", True),
        ("2026-11-28", "11:00", True),  # a Saturday with hours of its own
        ("2026-11-29", "11:00", False),
        ("2026-10-01", "10:00", False),  # National Day, a Thursday
        ("2026-10-10", "17:00", True),  # a Saturday worked in exchange: Friday's hours
        ("2026-10-06", "10:00", False),  # the day it was exchanged for
        ("2026-02-28", "15:00", True),
    ],
)
def test_somebody_is_there_in_shifts_but_not_on_holidays_and_on_exchanged_days_instead(
    day: str, time: str, there: bool
) -> None:
    assert CHINA.is_open(beijing(day, time)) is there


def test_days_apart_from_the_rule_win_over_holidays_and_exchanged_days() -> None:
    hours = parse_hours(
        {"week": SPLIT, "holidays": "CN", "closed": ["2026-10-10"], "opened": {"2026-10-01": "10:00-11:00"}}
    )
    assert hours.is_open(beijing("2026-10-01", "10:30"))
    assert not hours.is_open(beijing("2026-10-10", "15:00"))


def test_the_next_opening_is_now_where_somebody_is_there_and_none_where_nobody_ever_is() -> None:
    assert CHINA.next_opening(beijing("2026-11-30", "10:00")) == beijing("2026-11-30", "10:00")
    assert CHINA.next_opening(beijing("2026-11-30", "12:00")) == beijing("2026-11-30", "14:00")
    assert CHINA.next_opening(beijing("2026-09-30", "18:00")) == beijing("2026-10-08", "09:00")  # over the Golden Week
    assert WeeklyHours((CLOSED,) * 7).next_opening(beijing("2026-11-30", "12:00")) is None


def test_clocks_stop_off_hours() -> None:
    friday = beijing("2026-11-27", "17:50")
    assert CHINA.add_working_time(friday, timedelta(minutes=15)) == beijing("2026-11-28", "10:05")
    assert CHINA.add_working_time(friday, timedelta(minutes=10)) == beijing("2026-11-27", "18:00")
    assert CHINA.working_time_between(friday, beijing("2026-11-30", "10:00")) == timedelta(minutes=10) + 3 * HOUR


def test_slots_lie_within_a_shift_and_are_counted_from_its_opening() -> None:
    found = CHINA.slots(beijing("2026-11-30", "10:20"), HALF, count=4, lead=HALF)
    assert found == tuple(beijing("2026-11-30", time) for time in ("11:00", "11:30", "14:00", "14:30"))
    assert CHINA.slots(found[0], HALF, count=1, taken=found[:2]) == (found[2],)
    assert CHINA.fits(found[0], HALF)
    assert not CHINA.fits(found[0] + timedelta(minutes=10), HALF)


def test_an_office_opens_at_the_same_wall_clock_time_on_the_day_the_clocks_change() -> None:
    hours = parse_hours({"week": "Mo-Su 09:00-17:00", "timezone": "Europe/Berlin"})
    openings = [hours.next_opening(datetime(2026, 3, day, 0, tzinfo=UTC)) for day in (28, 29, 30)]
    assert [moment.hour for moment in openings if moment] == [8, 7, 7]


def test_a_night_that_loses_or_repeats_an_hour_is_counted_as_it_is() -> None:
    lost = datetime(2026, 3, 8, 0, tzinfo=ZoneInfo("America/New_York"))
    repeated = datetime(2026, 11, 1, 0, tzinfo=ZoneInfo("America/New_York"))
    day = timedelta(hours=23, minutes=59)
    assert NEW_YORK.working_time_between(lost, lost + timedelta(hours=9)) == timedelta(hours=7, minutes=30)
    assert NEW_YORK.working_time_between(repeated, repeated + day) == timedelta(hours=9)


@st.composite
def shifts(draw: st.DrawFn) -> Shifts:
    bounds = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    return tuple(Shift(opens * 15, closes * 15) for opens, closes in pairs)


@st.composite
def any_hours(draw: st.DrawFn) -> WeeklyHours:
    return WeeklyHours(
        tuple(draw(st.lists(shifts(), min_size=7, max_size=7))),
        draw(st.sampled_from(("Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe"))),
        *draw(st.sampled_from(((None, None), ("CN", None), ("US", "NY"), ("DE", "BY")))),
    )


# Around days on which clocks change, and around Chinese holidays.
moments = st.one_of(
    st.datetimes(datetime(2026, 3, 6), datetime(2026, 4, 7)),  # noqa: DTZ001 -- made aware below
    st.datetimes(datetime(2026, 9, 25), datetime(2026, 11, 3)),  # noqa: DTZ001
).map(lambda moment: moment.replace(tzinfo=UTC))


@given(any_hours(), moments, st.integers(1, 3000).map(lambda minutes: timedelta(minutes=minutes)))
def test_working_time_that_is_added_is_the_working_time_between(
    hours: WeeklyHours, at: datetime, duration: timedelta
) -> None:
    end = hours.add_working_time(at, duration)
    if end is None:
        assert hours.working_time_between(at, at + LOOK_AHEAD) < duration
    else:
        assert hours.working_time_between(at, end) == duration
        assert end - at >= duration


@given(any_hours(), moments, moments, moments)
def test_working_time_adds_up(hours: WeeklyHours, one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted((one, two, three))
    parts = hours.working_time_between(first, middle) + hours.working_time_between(middle, last)
    assert hours.working_time_between(first, last) == parts
    assert timedelta() <= parts <= last - first


@given(any_hours(), moments)
def test_at_the_next_opening_somebody_is_there_and_before_it_nobody(hours: WeeklyHours, at: datetime) -> None:
    opening = hours.next_opening(at)
    if opening is None:
        return
    assert hours.is_open(opening)
    assert hours.working_time_between(at, opening) == timedelta()
    assert hours.is_open(at) is (opening == at)


@given(any_hours(), moments, st.sampled_from((15, 30, 45, 60)).map(lambda minutes: timedelta(minutes=minutes)))
def test_slots_are_in_order_apart_and_wholly_within_the_hours(
    hours: WeeklyHours, at: datetime, length: timedelta
) -> None:
    found = hours.slots(at, length, count=6, lead=HOUR)
    for begin, following in pairwise(found):
        assert following - begin >= length
    for begin in found:
        assert begin >= at + HOUR
        assert hours.working_time_between(begin, begin + length) == length
        assert hours.fits(begin, length)


@given(any_hours())
def test_hours_that_are_written_down_are_read_back(hours: WeeklyHours) -> None:
    if any(hours.days):
        assert parse_hours(written(hours)) == hours


@pytest.mark.parametrize(
    ("field", "document", "remedy"),
    [
        ("week", {"week": "whenever"}, "says no days with hours"),
        ("week", {"week": "Mo-Fr 18:00-09:00"}, "ends before it begins"),
        ("week", {"week": "Mo-Fr 09:00-12:00,11:00-13:00"}, "overlaps"),
        ("week", {"week": "Mo 9:00-25:00"}, "no clock shows"),
        ("week", {"week": "Mo-Fr 9:00-12:00; Mo 14:00-15:00"}, "Mo has hours twice"),
        ("week", {"week": "Fr-Mo 9:00-12:00"}, "runs backwards"),
        ("week", {"week": "Xy 9:00-12:00"}, "is no day"),
        ("timezone", {"week": SPLIT, "timezone": "Asia/Atlantis"}, "is no time zone"),
        ("holidays", {"week": SPLIT, "holidays": "XX"}, "are not known"),
        ("holidays", {"week": SPLIT, "holidays": "DE-XX"}, "no subdivision of DE"),
        ("closed[", {"week": SPLIT, "closed": ["tomorrow"]}, "is no day"),
        ("opened.2026-10-01", {"week": SPLIT, "opened": {"2026-10-01": "all day"}}, "is no shift"),
        ("weak", {"week": SPLIT, "weak": "?"}, "not known here"),
    ],
)
def test_a_slip_is_told_with_file_field_and_remedy(field: str, document: dict[str, object], remedy: str) -> None:
    with pytest.raises(ContentError) as error:
        parse_hours(document, "centre.yaml")
    assert str(error.value).startswith(f"centre.yaml: {field.rstrip('[')}")
    assert remedy in str(error.value)


@pytest.mark.parametrize(
    ("week", "zh", "en"),
    [
        (
            SPLIT,
            "工作日 9:00–12:00、14:00–18:00；周六 10:00–12:00",
            "weekdays 9:00–12:00, 14:00–18:00; Saturday 10:00–12:00",
        ),
        ("Mo-Su 0:00-24:00", "每天 0:00–24:00", "every day 0:00–24:00"),
        (
            "Mo-Th 9:00-17:00; Fr 9:00-15:00",
            "周一至周四 9:00–17:00；周五 9:00–15:00",
            "Monday to Thursday 9:00–17:00; Friday 9:00–15:00",
        ),
    ],
)
def test_people_read_hours_in_their_own_words(week: str, zh: str, en: str) -> None:
    texts = Texts(read_documents()["messages"], "zh", "Asia/Shanghai")
    hours = WeeklyHours(parse_week(week))
    assert texts.render(hours_text(hours), "zh") == zh
    assert texts.render(hours_text(hours), "en") == en
