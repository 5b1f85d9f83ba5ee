"""A database: a pool of the driver's connections for turns, SQLModel sessions for cold reads, and notifications."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from typing import Any, Final, Self

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.keys import PersonKeys
from bot.storage.pool import Pool
from bot.storage.urls import engine_url, unreachable

Notified = Callable[[str], Awaitable[None]]

_SERVER_SETTINGS: Final = {
    "timezone": "UTC",
    "jit": "off",  # no statement here is worth compiling
    "plan_cache_mode": "force_generic_plan",  # the same few statements, prepared once
    "idle_in_transaction_session_timeout": "60s",  # a lock that a lost process holds ends with it
}
_PING_SECONDS: Final = 15.0
_RECONNECT_SECONDS: Final = 0.5


class Database:
    """One database by its plain `postgresql://` URL. Use as an async context, or `open` and `close`.

    `keys` are those of the people in it, opened and closed with it; without them nothing about a person can be read or written.
    """

    def __init__(self, url: str, *, size: int = 10, name: str = "tillwise", keys: PersonKeys | None = None) -> None:
        self.url = url
        self._keys = keys
        self._size = size
        self._name = name
        self._pool: Pool | None = None

    async def open(self) -> None:
        """Connect. Raises `SettingsError` when the server refuses or cannot be reached."""
        engine_url(self.url)
        pool = Pool(self._connect, self._size)
        try:
            pool.release(await pool.acquire())
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise unreachable(error) from None
        self._pool = pool
        if self._keys is not None:
            await self._keys.open()

    async def _connect(self) -> Any:
        """A connection of the driver, for the pool."""
        connection = await asyncpg.connect(
            self.url,
            max_cached_statement_lifetime=0,
            statement_cache_size=200,
            server_settings={**_SERVER_SETTINGS, "application_name": self._name},
        )
        await _set_codecs(connection)
        return connection

    async def close(self) -> None:
        """Disconnect, after what is running has ended."""
        if self._keys is not None:
            await self._keys.close()
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
        if "engine" in self.__dict__:
            await self.engine.dispose()
            del self.__dict__["engine"]
            self.__dict__.pop("sessions", None)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def pool(self) -> Pool:
        """The pool, an `Executor` for single statements."""
        if self._pool is None:
            raise RuntimeError("the database is not open")
        return self._pool

    @property
    def keys(self) -> PersonKeys:
        """The keys of the people in it."""
        if self._keys is None:
            raise RuntimeError("the database was opened without the keys of its people")
        return self._keys

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A connection with a transaction that commits at the end and rolls back on an error."""
        async with self.pool.connection() as connection, connection.transaction():
            yield connection

    @cached_property
    def engine(self) -> AsyncEngine:
        """SQLAlchemy's engine, made when it is first asked for."""
        return create_async_engine(
            engine_url(self.url),
            pool_size=2,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
        )

    @cached_property
    def sessions(self) -> async_sessionmaker[AsyncSession]:
        """Sessions for cold reads over the rows; never for turns."""
        return async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)

    async def listen(self, channel: str, connected: Callable[[], Awaitable[None]], notified: Notified) -> None:
        """Call `notified` with the payload of every notification, until cancelled.

        A lost connection is made anew. `connected` is called after each (re)connection: what was notified meanwhile has
        not been heard, and must be looked up.
        """
        while True:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._listen_once(channel, connected, notified)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen_once(self, channel: str, connected: Callable[[], Awaitable[None]], notified: Notified) -> None:
        """Listen until the connection is lost."""
        payloads: asyncio.Queue[str | None] = asyncio.Queue()
        connection = await asyncpg.connect(self.url, timeout=10, server_settings={"application_name": self._name})
        try:
            connection.add_termination_listener(lambda _connection: payloads.put_nowait(None))
            await connection.add_listener(channel, lambda *heard: payloads.put_nowait(heard[-1]))
            await connected()
            while (payload := await _next(payloads, connection)) is not None:
                await notified(payload)
        finally:
            connection.terminate()


async def _next(payloads: asyncio.Queue[str | None], connection: Any) -> str | None:
    """The next payload, or None when the connection was lost; a silent one is asked whether it still lives."""
    while True:
        try:
            return await asyncio.wait_for(payloads.get(), _PING_SECONDS)
        except TimeoutError:
            await connection.fetchval("SELECT 1", timeout=_PING_SECONDS)


async def _set_codecs(connection: Any) -> None:
    """JSON as the driver's binary form, so that no text is decoded and encoded on the way."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=orjson.dumps, decoder=orjson.loads, format="binary"
    )
