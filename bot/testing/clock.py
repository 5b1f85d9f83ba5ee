"""A clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FixedClock:
    """See `Clock`. Tells the time it was given, in UTC; `advance` moves it on."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        if now.tzinfo is None:
            raise ValueError("a clock needs a time with a zone")
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """The time it stands at."""
        return self._now

    def advance(self, duration: timedelta) -> datetime:
        """Move on by `duration`, and tell the new time."""
        self._now += duration
        return self._now
