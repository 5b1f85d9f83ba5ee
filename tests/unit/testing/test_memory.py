"""What only the storage in memory promises; what it shares with PostgreSQL is in `tests/integration/storage`."""

from __future__ import annotations

import pytest

from bot.conversation.ports import Job
from bot.core.errors import StateError
from bot.dialogs.events import Said
from bot.testing.clock import FixedClock
from bot.testing.memory import MemoryStorage


async def test_what_cannot_be_stored_fails_in_memory_too() -> None:
    storage, clock = MemoryStorage(FixedClock()), FixedClock()
    async with storage.work() as work:
        with pytest.raises(StateError):
            await work.track(1, "arrived", {"amount": 1.5}, clock.now())  # type: ignore[dict-item]  # that is the point


async def test_a_job_that_was_run_may_be_asked_for_again() -> None:
    storage, clock = MemoryStorage(FixedClock()), FixedClock()
    for key in ("1", "2", "3"):
        async with storage.work() as work:
            conversation = await work.open(key, "telegram", "42")
            assert conversation is not None
            work.defer(Job("remind", {"key": key}, once="remind:1"))
            await work.commit(conversation, Said(clock.now(), "hello"), ())
        if key == "2":
            assert storage.jobs.pop().payload == {"key": "1"}
    assert [job.payload for job in storage.jobs] == [{"key": "3"}]
