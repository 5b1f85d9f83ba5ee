"""Quotes: made, kept as they are shown, and shown again."""

from __future__ import annotations

import uuid
from decimal import Decimal

from bot.conversation.ports import StoredQuote
from bot.conversation.rendering import trimmed
from bot.conversation.services.call import Call, Result
from bot.core.values import Money, Months
from bot.products.quote import Quote, Refusal, make_quote, quote_pages, quote_values, short_quote


async def quote(call: Call) -> Result:
    """A quote, kept as it is shown with the release whose rules made it; third parties show none."""
    if call.market.operator != "lender":
        return Result("withheld", {})
    made = _quote(call)
    if not isinstance(made, Quote):
        return Result("refused", {"refusal": trimmed(made.text, call.content.texts)})
    values = quote_values(made)
    kept = StoredQuote(
        str(uuid.uuid4()), call.conversation.id, made.product, call.content.number, values, call.now
    )  # fmt: skip
    await call.work.quotes.add(kept)
    await call.work.track(call.conversation.id, "quoted", {"product": made.product}, call.now)
    call.audit("quote.shown", quote=kept.id, product=made.product, release=call.content.number)
    return Result("quoted", {"quote": kept.id, "quote_text": trimmed(short_quote(made), call.content.texts)})


async def whole_quote(call: Call) -> Result:
    """Everything the last quote showed, with its whole schedule, from what was kept of it."""
    kept = await call.work.quotes.latest(call.conversation.id)
    if kept is None:
        return Result("none", {})
    return Result(
        "shown", {"quote_pages": tuple(trimmed(page, call.content.texts) for page in quote_pages(kept.values))}
    )


def _quote(call: Call) -> Quote | Refusal:
    amount, months, method = call.values.get("amount"), call.values.get("months"), call.values.get("method")
    catalogue = call.content.catalogue
    product = catalogue.product(call.text("product"))
    purpose = call.values.get("purpose")
    return make_quote(
        catalogue,
        product.id,
        amount=amount.amount if isinstance(amount, Money) else Decimal(product.amount.usual),
        months=months.count if isinstance(months, Months) else int(product.months.usual),
        start=call.market.today(call.now),
        method=method if isinstance(method, str) and method in product.methods else None,
        purpose=purpose if isinstance(purpose, str) else None,
    )
