"""Leads that field agents enter, each for an owner to open on their own phone and to agree to or not. Pure, but for the port.

    open → opened → agreed | refused
    open, opened → expired | revoked

What was entered stays only while it is open and once it is agreed to; every other end empties it and forgets whose phone it was. The link
`https://t.me/<bot>?start=lead-<code>` works once: whoever opens it first is the one who is asked. Of its code only the SHA-256 is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

import phonenumbers

from bot.core.values import Values
from bot.growth.field_agents import FieldAgent
from bot.products.reading import Section

FILE: Final = "field_leads.yaml"
LINK: Final = "lead"
"""What the payload of an owner's link begins with; `-` and the code follow."""

FieldLeadState = Literal["open", "opened", "agreed", "refused", "expired", "revoked"]
UNDECIDED: Final[tuple[FieldLeadState, ...]] = ("open", "opened")
_BLOTTED: Final = "•••"
_DIGITS: Final = re.compile(r"(?<!\d)(?:\d[ \-]?){7,}")


@dataclass(frozen=True, slots=True)
class FieldLead:
    """What `agent` has entered at `place`: `entry` holds segment, purpose, amount and note. `conversation` is the owner's, once opened."""

    id: int
    code: str
    agent: FieldAgent
    place: str
    entry: Values
    created_at: datetime
    expires_at: datetime
    state: FieldLeadState = "open"
    conversation: int | None = None

    def attribution(self) -> Values:
        """As the milestone of the owner's arrival keeps it."""
        return {"channel": self.agent.channel, "detail": self.place, "agent": self.agent.id}

    def told(self) -> str:
        """Who brought it, as a manager reads it."""
        return f"{self.agent.name} · {self.place}"


@dataclass(frozen=True, slots=True)
class FieldLeadRules:
    """How long a link holds, and how many an agent may have open at once."""

    valid: timedelta = field(default=timedelta(hours=48))
    at_once: int = 20


class FieldLeads(Protocol):
    """Keeps what field agents have entered."""

    async def add(self, lead: FieldLead) -> FieldLead:
        """Keep a new one (its `id` is given here)."""
        ...

    async def get(self, lead: int) -> FieldLead | None:
        """The lead, locked for this transaction."""
        ...

    async def by_code(self, code: str) -> FieldLead | None:
        """The lead of a hashed code, locked for this transaction."""
        ...

    async def opened(self, lead: int, conversation: int) -> None:
        """Somebody has opened the link in this conversation."""
        ...

    async def settle(self, lead: int, state: FieldLeadState) -> None:
        """It has come to an end; all but an agreement empties it and forgets the conversation."""
        ...

    async def of_agent(self, agent: int, most: int) -> tuple[FieldLead, ...]:
        """An agent's newest, at most `most`, the newest first."""
        ...


def parse_field_leads(document: object, file: str = FILE) -> FieldLeadRules:
    """The rules as authored. Raises `ContentError` with file, field and remedy."""
    section = Section(document, file)
    rules = FieldLeadRules(
        valid=timedelta(hours=section.whole("valid_hours", 1, 30 * 24)),
        at_once=section.whole("at_once", 1, 500),
    )
    section.done()
    return rules


def without_numbers(words: str, region: str) -> str:
    """`words` without telephone numbers, and without any other run of seven digits or more."""
    for match in reversed(list(phonenumbers.PhoneNumberMatcher(words, region))):
        words = words[: match.start] + _BLOTTED + words[match.end :]
    return _DIGITS.sub(_BLOTTED, words)
