"""The outbox as its senders use it: what is unsent, what was sent under which id, and what a crash has left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from bot.conversation.ports import Posted
from bot.core.clock import Clock
from bot.storage.database import Database
from bot.storage.messages import ERASED, LEASE, PRIORITIES, UNREACHABLE, WITHDRAWN, decode_posted, place
from bot.storage.rows import ConversationRow, OutboxRow, table
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor, compiled, given, given_all

_conversation: Final = table(ConversationRow)
_outbox: Final = table(OutboxRow)
_now: Final = sa.bindparam("now", type_=sa.DateTime(timezone=True))


_WAITS: Final = sa.and_(_outbox.c.sent_at.is_(None), _outbox.c.failure.is_(None))
"""The message is neither sent nor given up."""


def _claim() -> sa.Select[Any]:
    """Take over chats in which every waiting message has been left, all of a chat or nothing.

    The conversation's lock keeps other relays, and a turn that is under way, off the chat. A relay that began to look
    before another has claimed finds the leases renewed when it gets to the rows, and takes none.
    """
    left = (
        sa.select(_outbox.c.conversation_id, sa.func.min(_outbox.c.id).label("first"))
        .where(_WAITS)
        .group_by(_outbox.c.conversation_id)
        .having(sa.func.max(_outbox.c.lease_until) < _now)
        .subquery("left_behind")
    )
    chats = (
        sa.select(_conversation.c.id)
        .join(left, left.c.conversation_id == _conversation.c.id)
        .order_by(left.c.first)
        .limit(sa.bindparam("limit", type_=sa.BigInteger))
        .with_for_update(key_share=True, skip_locked=True, of=_conversation)
        .cte("chat")
    )
    claimed = (
        sa.update(_outbox)
        .where(_outbox.c.conversation_id == chats.c.id, _WAITS, _outbox.c.lease_until < _now)
        .values(**given_all(_outbox, "owner", "lease_until"), attempts=_outbox.c.attempts + 1)
        .returning(_outbox)
        .cte("claimed")
    )
    return sa.select(claimed).order_by(claimed.c.id)


_CLAIM: Final = compiled(_claim())
_UNSENT: Final = compiled(
    sa.select(_outbox)
    .where(_outbox.c.conversation_id == given(_outbox.c.conversation_id), _WAITS)
    .order_by(_outbox.c.id)
)
_sent: Final = (
    sa.func.unnest(sa.bindparam("ids", type_=ARRAY(sa.BigInteger)), sa.bindparam("messages", type_=ARRAY(sa.Text)))
    .table_valued(sa.column("id", sa.BigInteger), sa.column("message_id", sa.Text), name="sent")
    .render_derived()
)
_MARK_SENT: Final = compiled(
    sa.update(_outbox)
    .where(_outbox.c.id == _sent.c.id)
    .values(sent_at=given(_outbox.c.sent_at), message_id=_sent.c.message_id)
)
_MARK_FAILED: Final = compiled(
    sa.update(_outbox)
    .where(_outbox.c.id == given(_outbox.c.id), _outbox.c.sent_at.is_(None))
    .values(given_all(_outbox, "failure", "attempts"))
)
_MESSAGE_OF: Final = compiled(
    sa.select(_outbox.c.message_id)
    .where(
        _outbox.c.conversation_id == given(_outbox.c.conversation_id),
        _outbox.c.slot == given(_outbox.c.slot),
        _outbox.c.message_id.is_not(None),
    )
    .order_by(_outbox.c.id.desc())
    .limit(1)
)
_DROP_UNSENT: Final = compiled(
    sa.update(_outbox)
    .where(_outbox.c.conversation_id == given(_outbox.c.conversation_id), _WAITS)
    .values(failure=given(_outbox.c.failure))
)
_DROP_CAMPAIGNS: Final = compiled(
    sa.update(_outbox)
    .where(
        _outbox.c.conversation_id == given(_outbox.c.conversation_id),
        _outbox.c.priority == given(_outbox.c.priority),
        _WAITS,
    )
    .values(failure=given(_outbox.c.failure))
)
_SET_REACHABLE: Final = compiled(
    sa.update(_conversation)
    .where(_conversation.c.id == given(_conversation.c.id))
    .values(reachable=given(_conversation.c.reachable))
)


async def drop_campaigns(on: Executor, conversation: int) -> None:
    """Give up the marketing that waits for one chat, since its customer wants none any more."""
    await _DROP_CAMPAIGNS.run(
        on, conversation_id=conversation, priority=PRIORITIES.index("campaign"), failure=WITHDRAWN
    )


class PostgresOutbox:
    """The outbox as its sender uses it; each call is a transaction of its own.

    A message waits until it is sent or given up. Its lease keeps it with the process whose turn posted it; one whose
    lease has run out was left by a crash.
    """

    def __init__(self, database: Database, clock: Clock, *, owner: str, lease: timedelta = LEASE) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner
        self._lease = lease

    async def unsent(self, conversation: int) -> tuple[Posted, ...]:
        """All that waits for one chat, in order, whoever has it."""
        return await self._opened(await _UNSENT.rows(self._database.pool, conversation_id=conversation))

    async def mark_sent(self, batch: Sequence[tuple[int, str | None]]) -> None:
        """Messages were sent: their ids, each with the channel's message id."""
        ids, messages = [number for number, _ in batch], [message for _, message in batch]
        await _MARK_SENT.run(self._database.pool, ids=ids, messages=messages, sent_at=self._clock.now())

    async def mark_failed(self, posted: int, reason: str, attempts: int) -> None:
        """A message is given up for good after so many calls; `reason` says why."""
        await _MARK_FAILED.run(self._database.pool, id=posted, failure=reason, attempts=attempts)

    async def claim_abandoned(self, now: datetime, limit: int) -> tuple[Posted, ...]:
        """Take over what was left: at most `limit` chats, all that waits in each, oldest first and in order."""
        rows = await _CLAIM.rows(
            self._database.pool, now=now, limit=limit, owner=self._owner, lease_until=now + self._lease
        )
        return await self._opened(rows)

    async def _opened(self, rows: Sequence[Any]) -> tuple[Posted, ...]:
        """The messages that can be read; the others, whose people were erased, are given up."""
        sealing = Sealing(self._database.keys, self._database.pool)
        posted = await sealing.open_all(rows, "content", place, decode_posted)
        for number in {row["id"] for row in rows} - {one.id for one in posted}:
            await self.mark_failed(number, ERASED, 0)
        return tuple(posted)

    async def message_of(self, conversation: int, slot: str) -> str | None:
        """The channel's id of the message last sent in a slot."""
        message: str | None = await _MESSAGE_OF.value(self._database.pool, conversation_id=conversation, slot=slot)
        return message

    async def drop_unsent(self, conversation: int) -> None:
        """Give up all that waits for one chat, since its customer cannot be reached."""
        await _DROP_UNSENT.run(self._database.pool, conversation_id=conversation, failure=UNREACHABLE)

    async def set_reachable(self, conversation: int, reachable: bool) -> None:
        """Remember whether the channel still lets us write to this person."""
        await _SET_REACHABLE.run(self._database.pool, id=conversation, reachable=reachable)
