"""What the sender needs of the outbox. Shipped on PostgreSQL by `bot.storage` and in memory by `bot.testing`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from bot.conversation.ports import Failure, Posted

Report: TypeAlias = Callable[[Failure], Awaitable[None]]
Lost: TypeAlias = Callable[[int], Awaitable[None]]
"""Told the conversation whose customer cannot be reached any more."""


class OutboxPort(Protocol):
    """The messages that turns have put down to be sent. Each method is one short transaction of its own."""

    async def unsent(self, conversation: int, /) -> Sequence[Posted]:
        """Everything of a conversation that is neither sent nor given up, oldest first."""
        ...

    async def mark_sent(self, batch: Sequence[tuple[int, str | None]], /) -> None:
        """Note for each outbox id that it was sent, and the channel's id of the message; one statement."""
        ...

    async def mark_failed(self, posted: int, reason: str, attempts: int, /) -> None:
        """Give a message up for good after `attempts` calls."""
        ...

    async def claim_abandoned(self, now: datetime, limit: int, /) -> Sequence[Posted]:
        """Take over at most `limit` conversations whose messages a process left, with a new lease; in order of their ids."""
        ...

    async def message_of(self, conversation: int, slot: str, /) -> str | None:
        """The channel's id of the message last sent in a slot."""
        ...

    async def drop_unsent(self, conversation: int, /) -> None:
        """Give up everything of a conversation that is unsent."""
        ...

    async def set_reachable(self, conversation: int, reachable: bool, /) -> None:
        """Note whether messages get through to the customer."""
        ...


class TopicBook(Protocol):
    """Which topics were made in managers' chats, and for whom. Each method is one short transaction of its own."""

    async def standing(self, conversation: int, subject: int, /) -> str | None:
        """The thread of the topic in a chat that is a customer's, the newest that stands."""
        ...

    async def keep(self, conversation: int, subject: int, thread: str, /) -> None:
        """A topic was made for a customer; whose a thread is, never changes."""
        ...

    async def lose(self, conversation: int, thread: str, /) -> None:
        """A topic was found to stand no more."""
        ...


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what becomes of messages.

    `unreachable`: a customer has blocked the bot or is gone. `failed`: Telegram will never take a message, or could not
    read its markup. `counted`: one of `sent`, `failed`, `left` (in the outbox), `unreachable`, for each message.
    """

    unreachable: Lost
    failed: Report
    counted: Callable[[str], None]
