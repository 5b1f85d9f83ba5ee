"""One event in an account manager's own chat: buttons, commands, and words for the customer who is held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.conversation.desk_diary import DeskDiary
from bot.conversation.desk_leads import HELD, WAITING, LeadDesk
from bot.conversation.desk_messages import ACCEPT, PASS, RETURN, Messages
from bot.conversation.diary import BUTTON
from bot.conversation.ports import Conversation, Relayed
from bot.core.values import Text, Value
from bot.dialogs.events import Attached, Event, Opened, Pressed, Said, Shared
from bot.handoff import cards
from bot.handoff.records import Lead, Manager

LISTED: Final = 10
"""Leads that `/leads` shows at once."""


LONGEST_NUMBER: Final = 18
"""Digits of a lead's number at most; a press may claim anything."""


@dataclass(frozen=True, slots=True)
class Visit:
    """An event in the chat of `manager`; `conversation` is that chat."""

    leads: LeadDesk
    conversation: Conversation
    manager: Manager
    diary: DeskDiary

    async def take(self, event: Event) -> Text | None:
        """Carry the event out; the short notice that answers a press."""
        match event:
            case Pressed():
                return await self._pressed(event)
            case Opened():
                await self._help()
            case Said(text=text) if text.startswith("/"):
                await self._command(text)
            case Said(text=text) | Shared(phone=text):
                await self._speak(text, _place(event))
            case Attached():
                await self._pass_on(event)
        return None

    @property
    def _messages(self) -> Messages:
        return self.leads.messages

    # Buttons

    async def _pressed(self, event: Pressed) -> Text:
        if event.token.startswith(f"{BUTTON}."):
            return await self.diary.pressed(event.token)
        token, _, number = event.token.rpartition(".")
        act = {ACCEPT: self._accept, PASS: self._turn_down, RETURN: self._give_back}.get(token)
        known = act and number.isdecimal() and len(number) <= LONGEST_NUMBER
        if known:
            await self.leads.work.assignments.lock()
        lead = await self.leads.work.leads.get(int(number)) if known else None
        return await act(lead, event) if act and lead else Text("desk.notice.gone")

    async def _accept(self, lead: Lead, event: Pressed) -> Text:
        if lead.status not in WAITING:
            return await self._too_late(lead)
        if await self.leads.work.leads.held_by(self.manager.id) is not None:
            return Text("desk.notice.busy")
        await self.leads.accept(lead, self.manager, event.message)
        return Text("desk.notice.accepted", {"customer": cards.customer(lead)})

    async def _too_late(self, lead: Lead) -> Text:
        if lead.manager == self.manager.id and lead.status in HELD:
            return Text("desk.notice.yours")
        winner = await self.leads.work.managers.get(lead.manager) if lead.manager is not None else None
        return Text("desk.notice.taken", {"name": winner.name}) if winner else Text("desk.notice.gone")

    async def _turn_down(self, lead: Lead, event: Pressed) -> Text:
        if lead.status not in WAITING:
            return await self._too_late(lead)
        await self.leads.turn_down(lead, self.manager)
        await self._messages.put_over(lead, self.manager, Text("desk.passed", {"lead": lead.id}), event.message)
        return Text("desk.notice.passed")

    async def _give_back(self, lead: Lead, event: Pressed) -> Text:
        if lead.manager != self.manager.id or lead.status not in HELD:
            return Text("desk.notice.not_yours")
        await self.leads.give_back(lead, self.manager, event.message)
        await self._messages.about("desk.returned", lead, self.manager)
        return Text("desk.notice.returned")

    # Words and files

    async def _speak(self, text: str, place: str) -> None:
        lead = await self.leads.held_by(self.manager)
        if lead is None:
            await self._say("desk.nobody")
            return
        await self.leads.speak(lead, self._messages.words_of(lead, self.manager, text, place))

    async def _pass_on(self, event: Attached) -> None:
        lead = await self.leads.held_by(self.manager)
        if lead is None:
            await self._say("desk.nobody")
        elif event.file is None:
            await self._say("desk.cannot_pass_on")
        else:
            relayed = Relayed(event.kind, event.file)
            words = self._messages.words_of(lead, self.manager, event.caption or "", _place(event), relayed)
            await self.leads.speak(lead, words)

    # Commands

    async def _command(self, text: str) -> None:
        """Commands are the same in every language: any other words go to the customer."""
        match text.split(maxsplit=1)[0].partition("@")[0].lower():
            case "/help" | "/start":
                await self._help()
            case "/leads":
                await self._list()
            case "/today":
                await self.diary.today()
            case "/book":
                await self._book()
            case "/away":
                await self._away()
            case "/back":
                await self._back()
            case "/return":
                await self._return()
            case _:
                await self._say("desk.unknown_command")

    async def _book(self) -> None:
        lead = await self.leads.held_by(self.manager)
        if lead is None:
            await self._say("desk.nobody")
            return
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

    async def _return(self) -> None:
        lead = await self.leads.held_by(self.manager)
        if lead is None:
            await self._say("desk.nobody")
            return
        await self.leads.give_back(lead, self.manager)
        await self._messages.about("desk.returned", lead, self.manager)

    async def _list(self) -> None:
        """The lead that is held, or those that wait, to be accepted."""
        waiting = await self.leads.work.leads.waiting()
        held = await self.leads.held_by(self.manager)
        if held is not None:
            await self.leads.work.leads.save(await self._messages.card(held, self.manager))
            await self._say("desk.list_holding", count=len(waiting))
            return
        await self._say("desk.list" if waiting else "desk.list_empty", count=len(waiting))
        for lead in waiting[:LISTED]:
            await self.leads.show(lead, self.manager)

    async def _say(self, key: str, **values: Value) -> None:
        await self._messages.post(self.manager, Text(key, values))


def _place(event: Said | Shared | Attached) -> str:
    """What tells a manager's message from the others to the same customer."""
    return event.message or str(int(event.at.timestamp() * 1000))
