"""Keys to the pages of staff. The database holds their hashes only, so that whoever reads it cannot come in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bot.conversation.visitors import Visitor
from bot.core.clock import Clock
from bot.ledger.audit import audited, by_operator
from bot.storage.database import Database
from bot.storage.ledgers import record_acts
from bot.storage.repositories.managers import PostgresManagers
from bot.storage.rows import ConsoleAccessRow, table
from bot.storage.sql import Executor, compiled, given, insertion

LINK_HOLDS: Final = timedelta(minutes=15)
SESSION_HOLDS: Final = timedelta(minutes=30)
SHIFT: Final = timedelta(hours=10)
"""How long a supervisor stays signed in, whose page stands open all day."""

_access: Final = table(ConsoleAccessRow)
_now: Final = sa.bindparam("now", type_=sa.DateTime(timezone=True))
_ADD: Final = compiled(insertion(_access))
_FORGET: Final = compiled(sa.delete(_access).where(_access.c.expires_at <= _now))
_MINE: Final = sa.and_(_access.c.hash == given(_access.c.hash), _access.c.kind == given(_access.c.kind))
_WHO: Final = (_access.c.role, _access.c.manager_id)
_TAKE: Final = compiled(sa.delete(_access).where(_MINE, _access.c.expires_at > _now).returning(*_WHO))
_LOOK: Final = compiled(sa.select(*_WHO).where(_MINE, _access.c.expires_at > _now))


class PostgresSignInLinks:
    """See `SignInLinks`."""

    __slots__ = ("_on",)

    def __init__(self, on: Executor) -> None:
        self._on = on

    async def issue(self, visitor: Visitor, at: datetime) -> str:
        """See `SignInLinks.issue`."""
        await _FORGET.run(self._on, now=at)
        return await _add(self._on, "link", visitor, at + LINK_HOLDS)


class ConsoleAccess:
    """Makes links that work once, turns one into a session, and tells whose a session is."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def issue(self, role: str, manager: int | None = None) -> str:
        """The key of a new link for a role, or for a manager in it; it works once, and for a quarter of an hour."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            key = await PostgresSignInLinks(connection).issue(Visitor(role, manager), now)
            await record_acts(
                connection, [audited("console.link_issued", by_operator("command line"), None, now, role=role)]
            )
            return key

    async def enter(self, link: str) -> tuple[Visitor, str] | None:
        """Use a link up: the visitor, and the key of a session. None: it is used, over, or none."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            visitor = await _visitor(connection, await _TAKE.row(connection, hash=_hash(link), kind="link", now=now))
            if visitor is None:
                return None
            holds = SHIFT if visitor.role == "supervisor" else SESSION_HOLDS
            session = await _add(connection, "session", visitor, now + holds)
            await record_acts(connection, [audited("console.signed_in", visitor.actor, None, now, role=visitor.role)])
            return visitor, session

    async def visitor(self, session: str) -> Visitor | None:
        """Whose session that holds this is. A manager's ends when the manager is no supervisor any more."""
        pool = self._database.pool
        return await _visitor(pool, await _LOOK.row(pool, hash=_hash(session), kind="session", now=self._clock.now()))

    async def leave(self, session: str) -> None:
        """End a session."""
        await _TAKE.row(self._database.pool, hash=_hash(session), kind="session", now=self._clock.now())


async def _add(on: Executor, kind: str, visitor: Visitor, expires_at: datetime) -> str:
    key = secrets.token_urlsafe(32)
    await _ADD.run(on, hash=_hash(key), kind=kind, role=visitor.role, manager_id=visitor.manager, expires_at=expires_at)
    return key


async def _visitor(on: Executor, row: object) -> Visitor | None:
    """Who a row of `console_access` stands for; nobody where its manager is no supervisor any more."""
    if row is None:
        return None
    role, number = row["role"], row["manager_id"]  # type: ignore[index]  # a record of the driver
    if number is None:
        return Visitor(role)
    manager = await PostgresManagers(on).get(number)
    supervises = manager is not None and manager.profile.supervisor
    return Visitor(role, number, manager.language) if manager and supervises else None


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
