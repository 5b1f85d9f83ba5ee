"""Repaying everything before the term ends. The rules in prose: `docs/algorithms/early-settlement.md`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from bot.products.repayment import METHODS, ZERO, Loan, Payment, add_months, daily_interest, schedule, to_cent


def settled(rows: Sequence[Payment], after: int, fee_rate: Decimal) -> tuple[Payment, ...]:
    """A monthly schedule settled with payment number `after`; `fee_rate` is charged on the balance repaid early.

    Raises `ValueError` where there is no such payment before the last one.
    """
    if not 1 <= after < len(rows):
        raise ValueError(
            f"it can be settled after 1 to {len(rows) - 1} months"
            if len(rows) > 1
            else "it has one payment only, so there is nothing to settle early"
        )
    last = rows[after - 1]
    fee = to_cent(last.balance * fee_rate)
    return (
        *rows[: after - 1],
        replace(last, principal=last.principal + last.balance, fee=last.fee + fee, balance=ZERO),
    )


def settled_loan(
    method: str, loan: Loan, after: int, fee_rate: Decimal, periodic_fee: Decimal = ZERO
) -> tuple[Payment, ...]:
    """The rows of `loan` repaid by `method` (a key of `METHODS`) until it is settled `after` months after the pay-out.

    A loan with interest by day and nothing due before its end is settled on that day of the month. Raises `ValueError`
    where the term ends sooner.
    """
    rows = schedule(method, loan, periodic_fee)
    if not METHODS[method].daily:
        return settled(rows, after, fee_rate)
    return _settled_on(add_months(loan.start, after), loan, rows, fee_rate, periodic_fee)


def _settled_on(
    day: date, loan: Loan, rows: Sequence[Payment], fee_rate: Decimal, periodic_fee: Decimal
) -> tuple[Payment, ...]:
    """What was due before `day`, and on it all that is then owed with the interest of the days since."""
    if not loan.start < day < rows[-1].due:
        raise ValueError("it can only be settled between its first day and its last")
    earlier = tuple(row for row in rows if row.due < day)
    since, balance = (earlier[-1].due, earlier[-1].balance) if earlier else (loan.start, loan.principal)
    fee = periodic_fee + to_cent(balance * fee_rate)
    interest = daily_interest(loan, balance, since, day)
    return (*earlier, Payment(len(earlier) + 1, day, balance, interest, ZERO, fee))
