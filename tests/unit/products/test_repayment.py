from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.products.repayment import METHODS, ZERO, Loan, add_months, due_dates, flat_fee, months_until, schedule, to_cent

DAY = date(2024, 1, 31)

amounts = st.integers(1, 500_000_000).map(lambda cents: Decimal(cents) / 100)
rates = st.integers(0, 3600).map(lambda points: Decimal(points) / 10_000)
days = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@st.composite
def loans(draw: st.DrawFn) -> Loan:
    months = draw(st.integers(1, 72))
    return Loan(
        principal=draw(amounts),
        annual_rate=draw(rates),
        months=months,
        start=draw(days),
        grace_months=draw(st.integers(0, months - 1)),
        basis=draw(st.sampled_from((360, 365))),
    )


every_method = st.sampled_from(sorted(METHODS))


def test_an_annuity_of_the_worked_example_pays_8661_90_and_8661_85_at_the_end() -> None:
    rows = schedule("annuity", Loan(Decimal(100_000), Decimal("0.072"), 12, DAY))
    assert {row.total for row in rows[:-1]} == {Decimal("8661.90")}
    assert rows[-1].total == Decimal("8661.85")
    assert sum(row.interest for row in rows) == Decimal("3942.75")


def test_equal_principal_of_the_worked_example_falls_from_8933_33_to_8383_37() -> None:
    rows = schedule("equal_principal", Loan(Decimal(100_000), Decimal("0.072"), 12, DAY))
    assert rows[0].total == Decimal("8933.33")
    assert rows[-1].total == Decimal("8383.37")
    assert sum(row.interest for row in rows) == Decimal("3900.00")


def test_interest_only_pays_a_twelfth_each_month_and_the_principal_with_the_last() -> None:
    rows = schedule("interest_only", Loan(Decimal(100_000), Decimal("0.072"), 12, DAY))
    assert {row.total for row in rows[:-1]} == {Decimal("600.00")}
    assert rows[-1].total == Decimal("100600.00")


def test_a_grace_period_pays_interest_only_and_an_annuity_over_the_remaining_months() -> None:
    loan = Loan(Decimal(100_000), Decimal("0.072"), 18, DAY, grace_months=6)
    rows = schedule("grace_annuity", loan)
    assert {row.total for row in rows[:6]} == {Decimal("600.00")}
    assert [row.total for row in rows[6:]] == [
        row.total for row in schedule("annuity", Loan(Decimal(100_000), Decimal("0.072"), 12, DAY))
    ]


@pytest.mark.parametrize(("basis", "interest"), [(365, "3945.21"), (360, "4000.00")])
def test_a_bullet_charges_actual_days_over_the_stated_basis(basis: int, interest: str) -> None:
    loan = Loan(Decimal(100_000), Decimal("0.072"), 7, date(2026, 1, 1), basis=basis, maturity=date(2026, 7, 20))
    (row,) = schedule("bullet", loan)
    assert (row.due, row.interest) == (date(2026, 7, 20), Decimal(interest))


def test_interest_by_day_counts_the_first_day_and_not_the_last() -> None:
    (row,) = schedule("bullet", Loan(Decimal(365_000), Decimal("0.10"), 1, DAY, maturity=date(2024, 2, 1)))
    assert row.interest == Decimal("100.00")


def test_interest_by_day_differs_with_the_length_of_the_month() -> None:
    rows = schedule("interest_only_daily", Loan(Decimal(100_000), Decimal("0.073"), 3, date(2026, 1, 15)))
    assert [row.interest for row in rows] == [Decimal("620.00"), Decimal("560.00"), Decimal("620.00")]


def test_a_maturity_before_the_next_due_date_ends_the_schedule_there() -> None:
    loan = Loan(Decimal(100_000), Decimal("0.073"), 3, date(2026, 1, 15), maturity=date(2026, 3, 1))
    assert due_dates(loan) == (date(2026, 2, 15), date(2026, 3, 1))


def test_due_dates_are_clamped_to_the_end_of_a_short_month_and_return_to_their_day() -> None:
    loan = Loan(Decimal(1000), Decimal("0.1"), 3, DAY)
    assert due_dates(loan) == (date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30))


def test_months_are_added_over_the_end_of_a_year() -> None:
    assert add_months(date(2026, 11, 30), 3) == date(2027, 2, 28)


def test_without_interest_an_annuity_only_divides_the_principal() -> None:
    rows = schedule("annuity", Loan(Decimal(100), Decimal(0), 3, DAY))
    assert [row.total for row in rows] == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]


def test_a_periodic_fee_is_added_to_every_payment() -> None:
    loan = Loan(Decimal(1200), Decimal(0), 12, DAY)
    assert {row.total for row in schedule("annuity", loan, Decimal("5.00"))} == {Decimal("105.00")}


