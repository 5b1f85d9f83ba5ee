"""What becomes of a lead: `requested → offered → accepted → active → returned | expired`, each move with what it entails.

Whoever calls a move holds the lead's lock. What concerns the customer's conversation is left as a job.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from bot.conversation.desk_cards import LeadCards
from bot.conversation.desk_claims import ClaimCheck, ClaimDesk
from bot.conversation.desk_messages import Messages
from bot.conversation.desk_queue import leave_queue
from bot.conversation.desk_routing import Routing, clocks
from bot.conversation.ports import Conversation, Job, UnitOfWork
from bot.core.values import Text, Value, Values
from bot.dialogs.codec import encode_event
from bot.dialogs.events import Event, Released, Signalled
from bot.handoff import cards
from bot.handoff.introductions import introduction
from bot.handoff.notes import Unsaid, notes_of, with_notes
from bot.handoff.pursuit import LONGEST_REMARK, PURSUITS, Pursuit, Remark
from bot.handoff.records import Assignment, Lead, LeadStatus, Manager, Outcome, Rung
from bot.handoff.routing import Assigned
from bot.handoff.service_level import Targets
from bot.ledger.audit import CUSTOMER, SYSTEM, audited, by_manager

CONTACT_NOTICE: Final = "contact_by_manager"
"""The consent notice by which a customer agrees that an account manager may make contact."""

ASKED_FOR: Final = frozenset(("asked", "quote", "complaint", "not_understood", "correction", "fee_first"))
"""Reasons of leads whose customer has asked for a person, which needs no further consent."""

WAITING: Final[tuple[LeadStatus, ...]] = ("requested", "offered")
HELD: Final[tuple[LeadStatus, ...]] = ("accepted", "active")


@dataclass(frozen=True, slots=True)
class LeadEvent:
    """Something has happened to a lead: `name` as the audit knows it, such as `lead.accepted`, with what it is about."""

    name: str
    lead: Lead
    values: Mapping[str, str | int]
    at: datetime


Told = Callable[[UnitOfWork, LeadEvent], Awaitable[None]]
"""Who hears of each event of a lead, within its transaction."""


@dataclass(frozen=True, slots=True)
class LeadDesk:
    """Moves leads within one unit of work, at the time `now`; `told` hears of each move, managers' words are held against `check`."""

    work: UnitOfWork
    messages: Messages
    now: datetime
    targets: Targets
    told: tuple[Told, ...] = ()
    check: ClaimCheck = field(default=ClaimCheck())

    @property
    def routing(self) -> Routing:
        """Where leads are given to managers."""
        return Routing(self)

    @property
    def cards(self) -> LeadCards:
        """Where leads are shown to the managers who have them."""
        return LeadCards(self.messages)

    @property
    def claims(self) -> ClaimDesk:
        """Where what managers write is looked at before it leaves."""
        return ClaimDesk(self)

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
        await self.track("lead.requested", lead, reason=reason)
        clocks(lead, self)
        return lead

    async def accept(self, lead: Lead, manager: Manager, target: str | None, *, edit: bool = True) -> None:
        """The manager has won the lead: the others are told, the customer hears who it is.

        `target` is the offer, in whose place the card is put where `edit` says so.
        """
        taken = replace(lead, status="accepted", manager=manager.id, accepted_at=lead.accepted_at or self.now)
        words = Text("desk.taken", {"lead": lead.id, "name": manager.name})
        await self.messages.put_over_offers(lead, words, but=(manager.id, lead.manager or 0))
        await self._assign(lead, manager)
        if edit and self.messages.topics:
            await self.messages.put_over(lead, manager, Text("desk.taken_by_you", {"lead": lead.id}), target)
            edit, target = False, None
        taken = await self.cards.new(taken, manager, edit=edit, target=target)
        await self.work.leads.save(taken)
        await self.messages.about("desk.begin", taken, manager)
        await self.track("lead.accepted", lead, manager=manager.id)
        await leave_queue(self, lead, "handoff.place_come")
        self.look_again(lead.conversation)
        greeting = await self._greeting(lead, manager)
        if greeting.key != "handoff.joined_again":
            await self.messages.photo(taken, manager)
        signal = Signalled(self.now, "manager", "joined", {"told": greeting})
        self.deliver(lead.conversation, signal, f"lead:{lead.id}:joined:{manager.id}:{self.now.isoformat()}")
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

    async def heard(self, lead: Lead) -> None:
        """Count a message of the customer's: until the manager answers or chooses, words that name nobody are not guessed."""
        notes = notes_of(lead)
        await self.work.leads.save(with_notes(lead, replace(notes, heard=notes.heard + 1)))

    async def speak(self, lead: Lead, words: Unsaid) -> Lead:
        """Bring the manager's words to the customer, at the latest when the customer has heard who it is; the lead thereafter."""
        if lead.status == "active":
            await self.messages.to_customer(lead, words)
            return lead
        notes = notes_of(lead)
        before = [one for one in notes.unsaid if one.slot != words.slot]
        lead = with_notes(lead, replace(notes, unsaid=(*before, replace(words, edit=False))))
        await self.work.leads.save(lead)
        return lead

    async def turn_down(self, lead: Lead, manager: Manager, why: str) -> None:
        """The manager does not take the lead, for one of `PASS_REASONS`, and is not asked again; the next one is."""
        notes = notes_of(lead)
        lead = with_notes(lead, replace(notes, passed=(*notes.passed, manager.id)))
        await self.work.leads.save(lead)
        await self.track("lead.passed", lead, manager=manager.id, why=why)
        given = await self.work.assignments.open_of(lead.id)
        if given is not None and given.manager == manager.id:
            await self._end(lead, "passed")
            await self.routing.again(lead)

    async def give_back(self, lead: Lead, manager: Manager, target: str | None = None) -> Lead:
        """The manager holds the customer no longer; the bot is called back. `target` is the card, where it is known."""
        lead = await self.claims.end(lead)
        returned = replace(await self._flushed(lead), status="returned", closed_at=self.now)
        await self.work.leads.save(returned)
        await self._end(lead, "returned")
        await self.track("lead.returned", lead, manager=manager.id)
        keys = self.cards.main(returned, manager)
        await self.messages.put_over(returned, manager, Text("desk.closed", {"lead": lead.id}), target, keys)
        self.deliver(lead.conversation, Released(self.now), f"lead:{lead.id}:released")
        if manager.conversation is not None:
            self.look_again(manager.conversation)
        return returned

    async def pursue(self, lead: Lead, manager: Manager, pursuit: Pursuit, why: str | None = None) -> Lead:
        """The manager says how far it is; of a lost customer `why`, one of `LOST_REASONS`. Nothing where it was so already."""
        notes = notes_of(lead)
        if (notes.pursuit, notes.lost) == (pursuit, why):
            return lead
        lead = with_notes(lead, replace(notes, pursuit=pursuit, lost=why))
        await self.work.leads.save(lead)
        reason = {} if why is None else {"why": why}
        await self.track(f"lead.{pursuit}", lead, manager=manager.id, **reason)
        return lead

    async def remark(self, lead: Lead, manager: Manager, words: str) -> Lead:
        """Keep what a manager notes about a customer, with the customer's other data."""
        notes = notes_of(lead)
        made = Remark(self.now, manager.name, words[:LONGEST_REMARK])
        lead = with_notes(lead, replace(notes, remarks=(*notes.remarks, made)))
        await self.work.leads.save(lead)
        self.work.audit(audited("desk.noted", by_manager(manager.id), lead.conversation, self.now, lead=lead.id))
        return lead

    async def withdraw(self, lead: Lead) -> None:
        """The customer of a lead that waits is gone."""
        await self.messages.put_over_offers(lead, Text("desk.withdrawn", {"lead": lead.id}))
        await self.work.leads.save(replace(lead, status="returned", closed_at=self.now))
        await self._end(lead, "withdrawn")
        await self.track("lead.withdrawn", lead)
        await leave_queue(self, lead, "handoff.place_left")
        self.look_again(lead.conversation)

    async def expire(self, lead: Lead) -> None:
        """Nobody has accepted in time: who was asked is told, and the customer, whom the bot serves on."""
        await self.messages.put_over_offers(lead, Text("desk.expired", {"lead": lead.id}))
        await self.work.leads.save(replace(lead, status="expired", closed_at=self.now))
        await self._end(lead, "withdrawn")
        await self.track("lead.expired", lead)
        await leave_queue(self, lead, "handoff.place_left")
        told = Text("handoff.expired", {"hours": self.routing.hours()})
        self.deliver(
            lead.conversation, Signalled(self.now, "manager", "expired", {"told": told}), f"lead:{lead.id}:expired"
        )

    async def delayed(self, lead: Lead) -> None:
        """Nobody has come yet: the customer hears it, with the place in the queue and when somebody comes."""
        await self.track("lead.delayed", lead)
        told = Text("handoff.delayed", await self.routing.prospects(lead))
        self.deliver(
            lead.conversation, Signalled(self.now, "manager", "delayed", {"told": told}), f"lead:{lead.id}:delayed"
        )

    async def call_supervisors(self, lead: Lead) -> None:
        """Nobody has come for too long: every supervisor hears it and may take the lead."""
        await self.track("lead.escalated", lead)
        minutes = int((self.now - lead.created_at).total_seconds() // 60)
        for manager in await self.work.managers.all():
            if manager.profile.supervisor:
                await self.show(lead, manager)
                await self.messages.about("desk.waits_too_long", lead, manager, number=lead.id, minutes=minutes)

    async def show(self, lead: Lead, manager: Manager) -> None:
        """Show a waiting lead to a manager who may take it without having been asked."""
        await self.work.leads.offered(lead.id, manager.id)
        await self.messages.offer(lead, manager)

    async def reassign(self, lead: Lead, manager: Manager, by: int, rung: Rung = "supervisor") -> None:
        """A supervisor (number `by`), or a colleague, gives the lead to this manager: one that waits is offered, one that is held changes hands."""
        assigned = Assigned(manager, rung)
        before = await self.holder(lead)
        await self._end(lead, "reassigned")
        await self.track("lead.reassigned", lead, manager=manager.id, by=by)
        if before is None:
            await self.messages.put_over_offers(lead, Text("desk.reassigned", {"lead": lead.id, "name": manager.name}))
            await self.routing.ask(replace(lead, status="requested"), assigned)
            return
        lead = await self._flushed(await self.claims.end(lead))
        await self.work.assignments.own(lead.conversation, manager.id, self.now)
        given = Assignment(0, lead.id, manager.id, assigned.rung, assigned.reason, self.now)
        await self.work.assignments.add(given)
        await self.accept(lead, manager, None, edit=False)
        if rung == "colleague":
            await self.messages.handed_on(replace(lead, manager=manager.id), manager, before)
        told = "desk.handed_on" if rung == "colleague" else "desk.reassigned"
        ended = replace(lead, status="returned")
        await self.messages.put_over(ended, before, Text(told, {"lead": lead.id, "name": manager.name}))
        if before.conversation is not None:
            self.look_again(before.conversation)

    async def leave(self, manager: Manager) -> None:
        """The manager goes off duty: the offers that wait for an answer go to the next ones."""
        for given in await self.work.assignments.open():
            if given.manager == manager.id and given.accepted_at is None:
                lead = await self.work.leads.get(given.lead)
                if lead is not None and lead.status == "offered":
                    await self.routing.pass_on(lead, given)

    async def holder(self, lead: Lead | None) -> Manager | None:
        """The manager who holds the lead, if one does."""
        if lead is None or lead.status not in HELD or lead.manager is None:
            return None
        return await self.work.managers.get(lead.manager)

    async def held(self, number: int, manager: Manager) -> Lead | None:
        """The lead of this number, locked, where the manager holds it."""
        lead = await self.work.leads.get(number)
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

    async def _assign(self, lead: Lead, manager: Manager) -> None:
        """The lead's assignment is this manager's, asked or not, and accepted; a customer without one has an own manager."""
        given = await self.work.assignments.open_of(lead.id)
        if given is not None and given.manager != manager.id:
            await self.work.assignments.ended(given.id, "withdrawn", self.now)
            given = None
        if given is None:
            chosen = Assignment(0, lead.id, manager.id, "chosen", "chosen", self.now)
            given = await self.work.assignments.add(chosen)
        await self.work.assignments.accepted(given.id, self.now)

    async def _end(self, lead: Lead, outcome: Outcome) -> None:
        given = await self.work.assignments.open_of(lead.id)
        if given is not None:
            await self.work.assignments.ended(given.id, outcome, self.now)

    async def _greeting(self, lead: Lead, manager: Manager) -> Text:
        """How the customer hears who has come: the same manager as before, another one in the place of that one, or the first.

        The first one is the customer's own from now on. One who cannot be asked any more is replaced for good.
        """
        who = introduction(manager)
        number = await self.work.assignments.owner_of(lead.conversation)
        owner = await self.work.managers.get(number) if number is not None else None
        if owner is None:
            await self.work.assignments.own(lead.conversation, manager.id, self.now)
            return Text("handoff.joined", who)
        if owner.id == manager.id:
            moved = lead.manager not in (None, manager.id)
            return Text("handoff.joined_now" if moved else "handoff.joined_again", who)
        return Text("handoff.joined_instead", {**who, "before": owner.name})

    async def track(self, name: str, lead: Lead, **values: str | int) -> None:
        """Count a move for the figures, audit it, and tell who wants to hear of it."""
        moved = {"lead": lead.id, **values}
        await self.work.track(lead.conversation, name, moved, self.now)
        self.work.audit(audited(name, _actor(name, moved), lead.conversation, self.now, **moved))
        for told in self.told:
            await told(self.work, LeadEvent(name, lead, moved, self.now))


_BY_THE_MANAGER: Final = frozenset(
    ("lead.accepted", "lead.passed", "lead.returned", *(f"lead.{pursuit}" for pursuit in PURSUITS))
)


def _actor(name: str, moved: Mapping[str, str | int]) -> str:
    """Who has moved a lead: the manager it names, the customer who asked for a person or no longer waits, or nobody."""
    if "by" in moved:
        return by_manager(int(moved["by"]))
    if name in _BY_THE_MANAGER:
        return by_manager(int(moved["manager"]))
    return CUSTOMER if name in {"lead.requested", "lead.withdrawn"} else SYSTEM


def _lock(conversation: int) -> str:
    return f"conversation:{conversation}"
