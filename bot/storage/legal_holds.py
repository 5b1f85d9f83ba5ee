"""Legal holds: for a case, whatever there is of a customer stays, however old. Each is placed and lifted by staff, and audited."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from bot.core.errors import StateError
from bot.ledger.audit import audited, by_operator
from bot.storage.database import Database
from bot.storage.ledgers import record_acts
from bot.storage.rows import LegalHoldRow, table
from bot.storage.sql import compiled, given, insertion

_CASE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,39}")
_hold: Final = table(LegalHoldRow)
_PLACE: Final = compiled(insertion(_hold).on_conflict_do_nothing().returning(_hold.c.id))
_LIFT: Final = compiled(
    sa.update(_hold)
    .where(
        _hold.c.conversation_id == given(_hold.c.conversation_id),
        _hold.c.case == given(_hold.c.case),
        _hold.c.lifted_at.is_(None),
    )
    .values(lifted_at=given(_hold.c.lifted_at))
    .returning(_hold.c.id)
)
ON_HOLD: Final = compiled(
    sa.select(sa.exists().where(_hold.c.conversation_id == given(_hold.c.conversation_id), _hold.c.lifted_at.is_(None)))
)
_OPEN: Final = compiled(sa.select(_hold).where(_hold.c.lifted_at.is_(None)).order_by(_hold.c.placed_at, _hold.c.id))


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A hold that stands."""

    customer: int
    case: str
    placed_at: datetime


class LegalHolds:
    """The holds in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def place(self, customer: int, case: str, by: str, now: datetime) -> bool:
        """Keep whatever there is of a customer. False: that case does so already. Raises `StateError` for what is no reference."""
        if not _CASE.fullmatch(case):
            raise StateError("a case is a reference of up to 40 letters, digits and _ . / -, and no words")
        async with self._database.transaction() as connection:
            placed = await _PLACE.value(connection, conversation_id=customer, case=case, placed_at=now, lifted_at=None)
            if placed is not None:
                await record_acts(connection, [audited("retention.held", by_operator(by), customer, now, case=case)])
        return placed is not None

    async def lift(self, customer: int, case: str, by: str, now: datetime) -> bool:
        """Let go of what a case keeps. False: it keeps nothing of that customer."""
        async with self._database.transaction() as connection:
            lifted = await _LIFT.value(connection, conversation_id=customer, case=case, lifted_at=now)
            if lifted is not None:
                await record_acts(connection, [audited("retention.lifted", by_operator(by), customer, now, case=case)])
        return lifted is not None

    async def open(self) -> tuple[LegalHold, ...]:
        """Every hold that stands, the oldest first."""
        rows = await _OPEN.rows(self._database.pool)
        return tuple(LegalHold(row["conversation_id"], row["case"], row["placed_at"]) for row in rows)
