"""Keys to the pages of staff. The database holds their hashes only, so that whoever reads it cannot come in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from bot.core.clock import Clock
from bot.ledger.audit import audited, by_operator
from bot.storage.database import Database
from bot.storage.ledgers import record_acts
from bot.storage.rows import ConsoleAccessRow, table
from bot.storage.sql import Executor, compiled, given, insertion

LINK_HOLDS: Final = timedelta(minutes=15)
SESSION_HOLDS: Final = timedelta(minutes=30)

_access: Final = table(ConsoleAccessRow)
_now: Final = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_ADD: Final = compiled(insertion(_access))
_FORGET: Final = compiled(sa.delete(_access).where(_access.c.expires_at <= _now))
_MINE: Final = sa.and_(_access.c.hash == given(_access.c.hash), _access.c.kind == given(_access.c.kind))
_TAKE: Final = compiled(sa.delete(_access).where(_MINE, _access.c.expires_at > _now).returning(_access.c.role))
_ROLE: Final = compiled(sa.select(_access.c.role).where(_MINE, _access.c.expires_at > _now))


class ConsoleAccess:
    """Makes links that work once, turns one into a session, and tells the role of a session."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def issue(self, role: str) -> str:
        """The key of a new link for a role; it works once, and for a quarter of an hour."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await _FORGET.run(connection, now=now)
            key = await self._add(connection, "link", role, LINK_HOLDS)
            await record_acts(
                connection, [audited("console.link_issued", by_operator("command line"), None, now, role=role)]
            )
            return key

    async def enter(self, link: str) -> tuple[str, str] | None:
        """Use a link up: the role, and the key of a session of half an hour. None: it is used, over, or none."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            role: str | None = await _TAKE.value(connection, hash=_hash(link), kind="link", now=now)
            if role is None:
                return None
            session = await self._add(connection, "session", role, SESSION_HOLDS)
            await record_acts(connection, [audited("console.signed_in", by_operator(role), None, now, role=role)])
            return role, session

    async def role(self, session: str) -> str | None:
        """The role of a session that holds."""
        found: str | None = await _ROLE.value(
            self._database.pool, hash=_hash(session), kind="session", now=self._clock.now()
        )
        return found

    async def leave(self, session: str) -> None:
        """End a session."""
        await _TAKE.run(self._database.pool, hash=_hash(session), kind="session", now=self._clock.now())

    async def _add(self, on: Executor, kind: str, role: str, holds: timedelta) -> str:
        key = secrets.token_urlsafe(32)
        await _ADD.run(on, hash=_hash(key), kind=kind, role=role, expires_at=self._clock.now() + holds)
        return key


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
