"""The keys of people, in a database of their own, so that a backup of the main one cannot be read without them.

Each key is wrapped by a master key. To forget a person is to destroy their key: what lies sealed under it, in whatever
backup of the main database, cannot be read any more. A process keeps the keys it has used lately; it hears of those that
were destroyed, and forgets all of them whenever it may not have heard.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import asyncpg
from sqlalchemy import make_url

from bot.core.errors import SettingsError
from bot.storage.envelope import DataKey, new_id, new_material
from bot.storage.master_keys import MasterKeys
from bot.storage.pool import Pool
from bot.storage.urls import unreachable

CACHED: Final = 10_000
"""Keys a process keeps at most; each takes about a kilobyte."""

_CHANNEL: Final = "key_destroyed"
_LOCK: Final = 0x6B657973  # "keys": one process at a time makes the tables
_INDEX: Final = "index"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS person_key (
    id bytea PRIMARY KEY, wrapped bytea NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS secret (name text PRIMARY KEY, wrapped bytea NOT NULL);
"""
_PING_SECONDS: Final = 15.0
_RECONNECT_SECONDS: Final = 0.5


def usual_keys_url(url: str) -> str:
    """The URL of the keys database where none is named: on the same server, with `_keys` behind the main one's name."""
    parsed = make_url(url)
    return parsed.set(database=f"{parsed.database or parsed.username}_keys").render_as_string(hide_password=False)


