from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.products.cost import dated_cost
from bot.products.repayment import ZERO, Loan, schedule, to_cent
from bot.products.revolving import Draw, Line, Repayment, repayments

RATE = Decimal("0.072")
DAY = date(2026, 3, 1)


def yuan(amount: int | str) -> Decimal:
    return Decimal(amount)


@st.composite
def events(draw: st.DrawFn) -> list[Draw | Repayment]:
    """Draws and repayments that never repay more than is owed and end at zero."""
    day, owed, found = DAY, ZERO, list[Draw | Repayment]()
    for _ in range(draw(st.integers(1, 8))):
        amount = Decimal(draw(st.integers(1_000_00, 500_000_00))) / 100
        if owed and draw(st.booleans()):
            amount = min(amount, owed)
            found.append(Repayment(day, amount))
            owed -= amount
        else:
            found.append(Draw(day, amount))
            owed += amount
        day += timedelta(days=draw(st.integers(1, 90)))
    return [*found, Repayment(day, owed)] if owed else found


every_line = st.builds(
    Line, st.integers(0, 3600).map(lambda points: Decimal(points) / 10_000), st.sampled_from((360, 365))
)


def test_the_worked_line_pays_interest_on_what_was_owed_day_by_day() -> None:
    rows = repayments(
        Line(RATE),
        [
            Draw(DAY, yuan(100_000)),
            Repayment(date(2026, 3, 31), yuan(40_000)),
            Draw(date(2026, 4, 10), yuan(20_000)),
            Repayment(date(2026, 4, 30), yuan(80_000)),
        ],
    )
    assert [(row.principal, row.interest, row.balance) for row in rows] == [
        (yuan(40_000), yuan("591.78"), yuan(60_000)),
        (yuan(80_000), yuan("433.97"), ZERO),
    ]


def test_one_draw_repaid_whole_is_a_bullet() -> None:
    (row,) = repayments(Line(RATE, 360), [Draw(DAY, yuan(50_000)), Repayment(date(2026, 9, 1), yuan(50_000))])
    assert row == schedule("bullet", Loan(yuan(50_000), RATE, 6, DAY, basis=360))[0]


def test_interest_waits_unrounded_over_draws_and_is_rounded_once() -> None:
    days = [DAY + timedelta(days=number) for number in range(4)]
    rows = repayments(Line(Decimal("0.05")), [*(Draw(day, yuan(10)) for day in days[:3]), Repayment(days[3], yuan(30))])
    assert rows[0].interest == to_cent(Decimal(60) * Decimal("0.05") / 365)


def test_what_is_owed_when_the_line_matures_is_due_then() -> None:
    (row,) = repayments(Line(RATE, maturity=date(2026, 3, 31)), [Draw(DAY, yuan(100_000))])
    assert (row.due, row.principal, row.interest, row.balance) == (
        date(2026, 3, 31), yuan(100_000), yuan("591.78"), ZERO,
    )  # fmt: skip


def test_events_are_taken_by_their_days_whatever_the_order_written() -> None:
    given_events: list[Draw | Repayment] = [Repayment(date(2026, 3, 31), yuan(100)), Draw(DAY, yuan(100))]
    assert repayments(Line(RATE), given_events) == repayments(Line(RATE), given_events[::-1])


@pytest.mark.parametrize(
    ("line", "wrong", "message"),
    [
        (Line(RATE), [Draw(DAY, yuan(100)), Repayment(DAY, yuan(101))], "only 100.00 are owed"),
        (Line(RATE), [Repayment(DAY, yuan(1))], "only 0.00 are owed"),
        (Line(RATE), [Draw(DAY, yuan(100))], "100.00 are still owed after the last event"),
        (Line(RATE, limit=yuan(99)), [Draw(DAY, yuan(100))], "above the limit of 99"),
        (Line(RATE, maturity=DAY), [Draw(DAY + timedelta(days=1), yuan(1))], "the line ends on 2026-03-01"),
        (Line(RATE, maturity=DAY), [Draw(DAY, yuan(1))], "the day of its last draw"),
        (Line(RATE), [Draw(DAY, yuan("0.001"))], "whole cents"),
    ],
)
def test_events_that_cannot_be_are_refused(line: Line, wrong: list[Draw | Repayment], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        repayments(line, wrong)


@given(every_line, events())
def test_all_that_is_drawn_is_repaid_and_each_balance_follows(line: Line, happened: list[Draw | Repayment]) -> None:
    rows = repayments(line, happened)
    assert sum(row.principal for row in rows) == sum(event.amount for event in happened if isinstance(event, Draw))
    assert rows[-1].balance == ZERO
    assert all(row.balance >= 0 and row.interest >= 0 and row.interest == to_cent(row.interest) for row in rows)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


@given(every_line, events())
def test_interest_is_that_of_every_day_owed_within_half_a_cent_a_payment(
    line: Line, happened: list[Draw | Repayment]
) -> None:
    owed, exact, since = Decimal(0), Decimal(0), happened[0].day
    for event in happened:
        exact += owed * line.annual_rate * (event.day - since).days / line.basis
        owed, since = owed + (event.amount if isinstance(event, Draw) else -event.amount), event.day
    rows = repayments(line, happened)
    assert abs(sum(row.interest for row in rows) - exact) <= Decimal("0.005") * len(rows)


@given(st.integers(100, 3600).map(lambda points: Decimal(points) / 10_000), events())
def test_without_fees_the_simple_figure_of_a_line_is_its_contract_rate(
    rate: Decimal, happened: list[Draw | Repayment]
) -> None:
    draws = [(event.day, -event.amount) for event in happened if isinstance(event, Draw)]
    cost = dated_cost([*draws, *((row.due, row.total) for row in repayments(Line(rate), happened))])
    assert cost.simple == pytest.approx(rate, abs=Decimal("0.003"))
