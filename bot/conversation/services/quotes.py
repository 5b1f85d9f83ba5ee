"""Quotes: made, tried out with other terms, kept, and shown again as they were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from bot.conversation.ports import StoredQuote
from bot.conversation.quotes_shown import keep_shown
from bot.conversation.rendering import trimmed, trimmed_figure
from bot.conversation.services.call import Call, Result
from bot.core.values import Money, Months, Text, Values
from bot.ledger.audit import CUSTOMER
from bot.products.catalogue import Product
from bot.products.comparison import comparison_table, comparison_text
from bot.products.ladder import less, longer, more, shorter
from bot.products.quote import Quote, Refusal, make_quote, quote_pages, schedule_table, short_quote

MOST_KEPT: Final = 5
"""Quotes that are offered to come back to; older ones stay stored."""

MOST_COMPARED: Final = 3
"""Quotes side by side that a phone can show."""


async def quote(call: Call) -> Result:
    """A quote, kept as it is shown with the release whose rules made it; third parties show none."""
    if call.market.operator != "lender":
        return Result("withheld", {})
    made = quote_for(call, call.content.catalogue.product(call.text("product")))
    if not isinstance(made, Quote):
        return Result("refused", {"refusal": trimmed(made.text, call.content.texts)})
    stored = await store(call, made)
    shown = trimmed(short_quote(made), call.content.texts)
    return Result("quoted", {"quote": stored.id, "quote_text": shown, "reopened": False})


async def quote_less(call: Call) -> Result:
    """The same quote for the next smaller round amount."""
    return await _changed(call, lambda terms, product: replace(terms, amount=less(terms.amount, product.amount)))


async def quote_more(call: Call) -> Result:
    """The same quote for the next larger round amount."""
    return await _changed(call, lambda terms, product: replace(terms, amount=more(terms.amount, product.amount)))


async def quote_shorter(call: Call) -> Result:
    """The same quote over the next shorter usual term."""
    return await _changed(call, lambda terms, product: replace(terms, months=shorter(terms.months, product.months)))


async def quote_longer(call: Call) -> Result:
    """The same quote over the next longer usual term."""
    return await _changed(call, lambda terms, product: replace(terms, months=longer(terms.months, product.months)))


async def whole_quote(call: Call) -> Result:
    """Everything the last quote showed, with its whole schedule, from what was stored of it."""
    latest = await call.work.quotes.latest(call.conversation.id)
    if latest is None:
        return Result("none", {})
    pages = tuple(trimmed(page, call.content.texts) for page in quote_pages(latest.values))
    return Result(
        "shown", {"quote_pages": pages, "schedule": trimmed_figure(schedule_table(latest.values), call.content.texts)}
    )


async def keep_quote(call: Call) -> Result:
    """Keep the last quote for coming back to it."""
    latest = await call.work.quotes.latest(call.conversation.id)
    if latest is None:
        return Result("none", {})
    await call.work.quotes.keep(latest.id, call.now)
    await call.work.track(call.conversation.id, "quote_kept", {"product": latest.product}, call.now)
    kept = await call.work.quotes.kept(call.conversation.id, MOST_KEPT)
    return Result("kept", {"kept_count": len(kept)})


async def list_quotes(call: Call) -> Result:
    """The quotes that were kept, the newest first: a line and a number for each."""
    kept = await call.work.quotes.kept(call.conversation.id, MOST_KEPT)
    today = call.market.today(call.now)
    lines = tuple(
        trimmed(Text("quotes.line", {**one.values, "number": number, "state": _state(one, today)}), call.content.texts)
        for number, one in enumerate(kept, start=1)
    )
    numbers = tuple(f"q{number}" for number in range(1, len(kept) + 1))
    return Result("found" if kept else "none", {"quote_lines": lines, "kept_quotes": numbers, "kept_count": len(kept)})


async def reopen_quote(call: Call) -> Result:
    """The terms of a kept quote, chosen by its number, to be quoted as of today; rates may have changed since."""
    kept = await call.work.quotes.kept(call.conversation.id, MOST_KEPT)
    place = call.text("kept_quote").removeprefix("q")
    if not place.isdecimal() or not 1 <= int(place) <= len(kept):
        return Result("none", {})
    values = kept[int(place) - 1].values
    if not any(product.id == values["product_id"] for product in call.content.catalogue.products):
        return Result("none", {})
    terms = {"product": values["product_id"], "amount": values["principal"], "months": values["months"]}
    return Result("reopened", {**terms, "method": values["method_id"], "reopened": True})


async def compare_quotes(call: Call) -> Result:
    """The quotes that were kept side by side; with fewer than two, the last one shown is taken in."""
    found = list(await call.work.quotes.kept(call.conversation.id, MOST_COMPARED))
    latest = await call.work.quotes.latest(call.conversation.id)
    if latest is not None and len(found) < MOST_COMPARED and latest.id not in {one.id for one in found}:
        found.insert(0, latest)
    if len(found) < 2:
        return Result("few", {})
    return Result("compared", compared(call, [one.values for one in found]))


async def let_quotes_go(call: Call) -> Result:
    """Forget which quotes were kept."""
    await call.work.quotes.let_go(call.conversation.id)
    return Result("gone", {})


def compared(call: Call, quotes: list[Values]) -> Values:
    """A comparison as values for a step: its words and its table."""
    return {
        "compared_products": tuple(str(product) for product in dict.fromkeys(one["product_id"] for one in quotes)),
        "comparison_text": trimmed(comparison_text(quotes), call.content.texts),
        "comparison": trimmed_figure(comparison_table(quotes), call.content.texts),
    }


async def store(call: Call, made: Quote) -> StoredQuote:
    """Store a quote that is about to be shown, unchanged from then on."""
    return await keep_shown(call.work, call.conversation.id, made, call.content.number, call.now, CUSTOMER)


def quote_for(call: Call, product: Product, *, within: bool = False) -> Quote | Refusal:
    """The quote of `product` for the amount, term and method that the flow passes, as usual where it passes none.

    With `within`, amount and term are brought within what the product offers.
    """
    terms = _terms(call, product)
    if within:
        terms = replace(
            terms, amount=product.amount.nearest(terms.amount), months=int(product.months.nearest(terms.months))
        )
    return _made(call, product, terms)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a quote is asked for."""

    amount: Decimal
    months: int


def _terms(call: Call, product: Product) -> _Terms:
    amount, months = call.values.get("amount"), call.values.get("months")
    return _Terms(
        amount.amount if isinstance(amount, Money) else product.amount.usual,
        months.count if isinstance(months, Months) else int(product.months.usual),
    )


def _made(call: Call, product: Product, terms: _Terms) -> Quote | Refusal:
    method, purpose = call.text("method"), call.text("purpose")
    return make_quote(
        call.content.catalogue,
        product.id,
        amount=terms.amount,
        months=terms.months,
        start=call.market.today(call.now),
        method=method if method in product.methods else None,
        purpose=purpose or None,
    )


async def _changed(call: Call, change: Callable[[_Terms, Product], _Terms]) -> Result:
    product = call.content.catalogue.product(call.text("product"))
    terms = change(_terms(call, product), product)
    values = {**call.values, "amount": Money(terms.amount, call.market.currency), "months": Months(terms.months)}
    result = await quote(replace(call, values=values))
    return Result(result.outcome, {**result.values, "amount": values["amount"], "months": values["months"]})


def _state(stored: StoredQuote, today: date) -> Text:
    """Whether a kept quote still holds."""
    until = stored.values["valid_until"]
    holds = isinstance(until, date) and today <= until
    return Text("quotes.holds" if holds else "quotes.over", {"until": until})
