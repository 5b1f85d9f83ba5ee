"""A loan that follows the takings: each week a share of them. The rules in prose: `docs/algorithms/turnover.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from bot.products.repayment import ZERO, Payment, to_cent

WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TurnoverLoan:
    """What is lent on `start`: each week `share` of its takings is paid until nothing is owed.

    `annual_rate` is a fraction, by day over `basis`; `fixed_fee` an amount owed once beside the principal. On `maturity`, where
    there is one, whatever is owed is due.
    """

    principal: Decimal
    annual_rate: Decimal
    share: Decimal
    start: date
    basis: int = 365
    fixed_fee: Decimal = ZERO
    maturity: date | None = None

    def __post_init__(self) -> None:
        if self.principal <= 0 or self.principal != to_cent(self.principal):
            raise ValueError("a principal is positive and has whole cents")
        if not 0 < self.share <= 1:
            raise ValueError("the share of the takings lies above 0 and is 1 at most")
        if self.annual_rate < 0 or self.fixed_fee < 0 or self.basis not in (360, 365):
            raise ValueError("a rate or fee is not negative, and a day basis is 360 or 365")
        if self.maturity is not None and self.maturity <= self.start:
            raise ValueError("a loan ends after it begins")


@dataclass(frozen=True, slots=True)
class _Owed:
    """Principal and fee still owed, and the interest accrued, which is not rounded before it is paid."""

    balance: Decimal
    fee: Decimal
    accrued: Decimal
    since: date

    @property
    def total(self) -> Decimal:
        return self.balance + self.fee + to_cent(self.accrued)


def weekly_payments(loan: TurnoverLoan, takings: Sequence[Decimal]) -> tuple[Payment, ...]:
    """A row for each week until everything is repaid. Raises `ValueError` where the takings do not suffice and no day ends it."""
    rows, owed = [], _Owed(loan.principal, loan.fixed_fee, Decimal(0), loan.start)
    for number, (day, amount) in enumerate(_instalments(loan, takings), start=1):
        owed = _accrued(loan, owed, day)
        row, owed = _settled(number, owed, owed.total if amount is None else amount)
        rows.append(row)
        if not owed.total:
            return tuple(rows)
    raise ValueError(
        f"{owed.total} are still owed after {len(rows)} weeks: give the takings of more weeks, or say on which day it ends"
    )


def _instalments(loan: TurnoverLoan, takings: Iterable[Decimal]) -> Iterator[tuple[date, Decimal | None]]:
    """Each week's day and share of takings; at last the maturity, with None for all that is owed."""
    for week, taken in enumerate(takings, start=1):
        if taken < 0:
            raise ValueError("takings are not negative; write 0 for a closed week")
        day = loan.start + week * WEEK
        if loan.maturity is not None and day >= loan.maturity:
            break
        yield day, to_cent(taken * loan.share)
    if loan.maturity is not None:
        yield loan.maturity, None


def _accrued(loan: TurnoverLoan, owed: _Owed, day: date) -> _Owed:
    interest = owed.balance * loan.annual_rate * (day - owed.since).days / loan.basis
    return _Owed(owed.balance, owed.fee, owed.accrued + interest, day)


def _settled(number: int, owed: _Owed, amount: Decimal) -> tuple[Payment, _Owed]:
    """The row that `amount`, or all that is owed where that is less, makes: interest first, then fee and principal alike."""
    paid = min(amount, owed.total)
    interest = min(paid, to_cent(owed.accrued))
    rest, due = paid - interest, owed.balance + owed.fee
    fee = to_cent(rest * owed.fee / due) if due else ZERO
    balance = owed.balance - (rest - fee)
    waiting = Decimal(0) if interest == to_cent(owed.accrued) else owed.accrued - interest
    row = Payment(number, owed.since, rest - fee, interest, balance, fee)
    return row, _Owed(balance, owed.fee - fee, waiting, owed.since)
