"""A manager's own diary in the chat: today's appointments, and booking, moving, calling off with buttons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.conversation.desk_messages import Messages, Rows, language_of
from bot.conversation.diary import BUTTON, Diary, Wish
from bot.conversation.ports import Key
from bot.core.values import Text
from bot.handoff import cards
from bot.handoff.appointments import KINDS, Appointment, Kind
from bot.handoff.records import Lead, Manager

LONGEST: Final = 18
"""Digits of a number at most; a press may claim anything."""


@dataclass(frozen=True, slots=True)
class DeskDiary:
    """The appointments of one manager."""

    diary: Diary
    messages: Messages
    manager: Manager

    async def today(self) -> None:
        """Show what the manager keeps today."""
        found = await self.diary.today(self.manager)
        await self.messages.post(
            self.manager, Text("desk.today" if found else "desk.today_empty", {"count": len(found)})
        )
        for one in found:
            keys = (
                self.diary.keys(one, self.manager, "move", "cancel"),
                self.diary.keys(one, self.manager, "kept", "missed"),
            )
            await self.messages.post(self.manager, await self.diary.summary(one), slot=f"today.{one.id}", keys=keys)

    async def offer_kinds(self, lead: Lead) -> None:
        """Ask what is to be booked with the customer: a call-back, a visit, or an appointment in one of the branches."""
        wishes = (("call_back", "-"), ("visit", "-"), *(("branch", branch) for branch in self.diary.content.branches))
        keys = tuple(
            (Key(self._label(f"branch.{place}.name" if kind == "branch" else f"appointment.kind.{kind}"),
                 f"{BUTTON}.new.{lead.id}.{kind}.{place}"),)
            for kind, place in wishes
        )  # fmt: skip
        about = Text("desk.appointment.what", {"customer": cards.customer(lead)})
        await self.messages.post(self.manager, about, slot="book", subject=lead, keys=keys)

    async def pressed(self, token: str) -> Text:
        """A press on one of the buttons; the short notice that answers it."""
        match token.removeprefix(f"{BUTTON}.").split("."):
            case ["new", lead, kind, place]:
                return await self._offer(await self._wish_for(lead, kind, place), f"at.{lead}.{kind}.{place}")
            case ["at", lead, kind, place, minutes]:
                return await self._book(await self._wish_for(lead, kind, place), minutes)
            case ["on", lead, kind, place, minutes]:
                wish = await self._wish_for(lead, kind, place)
                return await self._offer(wish, f"at.{lead}.{kind}.{place}", _moment(minutes))
            case ["move", number]:
                return await self._offer(await self._wish_to_move(number), f"to.{number}")
            case ["to", number, minutes]:
                return await self._book(await self._wish_to_move(number), minutes)
            case ["from", number, minutes]:
                return await self._offer(await self._wish_to_move(number), f"to.{number}", _moment(minutes))
            case ["cancel", number]:
                return await self._cancel(await self._own(number))
            case [("kept" | "missed") as state, number]:
                one = await self._own(number)
                done = one is not None and await self.diary.settle(
                    one, "kept" if state == "kept" else "missed", self.manager
                )
                return Text("desk.notice.noted" if done else "desk.notice.gone")
        return Text("desk.notice.gone")

    async def _offer(self, wish: Wish | None, token: str, after: datetime | None = None) -> Text:
        """Show times as buttons, in place of those shown before."""
        slots = await self.diary.slots(wish, after) if wish else ()
        if wish is None or not slots:
            return Text("desk.notice.no_times")
        act, _, rest = token.partition(".")
        further = (
            f"{BUTTON}.{'on' if act == 'at' else 'from'}.{rest}.{_minutes(await self.diary.next_day(wish, slots[-1]))}"
        )
        keys: Rows = (
            *(
                (Key(self._label("desk.appointment.time", slot), f"{BUTTON}.{token}.{_minutes(slot)}"),)
                for slot in slots
            ),
            (Key(self._label("slots.another_day"), further),),
        )
        await self.messages.post(
            self.manager, Text("desk.appointment.times", {"day": slots[0]}), slot="book", keys=keys, edit=True
        )
        return Text("desk.notice.choose")

    async def _book(self, wish: Wish | None, minutes: str) -> Text:
        begins_at = _moment(minutes)
        booked = await self.diary.book(wish, begins_at, self.manager) if wish and begins_at else None
        return Text("desk.notice.booked" if booked else "desk.notice.no_times")

    async def _cancel(self, appointment: Appointment | None) -> Text:
        done = appointment is not None and await self.diary.cancel(appointment, self.manager)
        return Text("desk.notice.cancelled" if done else "desk.notice.gone")

    async def _wish_for(self, lead: str, kind: str, place: str) -> Wish | None:
        """A new appointment with the customer whom the manager holds."""
        known: Kind | None = next((one for one in KINDS if one == kind), None)
        found = await self.diary.work.leads.get(int(lead)) if _is_number(lead) else None
        if (
            known is None
            or found is None
            or found.manager != self.manager.id
            or found.status not in ("accepted", "active")
        ):
            return None
        language = language_of(found) or self.manager.language
        return Wish(found.conversation, known, language, None if place == "-" else place, self.manager.id)

    async def _wish_to_move(self, number: str) -> Wish | None:
        one = await self._own(number)
        if one is None or one.state != "booked":
            return None
        return Wish(one.conversation, one.kind, one.language, one.place, self.manager.id, instead_of=one)

    async def _own(self, number: str) -> Appointment | None:
        found = await self.diary.work.appointments.get(int(number)) if _is_number(number) else None
        return found if found and found.manager == self.manager.id else None

    def _label(self, key: str, when: datetime | None = None) -> str:
        text = Text(key, {"time": when}) if when else Text(key)
        return self.messages.texts.label(text, self.manager.language)


def _is_number(words: str) -> bool:
    return words.isdecimal() and len(words) <= LONGEST


def _minutes(at: datetime) -> int:
    return int(at.timestamp()) // 60


def _moment(minutes: str) -> datetime | None:
    """A moment as a token carries it, in minutes since 1970."""
    return datetime.fromtimestamp(int(minutes) * 60, UTC) if minutes.isdecimal() and len(minutes) <= 10 else None
