"""What becomes of a lead: `requested → offered → accepted → active → returned | expired`, each move with what it entails.

Whoever calls a move holds the lead's lock. What concerns the customer's conversation is left as a job.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.conversation.desk_messages import Messages, language_of
from bot.conversation.ports import Conversation, Job, UnitOfWork
from bot.core.values import Text, Value, Values
from bot.dialogs.codec import encode_event
from bot.dialogs.events import Event, Released, Signalled
from bot.handoff import cards
from bot.handoff.notes import Unsaid, notes_of, with_notes
from bot.handoff.records import Lead, LeadStatus, Manager
from bot.handoff.routing import eligible
from bot.ledger.audit import CUSTOMER, SYSTEM, audited, by_manager

CONTACT_NOTICE: Final = "contact_by_manager"
"""The consent notice by which a customer agrees that an account manager may make contact."""

ASKED_FOR: Final = frozenset(("asked", "quote", "complaint", "not_understood", "correction", "fee_first"))
"""Reasons of leads whose customer has asked for a person, which needs no further consent."""

WAITING: Final[tuple[LeadStatus, ...]] = ("requested", "offered")
HELD: Final[tuple[LeadStatus, ...]] = ("accepted", "active")


@dataclass(frozen=True, slots=True)
class LeadDesk:
    """Moves leads within one unit of work, at the time `now`."""

    work: UnitOfWork
    messages: Messages
    now: datetime
    accept_within: timedelta

    async def open(self, conversation: Conversation, reason: str, answers: Values) -> Lead:
        """A new lead of a customer who has none open."""
        consent = (await self.work.consents.latest(conversation.id)).get(CONTACT_NOTICE)
        agreed = consent is not None and consent.state == "given"
        facts: dict[str, Value] = {
            **cards.shareable(answers),
            "applied": bool(await self.work.applications.of_conversation(conversation.id)),
            "may_contact": agreed or reason in ASKED_FOR,
        }
        lead = await self.work.leads.add(Lead(0, conversation.id, reason, "requested", facts, self.now))
        await self._track("lead.requested", lead, reason=reason)
        return lead

    async def offer(self, lead: Lead, there: Iterable[Manager]) -> Lead:
        """Ask those of the managers who may be asked; the first offer starts the time to accept."""
        asked = eligible(there, language_of(lead), notes_of(lead).passed)
        for manager in asked:
            await self.work.leads.offered(lead.id, manager.id)
            await self.messages.offer(lead, manager)
        if not asked or lead.status != "requested":
            return lead
        offered = replace(lead, status="offered")
        await self.work.leads.save(offered)
        await self._track("lead.offered", lead, managers=len(asked))
        payload = {"conversation": lead.conversation, "lead": lead.id}
        self.work.defer(Job("expire-lead", payload, at=self.now + self.accept_within))
        return offered

    async def accept(self, lead: Lead, manager: Manager, target: str | None) -> None:
        """The manager has won the lead: the others are told, the customer hears who it is; `target` is the offer."""
        taken = replace(lead, status="accepted", manager=manager.id, accepted_at=self.now)
        words = Text("desk.taken", {"lead": lead.id, "name": manager.name})
        await self.messages.put_over_offers(lead, words, but=manager.id)
        taken = await self.messages.card(taken, manager, edit=True, target=target)
        await self.work.leads.save(taken)
        await self.messages.about("desk.begin", lead, manager)
        await self._track("lead.accepted", lead, manager=manager.id)
        who: Values = {"name": manager.name, "role": manager.role, "hours": manager.hours}
        signal = Signalled(self.now, "manager", "joined", {"told": Text("handoff.joined", who)})
        self.deliver(lead.conversation, signal, f"lead:{lead.id}:joined")
        payload = {"conversation": lead.conversation, "lead": lead.id}
        self.work.defer(Job("lead-joined", payload, lock=_lock(lead.conversation)))

    async def activate(self, lead: Lead, manager: Manager) -> Lead:
        """The bot is silent by now: what has waited on either side is passed on."""
        if lead.status != "accepted":
            return lead
        active = replace(await self._flushed(lead), status="active")
        await self.messages.missed(lead, manager)
        await self.work.leads.save(active)
        return active

    async def speak(self, lead: Lead, words: Unsaid) -> None:
        """Bring the manager's words to the customer, at the latest when the customer has heard who it is."""
        if lead.status == "active":
            await self.messages.to_customer(lead, words)
            return
        notes = notes_of(lead)
        await self.work.leads.save(with_notes(lead, replace(notes, unsaid=(*notes.unsaid, words))))

    async def turn_down(self, lead: Lead, manager: Manager) -> None:
        """The manager does not take the lead and is not asked again; it stays with the others."""
        notes = notes_of(lead)
        await self.work.leads.save(with_notes(lead, replace(notes, passed=(*notes.passed, manager.id))))
        await self._track("lead.passed", lead, manager=manager.id)

    async def give_back(self, lead: Lead, manager: Manager, target: str | None = None) -> None:
        """The manager holds the customer no longer; the bot is called back. `target` is the card, where it is known."""
        returned = replace(await self._flushed(lead), status="returned", closed_at=self.now)
        await self.work.leads.save(returned)
        await self._track("lead.returned", lead, manager=manager.id)
        await self.messages.put_over(lead, manager, Text("desk.closed", {"lead": lead.id}), target)
        self.deliver(lead.conversation, Released(self.now), f"lead:{lead.id}:released")
        if manager.conversation is not None:
            self.look_again(manager.conversation)

    async def withdraw(self, lead: Lead) -> None:
        """The customer of a lead that waits is gone."""
        await self.messages.put_over_offers(lead, Text("desk.withdrawn", {"lead": lead.id}))
        await self.work.leads.save(replace(lead, status="returned", closed_at=self.now))
        await self._track("lead.withdrawn", lead)

    async def expire(self, lead: Lead) -> None:
        """Nobody has accepted in time: who was asked is told, and the customer, whom the bot serves on."""
        await self.messages.put_over_offers(lead, Text("desk.expired", {"lead": lead.id}))
        await self.work.leads.save(replace(lead, status="expired", closed_at=self.now))
        await self._track("lead.expired", lead)
        told = Text("handoff.expired", {"hours": Text("desk.hours")})
        self.deliver(
            lead.conversation, Signalled(self.now, "manager", "expired", {"told": told}), f"lead:{lead.id}:expired"
        )

    async def holder(self, lead: Lead | None) -> Manager | None:
        """The manager who holds the lead, if one does."""
        if lead is None or lead.status not in HELD or lead.manager is None:
            return None
        return await self.work.managers.get(lead.manager)

    async def held_by(self, manager: Manager) -> Lead | None:
        """The lead that the manager holds, locked."""
        found = await self.work.leads.held_by(manager.id)
        lead = await self.work.leads.get(found.id) if found else None
        return lead if lead is not None and lead.manager == manager.id and lead.status in HELD else None

    def release(self, conversation: int) -> None:
        """Call the bot back to a conversation that nobody holds."""
        self.deliver(conversation, Released(self.now), f"release:{conversation}:{self.now.isoformat()}")

    def deliver(self, conversation: int, event: Event, key: str) -> None:
        """Have a conversation take an event in a turn of its own, behind those delivered before."""
        payload = {"conversation": conversation, "event": encode_event(event), "key": key}
        self.work.defer(Job("deliver-event", payload, lock=_lock(conversation)))

    def look_again(self, conversation: int) -> None:
        """Have the leads that wait offered once this transaction is committed."""
        self.work.defer(Job("offer-waiting", {"conversation": conversation}))

    async def _flushed(self, lead: Lead) -> Lead:
        """The lead after its manager's words that waited are sent."""
        notes = notes_of(lead)
        for words in notes.unsaid:
            await self.messages.to_customer(lead, words)
        return with_notes(lead, replace(notes, unsaid=()))

    async def _track(self, name: str, lead: Lead, **values: str | int) -> None:
        """Count a move for the figures, and audit it."""
        moved = {"lead": lead.id, **values}
        await self.work.track(lead.conversation, name, moved, self.now)
        self.work.audit(audited(name, _actor(name, moved), lead.conversation, self.now, **moved))


def _actor(name: str, moved: Mapping[str, str | int]) -> str:
    """Who has moved a lead: the manager it names, the customer who asked for a person or no longer waits, or nobody."""
    if "manager" in moved:
        return by_manager(int(moved["manager"]))
    return CUSTOMER if name in {"lead.requested", "lead.withdrawn"} else SYSTEM


def _lock(conversation: int) -> str:
    return f"conversation:{conversation}"
