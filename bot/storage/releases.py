"""Releases of the content in the database: immutable, numbered without gaps, and told to every process at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.ledger.audit import audited, by_operator
from bot.publishing.release import Documents, Release
from bot.storage.database import Database
from bot.storage.ledgers import record_acts
from bot.storage.rows import ReleaseRow, table
from bot.storage.sql import compiled, given, insertion

CHANNEL: Final = "release"
_LOCK: Final = 0x72656C65617365  # "release": one publication at a time

_release: Final = table(ReleaseRow)
_ADD: Final = compiled(insertion(_release))
_GET: Final = compiled(sa.select(_release).where(_release.c.number == given(_release.c.number)))
_NEWEST: Final = compiled(sa.select(_release).order_by(_release.c.number.desc()).limit(1))
_HIGHEST: Final = compiled(sa.select(sa.func.max(_release.c.number)))


class PostgresReleases:
    """See `ReleaseStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, documents: Documents, digest: str, at: datetime, by: str, note: str) -> Release:
        """See `ReleaseStore.add`. Content equal to the newest release is not kept twice: that release is the answer."""
        async with self._database.transaction() as connection:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            newest = _read(await _NEWEST.row(connection))
            if newest is not None and newest.digest == digest:
                return newest
            release = Release(newest.number + 1 if newest else 1, documents, digest, at, by, note)
            await _ADD.run(connection, **{name: getattr(release, name) for name in _ADD.names})
            act = audited("content.published", by_operator(by), None, at, release=release.number, digest=digest)
            await record_acts(connection, [act])
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, str(release.number))
            return release

    async def newest(self) -> Release | None:
        """See `ReleaseStore.newest`."""
        return _read(await _NEWEST.row(self._database.pool))

    async def get(self, number: int) -> Release | None:
        """See `ReleaseStore.get`."""
        return _read(await _GET.row(self._database.pool, number=number))

    async def watch(self, published: Callable[[int], Awaitable[None]]) -> None:
        """Call `published` with the highest number: now, after each publication and each lost connection, until cancelled."""

        async def look() -> None:
            number = await _HIGHEST.value(self._database.pool)
            if number is not None:
                await published(number)

        await self._database.listen(CHANNEL, look, lambda payload: published(int(payload)))


def _read(row: Any) -> Release | None:
    return row and Release(**row)
