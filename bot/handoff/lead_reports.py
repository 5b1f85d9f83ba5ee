"""What is told of leads outside: to a customer-relations system, and as a table. Pure.

A lead is told by its number, with what is wanted, how it stands and who deals with it. Who the customer is stands in it only while
the customer agrees to be contacted by an account manager, and is gone with an erasure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from bot.core.values import Money, Value
from bot.handoff.notes import notes_of
from bot.handoff.records import Lead, Rung
from bot.handoff.scoring import Score

TYPES: Final[Mapping[str, str]] = {
    "lead.requested": "lead.requested",
    "lead.accepted": "lead.accepted",
    "lead.returned": "lead.returned",
    "lead.withdrawn": "lead.withdrawn",
    "lead.expired": "lead.expired",
    "lead.delayed": "lead.delayed",
    "lead.escalated": "lead.escalated",
    "lead.offered": "assignment.offered",
    "lead.passed": "assignment.passed",
    "lead.timed_out": "assignment.timed-out",
    "lead.reassigned": "assignment.reassigned",
    "lead.contacted": "lead.contacted",
    "lead.visiting": "lead.visiting",
    "lead.won": "lead.won",
    "lead.lost": "lead.lost",
}
"""The moves of leads that are told, by the name that the audit knows, with the middle of the event's type."""

_STAGES: Final[Mapping[str, str]] = {
    "lead.requested": "requested",
    "lead.offered": "offered",
    "lead.accepted": "accepted",
    "lead.passed": "requested",
    "lead.timed_out": "requested",
    "lead.returned": "returned",
    "lead.withdrawn": "returned",
    "lead.expired": "expired",
}


@dataclass(frozen=True, slots=True)
class Contact:
    """Who the customer is, as far as it is known."""

    name: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Origin:
    """How the customer came: the channel, the `place` (or poster, park, partner) its link names, a field agent by number."""

    channel: str
    place: str | None
    agent: int | None


@dataclass(frozen=True, slots=True)
class ManagerName:
    """An account manager by number and name."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class LeadReport:
    """A lead as it may be told outside. `contact` is absent where the customer has not agreed, or was erased.

    `manager` is who holds it or held it last, `rung` how the last one who was asked came to it.
    """

    lead: Lead
    origin: Origin | None = None
    manager: ManagerName | None = None
    rung: Rung | None = None
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A move of a lead that is to be told. It names nobody: who the customer is, is looked up when it is told.

    `id` makes two deliveries the same event; `name` is the audit's; `stage` is where the lead stands after it; `rung` is how the
    manager came to the lead, `why` the code of a reason that the manager gave.
    """

    id: str
    lead: int
    name: str
    stage: str
    at: datetime
    manager: int | None = None
    rung: str | None = None
    why: str | None = None


def stage_after(name: str, lead: Lead) -> str:
    """Where a lead stands after a move."""
    return _STAGES.get(name, lead.status)


def told(move: Move, report: LeadReport, manager: ManagerName | None, score: Score, currency: str) -> dict[str, Any]:
    """What an event of a move tells, ready for JSON. What is not known is left out."""
    lead, origin, contact = report.lead, report.origin, report.contact
    whole = {
        "lead": lead.id,
        "stage": move.stage,
        "pursuit": notes_of(lead).pursuit,
        "why": move.why,
        "reason": lead.reason,
        "opened": lead.created_at.isoformat(),
        "score": {"points": score.points, "high_value": score.high_value},
        "segment": _code(lead, "segment"),
        "product": _code(lead, "product"),
        "amount": _amount(lead, currency),
        "origin": origin and _known(channel=origin.channel, place=origin.place, agent=origin.agent),
        "manager": manager and {"number": manager.number, "name": manager.name},
        "rung": move.rung,
        "contact": (contact and _known(name=contact.name, phone=contact.phone)) or None,
    }
    return _known(**whole)


COLUMNS: Final = (
    "lead", "opened", "reason", "stage", "pursuit", "lost", "accepted", "closed", "points", "high_value", "segment", "product", "amount",
    "currency", "channel", "place", "agent", "manager", "manager_name", "rung", "name", "phone",
)  # fmt: skip
"""The columns of the table of leads, in their order."""

Cell = str | int | Decimal | None


def row(report: LeadReport, score: Score, currency: str) -> tuple[Cell, ...]:
    """A line of the table of leads, by `COLUMNS`."""
    lead, origin, manager, contact = report.lead, report.origin, report.manager, report.contact
    wanted = _money(lead.facts.get("amount"), currency)
    cells: dict[str, Cell] = {
        "lead": lead.id,
        "opened": lead.created_at.isoformat(),
        "reason": lead.reason,
        "stage": lead.status,
        "pursuit": notes_of(lead).pursuit,
        "lost": notes_of(lead).lost,
        "accepted": lead.accepted_at.isoformat() if lead.accepted_at else None,
        "closed": lead.closed_at.isoformat() if lead.closed_at else None,
        "points": score.points,
        "high_value": "yes" if score.high_value else "no",
        "segment": _code(lead, "segment"),
        "product": _code(lead, "product"),
        "amount": wanted.amount if wanted else None,
        "currency": wanted.currency if wanted else None,
        "channel": origin.channel if origin else None,
        "place": origin.place if origin else None,
        "agent": origin.agent if origin else None,
        "manager": manager.number if manager else None,
        "manager_name": manager.name if manager else None,
        "rung": report.rung,
        "name": contact.name if contact else None,
        "phone": contact.phone if contact else None,
    }
    return tuple(cells[name] for name in COLUMNS)


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _code(lead: Lead, name: str) -> str | None:
    value = lead.facts.get(name)
    return value if isinstance(value, str) else None


def _amount(lead: Lead, currency: str) -> dict[str, str] | None:
    wanted = _money(lead.facts.get("amount"), currency)
    return {"value": format(wanted.amount, "f"), "currency": wanted.currency} if wanted else None


def _money(value: Value, currency: str) -> Money | None:
    match value:
        case Money():
            return value
        case bool():
            return None
        case int() | Decimal():
            return Money(Decimal(value), currency)
        case _:
            return None
