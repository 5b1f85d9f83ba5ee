"""The ledger of consent records; the database itself refuses to change or remove one."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from bot.applications.consent import ConsentRecord
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


def _record(row: Any) -> ConsentRecord:
    return ConsentRecord(**{**row, **{name: tuple(row[name]) for name in _LISTS}})
