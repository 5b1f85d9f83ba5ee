"""The answers that published criteria may ask about: their kinds, which way is better, and how a text shows them.

Nothing else can be read by a criterion, so that no protected attribute or its proxy (`bot.core.protected`) enters one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from bot.core.values import Money, Months, Text, Value

FieldKind: TypeAlias = Literal["money", "months", "count", "flag", "choice"]
Better: TypeAlias = Literal["more", "less"]

SEGMENTS: Final[tuple[str, ...]] = ("sole_trader", "small_company", "farmer", "flexible_worker")
PROHIBITED: Final[tuple[str, ...]] = ("property", "securities", "equity", "onward_lending")
PURPOSES: Final = (
    "stock", "materials", "rent", "renovation", "equipment", "vehicle", "tools", "expansion",
    "seed", "feed", "fertiliser", "livestock", "bridge", "training", "other", *PROHIBITED,
)  # fmt: skip
ORDERS: Final[tuple[str, ...]] = ("signed", "promised", "none")
"""What a purchaser has given, the best first."""


@dataclass(frozen=True, slots=True)
class Field:
    """An answer of `kind`; of a choice one of `choices`.

    `better` says which way it can only help: no criterion may get worse by more of it ("more", where yes is more than no
    and an earlier choice more than a later one), or by less. None: its values have no order.
    """

    kind: FieldKind
    better: Better | None = None
    choices: tuple[str, ...] = ()


FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "segment": Field("choice", choices=SEGMENTS),
        "purpose": Field("choice", choices=PURPOSES),
        "amount": Field("money", "less"),
        "has_licence": Field("flag", "more"),
        "park_member": Field("flag", "more"),
        "has_permit": Field("flag", "more"),
        "order": Field("choice", "more", ORDERS),
        "order_amount": Field("money", "more"),
        "delivery_months": Field("months", "less"),
        "seasons": Field("count", "more"),
        "season_income": Field("money", "more"),
        "harvest_months": Field("months", "less"),
        "course_months": Field("months", "less"),
        "course_fees": Field("money", "more"),
        "platform_months": Field("months", "more"),
        "platform_turnover": Field("money", "more"),
        "months_trading": Field("months", "more"),
        "code_takings": Field("money", "more"),
        "monthly_turnover": Field("money", "more"),
        "open_debts": Field("money", "less"),
    }
)
"""In the order in which they are asked: what ends a path soonest comes first."""

_EXTREMES: Final[Mapping[str, tuple[Value, Value]]] = {
    "money": (Money(Decimal(10) ** 10), Money(Decimal(0))),
    "months": (Months(1200), Months(0)),
    "count": (100, 0),
    "flag": (True, False),
}


def extremes(field: str, low: Decimal, high: Decimal) -> tuple[Value, ...]:
    """The answers between which every other lies, the best first; of a field without order, all of them.

    An amount lies within `low` and `high`, since any other is refused by a criterion of its own.
    """
    known = FIELDS[field]
    if field == "amount":
        return Money(low), Money(high)
    if known.kind == "choice":
        return known.choices if known.better is None else (known.choices[0], known.choices[-1])
    best, worst = _EXTREMES[known.kind]
    return (best, worst) if known.better == "more" else (worst, best)


def field_value(field: str, value: Value) -> Value:
    """An answer with its unit, as a text shows it: a choice in words, months as a duration."""
    kind = FIELDS[field].kind
    match value:
        case str() if kind == "choice":
            return Text(f"{field}.{value}")
        case bool():
            return value
        case int() if kind == "months":
            return Months(value)
        case int() | Decimal() if kind == "money":
            return Money(Decimal(value))
    return value
