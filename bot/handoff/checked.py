"""Managers' words that were looked at for forbidden claims, or that wait behind such words, and what became of each.

    warned → queued | withdrawn
    held → queued | refused | withdrawn | undecided
    queued → sent
    warned, held → undelivered, where the chat is over first

What is `queued` may go and does as soon as nothing before it is held: a customer reads what was written in its order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from bot.core.values import Text
from bot.handoff.claims import ClaimRules
from bot.handoff.notes import Unsaid

CheckState = Literal["warned", "held", "queued", "sent", "refused", "withdrawn", "undecided", "undelivered"]
PENDING: Final[tuple[CheckState, ...]] = ("warned", "held", "queued")
"""What has not come to its end."""


Outcome = Literal[
    "warned", "held", "waits", "approved", "sent_anyway", "refused", "withdrawn", "undecided", "undelivered"
]
"""What a reader is told of words that were stopped."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim by its id, and the words that make it."""

    claim: str
    words: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A message of `manager` to the customer in `conversation`, as it would go (`words`) and as it was written (`text`).

    `found` is empty where it only waits behind another. `decided_by` is the manager who chose to send it, or the supervisor;
    `remark` is what the supervisor said to a refusal.
    """

    id: int
    lead: int
    conversation: int
    manager: int
    words: Unsaid
    text: str
    found: tuple[Finding, ...]
    state: CheckState
    created_at: datetime
    decided_by: int | None = None
    decided_at: datetime | None = None
    remark: str = ""


def outcome_of(message: Checked) -> Outcome | None:
    """What became of it by now; None for words that only waited behind others, and went."""
    if message.state == "queued":
        return "waits"
    if message.state != "sent":
        return message.state
    if not message.found:
        return None
    return "sent_anyway" if message.decided_by == message.manager else "approved"


def reasons(rules: ClaimRules, found: Iterable[Finding]) -> tuple[Text, ...]:
    """Why words were stopped, as far as there are rules for it today."""
    texts = {claim.id: claim.text for claim in rules.claims}
    return tuple(Text(texts[one.claim], {"words": one.words}) for one in found if one.claim in texts)


class CheckedMessages(Protocol):
    """Keeps them, with the customer's other data. Whoever changes one holds the lock of its lead."""

    async def add(self, message: Checked) -> Checked:
        """Keep a new one (its `id` is given here)."""
        ...

    async def get(self, message: int) -> Checked | None: ...
    async def save(self, message: Checked) -> None:
        """Keep its state, and who has decided what."""
        ...

    async def pending(self, lead: int) -> tuple[Checked, ...]:
        """Those to the customer of a lead that have not come to their end, oldest first."""
        ...

    async def held(self) -> tuple[Checked, ...]:
        """All that wait for a supervisor, oldest first."""
        ...

    async def of_conversation(self, conversation: int) -> tuple[Checked, ...]:
        """All to one customer, oldest first."""
        ...
