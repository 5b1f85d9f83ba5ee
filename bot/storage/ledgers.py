"""Ledgers that are sealed, on PostgreSQL: acts written down, records sealed in order by one writer, and all of it verified.

A turn only adds its records, in its own transaction and without waiting for anybody; a trigger notes them as unsealed.
Whoever holds the ledger's advisory lock then seals what has been committed. A record that was numbered early and committed
late is sealed late: the chain's order is that of sealing, and within one conversation that of its turns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from bot.core.clock import Clock
from bot.ledger.audit import SYSTEM, AuditEvent, audited
from bot.ledger.chain import Fault, Seal, digest_of, faults, sealed
from bot.storage.database import Database
from bot.storage.rows import AuditRow, ConsentRow, SealRow, UnsealedRow, table
from bot.storage.sql import Executor, Statement, compiled, given

BATCH: Final = 500
"""Most records sealed in one transaction."""

_BEFORE_ALL: Final = -(2**63)

_audit: Final = table(AuditRow)
_consent: Final = table(ConsentRow)
_seal: Final = table(SealRow)
_unsealed: Final = table(UnsealedRow)
_SEAL: Final = tuple(field.name for field in fields(Seal))


def _record_acts() -> sa.Insert:
    """Acts come as one JSON array."""
    names = ("id", "name", "actor", "subject", "at", "details")
    shapes = [sa.column(name, _audit.c[name].type) for name in names]
    acts = (
        sa.func.json_to_recordset(sa.bindparam("acts", type_=sa.JSON))
        .table_valued(sa.column("place", sa.Integer), *shapes, name="act")
        .render_derived(with_types=True)
    )
    chosen = sa.select(*(acts.c[name] for name in names)).order_by(acts.c.place)
    return sa.insert(_audit).from_select(list(names), chosen)


_RECORD: Final = compiled(_record_acts())
_ACTS_OF: Final = compiled(
    sa.select(_audit).where(_audit.c.subject == given(_audit.c.subject)).order_by(_audit.c.sequence)
)


async def record_acts(on: Executor, acts: Sequence[AuditEvent]) -> None:
    """Write acts down in the caller's transaction, in their order."""
    if acts:
        await _RECORD.run(on, acts=[_act(place, act) for place, act in enumerate(acts)])


def _act(place: int, act: AuditEvent) -> dict[str, Any]:
    return {
        "place": place,
        "id": act.id,
        "name": act.name,
        "actor": act.actor,
        "subject": act.subject,
        "at": act.at.isoformat(),
        "details": dict(act.details),
    }


async def acts_of(on: Executor, subject: int) -> tuple[AuditEvent, ...]:
    """What was audited about a customer, oldest first."""
    rows = await _ACTS_OF.rows(on, subject=subject)
    return tuple(
        AuditEvent(row["id"], row["name"], row["actor"], row["subject"], row["at"], _details(row["details"]))
        for row in rows
    )


def _details(stored: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}


@dataclass(frozen=True, slots=True)
class Ledger:
    """A table of records that are sealed; `key` is the column that names a record."""

    name: str
    key: str
    lock: int
    records: Statement
    waiting: Statement

    def digests(self, rows: Sequence[Any]) -> dict[str, str]:
        """The digest of each of the rows, by the record's id. What is null counts as not there: columns may be added."""
        return {row[self.key]: digest_of(_told(row)) for row in rows}


