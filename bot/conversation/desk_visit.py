"""One event in an account manager's own chat: buttons, commands, and words for the customer who is held."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from bot.conversation.desk_acts import ACTS, LOCKING, LeadActs
from bot.conversation.desk_claims import CLAIM_BUTTONS, Spoken
from bot.conversation.desk_diary import DeskDiary
from bot.conversation.desk_leads import HELD, WAITING, LeadDesk
from bot.conversation.desk_messages import (
    ACCEPT,
    DROP,
    OFFER,
    PASS,
    RETURN,
    TALK,
    TO,
    WHY,
    Messages,
    lead_of_slot,
)
from bot.conversation.desk_replies import answered_by_manager, said_slot
from bot.conversation.diary import BUTTON
from bot.conversation.facts import Market
from bot.conversation.ports import Conversation, Key
from bot.conversation.visitors import Visitor
from bot.core.values import Text, Value
from bot.dialogs.events import Attached, Edited, Event, Opened, Pressed, Said, Shared
from bot.handoff import cards
from bot.handoff.addressing import Kept, Seat, Whom, addressee
from bot.handoff.notes import notes_of
from bot.handoff.pursuit import PASS_REASONS
from bot.handoff.records import Lead, Manager
from bot.ledger.audit import audited, by_manager

BOOK: Final = "m.book"
_ACT: Final = re.compile(r"m\.([a-z_]+)(?:\.(.+))?")

CHANGEABLE: Final = timedelta(days=2)
"""How long a channel lets people change what they wrote, about."""

LISTED: Final = 10
"""Leads that `/leads` shows at once."""


LONGEST_NUMBER: Final = 18
"""Digits of a lead's number at most; a press may claim anything."""


