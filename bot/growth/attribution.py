"""Which channel brought a customer, read off the payload of the link by which they came.

A link is `https://t.me/<bot>?start=<channel>-<detail>`, such as `poster-market7`. A channel begins with a letter and has up to
32 letters, digits and `_`; a detail has up to 31 of these and `-`. Every arrival is kept, so that first and last touch can both be told.

Anybody can type `/start` with anything behind it, and an arrival is kept in clear, since figures count it. So whatever no link of ours would
carry counts as `unknown` and is not kept; more than six digits, however they are grouped, are a telephone or another number of a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.core.values import Values

MOST_DIGITS: Final = 6
"""Enough for a day, such as `fair-261128`; too few for anybody's number."""

_PAYLOAD: Final = re.compile(r"(?P<channel>[a-z][a-z0-9_]{0,31})(?:-(?P<detail>[a-z0-9_-]{1,31}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer came by `channel`; `detail` says which poster, article or partner, and may be empty."""

    channel: str
    detail: str

    def values(self) -> Values:
        """As a milestone keeps it."""
        return {"channel": self.channel, "detail": self.detail}


UNKNOWN: Final = Arrival("unknown", "")


def arrival(payload: str) -> Arrival:
    """The arrival that a payload tells of; `UNKNOWN` for one that is not of our making."""
    match = _PAYLOAD.fullmatch(payload.lower())
    if match is None or sum(letter.isdigit() for letter in payload) > MOST_DIGITS:
        return UNKNOWN
    return Arrival(match["channel"], match["detail"] or "")
