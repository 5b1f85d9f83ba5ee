"""The desk as supervisors see it: who waits and for how long, who is there with what load, and the figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.conversation.ports import UnitOfWork
from bot.handoff.records import Assignment, Lead, Manager
from bot.handoff.service_level import Figures, Met, Targets, elapsed, figures


@dataclass(frozen=True, slots=True)
class Waiting:
    """A customer who waits: the place in the queue from 1 on, how long in desk hours, and whom the lead is on offer to."""

    lead: Lead
    position: int
    waited: timedelta
    late: bool
    offered: Assignment | None


@dataclass(frozen=True, slots=True)
class Staff:
    """A manager, whether there now, and the customers held and on offer."""

    manager: Manager
    there: bool
    load: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The desk at one moment."""

    waiting: tuple[Waiting, ...]
    staff: tuple[Staff, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """Reads within one unit of work; changes nothing and locks nothing."""

    work: UnitOfWork
    targets: Targets

    async def queue(self, now: datetime) -> Queue:
        """Who waits, in the order in which they are served, and who is there."""
        given = await self.work.assignments.open()
        offered = {one.lead: one for one in given}
        waiting = tuple(
            self._waiting(lead, position, offered.get(lead.id), now)
            for position, lead in enumerate(await self.work.leads.waiting(), start=1)
        )
        staff = tuple(
            Staff(
                manager,
                manager.conversation is not None and manager.on_duty and manager.profile.is_open(now),
                sum(one.manager == manager.id for one in given),
            )
            for manager in await self.work.managers.all()
        )
        return Queue(waiting, staff)

    async def history(self, lead: int) -> tuple[Assignment, ...]:
        """To whom the lead was given, when, why, and what became of it, oldest first."""
        return await self.work.assignments.of_lead(lead)

    async def figures(self, since: datetime, now: datetime) -> Figures:
        """How fast those met a person who asked from `since` on; who gave up waiting is left out."""
        leads = [lead for lead in await self.work.leads.since(since) if lead.accepted_at or lead.status != "returned"]
        return figures(self.targets, (Met(lead.created_at, lead.accepted_at) for lead in leads), now)

    def _waiting(self, lead: Lead, position: int, offered: Assignment | None, now: datetime) -> Waiting:
        waited = elapsed(self.targets.hours, lead.created_at, now)
        return Waiting(lead, position, waited, waited > self.targets.first_touch_within, offered)
