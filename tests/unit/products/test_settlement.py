from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.products.repayment import METHODS, ZERO, Loan, add_months, schedule, to_cent
from bot.products.settlement import settled_loan
from tests.unit.products.test_repayment import every_method, loans

DAY = date(2024, 1, 31)
YEAR = Loan(Decimal(100_000), Decimal("0.072"), 12, DAY)


def test_the_worked_annuity_settled_after_six_months_pays_the_balance_and_its_fee_with_the_sixth() -> None:
    rows = settled_loan("annuity", YEAR, 6, Decimal("0.01"))
    left = schedule("annuity", YEAR)[5].balance
    assert left == Decimal("50897.20")
    assert len(rows) == 6
    assert rows[-1].fee == Decimal("508.97")
    assert rows[-1].total == Decimal("8661.90") + left + Decimal("508.97")


def test_a_bullet_settled_early_pays_the_interest_of_its_actual_days_only() -> None:
    (row,) = settled_loan("bullet", Loan(Decimal(100_000), Decimal("0.073"), 12, date(2026, 1, 1)), 3, Decimal("0.005"))
    assert (row.due, row.interest, row.fee) == (date(2026, 4, 1), Decimal("1800.00"), Decimal("500.00"))


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("after", [0, 12, 13, -1])
def test_it_is_settled_after_its_first_month_and_before_its_last(method: str, after: int) -> None:
    with pytest.raises(ValueError, match="settled"):
        settled_loan(method, YEAR, after, ZERO)


@given(every_method, loans().filter(lambda loan: loan.months > 1), st.data())
def test_settling_early_repays_the_principal_and_never_costs_more_interest(
    method: str, loan: Loan, data: st.DataObject
) -> None:
    after = data.draw(st.integers(1, loan.months - 1))
    rows, whole = settled_loan(method, loan, after, Decimal("0.01")), schedule(method, loan)
    assert sum(row.principal for row in rows) == loan.principal
    assert rows[-1].balance == ZERO
    assert rows[-1].due == add_months(loan.start, after)
    assert sum(row.interest for row in rows) <= sum(row.interest for row in whole)
    assert sum(row.fee for row in rows) <= to_cent(loan.principal / 100)
