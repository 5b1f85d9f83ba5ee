"""What the supervisors' pages show, read as it stands at one moment, and the word that it has changed.

The database says so itself: triggers notify the channel `desk` when a transaction that changed a lead, an assignment, a
manager or a talk is committed, in whichever process.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from bot.conversation.desk import Desk
from bot.conversation.ports import TranscriptLine, UnitOfWork
from bot.conversation.visitors import Visitor
from bot.core.clock import Clock
from bot.handoff import cards
from bot.handoff.checked import Checked, Outcome, outcome_of
from bot.handoff.overview import Overview
from bot.handoff.records import Lead, Manager
from bot.ledger.audit import audited
from bot.storage.database import Database
from bot.storage.ledgers import record_acts
from bot.storage.unit_of_work import PostgresStorage

CHANNEL: Final = "desk"
LINES: Final = 200
"""Lines of a transcript that are read along, the last ones."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A talk as it is read along: the lead, its manager where it has one, and the last lines, oldest first."""

    lead: Lead
    manager: Manager | None
    lines: tuple[TranscriptLine, ...]


class DeskPages:
    """Reads the desk of one database."""

    def __init__(self, storage: PostgresStorage, desk: Desk, clock: Clock) -> None:
        self._storage = storage
        self._desk = desk
        self._clock = clock

    async def overview(self) -> Overview:
        """The desk at this moment."""
        async with self._snapshot() as work:
            return await self._desk.board(work).overview(self._clock.now())

    async def open_talk(self, lead: int, visitor: Visitor) -> Talk | None:
        """The talk, for somebody who begins to read along; that is audited in the transaction that reads it."""
        async with self._storage.database.transaction() as connection:
            talk = await _talk(self._storage.unit(connection), lead)
            if talk is not None:
                act = audited(
                    "desk.read_along", visitor.actor, talk.lead.conversation, self._clock.now(), lead=talk.lead.id
                )
                await record_acts(connection, [act])
            return talk

    async def talk(self, lead: int) -> Talk | None:
        """The talk as it stands now, for somebody who reads along already."""
        async with self._snapshot() as work:
            return await _talk(work, lead)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[UnitOfWork]:
        """Everything as it is at one moment."""
        async with (
            self._storage.database.pool.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield self._storage.unit(connection)


async def _talk(work: UnitOfWork, number: int) -> Talk | None:
    lead = next((one for one in await work.leads.open() if one.id == number), None)
    if lead is None:
        return None
    manager = await work.managers.get(lead.manager) if lead.manager is not None else None
    lines = with_outcomes(
        await work.transcript(lead.conversation, LINES), await work.checked.of_conversation(lead.conversation)
    )
    return Talk(lead, manager, tuple(replace(line, text=cards.blotted(line.text)) for line in lines))


def with_outcomes(lines: Sequence[TranscriptLine], checked: Sequence[Checked]) -> list[TranscriptLine]:
    """The lines, with the words that were stopped in their places, and what became of each."""
    stopped = [
        TranscriptLine(one.created_at, "manager", one.text, outcome=outcome_of(one))
        for one in checked
        if one.state != "sent"
    ]
    sent = {one.text: outcome_of(one) for one in checked if one.state == "sent" and one.found and one.text}
    told = [replace(line, outcome=_outcome(line, sent)) for line in lines]
    return sorted([*told, *stopped], key=lambda line: line.at)[-LINES:]


def _outcome(line: TranscriptLine, sent: Mapping[str, Outcome | None]) -> Outcome | None:
    """That of the words which a line ends with, below the manager's name."""
    if line.author != "manager":
        return None
    return next((outcome for text, outcome in sent.items() if line.text.endswith(f"\n{text}")), None)


class DeskWatch:
    """Tells whoever looks at the desk that it has changed. `run` listens; `close` ends all waits, for good."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: set[asyncio.Event] = set()
        self.closed = False

    async def run(self) -> None:
        """Listen until cancelled. After a lost connection everybody looks again: something may have been missed."""

        async def wake(_: str = "") -> None:
            self._wake()

        await self._database.listen(CHANNEL, wake, wake)

    def close(self) -> None:
        """Whoever looks is to stop."""
        self.closed = True
        self._wake()

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[asyncio.Event]:
        """An event that is set at each change; whoever looks clears it before looking."""
        changed = asyncio.Event()
        self._waiting.add(changed)
        try:
            yield changed
        finally:
            self._waiting.discard(changed)

    def _wake(self) -> None:
        for changed in self._waiting:
            changed.set()
