from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.products.repayment import ZERO, to_cent
from bot.products.turnover import TurnoverLoan, weekly_payments

DAY = date(2026, 3, 2)
LOAN = TurnoverLoan(Decimal(10_000), Decimal("0.073"), Decimal("0.2"), DAY)

amounts = st.integers(100_00, 500_000_00).map(lambda cents: Decimal(cents) / 100)
weeks = st.lists(st.integers(0, 100_000_00).map(lambda cents: Decimal(cents) / 100), max_size=60)
every_loan = st.builds(
    TurnoverLoan,
    principal=amounts,
    annual_rate=st.integers(0, 3600).map(lambda points: Decimal(points) / 10_000),
    share=st.integers(1, 100).map(lambda percent: Decimal(percent) / 100),
    start=st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    basis=st.sampled_from((360, 365)),
    fixed_fee=st.integers(0, 5_000_00).map(lambda cents: Decimal(cents) / 100),
)


def _ended(loan: TurnoverLoan, days: int) -> TurnoverLoan:
    return TurnoverLoan(
        loan.principal, loan.annual_rate, loan.share, loan.start, loan.basis, loan.fixed_fee,
        loan.start + timedelta(days=days),
    )  # fmt: skip


def test_the_worked_loan_pays_a_share_of_each_weeks_takings_until_all_is_repaid() -> None:
    rows = weekly_payments(LOAN, [Decimal(20_000), Decimal(0), Decimal(50_000), Decimal(70_000)])
    assert [(row.total, row.interest, row.balance) for row in rows] == [
        (Decimal("4000.00"), Decimal("14.00"), Decimal("6014.00")),
        (ZERO, ZERO, Decimal("6014.00")),
        (Decimal("6030.84"), Decimal("16.84"), ZERO),
    ]
    assert [row.due for row in rows] == [date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 23)]


def test_an_instalment_smaller_than_the_interest_leaves_the_rest_waiting_without_interest() -> None:
    loan = TurnoverLoan(Decimal(10_000), Decimal("0.365"), Decimal("0.1"), DAY)
    first, second, third = weekly_payments(loan, [Decimal(100), Decimal(100), Decimal(200_000)])
    assert (first.interest, second.interest) == (Decimal("10.00"), Decimal("10.00"))
    assert third.interest == 3 * Decimal("70.00") - 20


def test_a_fixed_fee_is_repaid_in_proportion_and_no_more_of_it_is_owed_later() -> None:
    loan = TurnoverLoan(Decimal(10_000), Decimal(0), Decimal("0.1"), DAY, fixed_fee=Decimal(1_000))
    rows = weekly_payments(loan, [Decimal(55_000)] * 2)
    assert [(row.principal, row.fee, row.balance) for row in rows] == [
        (Decimal(5_000), Decimal(500), Decimal(5_000)),
        (Decimal(5_000), Decimal(500), ZERO),
    ]


def test_takings_that_do_not_suffice_are_told_with_what_is_left() -> None:
    with pytest.raises(ValueError, match=r"6014\.00 are still owed after 1 weeks"):
        weekly_payments(LOAN, [Decimal(20_000)])


@pytest.mark.parametrize(
    "wrong",
    [{"principal": Decimal(0)}, {"share": Decimal(0)}, {"share": Decimal(2)}, {"basis": 366}, {"maturity": DAY}],
)
def test_impossible_terms_are_refused(wrong: dict[str, object]) -> None:
    terms: dict[str, object] = {
        "principal": Decimal(1000), "annual_rate": Decimal(0), "share": Decimal("0.1"), "start": DAY,
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"principal|share|basis|ends"):
        TurnoverLoan(**{**terms, **wrong})  # type: ignore[arg-type]  # spoilt on purpose


def test_negative_takings_are_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        weekly_payments(LOAN, [Decimal(-1)])


@given(every_loan, weeks, st.integers(1, 500))
def test_principal_and_fee_are_repaid_to_the_cent_on_the_last_day_at_the_latest(
    loan: TurnoverLoan, takings: list[Decimal], days: int
) -> None:
    ended = _ended(loan, days)
    rows = weekly_payments(ended, takings)
    assert sum(row.principal for row in rows) == loan.principal
    assert sum(row.fee for row in rows) == loan.fixed_fee
    assert rows[-1].balance == ZERO
    assert ended.maturity is not None
    assert rows[-1].due <= ended.maturity


@given(every_loan, weeks, st.integers(1, 500))
def test_no_week_but_the_last_day_asks_for_more_than_its_share(
    loan: TurnoverLoan, takings: list[Decimal], days: int
) -> None:
    ended = _ended(loan, days)
    for row, taken in zip(weekly_payments(ended, takings), takings, strict=False):
        for amount in (row.principal, row.interest, row.fee, row.balance):
            assert amount >= 0
            assert amount == to_cent(amount)
        assert row.due == ended.maturity or row.total <= to_cent(taken * loan.share)


@given(every_loan, weeks, st.integers(1, 500))
def test_interest_is_that_of_every_day_owed_within_half_a_cent_a_payment(
    loan: TurnoverLoan, takings: list[Decimal], days: int
) -> None:
    rows = weekly_payments(_ended(loan, days), takings)
    balance, since, exact = loan.principal, loan.start, Decimal(0)
    for row in rows:
        exact += balance * loan.annual_rate * (row.due - since).days / loan.basis
        balance, since = row.balance, row.due
    assert abs(sum(row.interest for row in rows) - exact) <= Decimal("0.005") * len(rows)