def _told(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _ledger(rows: sa.Table, key: str, lock: int) -> Ledger:
    waits = sa.and_(_unsealed.c.ledger == sa.literal_column(f"'{rows.name}'"), _unsealed.c.record == rows.c[key])
    page = sa.select(rows).where(rows.c.sequence > given(rows.c.sequence)).order_by(rows.c.sequence).limit(BATCH)
    waiting = sa.select(rows).join(_unsealed, waits).order_by(rows.c.sequence).limit(BATCH)
    return Ledger(rows.name, key, lock, compiled(page), compiled(waiting))


LEDGERS: Final[Mapping[str, Ledger]] = {
    "consent": _ledger(_consent, "record_id", 0x636F6E73656E74),
    "audit": _ledger(_audit, "id", 0x6175646974),
}

_LAST: Final = compiled(
    sa.select(_seal).where(_seal.c.ledger == given(_seal.c.ledger)).order_by(_seal.c.number.desc()).limit(1)
)
_PAGE: Final = compiled(
    sa.select(_seal)
    .where(_seal.c.ledger == given(_seal.c.ledger), _seal.c.number > given(_seal.c.number))
    .order_by(_seal.c.number)
    .limit(BATCH)
)
_OF: Final = compiled(
    sa.select(_seal).where(_seal.c.ledger == given(_seal.c.ledger), _seal.c.record == given(_seal.c.record))
)
_WAITING: Final = compiled(sa.select(_unsealed.c.record).where(_unsealed.c.ledger == given(_unsealed.c.ledger)))
_DONE: Final = compiled(
    sa.delete(_unsealed).where(
        _unsealed.c.ledger == given(_unsealed.c.ledger),
        _unsealed.c.record == sa.func.any(sa.bindparam("records", type_=ARRAY(sa.Text))),
    )
)


def _add_seals() -> sa.Insert:
    arrays = [sa.bindparam(name, type_=ARRAY(_seal.c[name].type)) for name in _SEAL]
    seals = sa.func.unnest(*arrays).table_valued(*_SEAL, name="new").render_derived()
    return sa.insert(_seal).from_select(list(_SEAL), sa.select(*(seals.c[name] for name in _SEAL)))


_ADD: Final = compiled(_add_seals())


async def seal_of(on: Executor, ledger: str, record: str) -> Seal | None:
    """The seal of a record; None while it waits for one."""
    row = await _OF.row(on, ledger=ledger, record=record)
    return row and Seal(**row)


class Ledgers:
    """Seals and verifies the ledgers of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def seal(self) -> int:
        """Seal every record that is committed and waits, unless another process is at it; how many."""
        return sum([await self._seal_all(ledger) for ledger in LEDGERS.values()])

    async def anchor(self) -> dict[str, Seal]:
        """Note the end of every ledger in the audit, so that one ledger vouches for the other; the last seals by ledger."""
        await self.seal()
        last = {name: seal for name in LEDGERS if (seal := await self.last(name))}
        now = self._clock.now()
        await record_acts(
            self._database.pool,
            [
                audited("ledger.anchored", SYSTEM, None, now, ledger=name, number=seal.number, hash=seal.hash)
                for name, seal in last.items()
            ],
        )
        return last

    async def last(self, ledger: str) -> Seal | None:
        """The last seal of a ledger."""
        row = await _LAST.row(self._database.pool, ledger=ledger)
        return row and Seal(**row)

    async def _seal_all(self, ledger: Ledger) -> int:
        total = 0
        while done := await self._seal_batch(ledger):
            total += done
            if done < BATCH:
                break
        return total

    async def _seal_batch(self, ledger: Ledger) -> int:
        async with self._database.transaction() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", ledger.lock):
                return 0
            rows = await ledger.waiting.rows(connection)
            if not rows:
                return 0
            last = await _LAST.row(connection, ledger=ledger.name)
            seals = self._chained(ledger, rows, last and Seal(**last))
            await _ADD.run(connection, **{name: [getattr(seal, name) for seal in seals] for name in _SEAL})
            await _DONE.run(connection, ledger=ledger.name, records=[seal.record for seal in seals])
            return len(seals)

    def _chained(self, ledger: Ledger, rows: Sequence[Any], last: Seal | None) -> list[Seal]:
        seals: list[Seal] = []
        for record, digest in ledger.digests(rows).items():
            last = sealed(ledger.name, record, digest, last, self._clock.now())
            seals.append(last)
        return seals

    async def verify(self, name: str, noted: Mapping[int, str]) -> tuple[Seal | None, int, list[Fault]]:
        """The last seal of a ledger, how many records wait for theirs, and what is wrong; see `faults`.

        Read in one snapshot, so that what is added meanwhile is not taken for a fault.
        """
        ledger = LEDGERS[name]
        async with self._database.pool.connection() as connection, connection.transaction(isolation="repeatable_read"):
            digests: dict[str, str] = {}
            sequence = _BEFORE_ALL
            while rows := await ledger.records.rows(connection, sequence=sequence):
                digests |= ledger.digests(rows)
                sequence = rows[-1]["sequence"]
            seals: list[Seal] = []
            while page := await _PAGE.rows(connection, ledger=name, number=seals[-1].number if seals else 0):
                seals += [Seal(**row) for row in page]
            waiting = {row["record"] for row in await _WAITING.rows(connection, ledger=name)}
        return (seals[-1] if seals else None), len(waiting), list(faults(seals, digests, waiting, noted))
