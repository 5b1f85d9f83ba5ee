"""Managers' words that were looked at, in memory."""

from __future__ import annotations

from dataclasses import replace

from bot.handoff.checked import PENDING, Checked
from bot.testing.memory_tables import Transaction


class MemoryCheckedMessages:
    """See `CheckedMessages`."""

    def __init__(self, transaction: Transaction) -> None:
        self._numbers = transaction.tables.numbers
        self._messages = transaction.checked

    async def add(self, message: Checked) -> Checked:
        """See `CheckedMessages.add`."""
        added = replace(message, id=next(self._numbers))
        self._messages.put(added.id, added)
        return added

    async def get(self, message: int) -> Checked | None:
        """See `CheckedMessages.get`."""
        return self._messages.get(message)

    async def save(self, message: Checked) -> None:
        """See `CheckedMessages.save`."""
        self._messages.put(message.id, message)

    async def pending(self, lead: int) -> tuple[Checked, ...]:
        """See `CheckedMessages.pending`."""
        return tuple(one for one in self._messages.rows() if one.lead == lead and one.state in PENDING)

    async def held(self) -> tuple[Checked, ...]:
        """See `CheckedMessages.held`."""
        return tuple(one for one in self._messages.rows() if one.state == "held")

    async def of_conversation(self, conversation: int) -> tuple[Checked, ...]:
        """See `CheckedMessages.of_conversation`."""
        return tuple(one for one in self._messages.rows() if one.conversation == conversation)
