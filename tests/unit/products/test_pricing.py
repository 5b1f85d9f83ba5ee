from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bot.core.errors import ContentError
from bot.products.catalogue import Catalogue
from bot.products.pricing import price

TODAY = date(2026, 11, 23)


def test_the_contract_rate_is_base_rate_plus_spread(catalogue: Catalogue) -> None:
    parts = price(catalogue.product("working_capital").pricing, catalogue.lender.base_rate(12, TODAY))
    assert (parts.base.rate, parts.spread, parts.annual) == (Decimal("0.03"), 420, Decimal("0.072"))


def test_grade_purpose_and_guarantee_add_to_the_spread(catalogue: Catalogue) -> None:
    pricing, base = catalogue.product("working_capital").pricing, catalogue.lender.base_rate(12, TODAY)
    assert price(pricing, base, grade="c").spread == 540
    assert price(pricing, base, grade="a", purpose="bridge", guarantee="guarantor").spread == 350


def test_a_purpose_without_a_price_adds_nothing(catalogue: Catalogue) -> None:
    pricing, base = catalogue.product("working_capital").pricing, catalogue.lender.base_rate(12, TODAY)
    assert price(pricing, base, purpose="stock") == price(pricing, base)


@pytest.mark.parametrize(
    ("on", "months", "rate"),
    [
        (date(2026, 9, 19), 12, "0.0300"),
        (date(2026, 9, 20), 12, "0.0300"),
        (date(2026, 9, 20), 59, "0.0300"),
        (date(2026, 9, 20), 60, "0.0350"),
        (date(2024, 10, 20), 12, "0.0335"),
        (date(2024, 10, 21), 12, "0.0310"),
        (date(2024, 10, 21), 60, "0.0360"),
    ],
)
def test_the_base_rate_is_the_last_one_published_for_the_term(
    catalogue: Catalogue, on: date, months: int, rate: str
) -> None:
    assert catalogue.lender.base_rate(months, on).rate == Decimal(rate)


def test_a_day_before_the_first_publication_is_an_error_of_the_content(catalogue: Catalogue) -> None:
    with pytest.raises(ContentError, match=r"lender\.yaml: base_rates: add the base rate in force on 2001-01-01"):
        catalogue.lender.base_rate(12, date(2001, 1, 1))
