"""Quotes as they were shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.conversation.ports import StoredQuote
from bot.core.codec import decode_all, encode_all
from bot.storage.rows import QuoteRow, table
from bot.storage.sql import Executor, compiled, given, insertion

_quote: Final = table(QuoteRow)

_ADD: Final = compiled(insertion(_quote))
_LATEST: Final = compiled(
    sa.select(_quote)
    .where(_quote.c.conversation_id == given(_quote.c.conversation_id))
    .order_by(_quote.c.sequence.desc())
    .limit(1)
)
_OF_CONVERSATION: Final = compiled(
    sa.select(_quote).where(_quote.c.conversation_id == given(_quote.c.conversation_id)).order_by(_quote.c.sequence)
)
_KEEP: Final = compiled(
    sa.update(_quote)
    .where(_quote.c.id == given(_quote.c.id), _quote.c.kept_at.is_(None))
    .values(kept_at=given(_quote.c.kept_at))
)
_KEPT: Final = compiled(
    sa.select(_quote)
    .where(_quote.c.conversation_id == given(_quote.c.conversation_id), _quote.c.kept_at.is_not(None))
    .order_by(_quote.c.sequence.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_LET_GO: Final = compiled(
    sa.update(_quote)
    .where(_quote.c.conversation_id == given(_quote.c.conversation_id), _quote.c.kept_at.is_not(None))
    .values(kept_at=sa.null())
)


class PostgresQuotes:
    """See `Quotes`."""

    __slots__ = ("_on",)

    def __init__(self, on: Executor) -> None:
        self._on = on

    async def add(self, quote: StoredQuote) -> None:
        """Keep a quote as it was shown."""
        await _ADD.run(
            self._on,
            id=quote.id,
            conversation_id=quote.conversation,
            product=quote.product,
            release=quote.release,
            values=encode_all(quote.values),
            created_at=quote.created_at,
            kept_at=quote.kept_at,
        )

    async def latest(self, conversation: int) -> StoredQuote | None:
        """The quote last shown in a conversation."""
        row = await _LATEST.row(self._on, conversation_id=conversation)
        return row and _quote_of(row)

    async def of_conversation(self, conversation: int) -> tuple[StoredQuote, ...]:
        """See `Quotes.of_conversation`."""
        return tuple(map(_quote_of, await _OF_CONVERSATION.rows(self._on, conversation_id=conversation)))

    async def keep(self, quote: str, at: datetime) -> None:
        """Note that the customer wants to come back to a quote."""
        await _KEEP.run(self._on, id=quote, kept_at=at)

    async def kept(self, conversation: int, most: int) -> tuple[StoredQuote, ...]:
        """The quotes that a customer wants to come back to, the newest shown first."""
        rows = await _KEPT.rows(self._on, conversation_id=conversation, most=most)
        return tuple(_quote_of(row) for row in rows)

    async def let_go(self, conversation: int) -> None:
        """The customer wants to come back to none any longer."""
        await _LET_GO.run(self._on, conversation_id=conversation)


def _quote_of(row: Any) -> StoredQuote:
    return StoredQuote(
        row["id"],
        row["conversation_id"],
        row["product"],
        row["release"],
        decode_all(row["values"]),
        row["created_at"],
        row["kept_at"],
    )
