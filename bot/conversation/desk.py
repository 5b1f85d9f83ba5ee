"""The desk: leads are offered to account managers, one of them takes the customer, and words go both ways.

Everything here happens inside the transaction of one turn, which holds the lock of one conversation: the customer's or a
manager's. Locks are taken in one order, so that no two turns can wait for each other: first the turn's own conversation,
and never a second one; then, at joining only, the manager's row; then, where it is decided who gets a lead, the routing lock,
which all processes share; then leads. Who locks several leads holds the routing lock.
Rows of other conversations are only added to (messages, milestones), which waits for no lock of theirs.

A manager may hold several customers. Whom words are for is decided in `bot.handoff.addressing` from what the manager's own
turn can see; each message of a customer is counted on the lead, so that words are not guessed past it.

So what concerns a customer's conversation is never applied from a manager's turn but left as a job under a key of its own.
Accepting a lead leaves two, one behind the other by a lock: the customer is told who has come and the bot falls silent
(`deliver-event`), then the lead becomes active (`lead-joined`). In between nothing is lost: what the manager writes waits
in the lead's notes, and what the customer wrote to the bot meanwhile is shown to the manager.

That a lead is opened while a manager becomes free, each unseen by the other's transaction, is made good by `offer-waiting`,
a job that both of them leave behind and that looks again once they are committed.

The jobs, each with the `conversation` whose turn it is to run in:

- `deliver-event` with `event` and `key`: the conversation takes the event under that key;
- `lead-joined` with `lead`: `Desk.joined`;
- `next-manager` with `lead` and `assignment`: `Desk.next_manager`;
- `lead-late` with `lead` and `mark`: `Desk.late`;
- `expire-lead` with `lead`: `Desk.expire`;
- `claim-late` with `message`: `Desk.claim_undecided`;
- `offer-waiting`: `Desk.offer_waiting`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.conversation.desk_board import Board
from bot.conversation.desk_claims import ClaimCheck
from bot.conversation.desk_diary import DeskDiary
from bot.conversation.desk_leads import HELD, WAITING, LeadDesk, Told
from bot.conversation.desk_messages import Messages
from bot.conversation.desk_papers import asked_paper
from bot.conversation.desk_queue import tell_places, told_place
from bot.conversation.desk_replies import answered_by_customer, copy_slot
from bot.conversation.desk_visit import Visit
from bot.conversation.diary import Diary
from bot.conversation.facts import Market
from bot.conversation.field_leads import FieldLeadDesk
from bot.conversation.ports import Conversation, Relayed, UnitOfWork
from bot.core.errors import StateError
from bot.core.values import Text, Values
from bot.dialogs.events import Attached, Edited, Event, Said, Shared
from bot.handoff import invitations
from bot.handoff.addressing import seat_of, with_seat
from bot.handoff.records import Lead, Manager
from bot.handoff.scoring import Score, score
from bot.ledger.audit import audited, by_manager
from bot.products.published_rates import published_rates
from bot.publishing.content import Content


@dataclass(frozen=True, slots=True)
class DeskTurn:
    """The conversation after the turn, perhaps in a new role, and the short notice that answers a press."""

    conversation: Conversation
    acknowledgement: Text | None = None


class Desk:
    """Where customers and account managers meet.

    `content` gives the words, the lead rules and the targets of the moment. `told` hears of each event of a lead, within
    its transaction. `console` is where supervisors reach the pages, `market` where and for whom the bot runs.
    With `topics` each customer is a topic of its own in the manager's chat.
    """

    def __init__(
        self,
        content: Callable[[], Content],
        told: tuple[Told, ...] = (),
        console: str = "http://127.0.0.1:8080",
        market: Market | None = None,
        *,
        topics: bool = False,
    ) -> None:
        self._content = content
        self._told = told
        self._console = console
        self._market = market or Market()
        self._topics = topics

    def facts(self) -> Values:
        """What flows may compare answers with: the thresholds of high-value leads, as `high_value_<name>`."""
        return {f"high_value_{name}": value for name, value in self._content().lead_rules.thresholds.items()}

    def score(self, facts: Values) -> Score:
        """The score of a lead with these facts."""
        return score(self._content().lead_rules, facts)

    # In the customer's turn

    async def request(
        self, work: UnitOfWork, conversation: Conversation, reason: str, facts: Values, now: datetime
    ) -> tuple[Literal["offered", "nobody"], Values]:
        """Open the customer's lead, or find the open one, and ask the manager whose turn it is.

        `offered`: somebody was asked, or is on the way. `nobody`: the lead waits until somebody is there. The values say
        `when` somebody comes, the `position` among those who wait, `minutes` until the customer hears again at the latest,
        and the desk's `hours`.
        """
        leads = self._leads(work, now)
        await work.assignments.lock()
        lead = await work.leads.open_of(conversation.id) or await leads.open(conversation, reason, facts)
        lead = await leads.routing.place(lead)
        answers = await leads.routing.prospects(lead)
        if lead.status != "requested":
            return "offered", answers
        await told_place(leads, lead, answers)
        leads.look_again(conversation.id)
        return "nobody", answers

    async def relay(self, work: UnitOfWork, conversation: Conversation, event: Event, now: datetime) -> None:
        """Pass what the customer has sent on to the manager who holds the chat.

        Where nobody holds it any more, the bot is called back, and then hears what was said.
        """
        leads = self._leads(work, now)
        lead = await work.leads.open_of(conversation.id)
        manager = await leads.holder(lead)
        if lead is None or manager is None:
            leads.release(conversation.id)
            if isinstance(event, Said):
                leads.deliver(conversation.id, event, f"unheard:{conversation.id}:{now.isoformat()}")
            return
        lead = await leads.activate(lead, manager)
        await leads.heard(lead)
        paper = await asked_paper(work, self._content(), lead, event, now)
        await _bring(leads.messages, lead, manager, event, paper)

    async def close(self, work: UnitOfWork, conversation: Conversation, now: datetime) -> None:
        """The customer ends the chat with a person, or no longer waits for one."""
        leads = self._leads(work, now)
        lead = await work.leads.open_of(conversation.id)
        manager = await leads.holder(lead)
        if lead is not None and lead.status in WAITING:
            await leads.withdraw(lead)
        elif lead is not None and manager is not None:
            returned = await leads.give_back(lead, manager)
            await leads.messages.about("desk.customer_ended", returned, manager)
        else:
            leads.release(conversation.id)

    async def joined(self, work: UnitOfWork, conversation: Conversation, now: datetime) -> None:
        """The customer has been told who has come: from now on words go both ways."""
        leads = self._leads(work, now)
        lead = await work.leads.open_of(conversation.id)
        manager = await leads.holder(lead)
        if lead is not None and manager is not None:
            await leads.activate(lead, manager)

    async def expire(self, work: UnitOfWork, lead: int, now: datetime) -> None:
        """Nobody has come for too long. Nothing where somebody has accepted, or the lead is closed."""
        found = await work.leads.get(lead)
        if found is not None and found.status in WAITING:
            await self._leads(work, now).expire(found)

    async def remind(self, work: UnitOfWork, appointment: int, now: datetime) -> None:
        """Remind both sides of an appointment that is still booked."""
        found = await work.appointments.get(appointment)
        if found is not None and found.state == "booked":
            await Diary(work, self._content(), now).tell("reminded", found)

    async def expire_field_lead(self, work: UnitOfWork, field_lead: int, now: datetime) -> None:
        """The time of a field agent's link is over. Nothing where the owner has decided."""
        await FieldLeadDesk(work, self._content(), now).expire(field_lead)

    async def call_back(self, work: UnitOfWork, conversation: Conversation, appointment: int, now: datetime) -> None:
        """The time of a call-back has come: the customer is offered to the manager who keeps it, unless a person is there."""
        found = await work.appointments.get(appointment)
        if found is None or found.state != "booked" or found.manager is None:
            return
        await work.assignments.lock()
        manager = await work.managers.get(found.manager)
        leads = self._leads(work, now)
        lead = await work.leads.open_of(conversation.id) or await leads.open(
            conversation, "asked", answers_of(conversation)
        )
        if manager is not None and lead.status in WAITING:
            await leads.routing.ask_for_appointment(lead, manager)

    async def claim_undecided(self, work: UnitOfWork, message: int, now: datetime) -> None:
        """The time to decide on a manager's words is over. Nothing where somebody has decided."""
        await self._leads(work, now).claims.undecided(message)

    async def next_manager(self, work: UnitOfWork, lead: int, assignment: int, now: datetime) -> None:
        """The time to accept is over: the next manager is asked. Nothing where that offer has ended or was accepted."""
        await work.assignments.lock()
        found = await work.leads.get(lead)
        given = await work.assignments.open_of(lead)
        if found is not None and found.status == "offered" and given is not None and given.id == assignment:
            await self._leads(work, now).routing.pass_on(found, given)

    async def late(self, work: UnitOfWork, lead: int, mark: Literal["delayed", "supervisor"], now: datetime) -> None:
        """The customer is to hear that it takes longer, or supervisors are. Nothing where somebody has accepted."""
        found = await work.leads.get(lead)
        if found is None or found.status not in WAITING:
            return
        leads = self._leads(work, now)
        await (leads.delayed(found) if mark == "delayed" else leads.call_supervisors(found))

    async def reassign(self, work: UnitOfWork, lead: int, manager: int, by: int, now: datetime) -> bool:
        """A supervisor gives a lead to another manager. False: it is closed, is that manager's, or there is no room.

        `by` is the number of the supervisor; whether it is one is for the caller to know.
        """
        await work.assignments.lock()
        found, leads = await work.leads.get(lead), self._leads(work, now)
        seat = next((one for one in await leads.routing.seats() if one.manager.id == manager), None)
        if found is None or found.status not in (*WAITING, *HELD) or seat is None or seat.manager.conversation is None:
            return False
        given = await work.assignments.open_of(lead)
        if not seat.free or (given is not None and given.manager == manager):
            return False
        await leads.reassign(found, seat.manager, by)
        return True

    async def set_duty(self, work: UnitOfWork, manager: int, by: Manager, now: datetime, *, on_duty: bool) -> bool:
        """A supervisor says that a manager is away, or back; the manager is told. False: there is none, or it is so already."""
        found = await work.managers.get(manager)
        if found is None or found.conversation is None or found.on_duty == on_duty:
            return False
        await work.managers.set_on_duty(manager, on_duty)
        await work.assignments.lock()
        leads = self._leads(work, now)
        if on_duty:
            leads.look_again(found.conversation)
        else:
            await leads.leave(found)
        name = "manager.set_back" if on_duty else "manager.set_away"
        work.audit(audited(name, by_manager(by.id), None, now, manager=manager))
        if found.id != by.id:
            key = "desk.set_back" if on_duty else "desk.set_away"
            await leads.messages.post(found, Text(key, {"by": by.name}))
        return True

    async def decide(  # noqa: PLR0913 -- who decides what, when and how
        self, work: UnitOfWork, message: int, by: Manager, now: datetime, *, approve: bool, remark: str
    ) -> Text | None:
        """A supervisor decides on held words; the notice that says what came of it. None: there are no such words."""
        claims = self._leads(work, now).claims
        found = await claims.locked(message)
        return None if found is None else await claims.decide(found, by, approve=approve, remark=remark)

    async def note(self, work: UnitOfWork, lead: int, by: Manager, words: str, now: datetime) -> bool:
        """A supervisor notes something about a customer; the manager who serves them reads it. False: there is no such lead."""
        leads, found = self._leads(work, now), await work.leads.get(lead)
        if found is None or found.status not in (*WAITING, *HELD):
            return False
        noted = await leads.remark(found, by, words)
        manager = await leads.holder(noted)
        if manager is not None:
            await leads.messages.about("desk.supervisor_noted", noted, manager, by=by.name, text=words)
        return True

    def board(self, work: UnitOfWork) -> Board:
        """What supervisors see of the desk."""
        content = self._content()
        return Board(work, content.targets, content.lead_rules, content.claims)

    # In either's turn

    async def unreachable(self, work: UnitOfWork, conversation: Conversation, now: datetime) -> None:
        """The channel no longer brings messages to this person.

        The manager who holds the customer is told; a lead that waits is withdrawn. A manager goes off duty and gives the
        customer back.
        """
        leads = self._leads(work, now)
        if conversation.role == "manager":
            await self._lose_manager(leads, conversation)
            return
        lead = await work.leads.open_of(conversation.id)
        manager = await leads.holder(lead)
        if lead is not None and manager is not None:
            await leads.messages.about("desk.customer_unreachable", lead, manager)
        elif lead is not None:
            await leads.withdraw(lead)

    async def offer_waiting(self, work: UnitOfWork, now: datetime) -> None:
        """Give the leads that wait to managers who are there, first come first served; who still waits hears how near they are."""
        await work.assignments.lock()
        leads = self._leads(work, now)
        for waiting in await work.leads.waiting():
            lead = await work.leads.get(waiting.id)
            if lead is not None:
                await leads.routing.place(lead)
        await tell_places(leads)

    # In the manager's turn

    async def join(self, work: UnitOfWork, conversation: Conversation, code: str, now: datetime) -> DeskTurn | None:
        """Somebody came by a manager's invitation. None: its code is unknown or used, or this chat is a manager's."""
        if await work.managers.by_conversation(conversation.id) is not None:
            return None
        manager = await work.managers.by_invitation(invitations.hashed(code))
        if manager is None:
            return None
        if await work.leads.open_of(conversation.id) is not None:
            await self.close(work, conversation, now)
        await work.managers.joined(manager.id, conversation.id)
        await work.track(conversation.id, "manager.joined", {"manager": manager.id}, now)
        work.audit(audited("manager.joined", by_manager(manager.id), None, now, manager=manager.id))
        leads = self._leads(work, now)
        here = replace(manager, conversation=conversation.id, invitation=None)
        await leads.messages.post(here, Text("desk.welcome", {"name": manager.name}))
        leads.look_again(conversation.id)
        return DeskTurn(replace(conversation, role="manager"))

    async def take(
        self,
        work: UnitOfWork,
        conversation: Conversation,
        event: Event,
        language: str | None,
        now: datetime,
    ) -> DeskTurn:
        """Whatever happens in a manager's own chat. Words are in the language that the manager's record names.

        `language` is the channel's claim. Raises `StateError` where no manager is known to be here.
        """
        manager = await work.managers.by_conversation(conversation.id)
        if manager is None:
            raise StateError("a conversation has the role of a manager who is not known")
        leads = self._leads(work, now)
        diary = DeskDiary(Diary(work, self._content(), now), leads.messages, manager)
        seat = seat_of(conversation.state.known)
        visit = Visit(leads, conversation, manager, diary, seat, self._console, self._market)
        notice = await visit.take(event)
        state = replace(conversation.state, known=with_seat(conversation.state.known, visit.seat))
        return DeskTurn(replace(conversation, state=state), notice)

    def _leads(self, work: UnitOfWork, now: datetime) -> LeadDesk:
        content = self._content()
        check = ClaimCheck(content.claims, published_rates(content.catalogue))
        messages = Messages(work, content, self._topics)
        return LeadDesk(work, messages, now, content.targets, self._told, check)

    async def _lose_manager(self, leads: LeadDesk, conversation: Conversation) -> None:
        manager = await leads.work.managers.by_conversation(conversation.id)
        if manager is None:
            return
        await leads.work.managers.set_on_duty(manager.id, False)
        await leads.work.assignments.lock()
        await leads.leave(manager)
        for held in await leads.work.leads.held_by(manager.id):
            lead = await leads.held(held.id, manager)
            if lead is not None:
                await leads.give_back(lead, manager)


