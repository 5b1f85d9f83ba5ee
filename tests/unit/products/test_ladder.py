"""Trying out a quote step by step: amounts and terms that somebody might mean."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.products.catalogue import Range
from bot.products.ladder import less, longer, more, shorter

AMOUNTS = Range(Decimal(10_000), Decimal(1_000_000), Decimal(200_000))
TERMS = Range(Decimal(1), Decimal(60), Decimal(12))
amounts = st.integers(10_000, 1_000_000).map(Decimal)


def test_amounts_go_by_round_steps() -> None:
    assert [less(Decimal(amount), AMOUNTS) for amount in (200_000, 100_000, 50_000, 12_000)] == [
        190_000,
        90_000,
        45_000,
        11_000,
    ]
    assert [more(Decimal(amount), AMOUNTS) for amount in (12_000, 50_000, 123_456, 500_000)] == [
        13_000,
        60_000,
        130_000,
        600_000,
    ]


@given(amounts)
def test_a_step_changes_an_amount_unless_it_is_at_its_bound_and_never_leaves_the_bounds(amount: Decimal) -> None:
    assert AMOUNTS.holds(less(amount, AMOUNTS))
    assert AMOUNTS.holds(more(amount, AMOUNTS))
    assert less(amount, AMOUNTS) < amount or amount == AMOUNTS.low
    assert more(amount, AMOUNTS) > amount or amount == AMOUNTS.high


@given(st.integers(1, 60))
def test_so_it_is_with_terms(months: int) -> None:
    assert shorter(months, TERMS) < months or months == 1
    assert longer(months, TERMS) > months or months == 60
    assert TERMS.holds(shorter(months, TERMS))
    assert TERMS.holds(longer(months, TERMS))
