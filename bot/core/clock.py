"""Time is an argument: whoever needs the present is handed a clock. All times are aware and in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the present."""

    def now(self) -> datetime:
        """The present as an aware UTC time."""
        ...
