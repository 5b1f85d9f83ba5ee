"""Topics of managers' chats in memory."""

from __future__ import annotations

from dataclasses import replace

from bot.testing.memory_tables import ChatTopic, Tables, Transaction


class MemoryTopics:
    """See `Topics`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def subject_of(self, conversation: int, thread: str) -> int | None:
        """See `Topics.subject_of`."""
        found = self._transaction.topics.get((conversation, thread))
        return found.subject if found else None

    async def of_subject(self, subject: int) -> tuple[tuple[int, str], ...]:
        """See `Topics.of_subject`."""
        standing = [one for one in self._transaction.topics.rows() if one.subject == subject and not one.gone]
        return tuple((one.conversation, one.thread) for one in standing)


class MemoryTopicBook:
    """See `TopicBook`."""

    def __init__(self, tables: Tables) -> None:
        self._topics = tables.topics

    async def standing(self, conversation: int, subject: int) -> str | None:
        """See `TopicBook.standing`."""
        own = [one for one in self._topics.values() if (one.conversation, one.subject) == (conversation, subject)]
        return next((one.thread for one in reversed(own) if not one.gone), None)

    async def keep(self, conversation: int, subject: int, thread: str) -> None:
        """See `TopicBook.keep`."""
        self._topics.setdefault((conversation, thread), ChatTopic(conversation, thread, subject))

    async def lose(self, conversation: int, thread: str) -> None:
        """See `TopicBook.lose`."""
        found = self._topics.get((conversation, thread))
        if found is not None:
            self._topics[conversation, thread] = replace(found, gone=True)
