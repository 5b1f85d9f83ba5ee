"""A quote that is about to be shown is stored first, unchanged from then on, with the release whose rules made it."""

from __future__ import annotations

import uuid
from datetime import datetime

from bot.conversation.ports import StoredQuote, UnitOfWork
from bot.ledger.audit import audited
from bot.products.quote import Quote, quote_values


async def keep_shown(  # noqa: PLR0913, PLR0917 -- whose quote, by which rules, when, and who shows it
    work: UnitOfWork, conversation: int, made: Quote, release: int, now: datetime, actor: str
) -> StoredQuote:
    """Keep `made` as a customer is shown it by `actor`, the customer's own wish or a manager's."""
    stored = StoredQuote(str(uuid.uuid4()), conversation, made.product, release, quote_values(made), now)
    await work.quotes.add(stored)
    await work.track(conversation, "quoted", {"product": made.product}, now)
    work.audit(audited("quote.shown", actor, conversation, now, quote=stored.id, product=made.product, release=release))
    return stored
