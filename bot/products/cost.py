"""The annualised cost of a loan: all interest and all fees over the principal actually outstanding.

Source: People's Bank of China announcement 2021 No. 3. The convention in prose: `docs/algorithms/annualised-cost.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Final

import pyxirr

from bot.products.repayment import Payment

_SIX_PLACES: Final = Decimal("0.000001")
_HIGHEST: Final = 100.0  # 10,000 % a year: above it a loan is not one
_ABSURD: Final = 1e12  # the same for the compound figure, which may be far above the simple one


@dataclass(frozen=True, slots=True)
class AnnualCost:
    """Both annualised figures as fractions to six places.

    `simple` (单利) counts no interest on interest, `compound` (复利) does. `dated` tells that actual days were counted
    over 365 (XIRR) instead of twelfths of a year.
    """

    simple: Decimal
    compound: Decimal
    dated: bool


def annual_cost(net_received: Decimal, start: date, rows: Sequence[Payment], *, dated: bool) -> AnnualCost:
    """The cost of receiving `net_received` on `start` and paying `rows`. Raises `ValueError` when there is none to find."""
    return _dated(net_received, start, rows) if dated else _monthly(net_received, rows)


def _monthly(net_received: Decimal, rows: Sequence[Payment]) -> AnnualCost:
    """From the monthly IRR i: simple 12·i, compound (1+i)^12 − 1. Row number n falls n months after the pay-out."""
    flows = [0.0] * (rows[-1].number + 1)
    flows[0] = -float(net_received)
    for row in rows:
        flows[row.number] += float(row.total)
    monthly = _found(pyxirr.irr(flows))
    return AnnualCost(_rounded(12 * monthly), _rounded((1 + monthly) ** 12 - 1), dated=False)


def _dated(net_received: Decimal, start: date, rows: Sequence[Payment]) -> AnnualCost:
    return dated_cost([(start, -net_received), *((row.due, row.total) for row in rows)])


def dated_cost(flows: Iterable[tuple[date, Decimal]]) -> AnnualCost:
    """The cost of dated flows, what is received negative, what is paid positive; the first is received.

    Flows of one day keep their order. Raises `ValueError` when there is none to find.
    """
    dates, amounts = zip(
        *((day, float(amount)) for day, amount in sorted(flows, key=lambda flow: flow[0])), strict=True
    )
    return AnnualCost(_rounded(simple_rate(dates, amounts)), _rounded(_found(pyxirr.xirr(dates, amounts))), dated=True)


def simple_rate(dates: Sequence[date], flows: Sequence[float]) -> float:
    """The annual rate that explains dated flows without interest on interest, actual days over 365.

    Interest accrues on the principal outstanding only; a payment settles accrued interest first. The first flow is
    the pay-out (negative), a later negative one another draw. On equal months it is the monthly IRR times twelve. Raises `ValueError` above 10,000 %.
    """
    years = [(later - earlier).days / 365 for earlier, later in pairwise(dates)]
    low, high = 0.0, _HIGHEST
    if _left_over(high, years, flows) < 0:
        raise ValueError("these flows have no annual rate")
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if _left_over(middle, years, flows) < 0 else (low, middle)
    return high if high > 1e-9 else 0.0


def _left_over(rate: float, years: Sequence[float], flows: Sequence[float]) -> float:
    """What is still owed after the last payment at `rate`; it grows with the rate."""
    balance, accrued = -flows[0], 0.0
    for gap, payment in zip(years, flows[1:], strict=True):
        accrued += balance * rate * gap
        settled = min(max(payment, 0.0), accrued)
        accrued, balance = accrued - settled, balance - (payment - settled)
    return balance + accrued


def _found(rate: float | None) -> float:
    if rate is None:
        raise ValueError("these flows have no annual rate")
    return rate


def _rounded(rate: float) -> Decimal:
    if abs(rate) > _ABSURD:
        raise ValueError("these flows have no annual rate")
    return Decimal(repr(rate)).quantize(_SIX_PLACES, ROUND_HALF_UP) + 0
