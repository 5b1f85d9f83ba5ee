"""Quotes side by side: what differs between them, in one table, and which of them is lightest in which respect.

Works on quotes as they are stored, so that what was kept weeks ago compares with what is quoted now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from bot.core.errors import StateError
from bot.core.figures import Table
from bot.core.values import Money, Rate, Text, Value, Values

_ROWS: Final = (
    "principal", "months", "method", "net_received", "instalment", "last_instalment", "annual_simple", "annual_compound",
    "total_interest", "total_fees", "total_to_repay", "early_settlement_rate", "valid_until",
)  # fmt: skip

_OFFER_ROWS: Final = (
    "principal", "months", "rate", "method", "net_received", "instalment", "last_instalment", "annual_simple", "annual_compound",
    "total_interest", "total_fees", "total_to_repay",
)  # fmt: skip


def comparison_table(quotes: Sequence[Values]) -> Table:
    """A table of two or more quotes (values as `quote_values` gives them), a column each."""
    return _table([_name(quote) for quote in quotes], _ROWS, quotes)


def offer_table(asked: Values, offered: Values) -> Table:
    """What was asked for and what a lender offers instead (values as `quote_values` gives them), side by side."""
    return _table([Text("offer.asked"), Text("offer.offered")], _OFFER_ROWS, (asked, offered))


def _table(names: Sequence[Text], rows: Sequence[str], quotes: Sequence[Values]) -> Table:
    head = (Text("compare.what"), *names)
    return Table(head, tuple((Text(f"compare.{row}"), *(_cell(row, quote) for quote in quotes)) for row in rows))


def comparison_text(quotes: Sequence[Values]) -> Text:
    """What the table shows in words: which costs least a year, which least in all, which asks for the smallest payment.

    Always with lender, risk, and that these are estimates.
    """
    return Text(
        "compare.shown",
        {
            "names": tuple(_name(quote) for quote in quotes),
            "verdicts": tuple(_verdicts(quotes)),
            "lender": quotes[0]["lender"],
            "estimate": Text("quote.estimate"),
            "risk": Text("risk.warning"),
        },
    )


def _name(quote: Values) -> Text:
    name = quote["product"]
    if not isinstance(name, Text):
        raise StateError("a stored quote does not name its product")
    return name


def _cell(row: str, quote: Values) -> Value:
    if row == "method":
        return Text(f"method.short.{quote['method_id']}")
    return quote[row]


def _verdicts(quotes: Sequence[Values]) -> list[Text]:
    """One line for each respect in which one quote alone is lightest; of amounts that differ totals say nothing."""
    found = [_lightest("cheapest", [_rate(quote, "annual_simple") for quote in quotes], quotes)]
    if len({_amount(quote, "principal") for quote in quotes}) == 1:
        found.append(_lightest("least", [_amount(quote, "total_to_repay") for quote in quotes], quotes))
        found.append(_lightest("lightest", [_largest_payment(quote) for quote in quotes], quotes))
    return [text for text in found if text is not None] or [Text("compare.alike")]


def _lightest(kind: str, figures: list[Decimal], quotes: Sequence[Values]) -> Text | None:
    least = min(figures)
    if figures.count(least) > 1:
        return None
    quote = quotes[figures.index(least)]
    figure: Value = Rate(least) if kind == "cheapest" else Money(least, _currency(quote))
    return Text(f"compare.{kind}", {"product": _name(quote), "figure": figure})


def _largest_payment(quote: Values) -> Decimal:
    rows = quote["rows"]
    if not isinstance(rows, tuple):
        raise StateError("a stored quote has no rows")
    return max(_amount(row, "payment") for row in rows if isinstance(row, Mapping))


def _amount(values: Values, name: str) -> Decimal:
    found = values[name]
    if not isinstance(found, Money):
        raise StateError(f"a stored quote has no amount '{name}'")
    return found.amount


def _currency(values: Values) -> str:
    found = values["principal"]
    return found.currency if isinstance(found, Money) else ""


def _rate(values: Values, name: str) -> Decimal:
    found = values[name]
    if not isinstance(found, Rate):
        raise StateError(f"a stored quote has no rate '{name}'")
    return found.fraction