def answers_of(conversation: Conversation) -> Values:
    """What the customer has told: what is known, and the answers of forms under way."""
    told = {**conversation.state.known}
    for frame in conversation.state.frames:
        told.update(frame.answers)
    return told


async def _bring(messages: Messages, lead: Lead, manager: Manager, event: Event, paper: Text | None) -> None:
    """What the customer has just sent or changed, to the manager; a change of what was not brought says nothing.

    `paper` is the document that it is said to be.
    """
    match event:
        case Said(text=text, message=place, reply_to=reply_to) | Shared(phone=text, message=place, reply_to=reply_to):
            answered = await answered_by_customer(messages.work, lead, manager, reply_to)
            await messages.from_customer(lead, manager, text, place=place, answered=answered)
        case Attached(kind=kind, file=str(file), caption=caption, message=place, reply_to=reply_to):
            answered = await answered_by_customer(messages.work, lead, manager, reply_to)
            await messages.from_customer(
                lead, manager, caption or "", Relayed(kind, file), paper, place=place, answered=answered
            )
        case Edited(text=text, message=place, kind=kind, file=file):
            brought = await messages.work.shown(manager.conversation or 0, copy_slot(lead, place)) is not None
            relayed = Relayed(kind, file) if kind and file else None
            if brought:
                await messages.from_customer(lead, manager, text, relayed, place=place, edit=True)
        case Attached():
            await messages.about("desk.customer_sent_unknown", lead, manager)
        case _:
            await messages.about("desk.customer_came_back", lead, manager)
