"""What was said in a conversation, read back from inbox and outbox."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from bot.applications.consent import text_hash
from bot.conversation.ports import TranscriptLine
from bot.dialogs.codec import decode_event
from bot.storage.envelope import place_of
from bot.storage.messages import decode_message, place
from bot.storage.rows import InboxRow, OutboxRow, table
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor, compiled, given
from bot.storage.transcripts import Heard, Told, lines_of

_inbox: Final = table(InboxRow)
_outbox: Final = table(OutboxRow)

_SHOWN: Final = compiled(
    sa.select(_outbox)
    .where(
        _outbox.c.conversation_id == given(_outbox.c.conversation_id),
        _outbox.c.slot == given(_outbox.c.slot),
        _outbox.c.failure.is_(None),
        _outbox.c.content.is_not(None),
    )
    .order_by(_outbox.c.id.desc())
    .limit(1)
)

SLOT_OF: Final = compiled(
    sa.select(_outbox.c.slot)
    .where(
        _outbox.c.conversation_id == given(_outbox.c.conversation_id),
        _outbox.c.message_id == given(_outbox.c.message_id),
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
_TOLD: Final = compiled(_last(_outbox, _outbox.c.id, _outbox.c.failure.is_(None), _outbox.c.content.is_not(None)))


_ALL_TOLD: Final = compiled(
    sa.select(_outbox)
    .where(_outbox.c.conversation_id == given(_outbox.c.conversation_id), _outbox.c.failure.is_(None))
    .where(_outbox.c.content.is_not(None))
    .order_by(_outbox.c.id.desc())
)


def event_place(key: str) -> str:
    """What an event of the inbox is bound to."""
    return place_of("inbox", "event", key)


async def shown(on: Executor, sealing: Sealing, conversation: int, slot: str) -> str | None:
    """See `UnitOfWork.shown`."""
    rows = await _SHOWN.rows(on, conversation_id=conversation, slot=slot)
    return next((message.html for message in await sealing.open_all(rows, "content", place, decode_message)), None)


async def shown_as(on: Executor, sealing: Sealing, conversation: int, sha256: str) -> str | None:
    """The message of a conversation whose text has this hash; None where it is gone."""
    rows = await _ALL_TOLD.rows(on, conversation_id=conversation)
    told = (message.html for message in await sealing.open_all(rows, "content", place, decode_message))
    return next((html for html in told if text_hash(html) == sha256), None)


async def transcript(
    on: Executor, sealing: Sealing, conversation: int, lines: int, *, every: bool = False
) -> tuple[TranscriptLine, ...]:
    """The last lines of a conversation; see `UnitOfWork.transcript`."""
    heard = await _HEARD.rows(on, conversation_id=conversation, lines=lines)
    told = await _TOLD.rows(on, conversation_id=conversation, lines=lines)
    return lines_of(
        await sealing.open_all(reversed(heard), "event", lambda row: event_place(row["key"]), _heard),
        await sealing.open_all(reversed(told), "content", place, _told),
        lines,
        every=every,
    )


def _heard(row: Any, event: Any) -> Heard:
    return Heard(row["at"], decode_event(event))


def _told(row: Any, content: Any) -> Told:
    return Told(row["created_at"], decode_message(row, content))
