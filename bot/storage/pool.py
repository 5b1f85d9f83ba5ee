"""The driver's connections, handed out in the order in which they are asked for.

asyncpg's own pool lets whoever comes later go first as often as not, so that under load some turns waited for seconds;
and it wraps every call, which turns, who make all of them, pay for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any


class Pool:
    """At most `size` connections made by `connect`, each when it is first needed. An `Executor` for single statements."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], size: int) -> None:
        self._connect = connect
        self._size = size
        self._room = asyncio.Semaphore(size)
        self._idle: list[Any] = []

    async def acquire(self) -> Any:
        """A connection, which must be given back by `release`. Waits in line. Raises what connecting raises."""
        await self._room.acquire()
        try:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
            return await self._connect()
        except BaseException:
            self._room.release()
            raise

    def release(self, connection: Any) -> None:
        """Give a connection back. One that was lost, or whose transaction has not ended, is not used again."""
        if not connection.is_closed() and connection.is_in_transaction():
            connection.terminate()
        if not connection.is_closed():
            self._idle.append(connection)
        self._room.release()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """A connection for the span of the block. What is cut off in the middle of a statement takes it along."""
        connection = await self.acquire()
        try:
            yield connection
        except (asyncio.CancelledError, TimeoutError):
            connection.terminate()
            raise
        finally:
            self.release(connection)

    async def close(self) -> None:
        """Disconnect, after whoever has a connection has given it back."""
        for _ in range(self._size):
            await self._room.acquire()
        while self._idle:
            await self._idle.pop().close()

    async def fetch(self, query: str, *args: object) -> list[Any]:
        """All rows."""
        async with self.connection() as connection:
            rows: list[Any] = await connection.fetch(query, *args)
            return rows

    async def fetchrow(self, query: str, *args: object) -> Any:
        """The first row, or None."""
        async with self.connection() as connection:
            return await connection.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: object) -> Any:
        """The first column of the first row, or None."""
        async with self.connection() as connection:
            return await connection.fetchval(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        """Run statements; the status of the last."""
        async with self.connection() as connection:
            status: str = await connection.execute(query, *args)
            return status
