"""Typed values: what answers, facts and placeholders of texts are made of.

A value carries its unit, so that a text can be formatted by locale at the very end and no part of the
program guesses whether `12` is months or money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from bot.core.figures import Figure  # figures are made of values, and are values


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of money. `amount` in units of `currency` (ISO 4217), not in cents."""

    amount: Decimal
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Rate:
    """A fraction shown as a percentage: `Rate(Decimal("0.072"))` reads 7.20 %."""

    fraction: Decimal


@dataclass(frozen=True, slots=True)
class Months:
    """A duration in whole months, such as the term of a loan."""

    count: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text chosen by key when the message is rendered, with the values for its placeholders."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value: TypeAlias = (
    "bool | int | str | Decimal | date | datetime | Money | Rate | Months | Text | Figure"
    " | tuple[Value, ...] | Mapping[str, Value] | None"
)
Values: TypeAlias = Mapping[str, Value]

NO_VALUES: Values = {}
