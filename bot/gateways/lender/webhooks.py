"""The lender's signed events, from headers and body to one typed event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.applications.events import LenderEvent, Malformed, parse
from bot.gateways.signatures import Unauthorised, check

__all__ = ["Malformed", "Unauthorised", "verify"]


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> LenderEvent:
    """The event in a signed body. The signature is checked first, nothing unsigned is ever read.

    `headers` with names in any case; `secrets` are all that hold now. Raises `Unauthorised` or `Malformed`.
    """
    check({name.lower(): value for name, value in headers.items()}, body, secrets, now)
    return parse(body)
