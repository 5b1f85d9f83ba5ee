"""Which channel brought a customer, read off the payload of the link by which they came.

A link is `https://t.me/<bot>?start=<channel>-<detail>`, such as `poster-market7`: Telegram lets 64 letters, digits, `_`
and `-` through. Every arrival is kept, so that first and last touch can both be told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.values import Values

_PAYLOAD = re.compile(r"(?P<channel>[A-Za-z0-9_]{1,64})(?:-(?P<detail>[A-Za-z0-9_-]{1,63}))?")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer came by `channel`; `detail` says which poster, article or partner, and may be empty."""

    channel: str
    detail: str

    def values(self) -> Values:
        """As a milestone keeps it."""
        return {"channel": self.channel, "detail": self.detail}


def arrival(payload: str) -> Arrival:
    """The arrival that a payload tells of; one that is not of our making counts as channel `unknown`."""
    match = _PAYLOAD.fullmatch(payload)
    if match is None:
        return Arrival("unknown", "")
    return Arrival(match["channel"].lower(), (match["detail"] or "").lower())
