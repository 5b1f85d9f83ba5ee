"""Both implementations of the ports, so that one suite says what they promise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.conversation.ports import Conversation, Job, Outgoing, Posted, Storage, UnitOfWork
from bot.dialogs.events import Event, Said
from bot.dialogs.state import State
from bot.storage.database import Database
from bot.storage.outbox import PostgresOutbox
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock
from bot.testing.memory import MemoryStorage
from bot.testing.memory_outbox import MemoryOutbox

CHANNEL = "telegram"
Change = Callable[[UnitOfWork, Conversation], Awaitable[Any]]


@dataclass
class World:
    """A storage with what a test wants to see and do beside the port itself."""

    storage: Storage
    outbox: PostgresOutbox | MemoryOutbox
    relay: PostgresOutbox | MemoryOutbox
    clock: FixedClock
    waiting_jobs: Callable[[], Awaitable[list[Job]]]
    milestones: Callable[[], Awaitable[list[tuple[str, Any]]]]

    def said(self, text: str = "30万") -> Event:
        return Said(self.clock.now(), text)

    async def turn(
        self,
        key: str,
        address: str,
        *,
        change: Change | None = None,
        state: State | None = None,
        event: Event | None = None,
        role: Any = None,
        texts: tuple[str, ...] = (),
    ) -> tuple[Posted, ...] | None:
        """One whole turn: open, change, send `texts`, commit. None: the event was taken before."""
        async with self.storage.work() as work:
            conversation = await work.open(key, CHANNEL, address)
            if conversation is None:
                return None
            if change is not None:
                await change(work, conversation)
            for number, text in enumerate(texts):
                work.send(message_to(conversation, text, slot=f"slot{number}"))
            after = replace(conversation, state=state or conversation.state, role=role or conversation.role)
            return await work.commit(after, event or self.said(), ("a trace",))

    async def known(self, address: str) -> Conversation:
        """The conversation with this address, made where there is none."""
        await self.turn(f"known:{address}", address)
        return await self.look(address)

    async def look(self, address: str) -> Conversation:
        """The conversation as it is committed."""
        async with self.storage.work() as work:
            conversation = await work.open("look", CHANNEL, address)
        assert conversation is not None
        return conversation

    async def read(self, reading: Callable[[UnitOfWork], Awaitable[Any]]) -> Any:
        """What a unit of work of its own reads."""
        async with self.storage.work() as work:
            return await reading(work)


def message_to(conversation: Conversation, html: str, **options: Any) -> Outgoing:
    options.setdefault("slot", "prompt")
    return Outgoing(conversation.id, conversation.channel, conversation.address, html=html, **options)


def _memory(clock: FixedClock) -> World:
    storage = MemoryStorage(clock, owner="one")
    relay = MemoryOutbox(storage.tables, clock, owner="two", lease=timedelta(seconds=30))

    async def jobs() -> list[Job]:
        return list(storage.jobs)

    async def milestones() -> list[tuple[str, Any]]:
        return [(item.name, item.values) for item in storage.tables.milestones.values()]

    return World(storage, storage.outbox, relay, clock, jobs, milestones)


def _postgres(clock: FixedClock, database: Database) -> World:
    async def jobs() -> list[Job]:
        rows = await database.pool.fetch(
            "SELECT task_name, args::json AS args, scheduled_at, lock, queueing_lock FROM procrastinate_jobs"
            " WHERE status = 'todo' AND queue_name = 'default' ORDER BY id"
        )
        return [Job(*row) for row in rows]

    async def milestones() -> list[tuple[str, Any]]:
        rows = await database.pool.fetch("SELECT name, values FROM milestone ORDER BY id")
        return [(row["name"], row["values"]) for row in rows]

    return World(
        PostgresStorage(database, clock, owner="one"),
        PostgresOutbox(database, clock, owner="one"),
        PostgresOutbox(database, clock, owner="two"),
        clock,
        jobs,
        milestones,
    )


@pytest.fixture(params=["memory", "postgres"])
def world(request: pytest.FixtureRequest, clock: FixedClock) -> World:
    """Storage on PostgreSQL, and in memory."""
    if request.param == "memory":
        return _memory(clock)
    return _postgres(clock, request.getfixturevalue("database"))


@pytest.fixture
def on_postgres(clock: FixedClock, database: Database) -> World:
    """Storage on PostgreSQL, for what only a database can promise."""
    return _postgres(clock, database)
