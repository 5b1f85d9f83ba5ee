from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.testing.clock import FixedClock


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 9, 1, 12, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2026, 9, 1, 12, tzinfo=UTC)
    assert clock.advance(timedelta(hours=13)) == clock.now() == datetime(2026, 9, 2, 1, tzinfo=UTC)


def test_a_fixed_clock_tells_utc_whatever_zone_it_was_given() -> None:
    clock = FixedClock(datetime(2026, 9, 1, 12, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now().tzinfo is UTC
    assert clock.now().hour == 4


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        FixedClock(datetime(2026, 9, 1))  # noqa: DTZ001 — that is the point
