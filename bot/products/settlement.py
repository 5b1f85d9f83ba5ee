"""Repaying everything before the term ends. The rules in prose: `docs/algorithms/early-settlement.md`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from bot.products.repayment import METHODS, ZERO, Loan, Payment, add_months, schedule, to_cent


def settled(rows: Sequence[Payment], after: int, fee_rate: Decimal) -> tuple[Payment, ...]:
    """A monthly schedule settled with payment number `after`; `fee_rate` is charged on the balance repaid early.

    Raises `ValueError` where there is no such payment before the last one.
    """
    if not 1 <= after < len(rows):
        raise ValueError(
            f"it can be settled after 1 to {len(rows) - 1} months" if len(rows) > 1 else "it has one payment only"
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
    day = add_months(loan.start, after)
    if not loan.start < day < rows[-1].due:
        raise ValueError("it can only be settled between its first day and its last")
    *earlier, last = schedule(method, replace(loan, months=after, grace_months=0, maturity=day), periodic_fee)
    return (*earlier, replace(last, fee=last.fee + to_cent(last.principal * fee_rate)))
