from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.codec import decode_all, encode_all
from bot.core.values import Money, Months, Rate, Text
from bot.products.catalogue import Catalogue, Product
from bot.products.quote import (
    NotOffered,
    OutOfRange,
    Quote,
    make_quote,
    quote_pages,
    quote_values,
    schedule_table,
    short_quote,
)
from bot.texts.texts import Texts

TODAY = date(2026, 11, 23)
PRODUCTS = (
    "equipment", "flexible", "harvest", "park_package", "platform_line", "service_cycle", "supply_order", "takings_loan",
    "working_capital",
)  # fmt: skip
TELEGRAM_LIMIT = 4096


def _quote(catalogue: Catalogue, product: str, amount: int, months: int, method: str | None = None) -> Quote:
    found = make_quote(catalogue, product, amount=Decimal(amount), months=months, start=TODAY, method=method)
    assert isinstance(found, Quote)
    return found


@st.composite
def wishes(draw: st.DrawFn, product: Product) -> dict[str, object]:
    cents = st.integers(int(product.amount.low) * 100, int(product.amount.high) * 100)
    return {
        "amount": Decimal(draw(cents)) / 100,
        "months": draw(st.integers(int(product.months.low), int(product.months.high))),
        "method": draw(st.sampled_from(product.methods)),
        "start": draw(st.dates(date(2026, 9, 20), date(2030, 12, 31))),
        "grade": draw(st.sampled_from(sorted(product.pricing.grades))),
        "purpose": draw(st.sampled_from((None, *product.purposes))),
    }


def test_a_working_capital_line_is_quoted_by_day_over_the_chosen_term(catalogue: Catalogue) -> None:
    quote = _quote(catalogue, "working_capital", 100_000, 3)
    assert quote.basis == 365
    assert [row.interest for row in quote.rows] == [Decimal("591.78"), Decimal("611.51"), Decimal("611.51")]
    assert quote.cost.simple == pytest.approx(quote.rate.annual, abs=Decimal("0.00001"))


def test_a_takings_linked_loan_is_quoted_by_even_weeks_and_names_the_takings_it_needs(
    catalogue: Catalogue, texts: Texts
) -> None:
    quote = _quote(catalogue, "takings_loan", 30_000, 6)
    assert len(quote.rows) == 26
    assert len({row.total for row in quote.rows[:-1]}) == 1
    assert quote.rows[-1].due == date(2027, 5, 23)
    assert quote.cost.simple == pytest.approx(quote.rate.annual, abs=Decimal("0.0005"))
    shown = texts.render(short_quote(quote), "en")
    assert f"¥{quote.rows[0].total:,}" in shown
    assert f"¥{quote.rows[0].total / Decimal('0.15'):,.2f}" in shown


def test_upfront_fees_lower_what_is_received_and_raise_the_annualised_cost(catalogue: Catalogue) -> None:
    quote = _quote(catalogue, "equipment", 200_000, 36)
    assert [(line.fee.payee, line.amount) for line in quote.fees] == [
        ("valuer", Decimal("600.00")),
        ("registry", Decimal("30.00")),
    ]
    assert quote.net_received == Decimal("199370.00")
    assert quote.cost.simple > quote.rate.annual == Decimal("0.063")


def test_a_monthly_fee_comes_with_every_payment(catalogue: Catalogue) -> None:
    quote = _quote(catalogue, "flexible", 10_000, 12)
    assert {row.fee for row in quote.rows} == {Decimal("2.00")}
    assert quote.total_fees == Decimal("24.00")
    assert quote.net_received == quote.principal


def test_the_total_is_everything_the_customer_pays(catalogue: Catalogue) -> None:
    quote = _quote(catalogue, "harvest", 50_000, 9)
    assert quote.total_to_repay == quote.principal + quote.total_interest + Decimal("250.00")


def test_a_term_of_five_years_takes_the_base_rate_for_five_years(catalogue: Catalogue) -> None:
    quote = _quote(catalogue, "equipment", 200_000, 60)
    assert (quote.rate.base.id, quote.rate.annual) == ("lpr_5y", Decimal("0.068"))


def test_penalties_follow_from_the_contract_rate(catalogue: Catalogue) -> None:
    quote = _quote(catalogue, "working_capital", 100_000, 12)
    assert (quote.overdue_rate, quote.misuse_rate) == (Decimal("0.1080"), Decimal("0.1440"))


def test_a_quote_holds_for_the_lenders_days(catalogue: Catalogue) -> None:
    assert _quote(catalogue, "harvest", 50_000, 9).valid_until == date(2026, 11, 30)


def test_an_amount_out_of_range_is_answered_with_the_range(catalogue: Catalogue, texts: Texts) -> None:
    refusal = make_quote(catalogue, "harvest", amount=Decimal(1_000_000), months=9, start=TODAY)
    assert refusal == OutOfRange("amount", Money(Decimal(5000)), Money(Decimal(200_000)))
    assert "¥5,000 to ¥200,000" in texts.render(refusal.text, "en")


