"""Leads. Whoever reads one to change it holds its row lock, so that accepting is a race with one winner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from asyncpg.exceptions import UniqueViolationError

from bot.core.codec import decode_all, encode_all
from bot.core.errors import StateError
from bot.handoff.records import Lead, Manager
from bot.storage.envelope import place_of
from bot.storage.repositories.managers import manager_of
from bot.storage.rows import HELD_STATUSES, OPEN_STATUSES, LeadOfferRow, LeadRow, ManagerRow, table
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor, among, compiled, given, given_all, insertion

_lead: Final = table(LeadRow)
_offer: Final = table(LeadOfferRow)
_manager: Final = table(ManagerRow)
_CHANGED: Final = ("status", "facts", "manager_id", "accepted_at", "closed_at")

_ADD: Final = compiled(insertion(_lead).returning(_lead.c.id))
_GET: Final = compiled(sa.select(_lead).where(_lead.c.id == given(_lead.c.id)).with_for_update(key_share=True))
_SAVE: Final = compiled(sa.update(_lead).where(_lead.c.id == given(_lead.c.id)).values(given_all(_lead, *_CHANGED)))
FORGET_FACTS: Final = compiled(
    sa.update(_lead).where(_lead.c.conversation_id == given(_lead.c.conversation_id)).values(given_all(_lead, "facts"))
)
_OPEN_OF: Final = compiled(
    sa.select(_lead)
    .where(_lead.c.conversation_id == given(_lead.c.conversation_id), among(_lead.c.status, OPEN_STATUSES))
    .with_for_update(key_share=True)
)
_OF_CONVERSATION: Final = compiled(
    sa.select(_lead).where(_lead.c.conversation_id == given(_lead.c.conversation_id)).order_by(_lead.c.id)
)
_HELD_BY: Final = compiled(
    sa.select(_lead)
    .where(_lead.c.manager_id == given(_lead.c.manager_id), among(_lead.c.status, HELD_STATUSES))
    .order_by(_lead.c.id)
)
_SINCE: Final = compiled(
    sa.select(_lead).where(_lead.c.created_at >= given(_lead.c.created_at)).order_by(_lead.c.created_at, _lead.c.id)
)
_WAITING: Final = compiled(
    sa.select(_lead).where(among(_lead.c.status, ("requested", "offered"))).order_by(_lead.c.created_at, _lead.c.id)
)
_OPEN: Final = compiled(
    sa.select(_lead).where(among(_lead.c.status, OPEN_STATUSES)).order_by(_lead.c.created_at, _lead.c.id)
)
_OFFERED: Final = compiled(insertion(_offer).on_conflict_do_nothing())
_OFFERED_TO: Final = compiled(
    sa.select(_manager)
    .join_from(_manager, _offer, _offer.c.manager_id == _manager.c.id)
    .where(_offer.c.lead_id == given(_offer.c.lead_id))
    .order_by(_manager.c.id)
)


class PostgresLeads:
    """See `Leads`. `add` and `save` raise `StateError` for a second open lead of one person."""

    __slots__ = ("_on", "_sealing")

    def __init__(self, on: Executor, sealing: Sealing) -> None:
        self._on = on
        self._sealing = sealing

    async def add(self, lead: Lead) -> Lead:
        """See `Leads.add`."""
        try:
            number = await _ADD.value(
                self._on,
                conversation_id=lead.conversation,
                reason=lead.reason,
                created_at=lead.created_at,
                **await self._row(lead),
            )
        except UniqueViolationError as error:
            raise _second(error) from None
        return replace(lead, id=number)

    async def get(self, lead: int) -> Lead | None:
        """See `Leads.get`."""
        return await self._one(await _GET.row(self._on, id=lead))

    async def save(self, lead: Lead) -> None:
        """See `Leads.save`."""
        try:
            await _SAVE.run(self._on, id=lead.id, **await self._row(lead))
        except UniqueViolationError as error:
            raise _second(error) from None

    async def open_of(self, conversation: int) -> Lead | None:
        """See `Leads.open_of`."""
        return await self._one(await _OPEN_OF.row(self._on, conversation_id=conversation))

    async def of_conversation(self, conversation: int) -> tuple[Lead, ...]:
        """See `Leads.of_conversation`."""
        rows = await _OF_CONVERSATION.rows(self._on, conversation_id=conversation)
        return await self._read(rows)

    async def held_by(self, manager: int) -> tuple[Lead, ...]:
        """See `Leads.held_by`."""
        return await self._read(await _HELD_BY.rows(self._on, manager_id=manager))

    async def since(self, at: datetime) -> tuple[Lead, ...]:
        """See `Leads.since`."""
        return await self._read(await _SINCE.rows(self._on, created_at=at))

    async def waiting(self) -> tuple[Lead, ...]:
        """See `Leads.waiting`."""
        return await self._read(await _WAITING.rows(self._on))

    async def open(self) -> tuple[Lead, ...]:
        """See `Leads.open`."""
        return await self._read(await _OPEN.rows(self._on))

    async def offered(self, lead: int, manager: int) -> None:
        """See `Leads.offered`."""
        await _OFFERED.run(self._on, lead_id=lead, manager_id=manager)

    async def offered_to(self, lead: int) -> tuple[Manager, ...]:
        """See `Leads.offered_to`."""
        return tuple(filter(None, map(manager_of, await _OFFERED_TO.rows(self._on, lead_id=lead))))

    async def _row(self, lead: Lead) -> dict[str, Any]:
        return {
            "status": lead.status,
            "facts": await self._sealing.seal(lead.conversation, _place(lead.conversation), encode_all(lead.facts)),
            "manager_id": lead.manager,
            "accepted_at": lead.accepted_at,
            "closed_at": lead.closed_at,
        }

    async def _read(self, rows: Sequence[Any]) -> tuple[Lead, ...]:
        """Those whose customers were not erased; see `Sealing.open_all`."""
        return tuple(await self._sealing.open_all(rows, "facts", lambda row: _place(row["conversation_id"]), _lead_of))

    async def _one(self, row: Any) -> Lead | None:
        return next(iter(await self._read([row] if row else [])), None)


def _place(conversation: int) -> str:
    return place_of("lead", "facts", conversation)


def _second(error: UniqueViolationError) -> StateError:
    return StateError(f"a second open lead of one person ({error.constraint_name})")


def _lead_of(row: Any, facts: Any) -> Lead:
    return Lead(
        id=row["id"],
        conversation=row["conversation_id"],
        reason=row["reason"],
        status=row["status"],
        facts=decode_all(facts),
        created_at=row["created_at"],
        manager=row["manager_id"],
        accepted_at=row["accepted_at"],
        closed_at=row["closed_at"],
    )
