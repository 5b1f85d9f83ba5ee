"""Repayment schedules: what is due when. The rules in prose: `docs/algorithms/repayment.md`.

Monthly methods charge a twelfth of the annual rate a month; daily methods charge the actual days over 360 or 365,
the first day counted, the last not. Every row is rounded half up to the cent and the last row takes the remainder.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Final

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal("0.00")


def to_cent(amount: Decimal) -> Decimal:
    """`amount` rounded half up to the cent."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Loan:
    """What a schedule is computed from.

    `annual_rate` is a fraction; `grace_months` counts the interest-only months at the beginning of `grace_annuity`;
    `basis` is the year of daily methods in days; `maturity` replaces the last due date where a loan ends on a day of its own.
    """

    principal: Decimal
    annual_rate: Decimal
    months: int
    start: date
    grace_months: int = 0
    basis: int = 365
    maturity: date | None = None

    def __post_init__(self) -> None:
        if self.principal <= 0 or self.principal != to_cent(self.principal):
            raise ValueError("a principal is positive and has whole cents")
        if self.months < 1 or not 0 <= self.grace_months < self.months:
            raise ValueError("a term has at least one month, and its grace ends before it does")
        if self.annual_rate < 0 or self.basis not in (360, 365):
            raise ValueError("a rate is not negative, and a day basis is 360 or 365")
        if self.maturity is not None and self.maturity <= self.start:
            raise ValueError("a loan ends after it begins")

    @property
    def monthly_rate(self) -> Decimal:
        """A twelfth of the annual rate."""
        return self.annual_rate / 12


@dataclass(frozen=True, slots=True)
class Payment:
    """One row of a schedule; `balance` is the principal still owed after it."""

    number: int
    due: date
    principal: Decimal
    interest: Decimal
    balance: Decimal
    fee: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """What the customer pays on the due date: principal, interest and fee."""
        return self.principal + self.interest + self.fee


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


def months_until(start: date, end: date) -> int:
    """The months from `start` to `end`, a month begun counted whole; 1 at least."""
    months = max(1, (end.year - start.year) * 12 + end.month - start.month)
    return months if add_months(start, months) >= end else months + 1


def due_dates(loan: Loan) -> tuple[date, ...]:
    """The due date of each month of the term; counted from the draw-down day, so a short month shifts no later one."""
    dates = tuple(add_months(loan.start, number) for number in range(1, loan.months + 1))
    if loan.maturity is None:
        return dates
    return (*(day for day in dates if day < loan.maturity), loan.maturity)


def level_payment(principal: Decimal, monthly_rate: Decimal, months: int) -> Decimal:
    """The level instalment P·i / (1 − (1+i)^−n), to the cent; P / n without interest."""
    if monthly_rate == 0:
        return to_cent(principal / months)
    return to_cent(principal * monthly_rate / (1 - (1 + monthly_rate) ** -months))


def annuity(loan: Loan) -> tuple[Payment, ...]:
    """等额本息: the same instalment every month, its share of principal growing."""
    return _amortised(loan, _annuity_principal(loan.principal, loan.monthly_rate, loan.months))


def equal_principal(loan: Loan) -> tuple[Payment, ...]:
    """等额本金: the same principal every month and interest on what is left, so the instalments fall."""
    share = to_cent(loan.principal / loan.months)
    return _amortised(loan, lambda _number, _balance, _interest: share)


def interest_only(loan: Loan) -> tuple[Payment, ...]:
    """先息后本: a month's interest every month, the whole principal with the last one."""
    return _amortised(loan, lambda _number, _balance, _interest: ZERO)


def grace_annuity(loan: Loan) -> tuple[Payment, ...]:
    """阶段性还本付息: interest only for `grace_months`, then an annuity over the months that remain."""
    remaining = loan.months - loan.grace_months
    share = _annuity_principal(loan.principal, loan.monthly_rate, remaining)
    return _amortised(
        loan,
        lambda number, balance, interest: (
            ZERO if number <= loan.grace_months else share(number - loan.grace_months, balance, interest)
        ),
    )


def flat_fee(principal: Decimal, monthly_fee_rate: Decimal, months: int, start: date) -> tuple[Payment, ...]:
    """等本等费: the same principal and the same fee every month; `monthly_fee_rate` is a share of the initial principal.

    The fee takes the place of interest, so that a row has none.
    """
    fee = to_cent(principal * monthly_fee_rate)
    return tuple(replace(row, fee=fee) for row in equal_principal(Loan(principal, Decimal(0), months, start)))


