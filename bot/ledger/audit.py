"""The acts that are audited, each under a dotted, stable name with the details that its event has.

This is the one list of them; `docs/audit.md` is held against it. An event says who did what to whose matter and when. It
holds ids, names of the program, counts and times, never what a person said or is: it outlives an erasure.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from bot.core.errors import StateError

Detail: TypeAlias = str | int | bool | tuple[str, ...] | None

CUSTOMER: Final = "customer"
LENDER: Final = "lender"
SYSTEM: Final = "system"
"""Actors that need no further name; which customer is the event's subject."""


def by_manager(number: int) -> str:
    """An account manager as an actor."""
    return f"manager:{number}"


def by_operator(name: str) -> str:
    """Somebody who runs the bot, by the name that is given with a command, or the role of a page's link."""
    return f"operator:{name}"


@dataclass(frozen=True, slots=True)
class Act:
    """What an event of one name tells, and the details it has."""

    about: str
    details: tuple[str, ...] = ()


ACTS: Final[Mapping[str, Act]] = {
    "agent.added": Act("A field agent was added, with codes for places.", ("agent",)),
    "agent.invited": Act("An invitation for a field agent was made.", ("agent",)),
    "agent.joined": Act("A field agent has come by the invitation.", ("agent",)),
    "agent.lead_agreed": Act("An owner has agreed to what a field agent has entered.", ("field_lead", "agent")),
    "agent.lead_entered": Act("A field agent has entered an owner, and got a link for the owner.", ("field_lead", "agent")),
    "agent.lead_expired": Act("Nobody has agreed to a field lead in time; it was emptied.", ("field_lead", "agent")),
    "agent.lead_opened": Act("Somebody has opened the link of a field lead.", ("field_lead", "agent")),
    "agent.lead_refused": Act("An owner has not agreed to a field lead; it was emptied.", ("field_lead", "agent")),
    "agent.removed": Act("A field agent was removed, and what was undecided taken back.", ("agent",)),
    "agent.revoked": Act("A field agent's code for a place was taken back.", ("agent",)),
    "application.cancelled": Act("An application that waited to be handed in was stopped.", ("application", "why")),
    "application.confirmed": Act(
        "The customer has confirmed an application in the review.",
        ("application", "product", "release", "quote", "consents"),
    ),
    "application.corrected": Act("The lender has put an answer right.", ("application", "field")),
    "application.failed": Act("The lender could not be told of an application, or has refused.", ("application", "why")),
    "application.not_corrected": Act("A correction did not come to the lender.", ("field", "why")),
    "application.stage_changed": Act(
        "The lender's news has moved an application.", ("application", "stage", "event")
    ),
    "application.submitted": Act("The lender has taken the application.", ("application", "reference")),
    "application.wished": Act("The customer wishes something of the lender.", ("application", "wish")),
    "appointment.booked": Act("A time was booked with a customer.", ("appointment", "kind")),
    "appointment.cancelled": Act("An appointment was called off.", ("appointment", "kind")),
    "appointment.kept": Act("A customer has come to an appointment.", ("appointment",)),
    "appointment.missed": Act("A customer has not come to an appointment.", ("appointment",)),
    "appointment.moved": Act("An appointment was put at another time.", ("appointment", "kind")),
    "claim.approved": Act("A supervisor has let a manager's held words go.", ("lead", "message", "claims")),
    "claim.held": Act("A manager's words wait for a supervisor.", ("lead", "message", "claims")),
    "claim.refused": Act("A manager's held words do not go to the customer.", ("lead", "message", "claims")),
    "claim.sent_anyway": Act("A manager was warned, and has sent the words all the same.", ("lead", "message", "claims")),
    "claim.undecided": Act("Nobody has decided on held words in time.", ("lead", "message", "claims")),
    "claim.undelivered": Act("A chat was over before stopped words could go.", ("lead", "message", "claims")),
    "claim.warned": Act("A manager was told of forbidden claims in their words.", ("lead", "message", "claims")),
    "claim.withdrawn": Act("A manager has taken stopped words back.", ("lead", "message", "claims")),
    "consent.expired": Act("A consent has come to the end of its time.", ("record", "notice", "version")),
    "consent.given": Act("The customer has agreed to a notice.", ("record", "notice", "version")),
    "consent.refused": Act("The customer has not agreed to a notice.", ("record", "notice", "version")),
    "consent.superseded": Act("A consent gave way to one on a newer notice.", ("record", "notice", "version")),
    "consent.withdrawn": Act("The customer has taken a consent back.", ("record", "notice", "version")),
    "console.link_issued": Act("A sign-in link for the pages of staff was made.", ("role",)),
    "console.signed_in": Act("Somebody has come in by such a link.", ("role",)),
    "content.published": Act("Content went live.", ("release", "digest")),
    "customer.of_age": Act("Somebody who was taken for under age has said that they are not."),
    "customer.under_age": Act("Somebody who is under age was told that the service is not for them."),
    "desk.noted": Act("An account manager has noted something about a customer.", ("lead",)),
    "desk.document_asked": Act("An account manager has asked a customer for a document.", ("lead", "manager", "document")),
    "desk.product_sent": Act("An account manager has sent a customer a product's card.", ("lead", "manager", "product")),
    "desk.read_along": Act("A supervisor has begun to read a talk along.", ("lead",)),
    "document.completed": Act(
        "The customer says that a document is whole; it goes to the lender.", ("application", "document", "pages")
    ),
    "document.handed_in": Act("The lender has taken a document.", ("application", "document", "pages")),
    "document.page_kept": Act(
        "A page of a document was kept; it was scanned for viruses or not.",
        ("application", "document", "page", "scanned"),
    ),
    "document.page_refused": Act("A page was not taken.", ("application", "document", "why")),
    "document.page_removed": Act("The customer has removed a page.", ("application", "document", "page")),
    "document.received": Act("A page of a document has come for an application.", ("application", "document")),
    "document.same_elsewhere": Act(
        "The very same file is known from so many other customers.", ("application", "page", "customers")
    ),
    "eligibility.assessed": Act("Answers were set against published criteria.", ("product", "outcome", "release")),
    "form.filled": Act("The customer has filled in the lender's own form.", ("application", "event")),
    "form.link_made": Act("A link to the lender's own form was made.", ("application",)),
    "keys.rotated": Act("Personal data goes under a new key from now on.", ("key",)),
    "lead.accepted": Act("An account manager has taken a customer.", ("lead", "manager")),
    "lead.expired": Act("Nobody has taken a customer in time.", ("lead",)),
    "lead.delayed": Act("A customer who waits for a person has heard that it takes longer.", ("lead",)),
    "lead.escalated": Act("A customer has waited too long for a person; supervisors were called.", ("lead",)),
    "lead.offered": Act("A customer was offered to an account manager.", ("lead", "manager", "rung")),
    "lead.contacted": Act("An account manager says that a customer was spoken to.", ("lead", "manager")),
    "lead.lost": Act("An account manager says that a customer is lost, and why.", ("lead", "manager", "why")),
    "lead.passed": Act("An account manager has turned a customer down, and why.", ("lead", "manager", "why")),
    "lead.reassigned": Act("A supervisor or a colleague has given a customer to another account manager.", ("lead", "manager", "by")),
    "lead.requested": Act("A customer is to meet a person.", ("lead", "reason")),
    "lead.returned": Act("A chat with an account manager has ended.", ("lead", "manager")),
    "lead.visiting": Act("An account manager says that a customer is being visited.", ("lead", "manager")),
    "lead.won": Act("An account manager says that a customer is won.", ("lead", "manager")),
    "lead.timed_out": Act("An account manager has let the time to accept run out.", ("lead", "manager")),
    "lead.withdrawn": Act("A customer who waited for a person waits no longer.", ("lead",)),
    "leads.exported": Act("Leads were written out as a table, so many of them with a name.", ("leads", "named")),
    "ledger.anchored": Act("The end of a ledger was noted.", ("ledger", "number", "hash")),
    "manager.invited": Act("An invitation for an account manager was made.", ("manager",)),
    "manager.changed": Act("What routing reads of an account manager was changed.", ("manager",)),
    "manager.joined": Act("An account manager has come by the invitation.", ("manager",)),
    "manager.set_away": Act("A supervisor has said that an account manager is away.", ("manager",)),
    "manager.set_back": Act("A supervisor has said that an account manager is back.", ("manager",)),
    "privacy.corrected": Act("A customer has put something right that is held.", ("field",)),
    "privacy.erased": Act("A customer's data was erased."),
    "privacy.explained": Act("A result was explained to the customer.", ("kind", "of")),
    "privacy.exported": Act("A customer was given all data that is held."),
    "privacy.receipt": Act("A customer was given the receipt of a consent.", ("record",)),
    "quote.shown": Act("A quote was shown and kept.", ("quote", "product", "release")),
    "retention.held": Act("Data of a customer is kept for a case, whatever its time.", ("case",)),
    "retention.lifted": Act("A case no longer keeps data of a customer.", ("case",)),
    "retention.run": Act("Data whose time was over was removed.", ("what", "removed")),
    "safety.fee_asked": Act("A customer tells that they were asked for money before a pay-out."),
    "signal.agent_words": Act("Words such as paid agents use were noticed in what was typed."),
    "signal.asked": Act("A customer was asked about a signal before handing in.", ("signal", "release")),
    "signal.screened": Act(
        "An application was looked through for signals; none refuses it.",
        ("application", "outcome", "release", "version", "signals"),
    ),
    "story.viewed": Act("Somebody has looked at a customer's story.", ("by",)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One act. `actor` did it; `subject` is the number of the conversation with the customer concerned, if one is."""

    id: str
    name: str
    actor: str
    subject: int | None
    at: datetime
    details: Mapping[str, Detail]


def audited(name: str, actor: str, subject: int | None, at: datetime, **details: Detail) -> AuditEvent:
    """An event of a listed act. Raises `StateError` where the name or its details are not as listed."""
    act = ACTS.get(name)
    if act is None or set(details) != set(act.details):
        raise StateError(f"'{name}' is not audited with {', '.join(sorted(details)) or 'no details'}")
    return AuditEvent(str(uuid.uuid4()), name, actor, subject, at, details)
