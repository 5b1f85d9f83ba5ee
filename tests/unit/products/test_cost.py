from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.products.cost import AnnualCost, annual_cost, simple_rate
from bot.products.repayment import METHODS, Loan, Payment, add_months, flat_fee, schedule
from tests.unit.products.test_repayment import every_method, loans

DAY = date(2024, 1, 31)


def _cost(method: str, loan: Loan, upfront: str = "0", monthly: str = "0") -> AnnualCost:
    rows = schedule(method, loan, Decimal(monthly))
    return annual_cost(loan.principal - Decimal(upfront), loan.start, rows, dated=METHODS[method].daily)


def test_the_regulators_example_costs_12_80_percent_simple_and_13_58_compound() -> None:
    rows = [
        Payment(number, add_months(DAY, number), Decimal("8833.30"), Decimal(0), Decimal(0)) for number in range(1, 13)
    ]
    cost = annual_cost(Decimal(99_000), DAY, rows, dated=False)
    assert cost.simple.quantize(Decimal("0.0001")) == Decimal("0.1280")
    assert cost.compound.quantize(Decimal("0.0001")) == Decimal("0.1358")


@pytest.mark.parametrize("method", ["annuity", "equal_principal", "interest_only"])
def test_without_fees_the_simple_figure_of_a_monthly_loan_is_its_contract_rate(method: str) -> None:
    cost = _cost(method, Loan(Decimal(100_000), Decimal("0.072"), 12, DAY))
    assert cost.simple == pytest.approx(Decimal("0.072"), abs=Decimal("0.00001"))
    assert cost.compound == pytest.approx(Decimal("0.074424"), abs=Decimal("0.00001"))


@pytest.mark.parametrize("method", ["bullet", "interest_only_daily"])
@pytest.mark.parametrize("months", [1, 6, 12])
def test_without_fees_the_simple_figure_of_a_loan_by_day_is_its_contract_rate(method: str, months: int) -> None:
    cost = _cost(method, Loan(Decimal(100_000), Decimal("0.0585"), months, DAY))
    assert cost.simple == pytest.approx(Decimal("0.0585"), abs=Decimal("0.000005"))
    assert cost.dated


def test_a_year_of_360_days_costs_more_than_its_contract_rate_says() -> None:
    cost = _cost("bullet", Loan(Decimal(100_000), Decimal("0.072"), 12, DAY, basis=360))
    assert cost.simple == pytest.approx(Decimal("0.073"), abs=Decimal("0.000005"))


def test_a_bullet_over_a_whole_year_has_its_xirr_as_compound_figure() -> None:
    cost = _cost("bullet", Loan(Decimal(100_000), Decimal("0.06"), 12, date(2026, 1, 1)))
    assert cost.compound == Decimal("0.060000")


def test_an_upfront_fee_raises_the_cost_more_the_shorter_the_loan() -> None:
    short = _cost("annuity", Loan(Decimal(10_000), Decimal("0.10"), 3, DAY), upfront="100")
    long = _cost("annuity", Loan(Decimal(10_000), Decimal("0.10"), 18, DAY), upfront="100")
    assert short.simple > long.simple > Decimal("0.10")


def test_a_monthly_fee_counts_like_interest() -> None:
    assert _cost("interest_only", Loan(Decimal(12_000), Decimal("0.12"), 12, DAY), monthly="10").simple == Decimal(
        "0.13"
    )


def test_a_loan_without_interest_and_fees_costs_nothing() -> None:
    for method in METHODS:
        cost = _cost(method, Loan(Decimal(1200), Decimal(0), 12, DAY))
        assert (cost.simple, cost.compound) == (Decimal(0), Decimal(0))


def test_a_flat_fee_costs_nearly_twice_what_it_is_called() -> None:
    cost = annual_cost(Decimal(100_000), DAY, flat_fee(Decimal(100_000), Decimal("0.006"), 12, DAY), dated=False)
    assert (cost.simple, cost.compound) == (Decimal("0.130342"), Decimal("0.138418"))


def test_flows_that_no_rate_explains_are_refused() -> None:
    with pytest.raises(ValueError, match="no annual rate"):
        simple_rate([DAY, add_months(DAY, 1)], [-1.0, 1000.0])


# Where cents are a large part of the loan, rounding alone moves the rate: the smallest loan here is 1,000.
sound_loans = loans().filter(lambda loan: loan.principal >= 1000)
fees = st.integers(100, 5_000).map(lambda cents: Decimal(cents) / 100)


@given(every_method, sound_loans, fees)
def test_with_fees_the_annualised_cost_is_never_below_the_contract_rate(method: str, loan: Loan, fee: Decimal) -> None:
    cost = _cost(method, loan, upfront=str(fee))
    assert cost.simple >= loan.annual_rate - Decimal("0.00001")


@given(every_method, sound_loans, fees)
def test_compound_is_never_below_the_cost_without_fees_and_a_fee_never_lowers_it(
    method: str, loan: Loan, fee: Decimal
) -> None:
    assert _cost(method, loan, upfront=str(fee)).compound >= _cost(method, loan).compound


@given(sound_loans)
def test_both_definitions_of_simple_agree_on_equal_months(loan: Loan) -> None:
    """Periods of 73 days are fifths of a year, as months are twelfths: the rate of one period must be the same."""
    rows = schedule("annuity", loan)
    equal = [date.fromordinal(loan.start.toordinal() + 73 * number) for number in range(loan.months + 1)]
    by_day = simple_rate(equal, [-float(loan.principal), *(float(row.total) for row in rows)])
    monthly = annual_cost(loan.principal, loan.start, rows, dated=False)
    assert by_day / 5 * 12 == pytest.approx(float(monthly.simple), abs=1e-5)
