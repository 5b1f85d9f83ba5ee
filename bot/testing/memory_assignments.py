"""Assignments in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.errors import StateError
from bot.core.values import Values
from bot.handoff.records import Assignment, Outcome, account_in
from bot.testing.memory_tables import Transaction


class MemoryAssignments:
    """See `Assignments`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._assignments = transaction.assignments

    async def lock(self) -> None:
        """See `Assignments.lock`."""
        await self._transaction.lock("routing")

    async def add(self, assignment: Assignment) -> Assignment:
        """See `Assignments.add`."""
        if await self.open_of(assignment.lead) is not None:
            raise StateError("a second open assignment of one lead")
        added = replace(assignment, id=next(self._transaction.tables.numbers))
        self._assignments.put(added.id, added)
        return added

    async def accepted(self, assignment: int, at: datetime) -> None:
        """See `Assignments.accepted`."""
        known = self._assignments.get(assignment)
        if known is not None and known.outcome is None:
            self._assignments.put(assignment, replace(known, accepted_at=at))

    async def ended(self, assignment: int, outcome: Outcome, at: datetime) -> None:
        """See `Assignments.ended`."""
        known = self._assignments.get(assignment)
        if known is not None and known.outcome is None:
            self._assignments.put(assignment, replace(known, outcome=outcome, ended_at=at))

    async def open_of(self, lead: int) -> Assignment | None:
        """See `Assignments.open_of`."""
        return next((one for one in await self.open() if one.lead == lead), None)

    async def of_lead(self, lead: int) -> tuple[Assignment, ...]:
        """See `Assignments.of_lead`."""
        return tuple(one for one in self._all() if one.lead == lead)

    async def open(self) -> tuple[Assignment, ...]:
        """See `Assignments.open`."""
        return tuple(one for one in self._all() if one.outcome is None)

    async def recent(self, since: datetime) -> Mapping[int, int]:
        """See `Assignments.recent`."""
        return Counter(one.manager for one in self._all() if one.offered_at >= since)

    async def owner_of(self, conversation: int) -> int | None:
        """See `Assignments.owner_of`."""
        return self._transaction.owners.get(conversation)

    async def own(self, conversation: int, manager: int, at: datetime) -> None:
        """See `Assignments.own`."""
        self._transaction.owners.put(conversation, manager)

    async def account_of(self, conversation: int) -> str | None:
        """See `Assignments.account_of`."""
        arrivals = [
            one.values
            for one in self._transaction.milestones.rows()
            if one.conversation == conversation and one.name == "arrived"
        ]
        return account_in(reversed(arrivals))

    async def arrival_of(self, conversation: int, by: datetime) -> Values:
        """See `Assignments.arrival_of`."""
        arrivals = [
            one.values
            for one in self._transaction.milestones.rows()
            if one.conversation == conversation and one.name == "arrived" and one.at <= by
        ]
        return arrivals[-1] if arrivals else {}

    def _all(self) -> list[Assignment]:
        return sorted(self._assignments.rows(), key=lambda one: one.id)
