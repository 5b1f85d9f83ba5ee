"""Removing what has been kept long enough: class by class, in batches that are each a transaction, reported and audited.

What there is of each class is in `retention_classes`; here it is removed. What a customer's legal hold keeps is passed over. Keys of
what is removed are destroyed by a job, once the batch is committed, and files by another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from bot.applications.retention import CLASSES, Retention
from bot.conversation.kept_pages import REMOVE_FILES
from bot.core.clock import Clock
from bot.core.errors import TillwiseError
from bot.dialogs.codec import decode_state, encode_state
from bot.dialogs.state import State
from bot.ledger.audit import audited
from bot.storage.database import Database
from bot.storage.envelope import key_of, place_of
from bot.storage.files import EncryptedFiles
from bot.storage.jobs import destroy_later
from bot.storage.keys import PersonKeys
from bot.storage.ledgers import record_acts
from bot.storage.retention_classes import AGED
from bot.storage.rows import (
    METADATA,
    ApplicationRow,
    ConversationRow,
    CustomerOwnerRow,
    DeadLetterRow,
    DocumentPageRow,
    FingerprintRow,
    LeadRow,
    LenderEventRow,
    QuoteRow,
    RetentionRunRow,
    table,
)
from bot.storage.sql import Executor, Statement, compiled, given, insertion
from bot.storage.statements import DEFER

BATCH: Final = 500
"""Records removed in one transaction: short enough that no turn waits for it."""

ORPHANED_AFTER: Final = timedelta(days=1)
"""A file that no page names may be one whose page is being written down just now, but not so long."""

_LOCK: Final = 0x6B656570  # "keep": one run at a time


class AlreadyRunning(TillwiseError):  # noqa: N818 -- what is true of the run
    """Retention is being carried out by another process just now."""


@dataclass(frozen=True, slots=True)
class Line:
    """One class after a run: how many were removed; how many a hold keeps past their time; how many are past it without one.

    `oldest` is the moment of the oldest that is left, held ones aside.
    """

    removed: int
    held: int
    late: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Report:
    """A run: when, by whom, by the rules of which release, and what came of each class."""

    began_at: datetime
    ended_at: datetime
    actor: str
    release: int
    lines: Mapping[str, Line]


# How each class is removed


def _ids(column: Any, name: str = "ids") -> sa.ColumnElement[bool]:
    return column == sa.any_(sa.bindparam(name, type_=ARRAY(column.type)))  # type: ignore[no-any-return]


_application: Final = table(ApplicationRow)
_conversation: Final = table(ConversationRow)
_event: Final = table(LenderEventRow)
_fingerprint: Final = table(FingerprintRow)
_lead: Final = table(LeadRow)
_letter: Final = table(DeadLetterRow)
_page: Final = table(DocumentPageRow)
_quote: Final = table(QuoteRow)


def _gone(rows: Any) -> Statement:
    """Removes rows by their key, of one column."""
    (key,) = rows.primary_key.columns if isinstance(rows, sa.Table) else (rows.c.id,)
    kept = key if isinstance(rows, sa.Table) else sa.literal_column("id", sa.BigInteger)
    return compiled(sa.delete(rows).where(_ids(kept)))


def _below(rows: sa.Table) -> tuple[Statement, ...]:
    """Removes what names rows of a table, in whatever table that is."""
    found = (
        (child, fk.parent) for child in METADATA.sorted_tables for fk in child.foreign_keys if fk.column.table is rows
    )
    return tuple(compiled(sa.delete(child).where(_ids(column))) for child, column in found)


Sweep = Callable[[Executor, Sequence[Any], PersonKeys, datetime], Awaitable[None]]


def _plainly(name: str) -> Sweep:
    """Rows that go as they stand, with the keys of what is sealed under one of its own."""
    gone = _gone(AGED[name].rows)

    async def sweep(on: Executor, found: Sequence[Any], keys: PersonKeys, now: datetime) -> None:
        await gone.run(on, ids=[row["id"] for row in found])
        await destroy_later(on, {key_of(row["sealed"]) for row in found if row.get("sealed")})

    return sweep


_PAGES_GONE: Final = _gone(_page)
_HASH_GONE: Final = compiled(
    sa.delete(_fingerprint).where(
        *(_fingerprint.c[name] == given(_fingerprint.c[name]) for name in ("conversation_id", "kind", "digest"))
    )
)
_LEAD_GONE: Final = (*_below(_lead), _gone(_lead))
_PAGES_OF: Final = compiled(sa.delete(_page).where(_ids(_page.c.application)).returning(_page.c.id))
_EVENTS_OF: Final = compiled(sa.delete(_event).where(_ids(_event.c.reference)).returning(_event.c.payload))
_APPLICATION_GONE: Final = (
    compiled(sa.delete(_fingerprint).where(_ids(_fingerprint.c.application))),
    compiled(sa.delete(_letter).where(_ids(_letter.c.subject), _letter.c.receiver == "lender")),
    *_below(_application),
    _gone(_application),
)
_QUOTE_GONE: Final = compiled(
    sa.delete(_quote).where(_ids(_quote.c.id), ~sa.exists().where(_application.c.quote == _quote.c.id))
)
_CLEAR: Final = compiled(
    sa.update(_conversation)
    .where(_conversation.c.id == given(_conversation.c.id))
    .values(state=given(_conversation.c.state), cleared_at=given(_conversation.c.cleared_at))
)
_PERSON_GONE: Final = compiled(
    sa.update(_conversation)
    .where(_ids(_conversation.c.id))
    .values(
        key=sa.literal_column("''::bytea"), address=sa.literal_column("''::bytea"), state=sa.literal_column("''::bytea")
    )
)
_OWNER_GONE: Final = compiled(sa.delete(table(CustomerOwnerRow)).where(_ids(table(CustomerOwnerRow).c.conversation_id)))


async def _pages(on: Executor, found: Sequence[Any], keys: PersonKeys, now: datetime) -> None:
    names = [row["id"] for row in found]
    await _PAGES_GONE.run(on, ids=names)
    await _remove_later(on, names)


async def _remove_later(on: Executor, names: Sequence[str]) -> None:
    if names:
        await DEFER.run(on, jobs=[{"task": REMOVE_FILES, "payload": {"names": list(names)}}])


async def _hashes(on: Executor, found: Sequence[Any], keys: PersonKeys, now: datetime) -> None:
    for row in found:
        await _HASH_GONE.run(on, **row)


async def _leads(on: Executor, found: Sequence[Any], keys: PersonKeys, now: datetime) -> None:
    for gone in _LEAD_GONE:
        await gone.run(on, ids=[row["id"] for row in found])


async def _applications(on: Executor, found: Sequence[Any], keys: PersonKeys, now: datetime) -> None:
    """Applications with all that belongs to them, in the order of what names what; the usual times stay."""
    ids = [row["id"] for row in found]
    pages = await _PAGES_OF.rows(on, ids=ids)
    events = await _EVENTS_OF.rows(on, ids=[row["reference"] for row in found if row["reference"]])
    for gone in _APPLICATION_GONE:
        await gone.run(on, ids=ids)
    await _QUOTE_GONE.run(on, ids=[row["quote"] for row in found if row["quote"]])
    await _remove_later(on, [row["id"] for row in pages])
    sealed = [*(row["answers"] for row in found), *(row["payload"] for row in events)]
    await destroy_later(on, {key_of(one) for one in sealed})


async def _forms(on: Executor, found: Sequence[Any], keys: PersonKeys, now: datetime) -> None:
    """What is remembered of somebody, but for the language and the count that makes old buttons old."""
    known = await keys.several(row["key"] for row in found)
    for row in found:
        key, place = known.get(row["key"]), place_of("conversation", "state", row["address_hash"].hex())
        sealed = row["state"]
        if key is not None:
            state = decode_state(orjson.loads(key.open(place, sealed)))
            locale = {name: value for name, value in state.known.items() if name == "locale"}
            bare = State(turn=state.turn, instances=state.instances, known=locale)
            sealed = key.seal(place, orjson.dumps(encode_state(bare)))
        await _CLEAR.run(on, id=row["id"], state=sealed, cleared_at=now)


async def _people(on: Executor, found: Sequence[Any], keys: PersonKeys, now: datetime) -> None:
    ids = [row["id"] for row in found]
    await _OWNER_GONE.run(on, ids=ids)
    await _PERSON_GONE.run(on, ids=ids)
    await destroy_later(on, [row["key"] for row in found])


_SWEEPS: Final[Mapping[str, Sweep]] = {name: _plainly(name) for name in CLASSES if name not in {"hashes", "forms", "people"}} | {
    "files": _pages, "hashes": _hashes, "leads": _leads, "drafts": _applications, "declined": _applications, "ended": _applications,
    "forms": _forms, "people": _people,
}  # fmt: skip
_DUE: Final = {(name, moment): aged.due(moment) for name, aged in AGED.items() for moment in aged.moments}
_LEFT: Final = {(name, moment): aged.left(moment) for name, aged in AGED.items() for moment in aged.moments}
_KEEP: Final = compiled(insertion(table(RetentionRunRow)))
_NAMED: Final = compiled(sa.select(_page.c.id))
_LAST: Final = compiled(
    sa.select(table(RetentionRunRow))
    .order_by(table(RetentionRunRow).c.id.desc())
    .limit(sa.bindparam("most", type_=sa.BigInteger))
)


class Retainer:
    """Carries out the rules on a database and its files."""

    def __init__(self, database: Database, files: EncryptedFiles, clock: Clock, *, batch: int = BATCH) -> None:
        self._database = database
        self._files = files
        self._clock = clock
        self._batch = batch

    async def run(self, rules: Retention, release: int, actor: str) -> Report:
        """Remove whatever is past its time. Raises `AlreadyRunning`."""
        began = self._clock.now()
        async with self._alone():
            removed = {name: await self._class(name, rules, began, actor) for name in CLASSES}
            report = Report(began, self._clock.now(), actor, release, await self._lines(rules, began, removed))
            lines = {name: asdict(line) for name, line in report.lines.items()}
            await _KEEP.run(
                self._database.pool,
                began_at=began, ended_at=report.ended_at, actor=actor, release=release, lines=lines,
            )  # fmt: skip
        return report

    async def due(self, rules: Retention) -> Mapping[str, Line]:
        """What a run would remove now: the late ones of each class. Nothing is changed."""
        return await self._lines(rules, self._clock.now(), {})

    async def last(self, most: int) -> tuple[Report, ...]:
        """The newest reports, at most `most`, the newest first."""
        return tuple(map(_report_of, await _LAST.rows(self._database.pool, most=most)))

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        async with self._database.pool.connection() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
                raise AlreadyRunning("retention is being carried out by another process just now")
            try:
                yield
            finally:
                await connection.fetchval("SELECT pg_advisory_unlock($1)", _LOCK)

    async def _class(self, name: str, rules: Retention, now: datetime, actor: str) -> int:
        """Everything of a class that is past its time; how many records."""
        due, before = _DUE[name, rules.rules[name].since], rules.before(name, now)
        removed = await self._orphans(now) if name == "files" else 0
        while True:
            async with self._database.transaction() as connection:
                found = await due.rows(connection, before=before, most=self._batch)
                if found:
                    await _SWEEPS[name](connection, found, self._database.keys, now)
                    await record_acts(
                        connection, [audited("retention.run", actor, None, now, what=name, removed=len(found))]
                    )
            removed += len(found)
            if len(found) < self._batch:
                return removed

    async def _orphans(self, now: datetime) -> int:
        """Files that no page names."""
        named = {row["id"] for row in await _NAMED.rows(self._database.pool)}
        orphans = [name for name in await self._files.names_before(now - ORPHANED_AFTER) if name not in named]
        await self._files.remove(orphans)
        return len(orphans)

    async def _lines(self, rules: Retention, now: datetime, removed: Mapping[str, int]) -> Mapping[str, Line]:
        lines = {}
        for name in CLASSES:
            left = await _LEFT[name, rules.rules[name].since].row(self._database.pool, before=rules.before(name, now))
            lines[name] = Line(removed.get(name, 0), left["held"], left["late"], left["oldest"])
        return MappingProxyType(lines)


def _report_of(row: Any) -> Report:
    lines = {
        name: Line(
            line["removed"],
            line["held"],
            line["late"],
            datetime.fromisoformat(line["oldest"]) if line["oldest"] else None,
        )
        for name, line in row["lines"].items()
    }
    return Report(row["began_at"], row["ended_at"], row["actor"], row["release"], lines)