def test_a_term_out_of_range_is_answered_with_the_range(catalogue: Catalogue, texts: Texts) -> None:
    refusal = make_quote(catalogue, "harvest", amount=Decimal(50_000), months=13, start=TODAY)
    assert refusal == OutOfRange("months", Months(3), Months(12))
    assert "3个月到1年" in texts.render(refusal.text, "zh")


@pytest.mark.parametrize(("field", "wish"), [("method", "annuity"), ("grade", "triple-a"), ("guarantee", "my cousin")])
def test_what_is_not_offered_is_answered_with_what_is(
    catalogue: Catalogue, texts: Texts, field: str, wish: str
) -> None:
    refusal = make_quote(catalogue, "harvest", amount=Decimal(50_000), months=9, start=TODAY, **{field: wish})
    assert isinstance(refusal, NotOffered)
    assert refusal.field == field
    assert all(texts.render(refusal.text, locale) for locale in texts.locales)


def test_amounts_are_taken_to_the_cent(catalogue: Catalogue) -> None:
    quote = make_quote(catalogue, "harvest", amount=Decimal("50000.005"), months=9, start=TODAY)
    assert isinstance(quote, Quote)
    assert quote.principal == Decimal("50000.01")


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_quote_shows_everything_that_must_be_shown(catalogue: Catalogue, texts: Texts, product: str) -> None:
    usual = catalogue.product(product)
    quote = _quote(catalogue, product, int(usual.amount.usual), int(usual.months.usual))
    shown = quote_values(quote)
    page = "\n".join(texts.render(page, "en") for page in quote_pages(shown))
    named = [
        "lender", "guarantor", "principal", "net_received", "months", "method", "rate", "base", "reset", "basis",
        "annual_simple", "annual_compound", "total_interest", "total_to_repay", "overdue_rate", "misuse_rate",
        "early_settlement", "valid_until", "estimate", "risk",
    ]  # fmt: skip
    for name in named:
        assert any(name in texts.placeholders(f"quote.whole.{part}") for part in ("terms", "costs", "cases")), name
    assert isinstance(shown["rate"], Rate)
    for words in ("Rivergate Microfinance", "subject to approval", "Loans carry risk; borrow with care.", "(simple)"):
        assert words in page


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("product", PRODUCTS)
def test_the_longest_quote_fits_into_messages(catalogue: Catalogue, texts: Texts, product: str, locale: str) -> None:
    offered = catalogue.product(product)
    for method in offered.methods:
        quote = _quote(catalogue, product, int(offered.amount.high), int(offered.months.high), method)
        pages = [texts.render(page, locale) for page in (short_quote(quote), *quote_pages(quote_values(quote)))]
        assert max(map(len, pages)) <= TELEGRAM_LIMIT // 4


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_loan_of_one_payment_is_said_to_be_one(catalogue: Catalogue, texts: Texts, locale: str) -> None:
    quote = _quote(catalogue, "working_capital", 100_000, 1)
    words = {"zh": "2026年12月23日一次还<b>¥100,591.78</b>", "en": "<b>¥100,591.78</b> in one payment on Dec 23, 2026"}
    assert words[locale] in texts.render(short_quote(quote), locale)


def test_a_stored_quote_is_shown_again_as_it_was(catalogue: Catalogue) -> None:
    quote = _quote(catalogue, "flexible", 10_000, 18)
    stored = json.dumps(encode_all(quote_values(quote)))
    again = decode_all(json.loads(stored))
    assert quote_pages(again) == quote_pages(quote_values(quote))
    assert schedule_table(again) == schedule_table(quote_values(quote))


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_schedule_has_a_row_for_each_payment_and_fees_only_where_there_are_some(
    catalogue: Catalogue, texts: Texts, product: str
) -> None:
    offered = catalogue.product(product)
    quote = _quote(catalogue, product, int(offered.amount.usual), int(offered.months.usual))
    table = schedule_table(quote_values(quote))
    assert len(table.rows) == len(quote.rows)
    assert (Text("schedule.fee") in table.head) == any(row.fee for row in quote.rows)
    assert {len(row) for row in table.rows} == {len(table.head)}


@pytest.mark.parametrize("product", PRODUCTS)
@given(data=st.data())
def test_every_quote_adds_up_and_survives_its_codec(catalogue: Catalogue, product: str, data: st.DataObject) -> None:
    wish = data.draw(wishes(catalogue.product(product)))
    quote = make_quote(catalogue, product, **wish)  # type: ignore[arg-type]  # drawn to fit
    assert isinstance(quote, Quote)
    assert quote.total_to_repay == quote.principal + quote.total_interest + quote.total_fees
    assert quote.net_received == quote.principal - quote.upfront_fees
    assert quote.cost.simple >= quote.rate.annual - Decimal("0.0001")
    values = quote_values(quote)
    assert decode_all(json.loads(json.dumps(encode_all(values)))) == values


@given(data=st.data())
def test_no_quote_reaches_24_percent_a_year(catalogue: Catalogue, data: st.DataObject) -> None:
    product = data.draw(st.sampled_from(catalogue.products))
    quote = make_quote(catalogue, product.id, **data.draw(wishes(product)))  # type: ignore[arg-type]  # drawn to fit
    assert isinstance(quote, Quote)
    assert quote.cost.simple < Decimal("0.24")
