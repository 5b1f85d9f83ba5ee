"""Quotes as they were shown. One that an application rests on is sealed under that application's key, and lasts as long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa

from bot.conversation.ports import StoredQuote
from bot.core.codec import decode_all, encode_all
from bot.storage.envelope import DataKey, place_of
from bot.storage.rows import QuoteRow, table
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor, compiled, given, given_all, insertion

_quote: Final = table(QuoteRow)

_ADD: Final = compiled(insertion(_quote))
_GET: Final = compiled(sa.select(_quote).where(_quote.c.id == given(_quote.c.id)))
_RESEAL: Final = compiled(
    sa.update(_quote).where(_quote.c.id == given(_quote.c.id)).values(given_all(_quote, "values"))
)
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

    __slots__ = ("_on", "_sealing")

    def __init__(self, on: Executor, sealing: Sealing) -> None:
        self._on = on
        self._sealing = sealing

    async def add(self, quote: StoredQuote) -> None:
        """Keep a quote as it was shown."""
        await _ADD.run(
            self._on,
            id=quote.id,
            conversation_id=quote.conversation,
            product=quote.product,
            release=quote.release,
            values=await self._sealing.seal(quote.conversation, _place(quote.id), encode_all(quote.values)),
            created_at=quote.created_at,
            kept_at=quote.kept_at,
        )

    async def latest(self, conversation: int) -> StoredQuote | None:
        """The quote last shown in a conversation."""
        return next(iter(await self._read(await _LATEST.rows(self._on, conversation_id=conversation))), None)

    async def of_conversation(self, conversation: int) -> tuple[StoredQuote, ...]:
        """See `Quotes.of_conversation`."""
        return await self._read(await _OF_CONVERSATION.rows(self._on, conversation_id=conversation))

    async def keep(self, quote: str, at: datetime) -> None:
        """Note that the customer wants to come back to a quote."""
        await _KEEP.run(self._on, id=quote, kept_at=at)

    async def kept(self, conversation: int, most: int) -> tuple[StoredQuote, ...]:
        """The quotes that a customer wants to come back to, the newest shown first."""
        return await self._read(await _KEPT.rows(self._on, conversation_id=conversation, most=most))

    async def let_go(self, conversation: int) -> None:
        """The customer wants to come back to none any longer."""
        await _LET_GO.run(self._on, conversation_id=conversation)

    async def _read(self, rows: Sequence[Any]) -> tuple[StoredQuote, ...]:
        """Those that can still be read; see `Sealing.open_all`."""
        return tuple(await self._sealing.open_all(rows, "values", lambda row: _place(row["id"]), _quote_of))


async def hand_over(on: Executor, sealing: Sealing, quote: str, key: DataKey) -> None:
    """Seal a quote under the key of the application that rests on it from now on."""
    row = await _GET.row(on, id=quote)
    if row is not None:
        values = await sealing.open(_place(quote), row["values"])
        await _RESEAL.run(on, id=quote, values=key.seal(_place(quote), orjson.dumps(values)))


def _place(quote: str) -> str:
    return place_of("quote", "values", quote)


def _quote_of(row: Any, values: Any) -> StoredQuote:
    return StoredQuote(
        row["id"],
        row["conversation_id"],
        row["product"],
        row["release"],
        decode_all(values),
        row["created_at"],
        row["kept_at"],
    )
