from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ContentError
from bot.handoff.profiles import parse_profile, written_profile
from bot.handoff.service_level import (
    ENOUGH,
    Met,
    Targets,
    due,
    elapsed,
    expected_wait,
    figures,
    parse_targets,
    percentile,
)
from bot.publishing.sources import read_documents

SHIPPED = parse_targets(read_documents()["desk"])
FRIDAY = datetime(2026, 11, 20, 9, 58, tzinfo=UTC)  # two minutes to closing time in Shanghai
MINUTE = timedelta(minutes=1)


def test_the_shipped_targets_are_two_five_and_fifteen_minutes() -> None:
    assert (SHIPPED.accept_within, SHIPPED.first_touch_within, SHIPPED.supervisor_after) == (
        2 * MINUTE,
        5 * MINUTE,
        15 * MINUTE,
    )


def test_clocks_stand_still_off_hours() -> None:
    monday = datetime(2026, 11, 23, 1, 13, tzinfo=UTC)
    assert due(SHIPPED.hours, FRIDAY, 15 * MINUTE) == monday
    assert elapsed(SHIPPED.hours, FRIDAY, monday) == 15 * MINUTE
    assert due(None, FRIDAY, 15 * MINUTE) == FRIDAY + 15 * MINUTE


@given(
    st.lists(st.timedeltas(timedelta(), timedelta(hours=1)), min_size=1),
    st.sampled_from((Fraction(1, 2), Fraction(9, 10))),
)
def test_at_least_the_share_lies_within_a_percentile_and_less_below_it(times: list[timedelta], share: Fraction) -> None:
    found = percentile(sorted(times), share)
    assert found is not None
    assert sum(time <= found for time in times) >= share * len(times) > sum(time < found for time in times)


@given(st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=20), st.integers(0, 30))
def test_who_waits_counts_as_late_once_the_target_has_passed_and_not_before(waits: list[int | None], now: int) -> None:
    meetings = [Met(FRIDAY, None if wait is None else FRIDAY + wait * MINUTE) for wait in waits]
    found = figures(Targets(), meetings, FRIDAY + now * MINUTE)
    late = waits.count(None) if now > 5 else 0
    assert (found.asked, found.met, found.due) == (len(waits), len(waits) - waits.count(None), found.met + late)
    assert found.within == sum(wait is not None and wait <= 5 for wait in waits)


def test_a_usual_wait_is_told_only_of_enough_customers() -> None:
    met = [Met(FRIDAY, FRIDAY + number * MINUTE) for number in range(ENOUGH)]
    assert expected_wait(None, met[1:]) is None
    assert expected_wait(None, met) == 9 * MINUTE


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"accept_within": 0}, r"desk.yaml: accept_within: write a number from 1"),
        ({"accept_within": 20}, r"desk.yaml: supervisor_after: .* not before `accept_within`"),
        ({"expire_after": 10}, r"desk.yaml: expire_after: "),
        ({"hurry": 1}, r"desk.yaml: hurry: this field is not known"),
        ({"hours": {"week": "Mo 9"}}, r"desk.yaml: hours.week: "),
    ],
)
def test_a_mistake_in_the_targets_is_told_with_field_and_remedy(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ContentError, match=told):
        parse_targets({**read_documents()["desk"], **changes})


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"segments": ["bakers"]}, r"p.yaml: segments: 'bakers' is not known; use some of sole_trader"),
        ({"capacity": 0}, r"p.yaml: capacity: write a number from 1 to 50"),
        ({"hours": {"week": "Mo 09:00-08:00"}}, r"p.yaml: hours.week: "),
        ({"gender": "f"}, r"p.yaml: gender: this field is not known"),
    ],
)
def test_a_mistake_in_a_profile_is_told_with_field_and_remedy(document: dict[str, Any], told: str) -> None:
    with pytest.raises(ContentError, match=told):
        parse_profile(document, "p.yaml")


def test_a_profile_is_written_as_it_is_read() -> None:
    document = {
        "segments": ["farmer"],
        "languages": ["en"],
        "accounts": ["riverside"],
        "capacity": 4,
        "hours": {"week": "Mo-Fr 09:00-12:00,14:00-18:00", "timezone": "Asia/Shanghai", "holidays": "CN"},
        "backup": 7,
        "supervisor": True,
    }
    assert written_profile(parse_profile(document)) == document