@pytest.mark.parametrize(
    "wrong",
    [
        {"principal": Decimal(0)},
        {"principal": Decimal("10.001")},
        {"months": 0},
        {"grace_months": 12},
        {"annual_rate": Decimal("-0.01")},
        {"basis": 366},
        {"maturity": DAY},
    ],
)
def test_an_impossible_loan_is_refused(wrong: dict[str, object]) -> None:
    terms: dict[str, object] = {"principal": Decimal(1000), "annual_rate": Decimal("0.1"), "months": 12, "start": DAY}
    with pytest.raises(ValueError, match=r"principal|term|rate|basis|ends"):
        Loan(**{**terms, **wrong})  # type: ignore[arg-type]  # spoilt on purpose


@given(every_method, loans())
def test_principal_is_repaid_to_the_cent_and_the_balance_ends_at_zero(method: str, loan: Loan) -> None:
    rows = schedule(method, loan)
    assert sum(row.principal for row in rows) == loan.principal
    assert rows[-1].balance == ZERO
    assert rows[-1].due == add_months(loan.start, loan.months)


@given(every_method, loans(), st.integers(0, 5000).map(lambda cents: Decimal(cents) / 100))
def test_payments_add_up_to_principal_interest_and_fees(method: str, loan: Loan, fee: Decimal) -> None:
    rows = schedule(method, loan, fee)
    interest = sum(row.interest for row in rows)
    assert sum(row.total for row in rows) == loan.principal + interest + fee * len(rows)


@given(every_method, loans())
def test_no_row_is_negative_and_every_row_is_in_whole_cents(method: str, loan: Loan) -> None:
    for row in schedule(method, loan):
        for amount in (row.principal, row.interest, row.total, row.balance):
            assert amount >= 0
            assert amount == to_cent(amount)


@given(every_method, loans())
def test_each_balance_is_the_one_before_less_the_principal_repaid(method: str, loan: Loan) -> None:
    balance = loan.principal
    for row in schedule(method, loan):
        balance -= row.principal
        assert row.balance == balance


@given(every_method.filter(lambda method: method != "turnover_share"), loans())
def test_due_dates_rise_and_keep_the_day_of_the_pay_out_where_the_month_has_it(method: str, loan: Loan) -> None:
    dates = [row.due for row in schedule(method, loan)]
    assert dates == sorted(set(dates))
    assert all(day > loan.start for day in dates)
    for day in dates:
        assert day.day == loan.start.day or (day.day < loan.start.day and (day + _A_DAY).day == 1)


@given(loans())
def test_a_share_of_even_takings_is_due_each_week_and_at_last_on_the_last_day(loan: Loan) -> None:
    *weekly, last = schedule("turnover_share", loan)
    assert [(row.due - loan.start).days for row in weekly] == [7 * week for week in range(1, len(weekly) + 1)]
    assert 4 <= last.due.toordinal() - loan.start.toordinal() - 7 * len(weekly) <= 10


@given(every_method, loans())
def test_rows_are_numbered_from_one(method: str, loan: Loan) -> None:
    rows = schedule(method, loan)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


@given(loans().filter(lambda loan: loan.principal >= 1000))
def test_the_last_instalment_of_an_annuity_differs_by_less_than_a_cent_a_row(loan: Loan) -> None:
    rows = schedule("annuity", loan)
    growth = (1 + loan.monthly_rate) ** loan.months
    assert abs(rows[-1].total - rows[0].total) <= Decimal("0.011") * loan.months * growth


@given(amounts, st.integers(0, 200).map(lambda points: Decimal(points) / 10_000), st.integers(1, 72), days)
def test_a_flat_fee_is_the_same_every_month_and_the_principal_is_repaid_to_the_cent(
    principal: Decimal, rate: Decimal, months: int, start: date
) -> None:
    rows = flat_fee(principal, rate, months, start)
    assert {row.fee for row in rows} == {to_cent(principal * rate)}
    assert {row.interest for row in rows} == {ZERO}
    assert sum(row.principal for row in rows) == principal
    assert [row.due for row in rows] == [add_months(start, number) for number in range(1, months + 1)]


@given(days, st.integers(1, 600), st.integers(0, 27))
def test_the_months_until_a_day_reach_it_and_one_fewer_does_not(start: date, months: int, before: int) -> None:
    end = date.fromordinal(max(add_months(start, months).toordinal() - before, start.toordinal() + 1))
    found = months_until(start, end)
    assert add_months(start, found) >= end
    assert found == 1 or add_months(start, found - 1) < end


_A_DAY = date(2024, 1, 2) - date(2024, 1, 1)
