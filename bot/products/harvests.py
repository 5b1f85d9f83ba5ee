"""What a farm takes in, which comes by the harvest: told by the harvest, and counted by the month where others are."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.core.values import NO_VALUES, Money, Values

_MONTHS_IN_YEAR: Final = 12


def monthly_turnover(answers: Values) -> Money | None:
    """What a business takes in by the month: of a farmer its harvests spread over the year, to a whole unit of the currency.

    A farmer who has told a month's turnover, and no harvests, keeps it. None where neither is known.
    """
    seasons, income = answers.get("seasons"), answers.get("season_income")
    if answers.get("segment") == "farmer" and isinstance(seasons, int) and isinstance(income, Money):
        return Money((income.amount * seasons / _MONTHS_IN_YEAR).quantize(Decimal(1)), income.currency)
    told = answers.get("monthly_turnover")
    return told if isinstance(told, Money) else None


def by_the_month(answers: Values) -> Values:
    """The month's turnover as a value that a flow may keep; no value where it is not known."""
    turnover = monthly_turnover(answers)
    return NO_VALUES if turnover is None else {"monthly_turnover": turnover}
