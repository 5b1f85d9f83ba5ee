"""The ledger of consent records; the database itself refuses to change or remove one."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from bot.applications.consent import ConsentRecord
from bot.ledger.chain import Seal
from bot.storage.ledgers import seal_of
from bot.storage.rows import ConsentRow, table
from bot.storage.sql import Executor, compiled, given, insertion

_consent: Final = table(ConsentRow)
_FIELDS: Final = tuple(field.name for field in fields(ConsentRecord))
_LISTS: Final = ("pii_categories", "recipients")

_ADD: Final = compiled(insertion(_consent))
_LATEST: Final = compiled(
    sa.select(*(_consent.c[name] for name in _FIELDS))
    .ext(distinct_on(_consent.c.notice))
    .where(_consent.c.pii_principal == given(_consent.c.pii_principal))
    .order_by(_consent.c.notice, _consent.c.sequence.desc())
)
_HISTORY: Final = compiled(
    sa.select(*(_consent.c[name] for name in _FIELDS))
    .where(_consent.c.pii_principal == given(_consent.c.pii_principal))
    .order_by(_consent.c.sequence)
)


_GET: Final = compiled(
    sa.select(*(_consent.c[name] for name in _FIELDS)).where(_consent.c.record_id == given(_consent.c.record_id))
)


def _over() -> sa.Select[Any]:
    """Consents that are the last word on their notice, and whose time is over."""
    later = _consent.alias("later")
    superseded = sa.exists().where(
        later.c.pii_principal == _consent.c.pii_principal,
        later.c.notice == _consent.c.notice,
        later.c.sequence > _consent.c.sequence,
    )
    end = _consent.c.event_time + sa.func.make_interval(0, 0, 0, _consent.c.validity_duration)
    return (
        sa.select(_consent.c.pii_principal, _consent.c.record_id)
        .where(_consent.c.state == "given", end <= sa.bindparam("now", type_=sa.DateTime(timezone=True)), ~superseded)
        .order_by(_consent.c.sequence)
    )


_OVER: Final = compiled(_over())


async def consents_over(on: Executor, now: datetime) -> list[tuple[int, str]]:
    """Whose consents have come to the end of their time by `now`: conversation and record."""
    return [(row["pii_principal"], row["record_id"]) for row in await _OVER.rows(on, now=now)]


async def consent_of(on: Executor, record: str) -> ConsentRecord | None:
    """One record; None where there is none."""
    row = await _GET.row(on, record_id=record)
    return row and _record(row)


class PostgresConsents:
    """See `Consents`."""

    __slots__ = ("_on",)

    def __init__(self, on: Executor) -> None:
        self._on = on

    async def add(self, record: ConsentRecord) -> None:
        """See `Consents.add`."""
        await _ADD.run(self._on, **{name: getattr(record, name) for name in _FIELDS})

    async def latest(self, principal: int) -> dict[str, ConsentRecord]:
        """See `Consents.latest`."""
        rows = await _LATEST.rows(self._on, pii_principal=principal)
        return {row["notice"]: _record(row) for row in rows}

    async def seal(self, record: str) -> Seal | None:
        """See `Consents.seal`."""
        return await seal_of(self._on, _consent.name, record)

    async def history(self, principal: int) -> tuple[ConsentRecord, ...]:
        """See `Consents.history`."""
        return tuple(map(_record, await _HISTORY.rows(self._on, pii_principal=principal)))


def _record(row: Any) -> ConsentRecord:
    return ConsentRecord(**{**row, **{name: tuple(row[name]) for name in _LISTS}})
