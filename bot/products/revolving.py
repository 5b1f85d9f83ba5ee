"""随借随还: a line with several draws and repayments, interest by day. The rules in prose: `docs/algorithms/revolving.md`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.products.repayment import ZERO, Payment, to_cent


@dataclass(frozen=True, slots=True)
class Line:
    """The terms of a line: `annual_rate` is a fraction, `basis` the days of its year, 360 or 365.

    Without a `limit` any amount may be drawn; on `maturity` whatever is owed is due.
    """

    annual_rate: Decimal
    basis: int = 365
    limit: Decimal | None = None
    maturity: date | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """Principal taken on a day; interest runs from that day, counted."""

    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Repayment:
    """Principal paid back on a day, which is not counted; the interest accrued is paid with it, on top."""

    day: date
    amount: Decimal


def in_order(events: Sequence[Draw | Repayment]) -> tuple[Draw | Repayment, ...]:
    """The events by their days, those of one day as they were given."""
    return tuple(sorted(events, key=lambda event: event.day))


def repayments(line: Line, events: Sequence[Draw | Repayment]) -> tuple[Payment, ...]:
    """One row for each repayment, and one on the day the line matures where something is owed then.

    Raises `ValueError` that says what is wrong with the events.
    """
    return tuple(_rows(line, in_order(events)))


def _rows(line: Line, events: tuple[Draw | Repayment, ...]) -> Iterator[Payment]:
    number, owed = 0, _Owed(ZERO, Decimal(0), events[0].day if events else date.min)
    for event in events:
        _check(line, event, owed)
        owed = owed.on(event.day, line)
        if isinstance(event, Draw):
            owed = _Owed(owed.balance + event.amount, owed.accrued, event.day)
            continue
        number, owed = number + 1, _Owed(owed.balance - event.amount, owed.accrued, event.day)
        yield Payment(number, event.day, event.amount, to_cent(owed.accrued), owed.balance)
        owed = _Owed(owed.balance, Decimal(0), event.day)
    if owed.balance:
        yield _at_maturity(line, owed, number + 1)


@dataclass(frozen=True, slots=True)
class _Owed:
    """What is owed on a day: principal, and the interest accrued on it, which is not rounded before it is paid."""

    balance: Decimal
    accrued: Decimal
    since: date

    def on(self, day: date, line: Line) -> _Owed:
        interest = self.balance * line.annual_rate * (day - self.since).days / line.basis
        return _Owed(self.balance, self.accrued + interest, day)


def _check(line: Line, event: Draw | Repayment, owed: _Owed) -> None:
    if event.amount <= 0 or event.amount != to_cent(event.amount):
        raise ValueError(f"the amount of {event.day} must be positive and have whole cents")
    if line.maturity is not None and event.day > line.maturity:
        raise ValueError(f"the line ends on {line.maturity}, before the event of {event.day}")
    if isinstance(event, Repayment) and event.amount > owed.balance:
        raise ValueError(
            f"{event.amount} of principal are repaid on {event.day} but only {owed.balance} are owed (interest is paid on top)"
        )
    if isinstance(event, Draw) and line.limit is not None and owed.balance + event.amount > line.limit:
        raise ValueError(f"the draw of {event.day} takes the balance above the limit of {line.limit}")


def _at_maturity(line: Line, owed: _Owed, number: int) -> Payment:
    if line.maturity is None:
        raise ValueError(
            f"{owed.balance} are still owed after the last event: repay them, or say on which day the line ends"
        )
    if line.maturity <= owed.since and not owed.accrued:
        raise ValueError(f"the line ends on {line.maturity}, the day of its last draw")
    return Payment(number, line.maturity, owed.balance, to_cent(owed.on(line.maturity, line).accrued), ZERO)
