"""Quotes side by side: what differs, and which is lightest in which respect."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bot.core.values import Money, Rate, Text, Values
from bot.products.catalogue import Catalogue
from bot.products.comparison import comparison_table, comparison_text, offer_table
from bot.products.quote import Quote, make_quote, quote_on_terms, quote_values
from bot.texts.texts import Texts


def quoted(catalogue: Catalogue, product: str, amount: int, months: int) -> Values:
    quote = make_quote(catalogue, product, amount=Decimal(amount), months=months, start=date(2026, 11, 25))
    assert isinstance(quote, Quote)
    return quote_values(quote)


def verdicts(texts: Texts, *quotes: Values) -> str:
    return texts.render(comparison_text(quotes), "en")


def test_a_column_for_each_quote_and_a_row_for_each_respect(catalogue: Catalogue) -> None:
    table = comparison_table(
        [quoted(catalogue, "equipment", 100_000, 12), quoted(catalogue, "park_package", 100_000, 12)]
    )
    assert table.head[1:] == (Text("product.equipment.name"), Text("product.park_package.name"))
    assert {len(row) for row in table.rows} == {3}


def test_the_cheapest_the_least_and_the_lightest_are_named(catalogue: Catalogue, texts: Texts) -> None:
    shown = verdicts(
        texts, quoted(catalogue, "working_capital", 100_000, 12), quoted(catalogue, "park_package", 100_000, 12)
    )
    assert "Lowest annual cost: <b>Park package</b>" in shown
    assert "Smallest single payment: <b>Park package</b>" in shown


def test_of_unlike_amounts_only_the_annual_cost_is_compared(catalogue: Catalogue, texts: Texts) -> None:
    shown = verdicts(
        texts, quoted(catalogue, "working_capital", 100_000, 12), quoted(catalogue, "park_package", 200_000, 12)
    )
    assert "Lowest annual cost" in shown
    assert "Least paid" not in shown


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_lender_risk_and_estimate_stand_with_every_comparison(catalogue: Catalogue, texts: Texts, locale: str) -> None:
    quote = quoted(catalogue, "equipment", 100_000, 12)
    shown = texts.render(comparison_text([quote, quote]), locale)
    for key in ("lender.rivergate", "risk.warning", "quote.estimate", "compare.alike"):
        assert texts.render(Text(key), locale) in shown


def test_a_lenders_offer_stands_beside_what_was_asked_for_also_on_terms_that_no_product_publishes(
    catalogue: Catalogue,
) -> None:
    asked = quoted(catalogue, "equipment", 100_000, 12)
    offered = quote_on_terms(
        catalogue, "equipment", amount=Decimal(1_000), months=7, annual=Decimal("0.072"), start=date(2026, 11, 25), method="annuity"
    )  # fmt: skip
    table = offer_table(asked, quote_values(offered))
    assert table.head == (Text("compare.what"), Text("offer.asked"), Text("offer.offered"))
    rows = {row[0].key: row[1:] for row in table.rows if isinstance(row[0], Text)}
    assert rows["compare.principal"] == (Money(Decimal("100000.00"), "CNY"), Money(Decimal("1000.00"), "CNY"))
    assert rows["compare.rate"] == (asked["rate"], Rate(Decimal("0.072")))
