"""The outbox in memory, as its sender uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.conversation.ports import Posted
from bot.core.clock import Clock
from bot.storage.messages import UNREACHABLE
from bot.testing.memory_tables import OutboxItem, Tables


class MemoryOutbox:
    """See `PostgresOutbox`."""

    def __init__(self, tables: Tables, clock: Clock, *, owner: str, lease: timedelta) -> None:
        self._tables = tables
        self._clock = clock
        self._owner = owner
        self._lease = lease

    async def unsent(self, conversation: int) -> tuple[Posted, ...]:
        """See `PostgresOutbox.unsent`."""
        return tuple(Posted(number, item.message) for number, item in self._waiting(conversation))

    async def mark_sent(self, batch: Sequence[tuple[int, str | None]]) -> None:
        """See `PostgresOutbox.mark_sent`."""
        now = self._clock.now()
        for number, message in batch:
            if number in self._tables.outbox:
                self._put(number, replace(self._tables.outbox[number], sent_at=now, message_id=message))

    async def mark_failed(self, posted: int, reason: str, attempts: int) -> None:
        """See `PostgresOutbox.mark_failed`."""
        item = self._tables.outbox.get(posted)
        if item is not None and item.sent_at is None:
            self._put(posted, replace(item, failure=reason, attempts=attempts))

    async def claim_abandoned(self, now: datetime, limit: int) -> tuple[Posted, ...]:
        """See `PostgresOutbox.claim_abandoned`."""
        chats = dict.fromkeys(item.message.conversation for item in self._tables.outbox.values() if item.waits)
        left = [chat for chat in chats if self._free(chat) and self._all_left(chat, now)][:limit]
        claimed = [(number, item) for chat in left for number, item in self._waiting(chat)]
        for number, item in claimed:
            renewed = replace(item, owner=self._owner, lease_until=now + self._lease, attempts=item.attempts + 1)
            self._put(number, renewed)
        return tuple(Posted(number, item.message) for number, item in sorted(claimed, key=lambda entry: entry[0]))

    async def message_of(self, conversation: int, slot: str) -> str | None:
        """See `PostgresOutbox.message_of`."""
        sent = [item for item in self._tables.outbox.values() if item.message_id is not None]
        found = [item for item in sent if item.message.conversation == conversation and item.message.slot == slot]
        return found[-1].message_id if found else None

    async def drop_unsent(self, conversation: int) -> None:
        """See `PostgresOutbox.drop_unsent`."""
        for number, item in self._waiting(conversation):
            self._put(number, replace(item, failure=UNREACHABLE))

    async def set_reachable(self, conversation: int, reachable: bool) -> None:
        """See `PostgresOutbox.set_reachable`."""
        async with self._tables.lock_of(self._tables.conversations[conversation]):
            known = self._tables.conversations[conversation]
            self._tables.conversations[conversation] = replace(known, reachable=reachable)

    def _waiting(self, conversation: int) -> list[tuple[int, OutboxItem]]:
        posted = self._tables.outbox.items()
        return [(number, item) for number, item in posted if item.waits and item.message.conversation == conversation]

    def _all_left(self, conversation: int, now: datetime) -> bool:
        return all(item.lease_until < now for _, item in self._waiting(conversation))

    def _free(self, conversation: int) -> bool:
        """Whether no turn of the chat is under way."""
        return not self._tables.lock_of(self._tables.conversations[conversation]).locked()

    def _put(self, number: int, item: OutboxItem) -> None:
        self._tables.outbox[number] = item
