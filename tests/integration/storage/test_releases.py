from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.publishing.library import ReleaseStore
from bot.publishing.release import digest_of
from bot.storage.database import Database
from bot.storage.releases import PostgresReleases
from bot.testing.clock import FixedClock
from bot.testing.memory import MemoryReleases


@pytest.fixture(params=["memory", "postgres"])
def releases(request: pytest.FixtureRequest) -> ReleaseStore:
    if request.param == "memory":
        return MemoryReleases()
    return PostgresReleases(request.getfixturevalue("database"))


async def add(releases: ReleaseStore, documents: dict[str, Any]) -> int:
    release = await releases.add(documents, digest_of(documents), FixedClock().now(), "editor", "a note")
    return release.number


async def test_there_is_no_release_before_the_first_publication(releases: ReleaseStore) -> None:
    assert await releases.newest() is None
    assert await releases.get(1) is None


async def test_releases_are_numbered_from_one_and_all_are_kept(releases: ReleaseStore) -> None:
    assert [await add(releases, {"n": number}) for number in range(3)] == [1, 2, 3]
    newest, first = await releases.newest(), await releases.get(1)
    assert newest is not None
    assert first is not None
    assert newest.documents == {"n": 2}
    assert first.documents == {"n": 0}
    assert await releases.get(4) is None


async def test_a_release_comes_back_as_it_was_published_in_its_order(releases: ReleaseStore) -> None:
    documents = {"flows": {"z": {"steps": {"zz": 1, "a": "中"}}, "a": None}, "answers": [1.5, True]}
    await add(releases, documents)
    found = await releases.get(1)
    assert found is not None
    assert digest_of(found.documents) == found.digest == digest_of(documents)
    assert (found.note, found.published_by, found.published_at) == ("a note", "editor", FixedClock().now())


async def test_publishing_what_is_published_is_no_new_release(releases: ReleaseStore) -> None:
    assert [await add(releases, {"n": number}) for number in (1, 1, 2, 1)] == [1, 1, 2, 3]


async def test_publications_at_once_get_numbers_of_their_own(database: Database) -> None:
    numbers = await asyncio.gather(*(add(PostgresReleases(database), {"n": number}) for number in range(6)))
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


@asynccontextmanager
async def watching(releases: PostgresReleases) -> AsyncIterator[asyncio.Queue[int]]:
    heard: asyncio.Queue[int] = asyncio.Queue()

    async def published(number: int) -> None:
        heard.put_nowait(number)

    task = asyncio.create_task(releases.watch(published))
    yield heard
    task.cancel()
    await asyncio.wait([task])


async def test_a_process_that_watches_hears_of_the_newest_release_and_of_each_publication(database: Database) -> None:
    releases = PostgresReleases(database)
    await add(releases, {"n": 1})
    async with watching(releases) as heard, asyncio.timeout(10):
        assert await heard.get() == 1
        await add(releases, {"n": 2})
        assert await heard.get() == 2


async def test_a_publication_reaches_a_watching_process_within_a_second(database: Database) -> None:
    releases = PostgresReleases(database)
    await add(releases, {"n": 1})
    async with watching(releases) as heard:
        await asyncio.wait_for(heard.get(), 10)
        await add(releases, {"n": 2})
        assert await asyncio.wait_for(heard.get(), 1) == 2


async def test_what_was_published_while_the_connection_was_lost_is_heard_of_once_it_is_back(database: Database) -> None:
    releases = PostgresReleases(database)
    await add(releases, {"n": 1})
    async with watching(releases) as heard, asyncio.timeout(20):
        assert await heard.get() == 1
        listener = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        await database.pool.execute(listener)
        await add(releases, {"n": 2})
        assert await heard.get() == 2
        await add(releases, {"n": 3})
        assert await heard.get() == 3
