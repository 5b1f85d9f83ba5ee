"""Topics of managers' chats: which customer's each is. A thread never becomes another customer's."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.storage.rows import ChatTopicRow, table
from bot.storage.sql import Executor, compiled, given, insertion

_topic: Final = table(ChatTopicRow)
_THREAD: Final = (
    _topic.c.conversation_id == given(_topic.c.conversation_id),
    _topic.c.thread == given(_topic.c.thread),
)
_SUBJECT_OF: Final = compiled(sa.select(_topic.c.subject).where(*_THREAD))
_OF_SUBJECT: Final = compiled(
    sa.select(_topic.c.conversation_id, _topic.c.thread)
    .where(_topic.c.subject == given(_topic.c.subject), ~_topic.c.gone)
    .order_by(_topic.c.id)
)
_STANDING: Final = compiled(
    sa.select(_topic.c.thread)
    .where(
        _topic.c.conversation_id == given(_topic.c.conversation_id),
        _topic.c.subject == given(_topic.c.subject),
        ~_topic.c.gone,
    )
    .order_by(_topic.c.id.desc())
    .limit(1)
)
_KEEP: Final = compiled(insertion(_topic).on_conflict_do_nothing())
_LOSE: Final = compiled(sa.update(_topic).where(*_THREAD).values(gone=True))


class PostgresTopics:
    """See `Topics`, and `TopicBook` of the Telegram gateway."""

    __slots__ = ("_on",)

    def __init__(self, on: Executor) -> None:
        self._on = on

    async def subject_of(self, conversation: int, thread: str) -> int | None:
        """See `Topics.subject_of`."""
        subject: int | None = await _SUBJECT_OF.value(self._on, conversation_id=conversation, thread=thread)
        return subject

    async def of_subject(self, subject: int) -> tuple[tuple[int, str], ...]:
        """See `Topics.of_subject`."""
        rows = await _OF_SUBJECT.rows(self._on, subject=subject)
        return tuple((row["conversation_id"], row["thread"]) for row in rows)

    async def standing(self, conversation: int, subject: int) -> str | None:
        """See `TopicBook.standing`."""
        thread: str | None = await _STANDING.value(self._on, conversation_id=conversation, subject=subject)
        return thread

    async def keep(self, conversation: int, subject: int, thread: str) -> None:
        """See `TopicBook.keep`."""
        await _KEEP.run(self._on, conversation_id=conversation, subject=subject, thread=thread, gone=False)

    async def lose(self, conversation: int, thread: str) -> None:
        """See `TopicBook.lose`."""
        await _LOSE.run(self._on, conversation_id=conversation, thread=thread)
