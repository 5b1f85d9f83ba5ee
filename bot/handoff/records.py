"""Account managers and the leads that are offered to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bot.core.values import Values

LeadStatus = Literal["requested", "offered", "accepted", "active", "returned", "expired"]


@dataclass(frozen=True, slots=True)
class Manager:
    """An account manager as the customer sees one: name, role, hours; `conversation` is the manager's own chat.

    `invitation` is the SHA-256 of the one-time code of the invitation link, until it is used; `conversation` is absent
    until then. `hours` is a text for people.
    """

    id: int
    name: str
    role: str
    hours: str
    language: str
    on_duty: bool = True
    conversation: int | None = None
    invitation: str | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """A customer who should meet a person: `requested → offered → accepted → active → returned | expired`.

    `reason` says why (`asked`, `complaint`, `high_value`, `application`, `not_understood`); `facts` are what the manager
    is shown (need, figures, segment, language), never identity numbers.
    """

    id: int
    conversation: int
    reason: str
    status: LeadStatus
    facts: Values
    created_at: datetime
    manager: int | None = None
    accepted_at: datetime | None = None
    closed_at: datetime | None = None


class Managers(Protocol):
    """The account managers."""

    async def add(self, manager: Manager) -> Manager:
        """Keep a new manager (its `id` is given here)."""
        ...

    async def get(self, manager: int) -> Manager | None: ...
    async def by_conversation(self, conversation: int) -> Manager | None: ...
    async def by_invitation(self, invitation: str) -> Manager | None:
        """The manager whose unused invitation has this hash, locked for this transaction."""
        ...

    async def joined(self, manager: int, conversation: int) -> None:
        """The manager came by the invitation, which is used up."""
        ...

    async def set_on_duty(self, manager: int, on_duty: bool) -> None: ...
    async def on_duty(self) -> tuple[Manager, ...]:
        """Managers who joined, are on duty, and hold no active lead."""
        ...

    async def everyone(self) -> tuple[Manager, ...]:
        """Managers who joined, on duty or not, by number."""
        ...


class Leads(Protocol):
    """Leads, each with its one holder at most."""

    async def add(self, lead: Lead) -> Lead:
        """Keep a new lead (its `id` is given here)."""
        ...

    async def get(self, lead: int) -> Lead | None:
        """The lead, locked for this transaction: accepting is a race with one winner."""
        ...

    async def save(self, lead: Lead) -> None: ...
    async def open_of(self, conversation: int) -> Lead | None:
        """The customer's lead that is not yet returned or expired, locked for this transaction."""
        ...

    async def of_conversation(self, conversation: int) -> tuple[Lead, ...]:
        """All leads of one customer, oldest first, without locking them."""
        ...

    async def held_by(self, manager: int) -> Lead | None:
        """The lead that the manager holds now (accepted or active)."""
        ...

    async def waiting(self) -> tuple[Lead, ...]:
        """Leads nobody has accepted, oldest first."""
        ...

    async def offered(self, lead: int, manager: int) -> None:
        """Remember that the lead was offered to this manager."""
        ...

    async def offered_to(self, lead: int) -> tuple[Manager, ...]:
        """The managers whom the lead was offered to."""
        ...
