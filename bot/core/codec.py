"""Values to JSON-ready objects and back, losing nothing: units, decimals and dates survive.

A value without its own JSON form becomes an object with one key that starts with `$`; an ordinary mapping may
therefore not have such keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bot.core.errors import StateError
from bot.core.values import Money, Months, Rate, Text, Value, Values


def encode(value: Value) -> Any:
    """`value` as an object of `str`, `int`, `bool`, `None`, lists and dicts."""
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return {"$decimal": str(value)}
        case Money(amount=amount, currency=currency):
            return {"$money": [str(amount), currency]}
        case Rate(fraction=fraction):
            return {"$rate": str(fraction)}
        case Months(count=count):
            return {"$months": count}
        case Text(key=key, values=values):
            return {"$text": [key, encode_all(values)]}
        case datetime():
            return {"$time": value.isoformat()}
        case date():
            return {"$date": value.isoformat()}
        case tuple():
            return [encode(item) for item in value]
        case Mapping():
            return encode_all(value)
    raise StateError(f"a value of type {type(value).__name__} has no stored form")


def decode(stored: Any) -> Value:
    """The value that `encode` was given."""
    if isinstance(stored, list):
        return tuple(decode(item) for item in stored)
    if not isinstance(stored, dict):
        return stored  # type: ignore[no-any-return]  # JSON's own scalars
    if len(stored) == 1:
        (tag, inner), *_ = stored.items()
        match tag:
            case "$decimal":
                return Decimal(inner)
            case "$money":
                return Money(Decimal(inner[0]), inner[1])
            case "$rate":
                return Rate(Decimal(inner))
            case "$months":
                return Months(inner)
            case "$text":
                return Text(inner[0], decode_all(inner[1]))
            case "$time":
                return datetime.fromisoformat(inner)
            case "$date":
                return date.fromisoformat(inner)
            case str() if tag.startswith("$"):
                raise StateError(f"stored value of unknown kind {tag}")
    return decode_all(stored)


def encode_all(values: Values) -> dict[str, Any]:
    """Each value of a mapping encoded."""
    return {name: encode(value) for name, value in values.items()}


def decode_all(stored: Mapping[str, Any]) -> Values:
    """Each value of a stored mapping decoded."""
    return {name: decode(item) for name, item in stored.items()}