async def made_beside(url: str) -> str:
    """The URL of the usual keys database of the main one at `url`, made where there is none. Raises `SettingsError`."""
    keys = usual_keys_url(url)
    name = str(make_url(keys).database)
    try:
        main = await asyncpg.connect(url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise unreachable(error) from None
    try:
        if not await main.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await _make(main, name)
    finally:
        await main.close()
    return keys


async def _make(main: Any, name: str) -> None:
    quoted = name.replace('"', '""')
    try:
        await main.execute(f'CREATE DATABASE "{quoted}" TEMPLATE template0')
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        return  # another process was quicker
    except asyncpg.InsufficientPrivilegeError:
        raise SettingsError(
            f"the keys database '{name}' does not exist and this user may not make it: create it, or name one in BOT_KEYS_URL"
        ) from None


class PersonKeys:
    """Makes, finds and destroys keys; open it before use."""

    def __init__(self, url: str, masters: MasterKeys, *, cached: int = CACHED) -> None:
        self.url = url
        self._masters = masters
        self._most = cached
        self._cache: OrderedDict[bytes, DataKey] = OrderedDict()
        self._pool: Pool | None = None
        self._index = b""

    @property
    def pool(self) -> Pool:
        """Connections to the keys database."""
        if self._pool is None:
            raise RuntimeError("the keys database is not open")
        return self._pool

    async def open(self) -> None:
        """Connect, and make what is missing. Raises `SettingsError` when it cannot be reached or was wrapped by other keys."""
        if self._pool is not None:
            return
        pool = Pool(self._connect, 2)
        try:
            await self._prepare(pool)
        except SettingsError:
            await pool.close()
            raise
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise SettingsError(
                f"the keys database cannot be reached ({type(error).__name__}): check BOT_KEYS_URL; where it is not set,"
                " it is the database of BOT_DATABASE_URL with `_keys` behind its name"
            ) from None
        self._pool = pool

    async def _prepare(self, pool: Pool) -> None:
        async with pool.connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            await connection.execute(_SCHEMA)
            self._index = await self._secret(connection, _INDEX)

    async def _connect(self) -> Any:
        return await asyncpg.connect(self.url, server_settings={"application_name": "tillwise keys"})

    async def close(self) -> None:
        """Disconnect and forget what is kept."""
        self._cache.clear()
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def make(self) -> DataKey:
        """A new key, kept at once: whoever uses it may fail without harm."""
        key_id, material = new_id(), new_material()
        await self.pool.execute(
            "INSERT INTO person_key (id, wrapped) VALUES ($1, $2)", key_id, self._masters.wrap(key_id, material)
        )
        return self._keep(DataKey(key_id, material))

    async def get(self, key_id: bytes) -> DataKey | None:
        """A key; None: it was destroyed."""
        found = self._cache.get(key_id)
        if found is not None:
            self._cache.move_to_end(key_id)
            return found
        return (await self.several([key_id])).get(key_id)

    async def several(self, key_ids: Iterable[bytes]) -> dict[bytes, DataKey]:
        """Keys by their ids, at most one query for all; those that were destroyed are missing."""
        wanted = set(key_ids)
        found = {key_id: self._cache[key_id] for key_id in wanted if key_id in self._cache}
        if missing := [key_id for key_id in wanted if key_id not in found]:
            rows = await self.pool.fetch("SELECT id, wrapped FROM person_key WHERE id = any($1::bytea[])", missing)
            for row in rows:
                material = self._masters.unwrap(row["id"], row["wrapped"])
                found[row["id"]] = self._keep(DataKey(row["id"], material))
        return found

    async def destroy(self, key_ids: Iterable[bytes]) -> None:
        """Destroy keys for good; every process that watches forgets its copy."""
        doomed = list(key_ids)
        for key_id in doomed:
            self._cache.pop(key_id, None)
        await self.pool.execute("DELETE FROM person_key WHERE id = any($1::bytea[])", doomed)
        for key_id in doomed:
            await self.pool.execute("SELECT pg_notify($1, $2)", _CHANNEL, key_id.hex())

    async def rotate(self) -> int:
        """Wrap every key anew by the first master key; how many were wrapped by another. The others may then be left out."""
        done = 0
        for table, name in (("person_key", "id"), ("secret", "name")):
            for row in await self.pool.fetch(f"SELECT {name} AS name, wrapped FROM {table}"):  # noqa: S608 -- ours
                if self._masters.wrapped_by_first(row["wrapped"]):
                    continue
                bound = row["name"] if isinstance(row["name"], bytes) else row["name"].encode()
                anew = self._masters.wrap(bound, self._masters.unwrap(bound, row["wrapped"]))
                await self.pool.execute(f"UPDATE {table} SET wrapped = $2 WHERE {name} = $1", row["name"], anew)  # noqa: S608
                done += 1
        return done

    def hashed(self, kind: str, text: str) -> bytes:
        """The keyed hash by which a value is looked up that is stored sealed; `kind` keeps hashes of kinds apart."""
        return hmac.new(self._index, f"{kind}/{text}".encode(), hashlib.sha256).digest()

    async def watch(self) -> None:
        """Forget keys that other processes destroy, until cancelled; all of them where the connection was lost."""
        while True:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._watch_once()
            self._cache.clear()
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _watch_once(self) -> None:
        connection = await asyncpg.connect(self.url, timeout=10, server_settings={"application_name": "tillwise keys"})
        try:
            await connection.add_listener(_CHANNEL, lambda *heard: self._cache.pop(bytes.fromhex(heard[-1]), None))
            self._cache.clear()
            while not connection.is_closed():
                await asyncio.sleep(_PING_SECONDS)
                await connection.fetchval("SELECT 1", timeout=_PING_SECONDS)
        finally:
            connection.terminate()

    def _keep(self, key: DataKey) -> DataKey:
        self._cache[key.id] = key
        if len(self._cache) > self._most:
            self._cache.popitem(last=False)
        return key

    async def _secret(self, connection: Any, name: str) -> bytes:
        """A secret of this installation, made where there is none."""
        wrapped = await connection.fetchval("SELECT wrapped FROM secret WHERE name = $1", name)
        if wrapped is not None:
            return self._masters.unwrap(name.encode(), wrapped)
        material = new_material()
        await connection.execute(
            "INSERT INTO secret (name, wrapped) VALUES ($1, $2)", name, self._masters.wrap(name.encode(), material)
        )
        return material