@dataclass(slots=True)
class Visit:
    """An event in the chat of `manager`: `conversation` is that chat, `seat` what is remembered of it, before and after.

    `console` is where the pages of staff are, `market` where and for whom the bot runs.
    """

    leads: LeadDesk
    conversation: Conversation
    manager: Manager
    diary: DeskDiary
    seat: Seat
    console: str
    market: Market
    thread: str | None = field(default=None, init=False)

    async def take(self, event: Event) -> Text | None:
        """Carry the event out; the short notice that answers a press."""
        self.thread = event.thread if isinstance(event, Said | Shared | Attached) else None
        noting, self.seat = self.seat.noting, replace(self.seat, noting=None)
        if noting is not None and self.thread is not None and await self._of_thread(self.thread) != noting:
            noting = None  # what is written in another customer's topic is for that one
        match event:
            case Pressed():
                return await self._pressed(event)
            case Opened():
                await self._help()
            case Said(text=text) if text.startswith("/"):
                await self._command(event)
            case Said(text=text) if noting is not None:
                await self._note(noting, text)
            case Said(text=text) | Shared(phone=text):
                await self._speak(event, Kept(_place(event), text, answers=event.reply_to))
            case Attached():
                await self._pass_on(event)
            case Edited():
                await self._change(event)
        return None

    @property
    def _messages(self) -> Messages:
        return self.leads.messages

    # Buttons

    async def _pressed(self, event: Pressed) -> Text:
        if event.token.startswith(f"{BUTTON}."):
            return await self.diary.pressed(event.token)
        token, _, number = event.token.rpartition(".")
        if not number.isdecimal() or len(number) > LONGEST_NUMBER:
            return Text("desk.notice.gone")
        if token.startswith((f"{TO}.", f"{DROP}.")):
            return await self._settle(token, int(number), event)
        if (found := _ACT.fullmatch(token)) and found[1] in ACTS:
            return await self._work_on(found[1], found[2] or "", int(number), event)
        if token in CLAIM_BUTTONS:
            return await self.leads.claims.pressed(self.manager, event.token)
        acts = {
            ACCEPT: self._accept,
            PASS: self._ask_why,
            OFFER: self._offer_again,
            RETURN: self._give_back,
            TALK: self._talk,
            BOOK: self._book_for,
        }
        act = self._turn_down if token.startswith(f"{WHY}.") else acts.get(token)
        if act is not None and act in {self._accept, self._turn_down, self._give_back}:
            await self.leads.work.assignments.lock()
        lead = await self.leads.work.leads.get(int(number)) if act else None
        return await act(lead, event) if act and lead else Text("desk.notice.gone")

    async def _work_on(self, act: str, choice: str, number: int, event: Pressed) -> Text:
        """A button of a card."""
        if act in LOCKING:
            await self.leads.work.assignments.lock()
        lead = await self.leads.work.leads.get(number)
        if lead is None:
            return Text("desk.notice.gone")
        acts = LeadActs(self.leads, self.manager, self.market, event.message, f"p{event.message}")
        if act == "note":
            return await self._begin_note(acts, lead)
        notice = await acts.pressed(act, choice, lead)
        if act in LOCKING and number not in await self._heard():
            self.seat = self.seat.giving_back(number)
        return notice

    async def _accept(self, lead: Lead, event: Pressed) -> Text:
        if lead.status not in WAITING:
            return await self._too_late(lead)
        heard = await self._heard()
        if len(heard) >= self.manager.profile.capacity:
            return Text("desk.notice.busy", {"count": len(heard)})
        await self.leads.accept(lead, self.manager, event.message)
        self.seat = self.seat.talking(lead.id, {**heard, lead.id: notes_of(lead).heard})
        return Text("desk.notice.accepted", {"customer": cards.customer(lead)})

    async def _too_late(self, lead: Lead) -> Text:
        if lead.manager == self.manager.id and lead.status in HELD:
            return Text("desk.notice.yours")
        winner = await self.leads.work.managers.get(lead.manager) if lead.manager is not None else None
        return Text("desk.notice.taken", {"name": winner.name}) if winner else Text("desk.notice.gone")

    async def _ask_why(self, lead: Lead, event: Pressed) -> Text:
        if lead.status not in WAITING:
            return await self._too_late(lead)
        await self._messages.ask_why(lead, self.manager, event.message)
        return Text("desk.notice.why")

    async def _offer_again(self, lead: Lead, event: Pressed) -> Text:
        if lead.status not in WAITING:
            return await self._too_late(lead)
        await self._messages.offer_again(lead, self.manager, event.message)
        return Text("desk.notice.choose_again")

    async def _turn_down(self, lead: Lead, event: Pressed) -> Text:
        if lead.status not in WAITING:
            return await self._too_late(lead)
        why = event.token.split(".")[2]
        if why not in PASS_REASONS:
            return Text("desk.notice.gone")
        await self.leads.turn_down(lead, self.manager, why)
        await self._messages.put_over(lead, self.manager, Text("desk.passed", {"lead": lead.id}), event.message)
        return Text("desk.notice.passed")

    async def _give_back(self, lead: Lead, event: Pressed) -> Text:
        if lead.manager != self.manager.id or lead.status not in HELD:
            return Text("desk.notice.not_yours")
        returned = await self.leads.give_back(lead, self.manager, event.message)
        self.seat = self.seat.giving_back(lead.id)
        await self._messages.about("desk.returned", returned, self.manager)
        return Text("desk.notice.returned")

    # Remarks

    async def _begin_note(self, acts: LeadActs, lead: Lead) -> Text:
        """The next words are a remark. Whatever else the manager does first ends that."""
        if not await acts.may("note", lead):
            return Text("desk.notice.not_yours")
        self.seat = replace(self.seat, noting=lead.id)
        if acts.target is not None:
            await self.leads.cards.short(lead, self.manager, acts.target)
        await self._messages.about("desk.note_asked", lead, self.manager)
        return Text("desk.notice.note")

    async def _note(self, number: int, words: str) -> None:
        lead = await self.leads.work.leads.get(number)
        acts = LeadActs(self.leads, self.manager, self.market, None, "")
        if lead is None or not await acts.may("note", lead):
            await self._say("desk.not_with_you")
            return
        lead = await self.leads.remark(lead, self.manager, words)
        await self._messages.about("desk.noted", lead, self.manager, text=words)

    async def _note_command(self, event: Said) -> None:
        """`/note` with the remark behind it, or with the remark to come."""
        _, _, words = event.text.partition(" ")
        lead = await self._meant(event, "desk.note_on", "m.note")
        if lead is None:
            return
        if words.strip():
            await self._note(lead.id, words.strip())
        else:
            await self._begin_note(LeadActs(self.leads, self.manager, self.market, None, ""), lead)

    # Words and files

    async def _speak(self, event: Said | Shared | Attached, words: Kept) -> None:
        """Bring words to whom they are for; where that is not certain, ask, and keep them."""
        whom = await self._whom(event)
        if isinstance(whom, int):
            await self._say_to(whom, words)
        elif whom == "ask":
            self.seat = self.seat.keeping(words)
            await self._messages.whom(words, await self._held(), self.manager, self.thread)
        else:
            await self._say("desk.nobody" if whom == "nobody" else "desk.not_with_you")

    async def _say_to(self, number: int, words: Kept) -> Spoken | None:
        """Bring words to a customer, unless they make claims; None: the customer is not with the manager."""
        lead = await self.leads.held(number, self.manager)
        if lead is None:
            await self._say("desk.not_with_you")
            return None
        self.seat = self.seat.answering(number, await self._heard())
        answered = await answered_by_manager(self.leads.work, lead, self.manager, words.answers)
        said = self._messages.words_of(lead, self.manager, words, answered)
        return await self.leads.claims.speak(lead, self.manager, said, words.text)

    async def _change(self, event: Edited) -> None:
        """Words that were changed are changed where they went; those that wait for whom they are, where they wait."""
        waiting = self.seat.waiting(event.message)
        if waiting is not None:
            words = replace(waiting, text=event.text)
            self.seat = self.seat.keeping(words)
            await self._messages.whom(words, await self._held(), self.manager, edit=True)
            return
        for lead in await self._had():
            slot = said_slot(lead, event.message)
            unsaid = any(one.slot == slot for one in notes_of(lead).unsaid) or await self.leads.claims.waits(lead, slot)
            if unsaid or await self.leads.work.shown(lead.conversation, slot) is not None:
                await self._change_to(lead.id, Kept(event.message, event.text, event.kind, event.file))
                return

    async def _change_to(self, number: int, words: Kept) -> None:
        lead = await self.leads.held(number, self.manager)
        if lead is None:
            await self._say("desk.not_changed")
            return
        said = self._messages.words_of(lead, self.manager, words, edit=True)
        await self.leads.claims.speak(lead, self.manager, said, words.text)

    async def _had(self) -> tuple[Lead, ...]:
        """The leads that the manager holds, and those held lately."""
        lately = await self.leads.work.leads.since(self.leads.now - CHANGEABLE)
        return (*await self._held(), *(lead for lead in lately if lead.manager == self.manager.id))

    async def _pass_on(self, event: Attached) -> None:
        if event.file is None:
            await self._say("desk.cannot_pass_on")
            return
        await self._speak(event, Kept(_place(event), event.caption or "", event.kind, event.file, event.reply_to))

    async def _whom(self, event: Said | Shared | Attached) -> Whom:
        """For whom it is. With topics there is no customer who is chosen to talk with: outside of a topic it is asked."""
        heard = await self._heard()
        active = None if self._messages.topics else self.seat.active
        return addressee(heard, self.seat.unheard(heard), active, await self._pointed(event))

    async def _pointed(self, event: Said | Shared | Attached) -> tuple[int | None, ...]:
        """What the message points at: whose topic it is written in, and what it answers."""
        written_in = () if event.thread is None else (await self._of_thread(event.thread),)
        return (*written_in, *await self._answered(event))

    async def _of_thread(self, thread: str) -> int | None:
        """The lead of the customer whose topic it is: the one that is held, else the last; None for a topic of nobody known."""
        subject = await self.leads.work.topics.subject_of(self.conversation.id, thread)
        if subject is None:
            return None
        held = next((lead.id for lead in await self._held() if lead.conversation == subject), None)
        known = await self.leads.work.leads.of_conversation(subject)
        return held if held is not None else known[-1].id if known else None

    async def _answered(self, event: Said | Shared | Attached) -> tuple[int | None, ...]:
        """What the message answers: something about a customer, or the manager's own words to one."""
        if event.reply_to is None:
            return ()
        slot = await self.leads.work.slot_of(self.conversation.id, event.reply_to)
        if slot is not None:
            return (lead_of_slot(slot),)
        for lead in await self._held():
            if await self.leads.work.shown(lead.conversation, said_slot(lead, event.reply_to)) is not None:
                return (lead.id,)
        return (None,)

    async def _held(self) -> tuple[Lead, ...]:
        return await self.leads.work.leads.held_by(self.manager.id)

    async def _heard(self) -> dict[int, int]:
        """How many messages of each customer whom the manager holds have come."""
        return {lead.id: notes_of(lead).heard for lead in await self._held()}

    async def _talk(self, lead: Lead, _: Pressed) -> Text:
        """The manager chooses whom to talk with."""
        if lead.manager != self.manager.id or lead.status not in HELD:
            return Text("desk.notice.not_yours")
        self.seat = self.seat.talking(lead.id, await self._heard())
        await self._messages.about("desk.talking", lead, self.manager)
        return Text("desk.notice.talking", {"customer": cards.customer(lead)})

    async def _settle(self, act: str, number: int, event: Pressed) -> Text:
        """The manager says for whom words are that were kept, or that they are for nobody."""
        token, _, place = act.rpartition(".")
        words = self.seat.waiting(place)
        if words is None:
            return Text("desk.notice.settled")
        if token == DROP:
            self.seat = self.seat.without(place)
            await self._put_over_whom(words, Text("desk.dropped"), event)
            return Text("desk.notice.dropped")
        spoken = await self._say_to(number, words)
        if spoken is None:
            return Text("desk.notice.not_yours")
        self.seat = self.seat.without(place).talking(number, await self._heard())
        lead = next(one for one in await self._held() if one.id == number)
        sent = "desk.sent_once" if self._messages.topics else "desk.sent"
        values: dict[str, Value] = {"customer": cards.customer(lead), "text": words.text}
        went = sent if words.text else f"{sent}_file"
        told = Text(went if spoken == "sent" else "desk.not_sent_yet", values)
        await self._put_over_whom(words, told, event, lead)
        return Text("desk.notice.talking", {"customer": cards.customer(lead)})

    async def _put_over_whom(self, words: Kept, text: Text, event: Pressed, lead: Lead | None = None) -> None:
        slot = f"whom.{words.place}"
        await self.leads.work.forget_shown(self.conversation.id, slot)
        await self._messages.post(self.manager, text, slot=slot, subject=lead, edit=True, target=event.message)

    # Commands

    async def _command(self, event: Said) -> None:
        """Commands are the same in every language: any other words go to the customer."""
        match event.text.split(maxsplit=1)[0].partition("@")[0].lower():
            case "/help" | "/start":
                await self._help()
            case "/leads":
                await self._list()
            case "/today":
                await self.diary.today()
            case "/book":
                await self._book(event)
            case "/away":
                await self._away()
            case "/back":
                await self._back()
            case "/note":
                await self._note_command(event)
            case "/return":
                await self._return(event)
            case "/desk" | "/console":
                await self._link()
            case _:
                await self._say("desk.unknown_command")

    async def _link(self) -> None:
        """A supervisor is given a link to the live page."""
        if not self.manager.profile.supervisor:
            await self._say("desk.link_not_yours")
            return
        work, now = self.leads.work, self.leads.now
        key = await work.sign_in.issue(Visitor("supervisor", self.manager.id, self.manager.language), now)
        work.audit(audited("console.link_issued", by_manager(self.manager.id), None, now, role="supervisor"))
        label = self._messages.texts.label(Text("desk.link_button"), self.manager.language)
        url = f"{self.console}/console/enter?key={key}&lang={self.manager.language}"
        await self._messages.post(self.manager, Text("desk.link"), keys=((Key(label, url=url),),))

    async def _meant(self, event: Said, label: str, token: str) -> Lead | None:
        """The customer whom a command is about, locked; where that is not certain, a question with a button for each."""
        whom = await self._whom(event)
        if whom == "ask":
            held = await self._held()
            only = self.seat.active is None and event.reply_to is None and event.thread is None and len(held) == 1
            if not only:
                await self._messages.which(label, token, held, self.manager, self.thread)
                return None
            whom = held[0].id
        lead = await self.leads.held(whom, self.manager) if isinstance(whom, int) else None
        if lead is None:
            await self._say("desk.nobody" if whom == "nobody" else "desk.not_with_you")
        return lead

    async def _book_for(self, lead: Lead, _: Pressed) -> Text:
        if lead.manager != self.manager.id or lead.status not in HELD:
            return Text("desk.notice.not_yours")
        await self.diary.offer_kinds(lead)
        return Text("desk.notice.talking", {"customer": cards.customer(lead)})

    async def _book(self, event: Said) -> None:
        lead = await self._meant(event, "desk.book_for", BOOK)
        if lead is not None:
            await self.diary.offer_kinds(lead)

    async def _help(self) -> None:
        await self._say("desk.help", name=self.manager.name)

    async def _away(self) -> None:
        await self.leads.work.managers.set_on_duty(self.manager.id, False)
        await self.leads.work.assignments.lock()
        await self.leads.leave(self.manager)
        holds = await self.leads.work.leads.held_by(self.manager.id)
        await self._say("desk.away_holding" if holds else "desk.away")

    async def _back(self) -> None:
        await self.leads.work.managers.set_on_duty(self.manager.id, True)
        await self._say("desk.back")
        self.leads.look_again(self.conversation.id)

    async def _return(self, event: Said) -> None:
        lead = await self._meant(event, "desk.return_of", RETURN)
        if lead is not None:
            returned = await self.leads.give_back(lead, self.manager)
            self.seat = self.seat.giving_back(lead.id)
            await self._messages.about("desk.returned", returned, self.manager)

    async def _list(self) -> None:
        """The leads that are held, and those that wait, to be accepted while there is room."""
        waiting = await self.leads.work.leads.waiting()
        await self.leads.work.assignments.lock()
        held = await self._held()
        for one in held:
            lead = await self.leads.held(one.id, self.manager)
            if lead is not None:
                await self.leads.work.leads.save(await self.leads.cards.new(lead, self.manager))
        if held:
            await self._say("desk.list_holding", count=len(waiting), held=len(held))
        else:
            await self._say("desk.list" if waiting else "desk.list_empty", count=len(waiting))
        if len(held) >= self.manager.profile.capacity:
            return
        for lead in waiting[:LISTED]:
            await self.leads.show(lead, self.manager)

    async def _say(self, key: str, **values: Value) -> None:
        await self._messages.post(self.manager, Text(key, values), thread=self.thread)


def _place(event: Said | Shared | Attached) -> str:
    """What tells a manager's message from the others to the same customer."""
    return event.message or str(int(event.at.timestamp() * 1000))
