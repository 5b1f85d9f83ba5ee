"""What was said in a conversation, read back from inbox and outbox."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from bot.applications.consent import text_hash
from bot.conversation.ports import TranscriptLine
from bot.dialogs.codec import decode_event
from bot.storage.messages import decode_message
from bot.storage.rows import InboxRow, OutboxRow, table
from bot.storage.sql import Executor, compiled, given
from bot.storage.transcripts import Heard, Told, lines_of

_inbox: Final = table(InboxRow)
_outbox: Final = table(OutboxRow)

SHOWN: Final = compiled(
    sa.select(_outbox.c.html)
    .where(
        _outbox.c.conversation_id == given(_outbox.c.conversation_id),
        _outbox.c.slot == given(_outbox.c.slot),
        _outbox.c.failure.is_(None),
    )
    .order_by(_outbox.c.id.desc())
    .limit(1)
)


def _below() -> sa.Select[Any]:
    """A message sent anew is one more in the chat; one that is changed in place is not."""
    anew = (_outbox.c.conversation_id == given(_outbox.c.conversation_id), ~_outbox.c.edit, _outbox.c.failure.is_(None))
    last = (
        sa.select(sa.func.max(_outbox.c.id).label("max"))
        .where(*anew, _outbox.c.slot == given(_outbox.c.slot))
        .cte("last")
    )
    since = sa.select(sa.func.count()).where(*anew, _outbox.c.id > last.c.max).select_from(_outbox).scalar_subquery()
    return sa.select(since).where(last.c.max.is_not(None)).select_from(last)


BELOW: Final = compiled(_below())


def _last(rows: sa.Table, order: sa.Column[Any], *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The last rows of a conversation, newest first."""
    return (
        sa.select(rows)
        .where(rows.c.conversation_id == given(rows.c.conversation_id), *conditions)
        .order_by(order.desc())
        .limit(sa.bindparam("lines", type_=sa.BigInteger))
    )


_HEARD: Final = compiled(_last(_inbox, _inbox.c.at, _inbox.c.event.is_not(None)))
_TOLD: Final = compiled(_last(_outbox, _outbox.c.id, _outbox.c.failure.is_(None)))


_ALL_TOLD: Final = compiled(
    sa.select(_outbox)
    .where(_outbox.c.conversation_id == given(_outbox.c.conversation_id), _outbox.c.failure.is_(None))
    .order_by(_outbox.c.id.desc())
)


async def shown_as(on: Executor, conversation: int, sha256: str) -> str | None:
    """The message of a conversation whose text has this hash; None where it is gone."""
    told = (decode_message(row).html for row in await _ALL_TOLD.rows(on, conversation_id=conversation))
    return next((html for html in told if text_hash(html) == sha256), None)


async def transcript(on: Executor, conversation: int, lines: int, *, every: bool = False) -> tuple[TranscriptLine, ...]:
    """The last lines of a conversation; see `UnitOfWork.transcript`."""
    heard = await _HEARD.rows(on, conversation_id=conversation, lines=lines)
    told = await _TOLD.rows(on, conversation_id=conversation, lines=lines)
    return lines_of(
        [Heard(row["at"], decode_event(row["event"])) for row in reversed(heard)],
        [Told(row["created_at"], decode_message(row)) for row in reversed(told)],
        lines,
        every=every,
    )
