"""How repayment feels on one's own takings: shares, what to set aside, verdicts, and the picture."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.values import Money, Rate
from bot.products.burden import Burden, Takings, burden, burden_chart, burden_text
from bot.products.catalogue import Catalogue
from bot.products.quote import Quote, make_quote
from bot.texts.texts import Texts

START = date(2026, 11, 25)


def felt(
    catalogue: Catalogue, product: str, amount: int, months: int, takings: Takings, *, method: str | None = None
) -> Burden:
    quote = make_quote(catalogue, product, amount=Decimal(amount), months=months, start=START, method=method)
    assert isinstance(quote, Quote)
    return burden(quote, takings, catalogue.lender)


def test_a_level_payment_is_a_share_of_a_month(catalogue: Catalogue) -> None:
    found = felt(catalogue, "equipment", 100_000, 12, Takings(Decimal(30_000)))
    assert found.share == found.quote.rows[0].total / 30_000
    assert found.verdict == "fair"


def test_more_takings_never_make_it_heavier(catalogue: Catalogue) -> None:
    order = ("light", "fair", "heavy")
    verdicts = [
        order.index(felt(catalogue, "equipment", 100_000, 12, Takings(Decimal(takings))).verdict)
        for takings in range(5_000, 120_000, 5_000)
    ]
    assert verdicts == sorted(verdicts, reverse=True)
    assert set(verdicts) == {0, 1, 2}


def test_of_a_large_last_payment_what_to_set_aside_each_month_is_told(catalogue: Catalogue, texts: Texts) -> None:
    found = felt(catalogue, "working_capital", 120_000, 12, Takings(Decimal(20_000)))
    aside = found.quote.total_payments / 12
    assert abs(found.share * 20_000 - aside) < 1
    assert found.verdict == "heavy"
    assert "¥10,720 a month" in texts.render(burden_text(found), "en")


def test_a_harvest_that_does_not_suffice_is_said_to(catalogue: Catalogue, texts: Texts) -> None:
    found = felt(catalogue, "harvest", 50_000, 9, Takings(Decimal(40_000), harvest=True))
    assert found.verdict == "heavy"
    assert "not enough" in texts.render(burden_text(found), "en")


def test_what_is_repaid_once_is_a_calendar_filled_in_its_last_month(catalogue: Catalogue) -> None:
    chart = burden_chart(felt(catalogue, "harvest", 50_000, 9, Takings(Decimal(100_000), harvest=True)))
    assert chart.kind == "calendar"
    assert [bool(column.parts) for column in chart.columns] == [False] * 9 + [True]


def test_a_week_s_share_is_seen_against_a_week_s_takings(catalogue: Catalogue) -> None:
    found = felt(catalogue, "takings_loan", 30_000, 6, Takings(Decimal(52_000)))
    chart = burden_chart(found)
    assert {column.whole for column in chart.columns} == {Money(Decimal("12000.00"))}
    assert len(chart.columns) == len(found.quote.rows)


@pytest.mark.parametrize("locale", ["zh", "en"])
@given(takings=st.integers(1_000, 2_000_000), harvest=st.booleans(), place=st.integers(0, 1000))
def test_every_loan_on_any_takings_can_be_told_and_drawn(
    catalogue: Catalogue, texts: Texts, *, locale: str, takings: int, harvest: bool, place: int
) -> None:
    product = catalogue.products[place % len(catalogue.products)]
    method = product.methods[place % len(product.methods)]
    found = felt(
        catalogue, product.id, int(product.amount.usual), int(product.months.usual), Takings(Decimal(takings), harvest), method=method
    )  # fmt: skip
    assert texts.render(burden_text(found), locale)
    chart = burden_chart(found)
    drawn = sum((part.amount for column in chart.columns for part in column.parts), Decimal(0))
    assert drawn == found.quote.total_payments
    assert Rate(found.share).fraction > 0


def test_takings_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        Takings(Decimal(0))
