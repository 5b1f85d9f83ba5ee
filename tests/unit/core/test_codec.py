from datetime import UTC, date, datetime
from decimal import Decimal

import orjson
import pytest

from bot.core.codec import decode, decode_all, encode, encode_all
from bot.core.errors import StateError
from bot.core.values import Money, Months, Rate, Text, Value, Values

LINE = Text("line", {"amount": Money(Decimal("12.50")), "rate": Rate(Decimal("0.072")), "inner": Text("inner")})
VALUES: Values = {
    "words": "plain",
    "whole": 12,
    "yes": True,
    "nothing": None,
    "decimal": Decimal("1.10"),
    "money": Money(Decimal("0.10"), "EUR"),
    "months": Months(18),
    "day": date(2026, 3, 2),
    "moment": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    "text": Text("quote", {"lines": (LINE, LINE), "term": Months(3), "more": {"a": Months(1)}}),
    "list": (1, "two", (Months(3),)),
    "mapping": {"a": Money(Decimal(1)), "b": {"c": Rate(Decimal("0.1"))}},
}


def stored(value: Value) -> object:
    return orjson.loads(orjson.dumps(encode(value)))


@pytest.mark.parametrize("name", VALUES)
def test_a_value_survives_being_stored(name: str) -> None:
    assert decode(stored(VALUES[name])) == VALUES[name]


def test_values_survive_being_stored_again_and_again() -> None:
    once = orjson.loads(orjson.dumps(encode_all(VALUES)))

    assert encode_all(decode_all(once)) == once
    assert decode_all(encode_all(decode_all(once))) == VALUES


def test_the_values_of_a_stored_text_are_those_it_had() -> None:
    text = decode(stored(VALUES["text"]))

    assert isinstance(text, Text)
    assert text.values["term"] == Months(3)
    assert {**text.values} == {"lines": (LINE, LINE), "term": Months(3), "more": {"a": Months(1)}}
    assert "absent" not in text.values


def test_a_stored_value_of_an_unknown_kind_is_told() -> None:
    with pytest.raises(StateError, match="unknown kind"):
        decode({"$colour": "red"})


def test_what_is_no_value_cannot_be_stored() -> None:
    with pytest.raises(StateError, match="float"):
        encode(1.5)  # type: ignore[arg-type]
