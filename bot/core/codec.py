"""Values to JSON-ready objects and back, losing nothing: units, decimals and dates survive.

A value without its own JSON form becomes an object with one key that starts with `$`; an ordinary mapping may
therefore not have such keys. Kinds are looked up by their exact type, since a turn encodes and decodes hundreds of values;
the values of a text stay as they are stored until it is put into words, and most never are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from bot.core.errors import StateError
from bot.core.figures import Chart, Column, Table
from bot.core.values import Money, Months, Rate, Text, Value, Values

_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})


class Stored(Mapping[str, Value]):
    """Values in their stored form, each decoded when it is looked at; encoded, they are what they were."""

    __slots__ = ("stored",)

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self.stored = stored

    def __getitem__(self, name: str) -> Value:
        return decode(self.stored[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored)

    def __len__(self) -> int:
        return len(self.stored)

    def __repr__(self) -> str:
        return repr(dict(self))


def encode(value: Value) -> Any:
    """`value` as an object of `str`, `int`, `bool`, `None`, lists and dicts."""
    if type(value) in _AS_THEY_ARE:
        return value
    if (encoder := _ENCODERS.get(type(value))) is not None:
        return encoder(value)
    if isinstance(value, Mapping):
        return encode_all(value)
    raise StateError(f"a value of type {type(value).__name__} has no stored form")


def decode(stored: Any) -> Value:
    """The value that `encode` was given."""
    if isinstance(stored, list):
        return tuple([decode(item) for item in stored])
    if not isinstance(stored, dict):
        return stored  # type: ignore[no-any-return]  # JSON's own scalars
    if len(stored) == 1:
        (tag, inner), *_ = stored.items()
        if (decoder := _DECODERS.get(tag)) is not None:
            return decoder(inner)
        if tag.startswith("$"):
            raise StateError(f"stored value of unknown kind {tag}")
    return decode_all(stored)


def encode_all(values: Values) -> dict[str, Any]:
    """Each value of a mapping encoded."""
    if type(values) is Stored:
        return {**values.stored}
    return {name: value if type(value) in _AS_THEY_ARE else encode(value) for name, value in values.items()}


def decode_all(stored: Mapping[str, Any]) -> Values:
    """Each value of a stored mapping decoded."""
    return {name: item if type(item) in _AS_THEY_ARE else decode(item) for name, item in stored.items()}


def _encode_chart(chart: Chart) -> list[Any]:
    columns = tuple((one.label, one.parts, one.whole, one.mark) for one in chart.columns)
    return [chart.kind, *map(encode, (chart.title, columns, chart.series, chart.whole, chart.note))]


def _decode_chart(kind: Any, title: Any, columns: Any, *rest: Any) -> Chart:
    shown: Any = decode(columns)
    return Chart(kind, decode(title), tuple(Column(*one) for one in shown), *map(decode, rest))  # type: ignore[arg-type]


_ENCODERS: Final[Mapping[type, Callable[[Any], Any]]] = {
    Decimal: lambda value: {"$decimal": str(value)},
    Money: lambda value: {"$money": [str(value.amount), value.currency]},
    Rate: lambda value: {"$rate": str(value.fraction)},
    Months: lambda value: {"$months": value.count},
    Text: lambda value: {"$text": [value.key, encode_all(value.values)]},
    datetime: lambda value: {"$time": value.isoformat()},
    date: lambda value: {"$date": value.isoformat()},
    Table: lambda value: {"$table": encode((value.head, value.rows, value.caption))},
    Chart: lambda value: {"$chart": _encode_chart(value)},
    tuple: lambda value: [encode(item) for item in value],
    dict: encode_all,
}
_DECODERS: Final[Mapping[str, Callable[[Any], Value]]] = {
    "$decimal": Decimal,
    "$money": lambda inner: Money(Decimal(inner[0]), inner[1]),
    "$rate": lambda inner: Rate(Decimal(inner)),
    "$months": Months,
    "$text": lambda inner: Text(inner[0], Stored(inner[1])),
    "$time": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$table": lambda inner: Table(*(decode(item) for item in inner)),  # type: ignore[arg-type]  # as it was encoded
    "$chart": lambda inner: _decode_chart(*inner),
}
