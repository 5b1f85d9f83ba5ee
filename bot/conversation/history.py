"""All that is held of one customer: for the customer's own export, for explanations, and for whoever must account for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.applications.application import Application
from bot.applications.consent import ConsentRecord
from bot.applications.documents import Page
from bot.applications.signals import Screening
from bot.conversation.ports import Conversation, StoredQuote, TranscriptLine, UnitOfWork
from bot.core.values import Value, Values
from bot.handoff.appointments import Appointment
from bot.handoff.records import Lead
from bot.ledger.audit import AuditEvent

EVERY_LINE: Final = 100_000


@dataclass(frozen=True, slots=True)
class History:
    """One customer's records, each kind oldest first."""

    conversation: Conversation
    lines: tuple[TranscriptLine, ...]
    consents: tuple[ConsentRecord, ...]
    quotes: tuple[StoredQuote, ...]
    applications: tuple[Application, ...]
    pages: tuple[Page, ...]
    screenings: tuple[Screening, ...]
    leads: tuple[Lead, ...]
    appointments: tuple[Appointment, ...]
    acts: tuple[AuditEvent, ...]

    def answers(self) -> Values:
        """What the customer has told: what is known, and the answers of forms under way."""
        told: dict[str, Value] = {}
        for frame in self.conversation.state.frames:
            told |= frame.answers
        return {**told, **self.conversation.state.known}


async def history_of(work: UnitOfWork, conversation: Conversation, *, every: bool = False) -> History:
    """The customer's records as they are in this transaction; `every` as for `UnitOfWork.transcript`."""
    number = conversation.id
    return History(
        conversation=conversation,
        lines=await work.transcript(number, EVERY_LINE, every=every),
        consents=await work.consents.history(number),
        quotes=await work.quotes.of_conversation(number),
        applications=await work.applications.of_conversation(number),
        pages=await work.pages.of_conversation(number),
        screenings=await work.screenings.of_conversation(number),
        leads=await work.leads.of_conversation(number),
        appointments=await work.appointments.of_customer(number),
        acts=await work.acts(number),
    )
