"""Rules as expressions of the ZEN language: conditions, eligibility criteria, scores. Never `eval`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import zen

from bot.core.errors import RuleError
from bot.core.figures import Chart, Table
from bot.core.values import Money, Months, Rate, Text, Value, Values

_NAME = re.compile(r"[^\W\d]\w*")
_WHOLE = "$"
"""Begins ZEN's names for all values together, such as `$root`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An expression such as `amount <= 300000 and segment == 'farmer'`, compiled once.

    A name that has no value is `null`. Raises `RuleError` when the expression does not compile.
    """

    expression: str
    _compiled: Any = field(init=False, repr=False, compare=False)
    _names: frozenset[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            compiled = zen.compile_expression(self.expression)
        except RuntimeError as error:
            raise RuleError(f"rule '{self.expression}': {_reason(error)}") from None
        object.__setattr__(self, "_compiled", compiled)
        names = None if _WHOLE in self.expression else frozenset(_NAME.findall(self.expression))
        object.__setattr__(self, "_names", names)

    def value(self, values: Values) -> object:
        """What the expression yields for `values`. Raises `RuleError` when it cannot be evaluated."""
        try:
            return self._compiled.evaluate({name: plain(values[name]) for name in self._used(values)})
        except RuntimeError as error:
            raise RuleError(f"rule '{self.expression}': {_reason(error)}") from None

    def _used(self, values: Values) -> Iterable[str]:
        """The names that the expression may look at: translating all values costs far more than evaluating it."""
        return values if self._names is None else (name for name in self._names if name in values)

    def holds(self, values: Values) -> bool:
        """Whether the expression yields true for `values`."""
        return self.value(values) is True


def plain(value: Value) -> object:
    """`value` as rules see it: units taken off, decimals as numbers, dates as ISO strings, a figure as true.

    Rules compare amounts with thresholds; they never compute money, so a float is exact enough here.
    """
    match value:
        case Money(amount=number) | Rate(fraction=number):
            return float(number)
        case Decimal():
            return float(value)
        case Months(count=count):
            return count
        case Text(key=key):
            return key
        case datetime() | date():
            return value.isoformat()
        case Table() | Chart():
            return True
        case tuple():
            return [plain(item) for item in value]
        case Mapping():
            return {name: plain(item) for name, item in value.items()}
        case _:
            return value


def _reason(error: RuntimeError) -> str:
    """ZEN's own reason without its stack trace."""
    first = str(error).split("\n", 1)[0]
    try:
        return str(json.loads(first)["source"])
    except (ValueError, KeyError, TypeError):
        return "it cannot be evaluated"
