"""A quote for terms of one's own, as a table or as data for other programs. Prose: `docs/algorithms/quote-command.md`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from bot.products.cost import AnnualCost, annual_cost, dated_cost
from bot.products.inquiry import Inquiry
from bot.products.repayment import ZERO, Loan, Payment, add_months, flat_fee, months_until, schedule, to_cent
from bot.products.revolving import Draw, Line, in_order, repayments
from bot.products.settlement import settled, settled_loan
from bot.products.turnover import TurnoverLoan, weekly_payments


@dataclass(frozen=True, slots=True)
class _Computed:
    """What is paid out and what is paid back when; `dated` where interest runs by day."""

    drawn: tuple[tuple[date, Decimal], ...]
    rows: tuple[Payment, ...]
    dated: bool

    @property
    def principal(self) -> Decimal:
        return sum((amount for _, amount in self.drawn), ZERO)


def quote_report(options: Mapping[str, object], today: date) -> dict[str, Any]:
    """The quote for `options` (by name, as typed; `events` and `takings` as parsed JSON), paid out `today` unless told.

    Amounts are decimal strings, annual figures fractions. Raises `ValueError` with one sentence about what is wrong.
    """
    inquiry = Inquiry(options)
    method = inquiry.choice("method", tuple(_METHODS))
    fees = inquiry.fees()
    if fees["monthly"] and method not in _WITH_MONTHLY_FEES:
        raise ValueError(f"--fee monthly needs monthly payments, which --method {method} has not: use --fee upfront")
    if inquiry.has("settle-fee-rate") and not inquiry.has("settle-after"):
        raise ValueError("--settle-fee-rate needs --settle-after, the months after which it is settled")
    computed = _METHODS[method](inquiry, method, fees["monthly"], today)
    inquiry.done(method)
    if fees["upfront"] >= computed.drawn[0][1]:
        raise ValueError("--fee upfront leaves nothing to receive")
    return _report(computed, fees["upfront"])


def report_table(report: Mapping[str, Any]) -> str:
    """A report for reading: what it costs a year first, then the totals, then every payment."""
    figures = {
        "All-in annual cost": f"{report['annual_simple']:.2%} simple, {report['annual_compound']:.2%} compound",
        **{label: f"{Decimal(report[name]):,.2f}" for name, label in _TOTALS.items()},
    }
    lines = [f"{label:<20}{value}" for label, value in figures.items()]
    head = "".join(f"{name:>{width}}" for name, width in _COLUMNS.items())
    rows = ("".join(_cell(row[name], width) for name, width in _COLUMNS.items()) for row in report["payments"])
    return "\n".join(
        [*lines, "", head, *rows, "", "An estimate, subject to approval. Loans carry risk; borrow with care."]
    )


_TOTALS: Final = MappingProxyType(
    {"net_received": "Received", "total_principal": "Principal", "total_interest": "Interest", "total_fee": "Fees",
     "total_paid": "To pay in all"}
)  # fmt: skip
_COLUMNS: Final = MappingProxyType(
    {"n": 4, "date": 12, "principal": 16, "interest": 14, "fee": 12, "payment": 16, "balance": 18}
)


def _cell(value: object, width: int) -> str:
    """A count or date as it is, an amount with its thousands set off."""
    shown = f"{Decimal(value):,.2f}" if isinstance(value, str) and "-" not in value else str(value)
    return f"{shown:>{width}}"


def _report(computed: _Computed, upfront: Decimal) -> dict[str, Any]:
    rows, cost = computed.rows, _cost(computed, upfront)
    interest = sum((row.interest for row in rows), ZERO)
    fees = sum((row.fee for row in rows), upfront)
    return {
        "payments": [_payment(row) for row in rows],
        "net_received": _shown(computed.principal - upfront),
        "total_principal": _shown(computed.principal),
        "total_interest": _shown(interest),
        "total_fee": _shown(fees),
        "total_paid": _shown(computed.principal + interest + fees),
        "annual_simple": float(cost.simple),
        "annual_compound": float(cost.compound),
    }


def _cost(computed: _Computed, upfront: Decimal) -> AnnualCost:
    """Over what is really received: the fees at the pay-out come off the first draw."""
    (start, first), *later = computed.drawn
    if not computed.dated:
        return annual_cost(first - upfront, start, computed.rows, dated=False)
    received = [(start, upfront - first), *((day, -amount) for day, amount in later)]
    return dated_cost([*received, *((row.due, row.total) for row in computed.rows)])


def _payment(row: Payment) -> dict[str, Any]:
    amounts = {
        "principal": row.principal, "interest": row.interest, "fee": row.fee, "payment": row.total,
        "balance": row.balance,
    }  # fmt: skip
    return {"n": row.number, "date": row.due.isoformat()} | {name: _shown(amount) for name, amount in amounts.items()}


def _shown(amount: Decimal) -> str:
    return f"{to_cent(amount):f}"


def _monthly(inquiry: Inquiry, method: str, fee: Decimal, today: date) -> _Computed:
    """Methods that count months; interest only by day where a basis or a last day of its own is given."""
    if method == "interest_only" and (inquiry.has("basis") or inquiry.has("maturity")):
        return _daily(inquiry, "interest_only_daily", fee, today)
    start = inquiry.day("start", today)
    loan = Loan(inquiry.amount("principal"), inquiry.fraction("rate"), _whole_months(inquiry, start), start)
    if method == "grace_annuity":
        loan = replace(loan, grace_months=inquiry.whole("grace", high=max(loan.months - 1, 1)))
    return _one_loan(inquiry, method, loan, fee, dated=False)


def _daily(inquiry: Inquiry, method: str, fee: Decimal, today: date) -> _Computed:
    """Methods with interest by day, to the end of a term or to a day of its own."""
    start = inquiry.day("start", today)
    maturity = _maturity(inquiry, start)
    months = inquiry.whole("months") if maturity is None or inquiry.has("months") else 1
    if maturity is not None:
        months = months_until(start, maturity)
    loan = Loan(
        inquiry.amount("principal"), inquiry.fraction("rate"), months, start, 0, inquiry.basis(), maturity
    )  # fmt: skip
    return _one_loan(inquiry, method, loan, fee, dated=True)


def _one_loan(inquiry: Inquiry, method: str, loan: Loan, fee: Decimal, *, dated: bool) -> _Computed:
    rows = schedule(method, loan, fee)
    if inquiry.has("settle-after"):
        rows = settled_loan(method, loan, inquiry.whole("settle-after"), inquiry.fraction("settle-fee-rate", ZERO), fee)
    return _Computed(((loan.start, loan.principal),), rows, dated)


def _flat_fee(inquiry: Inquiry, method: str, fee: Decimal, today: date) -> _Computed:
    start, principal = inquiry.day("start", today), inquiry.amount("principal")
    share = inquiry.fraction("flat-fee-rate")
    if inquiry.fraction("rate", ZERO) not in (0, 12 * share):
        raise ValueError("--flat-fee-rate takes the place of interest: leave --rate out, or give 12 times the flat fee")
    rows = flat_fee(principal, share, _whole_months(inquiry, start), start)
    rows = tuple(replace(row, fee=row.fee + fee) for row in rows)
    if inquiry.has("settle-after"):
        rows = settled(rows, inquiry.whole("settle-after"), inquiry.fraction("settle-fee-rate", ZERO))
    return _Computed(((start, principal),), rows, dated=False)


def _revolving(inquiry: Inquiry, method: str, fee: Decimal, today: date) -> _Computed:
    events = in_order(inquiry.events())
    opened = inquiry.day("start", events[0].day)
    if events[0].day < opened:
        raise ValueError(f"--start {opened} is after the first event of {events[0].day}")
    limit = inquiry.amount("principal") if inquiry.has("principal") else None
    rows = repayments(Line(inquiry.fraction("rate"), inquiry.basis(), limit, _end(inquiry, opened)), events)
    return _Computed(tuple((event.day, event.amount) for event in events if isinstance(event, Draw)), rows, dated=True)


def _turnover(inquiry: Inquiry, method: str, fee: Decimal, today: date) -> _Computed:
    start, principal = inquiry.day("start", today), inquiry.amount("principal")
    fixed = inquiry.fraction("flat-fee-rate", ZERO)
    loan = TurnoverLoan(
        principal,
        inquiry.fraction("rate", ZERO if fixed else None),
        inquiry.fraction("share"),
        start,
        inquiry.basis(),
        to_cent(principal * fixed),
        _end(inquiry, start),
    )
    return _Computed(((start, principal),), weekly_payments(loan, inquiry.takings()), dated=True)


def _maturity(inquiry: Inquiry, start: date) -> date | None:
    """The last day where one is given."""
    if not inquiry.has("maturity"):
        return None
    found = inquiry.day("maturity")
    if found <= start:
        raise ValueError(f"--maturity {found} is not after {start}, the day it begins")
    return found


def _end(inquiry: Inquiry, start: date) -> date | None:
    """The last day of a loan that may have none: told, or the end of a term."""
    if (maturity := _maturity(inquiry, start)) is not None:
        return maturity
    return add_months(start, inquiry.whole("months")) if inquiry.has("months") else None


def _whole_months(inquiry: Inquiry, start: date) -> int:
    """The term of a loan that counts months; its last day, where that is given instead, is a due day."""
    maturity = _maturity(inquiry, start)
    if maturity is None:
        return inquiry.whole("months")
    months = months_until(start, maturity)
    if inquiry.has("months") and inquiry.whole("months") != months:
        raise ValueError(f"--months and --maturity differ: {maturity} is {months} months after {start}")
    if add_months(start, months) != maturity:
        raise ValueError(f"--maturity {maturity} is no due day of a loan by month that begins on {start}")
    return months


_Read = Callable[[Inquiry, str, Decimal, date], _Computed]
_METHODS: Final[Mapping[str, _Read]] = {
    "annuity": _monthly,
    "equal_principal": _monthly,
    "interest_only": _monthly,
    "interest_only_daily": _daily,
    "bullet": _daily,
    "grace_annuity": _monthly,
    "flat_fee": _flat_fee,
    "revolving": _revolving,
    "turnover": _turnover,
}
_WITH_MONTHLY_FEES: Final = frozenset(
    ("annuity", "equal_principal", "interest_only", "interest_only_daily", "grace_annuity", "flat_fee")
)
