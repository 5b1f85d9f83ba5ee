"""The diary: appointments are offered, booked, moved, called off and reminded of, and both sides are told each time.

Everything happens in the transaction of one turn, the customer's or a manager's, and for the other side messages are only added.
Of locks this takes the one of all bookings last, behind those of conversations and leads, so that no two turns wait for each other.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from bot.conversation.papers.calendar import calendar_file
from bot.conversation.ports import Document, Job, Key, Outgoing, UnitOfWork
from bot.core.values import Text, Values
from bot.handoff import cards
from bot.handoff.appointments import (
    Appointment,
    AppointmentRules,
    Kind,
    State,
    free_seat,
    offered_slots,
    resource_of,
)
from bot.handoff.availability import WeeklyHours
from bot.handoff.branches import Branch
from bot.handoff.hours import DAYS
from bot.handoff.records import Manager
from bot.handoff.routing import speaks
from bot.ledger.audit import CUSTOMER, audited, by_manager
from bot.publishing.content import Content

BUTTON: Final = "m.apt"
"""What the tokens of a manager's buttons about appointments begin with."""

BOOKED_AHEAD: Final = timedelta(days=60)
"""How far ahead appointments are looked at and offered."""

News: TypeAlias = Literal["booked", "moved", "cancelled", "reminded"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be booked: for whom, of which kind, where, and with whom if that is fixed; `instead_of` is the one it replaces."""

    conversation: int
    kind: Kind
    language: str
    place: str | None = None
    manager: int | None = None
    instead_of: Appointment | None = None


@dataclass(frozen=True, slots=True)
class Diary:
    """The appointments of everybody, within one unit of work at the time `now`."""

    work: UnitOfWork
    content: Content
    now: datetime

    @property
    def rules(self) -> AppointmentRules | None:
        """The published rules; None in a release that has none, which books nothing."""
        return self.content.appointments

    # Times

    async def slots(self, wish: Wish, after: datetime | None = None) -> tuple[datetime, ...]:
        """Times on the next day that has any, not before `after`; none where there is nobody to keep the appointment."""
        found = await self._hours(wish)
        if self.rules is None or found is None:
            return ()
        kind = self.rules.kinds[wish.kind]
        begin = max(after or self.now, self.now + kind.lead)
        if begin > self.now + BOOKED_AHEAD:
            return ()
        resources = await self._resources(wish)
        booked = self._others(wish, await self.work.appointments.booked(self.now, self.now + 2 * BOOKED_AHEAD))
        return offered_slots(found, kind, booked, resources, after=begin, count=self.rules.offered)

    async def next_day(self, wish: Wish, slot: datetime) -> datetime:
        """The beginning of the day behind that of `slot`, where the appointment is kept."""
        hours = await self._hours(wish)
        zone = ZoneInfo(hours.timezone if hours else "UTC")
        return datetime.combine(slot.astimezone(zone).date() + timedelta(days=1), time(), zone)

    async def weekday(self, wish: Wish, slot: datetime) -> Text:
        """The day of the week of `slot`, where the appointment is kept."""
        hours = await self._hours(wish)
        zone = ZoneInfo(hours.timezone if hours else "UTC")
        return Text(f"weekday.{DAYS[slot.astimezone(zone).weekday()].lower()}")

    # Changes

    async def book(self, wish: Wish, begins_at: datetime, by: Manager | None = None) -> Appointment | None:
        """Book the time, and tell both sides. None: it is no longer free, or is no time that is offered."""
        hours = await self._hours(wish)
        if self.rules is None or hours is None:
            return None
        kind = self.rules.kinds[wish.kind]
        if not hours.fits(begins_at, kind.length) or begins_at < self.now:
            return None
        resources = await self._resources(wish)
        await self.work.appointments.lock()
        ends_at = begins_at + kind.length
        booked = self._others(wish, await self.work.appointments.booked(begins_at, ends_at))
        for resource, seats in resources.items():
            seat = free_seat(booked, resource, seats, begins_at, ends_at)
            if seat is not None:
                return await self._kept(wish, begins_at, ends_at, resource, seat, by)
        return None

    async def cancel(self, appointment: Appointment, by: Manager | None = None) -> bool:
        """Call it off, and tell both sides. False: it was not booked any more."""
        if appointment.state != "booked":
            return False
        off = replace(appointment, state="cancelled", sequence=appointment.sequence + 1)
        await self.work.appointments.close(off.id, "cancelled", off.sequence)
        self._audit("appointment.cancelled", off, by)
        await self.tell("cancelled", off)
        return True

    async def settle(self, appointment: Appointment, state: State, by: Manager) -> bool:
        """Note that the customer has come, or has not. False: it was not booked any more."""
        if appointment.state != "booked":
            return False
        await self.work.appointments.close(appointment.id, state, appointment.sequence)
        self.work.audit(
            audited(
                f"appointment.{state}",
                by_manager(by.id),
                appointment.conversation,
                self.now,
                appointment=appointment.id,
            )
        )
        return True

    async def cancel_all(self, conversation: int) -> None:
        """Call off whatever a customer has booked, who is about to be forgotten: who keeps it is told, the customer is not."""
        for one in await self.upcoming(conversation):
            await self.work.appointments.close(one.id, "cancelled", one.sequence + 1)
            self._audit("appointment.cancelled", one, None)
            manager = await self.manager_of(one)
            if manager is not None:
                off = replace(one, state="cancelled", sequence=one.sequence + 1)
                await self._to_manager("cancelled", off, manager)

    async def upcoming(self, conversation: int) -> tuple[Appointment, ...]:
        """What a customer has booked and is not over, the earliest first."""
        found = await self.work.appointments.of_customer(conversation)
        return tuple(one for one in found if one.state == "booked" and one.ends_at > self.now)

    async def today(self, manager: Manager) -> tuple[Appointment, ...]:
        """What a manager keeps today."""
        if self.rules is None:
            return ()
        hours = manager.profile.hours or self.content.targets.hours
        zone = ZoneInfo(hours.timezone if hours else "UTC")
        begin = datetime.combine(self.now.astimezone(zone).date(), time(), zone)
        found = await self.work.appointments.booked(begin, begin + timedelta(days=1))
        return tuple(one for one in found if one.manager == manager.id)

    async def manager_of(self, appointment: Appointment) -> Manager | None:
        """Who keeps the appointment."""
        return await self.work.managers.get(appointment.manager) if appointment.manager is not None else None

    # Telling

    async def tell(self, news: News, appointment: Appointment) -> None:
        """Tell both sides, with a calendar file but for a reminder."""
        manager = await self.manager_of(appointment)
        channel, address = await self.work.address_of(appointment.conversation)
        language = appointment.language
        shown = Text(f"appointment.{news}", await self.told(appointment, manager))
        self.work.send(
            Outgoing(
                conversation=appointment.conversation,
                channel=channel,
                address=address,
                slot=f"appointment.{appointment.id}.{news}",
                html=self.content.texts.render(shown, language),
                document=self._file(appointment, language) if news != "reminded" else None,
                priority="notice",
                release=self.content.number,
            )
        )
        if manager is not None:
            await self._to_manager(news, appointment, manager)

    async def summary(self, appointment: Appointment) -> Text:
        """One line about an appointment, for its manager."""
        return Text("desk.appointment.line", await self.told(appointment, None))

    def keys(self, appointment: Appointment, manager: Manager, *acts: str) -> tuple[Key, ...]:
        """A manager's buttons below an appointment."""
        return tuple(
            Key(
                self.content.texts.label(Text(f"desk.appointment.{act}"), manager.language),
                f"{BUTTON}.{act}.{appointment.id}",
            )
            for act in acts
        )

    async def _to_manager(self, news: News, appointment: Appointment, manager: Manager) -> None:
        if manager.conversation is None:
            return
        channel, address = await self.work.address_of(manager.conversation)
        acts = {"cancelled": (), "reminded": ("kept", "missed")}.get(news, ("move", "cancel"))
        keys = self.keys(appointment, manager, *acts)
        self.work.send(
            Outgoing(
                conversation=manager.conversation,
                channel=channel,
                address=address,
                slot=f"appointment.{appointment.id}.{news}",
                html=self.content.texts.render(
                    Text(f"desk.appointment.{news}", await self.told(appointment, manager)), manager.language
                ),
                keys=(keys,) if keys else (),
                document=self._file(appointment, manager.language) if news != "reminded" else None,
                priority="notice",
                subject=appointment.conversation,
            )
        )

    async def told(self, appointment: Appointment, manager: Manager | None) -> Values:
        """The values of a text about an appointment."""
        leads = await self.work.leads.of_conversation(appointment.conversation)
        customer = cards.customer(leads[-1]) if leads else Text("desk.appointment.customer", {"number": appointment.id})
        return {
            "what": Text(f"appointment.kind.{appointment.kind}"),
            "when": appointment.begins_at,
            "until": appointment.ends_at,
            "where": self._where(appointment),
            "there": self._where(appointment, "desk"),
            "who": manager.name if manager else Text("appointment.somebody"),
            "customer": customer,
        }

    def _where(self, appointment: Appointment, side: Literal["appointment", "desk"] = "appointment") -> Text:
        """Where it takes place, in words for the customer or for the manager."""
        if appointment.kind != "branch":
            return Text(
                f"appointment.where.{appointment.kind}" if side == "appointment" else f"desk.where.{appointment.kind}"
            )
        named = {part: Text(f"branch.{appointment.place}.{part}") for part in ("name", "address")}
        return Text("appointment.where.branch", named)

    def _file(self, appointment: Appointment, language: str) -> Document:
        texts = self.content.texts
        lender = texts.label(Text(f"lender.{self.content.catalogue.lender.id}"), language)
        what = texts.label(Text(f"appointment.kind.{appointment.kind}"), language)
        branch = self._branch(appointment.place)
        return calendar_file(
            appointment,
            summary=f"{lender}: {what}",
            organizer=lender,
            where=texts.label(self._where(appointment), language),
            now=self.now,
            place=(branch.latitude, branch.longitude) if branch else None,
        )

    # Who, where and when

    def _branch(self, place: str | None) -> Branch | None:
        return self.content.branches.get(place) if place else None

    async def _hours(self, wish: Wish) -> WeeklyHours | None:
        """When the appointment can be kept: by the branch's hours, those of the manager it is to be with, or the desk's."""
        if wish.kind == "branch":
            branch = self._branch(wish.place)
            return branch.hours if branch else None
        keeper = await self._keeper(wish)
        own = keeper.profile.hours if keeper else None
        return own or self.content.targets.hours

    async def _keeper(self, wish: Wish) -> Manager | None:
        """The one manager it is to be with: as the wish says, else the customer's own; None where it may be with anybody."""
        number = wish.manager or await self.work.assignments.owner_of(wish.conversation)
        return next((one for one in await self.work.managers.everyone() if one.id == number), None)

    async def _resources(self, wish: Wish) -> dict[str, int]:
        """What the wish could take a seat of, with how many seats each has, the best first."""
        branch = self._branch(wish.place)
        if wish.kind == "branch":
            return {resource_of("branch", None, branch.id): branch.at_once} if branch else {}
        return {resource_of(wish.kind, one.id, None): 1 for one in await self._managers(wish)}

    async def _managers(self, wish: Wish) -> list[Manager]:
        """Who could keep it: the one it is to be with, else whoever had the customer first, then those who read the language."""
        everyone = await self.work.managers.everyone()
        keeper = await self._keeper(wish)
        if keeper is not None or wish.manager is not None:
            return [keeper] if keeper else []
        leads = await self.work.leads.of_conversation(wish.conversation)
        own = next((lead.manager for lead in reversed(leads) if lead.manager is not None), None)
        return sorted(everyone, key=lambda one: (one.id != own, not speaks(one, wish.language), one.id))

    @staticmethod
    def _others(wish: Wish, booked: tuple[Appointment, ...]) -> tuple[Appointment, ...]:
        """What is booked beside the appointment that the wish replaces, whose seat is free for it."""
        before = wish.instead_of
        return tuple(one for one in booked if before is None or one.id != before.id)

    async def _kept(  # noqa: PLR0913, PLR0917 -- one place only
        self, wish: Wish, begins_at: datetime, ends_at: datetime, resource: str, seat: int, by: Manager | None
    ) -> Appointment:
        before = wish.instead_of
        if before is not None:
            await self.work.appointments.close(before.id, "moved", before.sequence)
        kind, _, owner = resource.partition(":")
        keeper = int(owner) if kind == "manager" else await self._receiver(wish)
        kept = await self.work.appointments.add(
            Appointment(
                id=0,
                uid=before.uid if before else str(uuid.uuid4()),
                kind=wish.kind,
                conversation=wish.conversation,
                resource=resource,
                begins_at=begins_at,
                ends_at=ends_at,
                language=wish.language,
                created_at=self.now,
                manager=keeper,
                place=wish.place if wish.kind == "branch" else None,
                seat=seat,
                sequence=before.sequence + 1 if before else 0,
            )
        )
        self._audit("appointment.moved" if before else "appointment.booked", kept, by)
        await self.work.track(wish.conversation, "appointment.booked", {"kind": wish.kind}, self.now)
        await self.tell("moved" if before else "booked", kept)
        self._plan(kept)
        return kept

    async def _receiver(self, wish: Wish) -> int | None:
        """The manager who is told of an appointment in a branch."""
        there = await self._managers(wish)
        return there[0].id if there else None

    def _plan(self, appointment: Appointment) -> None:
        """Have both sides reminded, and a call-back begun, at its time."""
        payload = {"conversation": appointment.conversation, "appointment": appointment.id}
        before = self.rules.remind_before if self.rules else timedelta()
        if appointment.begins_at - before > self.now:
            self.work.defer(Job("remind-appointment", payload, at=appointment.begins_at - before))
        if appointment.kind == "call_back":
            self.work.defer(Job("begin-appointment", payload, at=appointment.begins_at))

    def _audit(self, name: str, appointment: Appointment, by: Manager | None) -> None:
        actor = by_manager(by.id) if by else CUSTOMER
        details = {"appointment": appointment.id, "kind": appointment.kind}
        self.work.audit(audited(name, actor, appointment.conversation, self.now, **details))