def interest_only_daily(loan: Loan) -> tuple[Payment, ...]:
    """按日计息，按月付息: each month the interest of its actual days, the whole principal with the last one."""
    dates = due_dates(loan)
    return _closed(
        loan.principal,
        (
            Payment(number, due, ZERO, daily_interest(loan, loan.principal, since, due), loan.principal)
            for number, (since, due) in enumerate(pairwise((loan.start, *dates)), start=1)
        ),
    )


def bullet(loan: Loan) -> tuple[Payment, ...]:
    """到期一次还本付息: one payment at the end, with the interest of all actual days."""
    due = due_dates(loan)[-1]
    interest = daily_interest(loan, loan.principal, loan.start, due)
    return (Payment(1, due, loan.principal, interest, ZERO),)


def turnover_share(loan: Loan) -> tuple[Payment, ...]:
    """随流水还: what a share of even weekly takings comes to, the same each week, with the interest of its actual days.

    The last row falls on the last day of the term, so that its week may be some days shorter or longer.
    """
    end = due_dates(loan)[-1]
    weeks = max(1, round((end - loan.start).days / 7))
    dates = (loan.start, *(loan.start + timedelta(days=7 * week) for week in range(1, weeks)), end)
    payment = level_payment(loan.principal, loan.annual_rate * 7 / loan.basis, weeks)

    def rows() -> Iterable[Payment]:
        balance = loan.principal
        for number, (since, due) in enumerate(pairwise(dates), start=1):
            interest = daily_interest(loan, balance, since, due)
            principal = min(max(payment - interest, ZERO), balance)
            balance -= principal
            yield Payment(number, due, principal, interest, balance)

    return _closed(loan.principal, rows())


def daily_interest(loan: Loan, balance: Decimal, since: date, until: date) -> Decimal:
    """Interest of the days from `since` (counted) to `until` (not counted), to the cent."""
    return to_cent(balance * loan.annual_rate * (until - since).days / loan.basis)


@dataclass(frozen=True, slots=True)
class Method:
    """A way of repaying: how its schedule is made, and whether interest runs by day or by twelfths of a year."""

    schedule: Callable[[Loan], tuple[Payment, ...]]
    daily: bool = False


METHODS: Final[Mapping[str, Method]] = {
    "annuity": Method(annuity),
    "equal_principal": Method(equal_principal),
    "interest_only": Method(interest_only),
    "grace_annuity": Method(grace_annuity),
    "interest_only_daily": Method(interest_only_daily, daily=True),
    "bullet": Method(bullet, daily=True),
    "turnover_share": Method(turnover_share, daily=True),
}


def schedule(method: str, loan: Loan, periodic_fee: Decimal = ZERO) -> tuple[Payment, ...]:
    """The rows of `loan` repaid by `method` (a key of `METHODS`), each with `periodic_fee` added to it."""
    rows = METHODS[method].schedule(loan)
    return tuple(replace(row, fee=periodic_fee) for row in rows) if periodic_fee else rows


Share = Callable[[int, Decimal, Decimal], Decimal]  # (number, balance before, interest) → principal of that row


def _annuity_principal(principal: Decimal, monthly_rate: Decimal, months: int) -> Share:
    payment = level_payment(principal, monthly_rate, months)
    return lambda _number, _balance, interest: payment - interest


def _amortised(loan: Loan, share: Share) -> tuple[Payment, ...]:
    """Monthly rows whose principal is told by `share`; never more than what is owed."""

    def rows() -> Iterable[Payment]:
        balance = loan.principal
        for number in range(1, loan.months + 1):
            interest = to_cent(balance * loan.monthly_rate)
            principal = min(max(share(number, balance, interest), ZERO), balance)
            balance -= principal
            yield Payment(number, add_months(loan.start, number), principal, interest, balance)

    return _closed(loan.principal, rows())


def _closed(principal: Decimal, rows: Iterable[Payment]) -> tuple[Payment, ...]:
    """The rows with the remainder in the last one, so that the principal is repaid to the cent."""
    *earlier, last = rows
    repaid = sum((row.principal for row in earlier), ZERO)
    return (*earlier, replace(last, principal=principal - repaid, balance=ZERO))
