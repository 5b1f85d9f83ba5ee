"""Account managers and the leads that are offered to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol

from bot.core.values import Values
from bot.handoff.profiles import Profile

LeadStatus = Literal["requested", "offered", "accepted", "active", "returned", "expired"]
Rung = Literal[
    "owner",
    "backup",
    "account",
    "skill",
    "round_robin",
    "catch_all",
    "chosen",
    "supervisor",
    "appointment",
    "colleague",
]
"""How a manager came to a lead: a rung of the ladder, the manager's own choice from the list, a supervisor's, an
appointment, or a colleague who passed the customer on."""

Outcome = Literal["passed", "timed_out", "withdrawn", "reassigned", "returned"]
"""What ended an assignment: the manager turned it down, let the time run out, it was taken back unaccepted, it was given to
another, or the chat is over."""


ACCOUNT_CHANNELS: Final = ("park", "partner")
"""Channels whose detail names an account: a link `park-riverside` brings a customer of the park `riverside`."""


@dataclass(frozen=True, slots=True)
class Manager:
    """An account manager as the customer sees one: name, role, hours; `conversation` is the manager's own chat.

    `role` is one of `bot.handoff.introductions.ROLES`, or words; `hours` a week such as `Mo-Fr 09:00-18:00`, or words.

    `invitation` is the SHA-256 of the one-time code of the invitation link, until it is used; `conversation` is absent
    until then. `profile` is what routing reads.
    """

    id: int
    name: str
    role: str
    hours: str
    language: str
    on_duty: bool = True
    conversation: int | None = None
    invitation: str | None = None
    profile: Profile = field(default=Profile())


@dataclass(frozen=True, slots=True)
class Photo:
    """What somebody looks like."""

    media_type: str
    content: bytes


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


@dataclass(frozen=True, slots=True)
class Assignment:
    """A lead was given to a manager, with the reason. It is open until it has an `outcome`, and then never changes.

    `accepted_at` is absent while the manager has not accepted.
    """

    id: int
    lead: int
    manager: int
    rung: Rung
    reason: str
    offered_at: datetime
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None


class Assignments(Protocol):
    """To whom leads were given, and why: a history that only grows, and each customer's own manager."""

    async def lock(self) -> None:
        """Wait until no other transaction decides on routing, and keep others waiting to the end of this one.

        To be taken before any lead's lock, so that no two transactions wait for each other.
        """
        ...

    async def add(self, assignment: Assignment) -> Assignment:
        """Keep a new assignment (its `id` is given here). Raises `StateError` where the lead has an open one."""
        ...

    async def accepted(self, assignment: int, at: datetime) -> None: ...
    async def ended(self, assignment: int, outcome: Outcome, at: datetime) -> None:
        """End an assignment that is open; nothing where it has ended."""
        ...

    async def open_of(self, lead: int) -> Assignment | None:
        """The lead's assignment that has not ended."""
        ...

    async def of_lead(self, lead: int) -> tuple[Assignment, ...]:
        """All assignments of a lead, oldest first."""
        ...

    async def open(self) -> tuple[Assignment, ...]:
        """All assignments that have not ended, oldest first."""
        ...

    async def recent(self, since: datetime) -> Mapping[int, int]:
        """How many leads each manager was given from then on, by number."""
        ...

    async def owner_of(self, conversation: int) -> int | None:
        """The customer's own manager, by number."""
        ...

    async def own(self, conversation: int, manager: int, at: datetime) -> None:
        """The customer is this manager's from now on."""
        ...

    async def account_of(self, conversation: int) -> str | None:
        """The park or partner whose link the customer came by last."""
        ...

    async def arrival_of(self, conversation: int, by: datetime) -> Values:
        """How the customer had come, the last time until then, as the milestone keeps it; empty where nothing is known."""
        ...


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
    async def set_profile(self, manager: int, profile: Profile) -> None: ...
    async def photo(self, manager: int) -> Photo | None:
        """The manager's photo, where there is one."""
        ...

    async def set_photo(self, manager: int, photo: Photo) -> None:
        """Keep the photo instead of the one before."""
        ...

    async def all(self) -> tuple[Manager, ...]:
        """Every manager, by number, joined or not."""
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

    async def held_by(self, manager: int) -> tuple[Lead, ...]:
        """The leads that the manager holds now (accepted or active), by number, without locking them."""
        ...

    async def since(self, at: datetime) -> tuple[Lead, ...]:
        """Leads opened from then on, oldest first, without locking them."""
        ...

    async def waiting(self) -> tuple[Lead, ...]:
        """Leads nobody has accepted, oldest first."""
        ...

    async def open(self) -> tuple[Lead, ...]:
        """Leads that are not closed, oldest first, without locking them."""
        ...

    async def offered(self, lead: int, manager: int) -> None:
        """Remember that the lead was offered to this manager."""
        ...

    async def offered_to(self, lead: int) -> tuple[Manager, ...]:
        """The managers whom the lead was offered to."""
        ...


def account_in(arrivals: Iterable[Values]) -> str | None:
    """The park or partner that the first of these arrivals names, the newest first."""
    for arrival in arrivals:
        detail = arrival.get("detail")
        if arrival.get("channel") in ACCOUNT_CHANNELS and isinstance(detail, str) and detail:
            return detail
    return None
