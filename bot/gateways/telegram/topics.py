"""Topics in managers' chats: made when first written into, named anew when the name changes, made again where they were deleted."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from bot.conversation.ports import Outgoing
from bot.gateways.telegram.errors import NotModified, NotOffered, Rejected, TopicGone
from bot.gateways.telegram.ports import TopicBook
from bot.gateways.telegram.rendering import Call, create_topic, delete_topic, rename_topic

REMEMBERED: Final = 10_000

Carry: TypeAlias = Callable[[Call, Outgoing], Awaitable[Any]]
"""Carries out a call for a message, as often as it takes."""


class Topics:
    """Finds the thread that a message goes into. Without a `book` the bot has no topics, and everything goes into the chat itself."""

    def __init__(self, book: TopicBook | None, carry: Carry) -> None:
        self._book = book
        self._carry = carry
        self._names: dict[tuple[int, str], str] = {}

    async def placed(self, message: Outgoing) -> Outgoing:
        """The message with the thread it goes into, as far as there is one."""
        if self._book is None:
            return replace(message, topic=None, thread=None)
        if message.topic is None or message.subject is None:
            return message
        try:
            return replace(message, thread=await self._thread(self._book, message, message.subject, message.topic))
        except NotOffered:  # they were switched off since the bot has started
            self._book = None
            return replace(message, topic=None, thread=None)

    async def lost(self, message: Outgoing) -> None:
        """The thread that a message was to go into stands no more."""
        if self._book is not None and message.thread is not None:
            self._names.pop((message.conversation, message.thread), None)
            await self._book.lose(message.conversation, message.thread)

    async def end(self, message: Outgoing, thread: str) -> None:
        """Delete a topic with all that stands in it; one that is gone is as wanted."""
        with contextlib.suppress(TopicGone, NotOffered, Rejected):
            await self._carry(delete_topic(message.address, thread), message)

    async def _thread(self, book: TopicBook, message: Outgoing, subject: int, name: str) -> str:
        thread = await book.standing(message.conversation, subject)
        if thread is not None and await self._named(message, thread, name):
            return thread
        made: Mapping[str, Any] = await self._carry(create_topic(message.address, name), message)
        thread = str(made["message_thread_id"])
        await book.keep(message.conversation, subject, thread)
        self._remember(message, thread, name)
        return thread

    async def _named(self, message: Outgoing, thread: str, name: str) -> bool:
        """Give the topic the name. False: it stands no more."""
        if self._names.get((message.conversation, thread)) == name:
            return True
        try:
            await self._carry(rename_topic(message.address, thread, name), message)
        except NotModified:
            pass
        except TopicGone:
            await self.lost(replace(message, thread=thread))
            return False
        self._remember(message, thread, name)
        return True

    def _remember(self, message: Outgoing, thread: str, name: str) -> None:
        if len(self._names) >= REMEMBERED:
            del self._names[next(iter(self._names))]
        self._names[message.conversation, thread] = name
