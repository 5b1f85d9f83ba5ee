"""The pool hands connections out in turn, and never one that something was left on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from bot.storage.pool import Pool


class Counted(Pool):
    """A pool of two connections that counts how many were made."""

    def __init__(self, url: str) -> None:
        self.made = 0
        self.url = url
        super().__init__(self._make, 2)

    async def _make(self) -> Any:
        self.made += 1
        return await asyncpg.connect(self.url)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Counted]:
    pool = Counted(database_url)
    yield pool
    await pool.close()


async def test_a_connection_is_made_when_it_is_needed_and_used_again(pool: Counted) -> None:
    assert await pool.fetchval("SELECT $1::int", 7) == 7
    assert (await pool.fetchrow("SELECT 1 AS one"))["one"] == 1
    assert [row["n"] for row in await pool.fetch("SELECT n FROM generate_series(1, 3) n")] == [1, 2, 3]
    assert await pool.execute("SELECT 1") == "SELECT 1"

    assert pool.made == 1


async def test_whoever_asked_first_is_served_first_and_nobody_goes_before(pool: Counted) -> None:
    held = [await pool.acquire(), await pool.acquire()]
    served: list[int] = []

    async def want(number: int) -> None:
        connection = await pool.acquire()
        served.append(number)
        await asyncio.sleep(0)
        pool.release(connection)

    first = [asyncio.create_task(want(number)) for number in range(20)]
    await asyncio.sleep(0)
    for connection in held:
        pool.release(connection)
    later = [asyncio.create_task(want(number)) for number in range(20, 40)]
    await asyncio.gather(*first, *later)

    assert served == list(range(40))
    assert pool.made == 2


async def test_whoever_no_longer_waits_takes_no_connection(pool: Counted) -> None:
    held = [await pool.acquire(), await pool.acquire()]
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    for connection in held:
        pool.release(connection)

    assert [*await asyncio.gather(pool.fetchval("SELECT 1"), pool.fetchval("SELECT 2"))] == [1, 2]


async def test_a_connection_that_was_lost_is_replaced(pool: Counted) -> None:
    lost = asyncio.Event()
    async with pool.connection() as connection:
        number = connection.get_server_pid()
        connection.add_termination_listener(lambda _connection: lost.set())
    other = await asyncpg.connect(pool.url)
    await other.fetchval("SELECT pg_terminate_backend($1)", number)
    await other.close()
    await lost.wait()

    assert await pool.fetchval("SELECT pg_backend_pid()") != number


async def test_a_transaction_that_was_left_open_is_not_met_by_the_next_one(pool: Counted) -> None:
    connection = await pool.acquire()
    await connection.execute("BEGIN")
    pool.release(connection)

    assert connection.is_closed()
    async with pool.connection() as following:
        assert not following.is_in_transaction()


async def test_a_statement_that_is_cut_off_takes_its_connection_along(pool: Counted) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pool.fetchval("SELECT pg_sleep(30)"), 0.05)

    assert await pool.fetchval("SELECT 1") == 1
    assert pool.made == 2


async def test_a_connection_that_cannot_be_made_does_not_use_up_a_place(pool: Counted) -> None:
    good, pool.url = pool.url, "postgresql://nobody@127.0.0.1:9/nowhere"
    for _ in range(3):
        with pytest.raises(OSError, match="onnect"):
            await pool.fetchval("SELECT 1")
    pool.url = good

    assert await pool.fetchval("SELECT 1") == 1


async def test_closing_waits_for_what_is_running(pool: Counted) -> None:
    running = asyncio.create_task(pool.fetchval("SELECT 1 FROM pg_sleep(0.05)"))
    await asyncio.sleep(0)
    await pool.close()

    assert running.done()
    assert await running == 1
    for _ in range(2):
        pool._room.release()  # for the fixture, which closes again
