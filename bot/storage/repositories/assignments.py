"""To whom leads were given, and each customer's own manager."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from asyncpg.exceptions import UniqueViolationError

from bot.core.codec import decode_all
from bot.core.errors import StateError
from bot.core.values import Values
from bot.handoff.records import Assignment, Outcome, account_in
from bot.storage.rows import CustomerOwnerRow, LeadAssignmentRow, MilestoneRow, table
from bot.storage.sql import Executor, compiled, given, given_all, insertion

_LOCK_KEY: Final = 0x726F7574696E67
""""routing": one decision at a time, on whichever process."""

_assignment: Final = table(LeadAssignmentRow)
_owner: Final = table(CustomerOwnerRow)
_milestone: Final = table(MilestoneRow)

_LOCK: Final = compiled(sa.select(sa.func.pg_advisory_xact_lock(sa.literal_column(str(_LOCK_KEY)))))
_ADD: Final = compiled(insertion(_assignment).returning(_assignment.c.id))
_ACCEPTED: Final = compiled(
    sa.update(_assignment)
    .where(_assignment.c.id == given(_assignment.c.id), _assignment.c.outcome.is_(None))
    .values(given_all(_assignment, "accepted_at"))
)
_ENDED: Final = compiled(
    sa.update(_assignment)
    .where(_assignment.c.id == given(_assignment.c.id), _assignment.c.outcome.is_(None))
    .values(given_all(_assignment, "outcome", "ended_at"))
)
_OF_LEAD: Final = compiled(
    sa.select(_assignment).where(_assignment.c.lead_id == given(_assignment.c.lead_id)).order_by(_assignment.c.id)
)
_OPEN_OF: Final = compiled(
    sa.select(_assignment).where(_assignment.c.lead_id == given(_assignment.c.lead_id), _assignment.c.outcome.is_(None))
)
_OPEN: Final = compiled(sa.select(_assignment).where(_assignment.c.outcome.is_(None)).order_by(_assignment.c.id))
_RECENT: Final = compiled(
    sa.select(_assignment.c.manager_id, sa.func.count().label("given"))
    .where(_assignment.c.offered_at >= given(_assignment.c.offered_at))
    .group_by(_assignment.c.manager_id)
)
_OWNER_OF: Final = compiled(
    sa.select(_owner.c.manager_id).where(_owner.c.conversation_id == given(_owner.c.conversation_id))
)
_own: Final = insertion(_owner)
_OWN: Final = compiled(
    _own.on_conflict_do_update(
        index_elements=["conversation_id"], set_={name: _own.excluded[name] for name in ("manager_id", "since")}
    )
)
_ARRIVALS: Final = compiled(
    sa.select(_milestone.c["values"])
    .where(_milestone.c.conversation_id == given(_milestone.c.conversation_id), _milestone.c.name == "arrived")
    .order_by(_milestone.c.id.desc())
)
_ARRIVAL: Final = compiled(
    sa.select(_milestone.c["values"])
    .where(
        _milestone.c.conversation_id == given(_milestone.c.conversation_id),
        _milestone.c.name == "arrived",
        _milestone.c.at <= given(_milestone.c.at),
    )
    .order_by(_milestone.c.id.desc())
    .limit(1)
)


class PostgresAssignments:
    """See `Assignments`. The lock is an advisory one of the transaction, so it ends with it, however it ends."""

    __slots__ = ("_on",)

    def __init__(self, on: Executor) -> None:
        self._on = on

    async def lock(self) -> None:
        """See `Assignments.lock`."""
        await _LOCK.value(self._on)

    async def add(self, assignment: Assignment) -> Assignment:
        """See `Assignments.add`."""
        try:
            number = await _ADD.value(
                self._on,
                lead_id=assignment.lead,
                manager_id=assignment.manager,
                rung=assignment.rung,
                reason=assignment.reason,
                offered_at=assignment.offered_at,
                accepted_at=assignment.accepted_at,
                ended_at=assignment.ended_at,
                outcome=assignment.outcome,
            )
        except UniqueViolationError:
            raise StateError("a second open assignment of one lead") from None
        return replace(assignment, id=number)

    async def accepted(self, assignment: int, at: datetime) -> None:
        """See `Assignments.accepted`."""
        await _ACCEPTED.run(self._on, id=assignment, accepted_at=at)

    async def ended(self, assignment: int, outcome: Outcome, at: datetime) -> None:
        """See `Assignments.ended`."""
        await _ENDED.run(self._on, id=assignment, outcome=outcome, ended_at=at)

    async def open_of(self, lead: int) -> Assignment | None:
        """See `Assignments.open_of`."""
        row = await _OPEN_OF.row(self._on, lead_id=lead)
        return None if row is None else _assignment_of(row)

    async def of_lead(self, lead: int) -> tuple[Assignment, ...]:
        """See `Assignments.of_lead`."""
        return tuple(map(_assignment_of, await _OF_LEAD.rows(self._on, lead_id=lead)))

    async def open(self) -> tuple[Assignment, ...]:
        """See `Assignments.open`."""
        return tuple(map(_assignment_of, await _OPEN.rows(self._on)))

    async def recent(self, since: datetime) -> Mapping[int, int]:
        """See `Assignments.recent`."""
        rows = await _RECENT.rows(self._on, offered_at=since)
        return {row["manager_id"]: row["given"] for row in rows}

    async def owner_of(self, conversation: int) -> int | None:
        """See `Assignments.owner_of`."""
        number: int | None = await _OWNER_OF.value(self._on, conversation_id=conversation)
        return number

    async def own(self, conversation: int, manager: int, at: datetime) -> None:
        """See `Assignments.own`."""
        await _OWN.run(self._on, conversation_id=conversation, manager_id=manager, since=at)

    async def account_of(self, conversation: int) -> str | None:
        """See `Assignments.account_of`."""
        rows = await _ARRIVALS.rows(self._on, conversation_id=conversation)
        return account_in(decode_all(row["values"]) for row in rows)

    async def arrival_of(self, conversation: int, by: datetime) -> Values:
        """See `Assignments.arrival_of`."""
        kept = await _ARRIVAL.value(self._on, conversation_id=conversation, at=by)
        return decode_all(kept) if kept else {}


def _assignment_of(row: Any) -> Assignment:
    return Assignment(
        id=row["id"],
        lead=row["lead_id"],
        manager=row["manager_id"],
        rung=row["rung"],
        reason=row["reason"],
        offered_at=row["offered_at"],
        accepted_at=row["accepted_at"],
        ended_at=row["ended_at"],
        outcome=row["outcome"],
    )
