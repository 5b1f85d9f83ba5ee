"""The next smaller or larger amount and term that somebody might mean, for trying out a quote step by step."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from bot.products.catalogue import Range

_STEPS: Final = ((20_000, 1_000), (50_000, 5_000), (200_000, 10_000), (500_000, 50_000))
"""Below each amount, in units of the currency, amounts are changed by the second figure."""
_LARGE_STEP: Final = 100_000
_TERMS: Final = (1, 2, 3, 4, 6, 9, 12, 18, 24, 30, 36, 48, 60, 84, 120)


def less(amount: Decimal, allowed: Range) -> Decimal:
    """The round amount below `amount`, and not below what is allowed."""
    step = _step(amount, inclusive=True)
    return max(allowed.low, (amount / step).to_integral_value(ROUND_CEILING) * step - step)


def more(amount: Decimal, allowed: Range) -> Decimal:
    """The round amount above `amount`, and not above what is allowed."""
    step = _step(amount, inclusive=False)
    return min(allowed.high, (amount / step).to_integral_value(ROUND_FLOOR) * step + step)


def shorter(months: int, allowed: Range) -> int:
    """The usual term below `months`, and not below what is allowed."""
    return max(int(allowed.low), max((term for term in _TERMS if term < months), default=1))


def longer(months: int, allowed: Range) -> int:
    """The usual term above `months`, and not above what is allowed."""
    return min(int(allowed.high), min((term for term in _TERMS if term > months), default=int(allowed.high)))


def _step(amount: Decimal, *, inclusive: bool) -> Decimal:
    """The step at `amount`: on a bound, that of the amounts below it for going down, of those above it for going up."""
    for bound, step in _STEPS:
        if amount < bound or (inclusive and amount == bound):
            return Decimal(step)
    return Decimal(_LARGE_STEP)
