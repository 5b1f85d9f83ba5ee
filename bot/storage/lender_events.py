"""What lenders have sent: each event once, and waiting for its application where that is not known yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from bot.applications.events import LenderEvent
from bot.storage.envelope import place_of
from bot.storage.rows import LenderEventRow, table
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor, compiled, given, insertion

_event: Final = table(LenderEventRow)
_PAYLOAD: Final = TypeAdapter(LenderEvent)

_ADD: Final = compiled(insertion(_event).on_conflict_do_nothing().returning(_event.c.number))
_UNAPPLIED: Final = compiled(
    sa.select(_event.c.source, _event.c.id, _event.c.payload)
    .where(_event.c.reference == given(_event.c.reference), ~_event.c.applied)
    .order_by(_event.c.sequence, _event.c.number)
    .with_for_update(key_share=True)
)
_APPLIED: Final = compiled(
    sa.update(_event)
    .where(_event.c.source == given(_event.c.source), _event.c.id == given(_event.c.id))
    .values(applied=sa.true())
)


_ODD: Final = compiled(
    sa.select(*(_event.c[name] for name in ("source", "id", "type", "reference", "received_at", "understood")))
    .where(sa.or_(~_event.c.understood, ~_event.c.applied))
    .order_by(_event.c.number)
)


@dataclass(frozen=True, slots=True)
class OddEvent:
    """An event that staff should know of: it is not `understood`, or no application has its reference."""

    source: str
    id: str
    type: str
    reference: str
    received_at: datetime
    understood: bool


class PostgresLenderEvents:
    """See `LenderEvents`. On a pool each call is a transaction of its own."""

    __slots__ = ("_on", "_sealing")

    def __init__(self, on: Executor, sealing: Sealing) -> None:
        self._on = on
        self._sealing = sealing

    async def add(self, event: LenderEvent, at: datetime) -> bool:
        """See `LenderEvents.add`."""
        key = await self._sealing.key_by_reference(event.reference) or await self._sealing.keys.make()
        number = await _ADD.value(
            self._on,
            source=event.source,
            id=event.id,
            reference=event.reference,
            type=event.type,
            time=event.time,
            sequence=event.sequence,
            payload=key.seal(_place(event.source, event.id), _PAYLOAD.dump_json(event)),
            received_at=at,
            understood=event.understood,
        )
        return number is not None

    async def unapplied(self, reference: str) -> tuple[LenderEvent, ...]:
        """See `LenderEvents.unapplied`."""
        rows = await _UNAPPLIED.rows(self._on, reference=reference)
        return tuple(
            await self._sealing.open_all(rows, "payload", lambda row: _place(row["source"], row["id"]), _event_of)
        )

    async def applied(self, event: LenderEvent) -> None:
        """See `LenderEvents.applied`."""
        await _APPLIED.run(self._on, source=event.source, id=event.id)

    async def odd(self) -> tuple[OddEvent, ...]:
        """Events that are not understood or that no application has taken in, in the order in which they came."""
        return tuple(OddEvent(**dict(row)) for row in await _ODD.rows(self._on))


def _place(source: str, event: str) -> str:
    return place_of("lender_event", "payload", source, event)


def _event_of(_row: Any, payload: Any) -> LenderEvent:
    return _PAYLOAD.validate_python(payload)
