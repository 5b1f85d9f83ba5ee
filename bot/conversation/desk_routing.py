"""Gives waiting leads to managers, one at a time: the imperative side of `bot.handoff.routing`.

Whoever calls holds the routing lock and then the lead's, so that of all decisions, on whichever process, each sees what the
one before has decided. A lead that nobody can be asked for waits, and looks again at the moment when that may have changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.conversation.desk_messages import language_of
from bot.conversation.ports import Job
from bot.core.values import Text, Value, Values
from bot.handoff.hours import hours_text
from bot.handoff.notes import notes_of
from bot.handoff.records import Assignment, Lead, Manager
from bot.handoff.routing import Assigned, Route, Seat, Waits, Wanted, route
from bot.handoff.service_level import LOOK_BACK, Met, due, expected_wait

if TYPE_CHECKING:
    from bot.conversation.desk_leads import LeadDesk

_SKILLS: Final = ("segment", "industry", "region")


@dataclass(frozen=True, slots=True)
class Routing:
    """Decides on leads of `leads`, at its time."""

    leads: LeadDesk

    async def place(self, lead: Lead) -> Lead:
        """Ask whose turn it is; the lead is as it was where nobody can be asked."""
        if lead.status != "requested":
            return lead
        seats = await self.seats()
        decision = await self.decide(lead, seats)
        if isinstance(decision, Waits):
            await self._look_later(lead, seats)
            return lead
        return await self.ask(lead, decision)

    async def ask(self, lead: Lead, assigned: Assigned) -> Lead:
        """Offer the lead to the manager, whose time to accept begins."""
        desk, manager = self.leads, assigned.manager
        made = await desk.work.assignments.add(
            Assignment(0, lead.id, manager.id, assigned.rung, assigned.reason, desk.now)
        )
        await desk.work.leads.offered(lead.id, manager.id)
        await desk.messages.offer(lead, manager)
        offered = replace(lead, status="offered")
        await desk.work.leads.save(offered)
        await desk.track("lead.offered", lead, manager=manager.id, rung=assigned.rung)
        payload = {"conversation": lead.conversation, "lead": lead.id, "assignment": made.id}
        desk.work.defer(Job("next-manager", payload, at=desk.now + desk.targets.accept_within))
        return offered

    async def ask_for_appointment(self, lead: Lead, manager: Manager) -> Lead:
        """Ask the manager who keeps the customer's call-back, unless asked already; whose turn it is, where there is no room."""
        given = await self.leads.work.assignments.open_of(lead.id)
        if given is not None and given.manager == manager.id:
            return lead
        room = next((seat.free for seat in await self.seats() if seat.manager.id == manager.id), 0)
        if given is not None:
            await self.leads.work.assignments.ended(given.id, "reassigned", self.leads.now)
        lead = replace(lead, status="requested")
        return await (self.ask(lead, Assigned(manager, "appointment")) if room else self.place(lead))

    async def pass_on(self, lead: Lead, given: Assignment) -> Lead:
        """The manager has let the time run out: the next one is asked."""
        desk = self.leads
        await desk.work.assignments.ended(given.id, "timed_out", desk.now)
        manager = await desk.work.managers.get(given.manager)
        if manager is not None:
            await desk.messages.put_over(lead, manager, Text("desk.timed_out", {"lead": lead.id}))
        await desk.track("lead.timed_out", lead, manager=given.manager)
        return await self.again(lead)

    async def again(self, lead: Lead) -> Lead:
        """The lead's offer has ended: it is given to the next one."""
        waiting = replace(lead, status="requested")
        await self.leads.work.leads.save(waiting)
        return await self.place(waiting)

    async def decide(self, lead: Lead, seats: tuple[Seat, ...]) -> Route:
        """Who is asked, or why nobody is."""
        return route(await self._wanted(lead), seats, self.leads.now)

    async def seats(self) -> tuple[Seat, ...]:
        """All managers with what they hold, are asked for, and had lately."""
        work, now = self.leads.work, self.leads.now
        recent = await work.assignments.recent(now - self.leads.targets.turn_window)
        loads: dict[int, int] = {}
        for given in await work.assignments.open():
            loads[given.manager] = loads.get(given.manager, 0) + 1
        return tuple(
            Seat(manager, loads.get(manager.id, 0), recent.get(manager.id, 0)) for manager in await work.managers.all()
        )

    async def prospects(self, lead: Lead) -> Values:
        """What a customer who waits is told: `when` somebody comes, `hours` of the desk, `position` in the queue."""
        seats = await self.seats()
        position = await self.position(lead)
        return {
            "position": position,
            "minutes": self.leads.targets.tell_customer_after // timedelta(minutes=1),
            "hours": self.hours(),
            "when": await self._when(await self.decide(lead, seats), seats, position),
        }

    async def position(self, lead: Lead) -> int:
        """The lead's place among those who wait, counted from 1."""
        waiting = [one.id for one in await self.leads.work.leads.waiting()]
        return waiting.index(lead.id) + 1 if lead.id in waiting else len(waiting) + 1

    def hours(self) -> Text:
        """When the desk is open, for people."""
        hours = self.leads.targets.hours
        return hours_text(hours) if hours else Text("desk.hours")

    async def _when(self, decision: Route, seats: tuple[Seat, ...], position: int) -> Text:
        opens = self._opening(seats)
        away = isinstance(decision, Waits) and decision.obstacle in ("nobody_joined", "off_duty")
        if away and opens is not None:
            return Text("handoff.when_open", {"time": opens, "hours": self.hours()})
        if away:
            return Text("handoff.when_away", {"position": position})
        wait = await self._expected()
        values: dict[str, Value] = {"position": position}
        if wait is None:
            return Text("handoff.when_free", values)
        return Text("handoff.when_usual", {**values, "minutes": wait})

    async def _expected(self) -> int | None:
        """Minutes within which half of the customers met a person lately, from 1 on."""
        desk = self.leads
        recent = await desk.work.leads.since(desk.now - LOOK_BACK)
        wait = expected_wait(desk.targets.hours, (Met(one.created_at, one.accepted_at) for one in recent))
        return None if wait is None else max(1, -(-int(wait.total_seconds()) // 60))

    def _opening(self, seats: tuple[Seat, ...]) -> datetime | None:
        """When the first manager comes who is not there for the hours; where no such hours are known, the desk opens."""
        now, targets = self.leads.now, self.leads.targets
        comings = [coming for seat in seats if (coming := _coming(seat.manager, now)) is not None]
        if comings:
            return min(comings)
        return targets.hours.next_opening(now) if targets.hours and not targets.is_open(now) else None

    async def _look_later(self, lead: Lead, seats: tuple[Seat, ...]) -> None:
        """Look again when a manager's hours begin, or when one who let the time run out may be asked again."""
        desk = self.leads
        moments = [coming for seat in seats if (coming := _coming(seat.manager, desk.now)) is not None]
        moments += [
            one.ended_at + desk.targets.ask_again_after
            for one in await desk.work.assignments.of_lead(lead.id)
            if one.outcome == "timed_out" and one.ended_at is not None
        ]
        later = min((moment for moment in moments if moment > desk.now), default=None)
        if later is not None:
            once = f"offer-waiting:{later.isoformat()}"
            desk.work.defer(Job("offer-waiting", {"conversation": lead.conversation}, at=later, once=once))

    async def _wanted(self, lead: Lead) -> Wanted:
        work, now = self.leads.work, self.leads.now
        facts = {name: value for name in _SKILLS if isinstance(value := lead.facts.get(name), str)}
        since = now - self.leads.targets.ask_again_after
        late = (
            one.manager
            for one in await work.assignments.of_lead(lead.id)
            if one.outcome == "timed_out" and one.ended_at is not None and one.ended_at > since
        )
        return Wanted(
            **facts,
            language=language_of(lead),
            account=await work.assignments.account_of(lead.conversation),
            owner=await work.assignments.owner_of(lead.conversation),
            passed=frozenset((*notes_of(lead).passed, *late)),
        )


def clocks(lead: Lead, leads: LeadDesk) -> None:
    """Set what is to happen where the lead still waits by then: the customer hears, supervisors are called, it expires."""
    targets, payload = leads.targets, {"conversation": lead.conversation, "lead": lead.id}
    late = ("delayed", targets.tell_customer_after), ("supervisor", targets.supervisor_after)
    for mark, within in late:
        at = due(targets.hours, lead.created_at, within)
        leads.work.defer(Job("lead-late", {**payload, "mark": mark}, at=at))
    leads.work.defer(Job("expire-lead", payload, at=due(targets.hours, lead.created_at, targets.expire_after)))


def _coming(manager: Manager, now: datetime) -> datetime | None:
    """When the hours of a manager begin who is not there now but for these."""
    hours = manager.profile.hours
    if manager.conversation is None or not manager.on_duty or hours is None or hours.is_open(now):
        return None
    return hours.next_opening(now)
