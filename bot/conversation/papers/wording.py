"""Values on papers: in words for a person, plain for a machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bot.core.figures import Figure
from bot.core.values import Money, Months, Rate, Text, Value, Values
from bot.ledger.chain import moment
from bot.texts.texts import Texts


@dataclass(frozen=True, slots=True)
class Words:
    """Says values in one language."""

    texts: Texts
    locale: str

    def say(self, key: str, **values: Value) -> str:
        """A text of the paper."""
        return self.texts.label(Text(key, values), self.locale)

    def named(self, family: str, name: str) -> str:
        """The label of a name, such as a field's; the name itself where it has none."""
        key = f"{family}.{name}"
        return self.say(key) if self.texts.knows(key) else name

    def value(self, name: str, value: Value) -> str:
        """A value as it reads; a choice of a question by its label."""
        if isinstance(value, str):
            return self.named(name, value)
        if isinstance(value, Mapping | Figure):
            return json.dumps(self.plain(value), ensure_ascii=False)
        return self.texts.label(Text("answer", {"answer": value}), self.locale)

    def rows(self, values: Values) -> tuple[tuple[str, str], ...]:
        """Each value with its label."""
        return tuple((self.named("label", name), self.value(name, value)) for name, value in values.items())

    def plain(self, value: Any) -> Any:
        """A value for a machine: amounts and rates as decimal strings, times in UTC, texts in words."""
        match value:
            case Money(amount=amount, currency=currency):
                return {"amount": format(amount, "f"), "currency": currency}
            case Rate(fraction=number):
                return format(number, "f")
            case Decimal():
                return format(value, "f")
            case Months(count=count):
                return {"months": count}
            case Text():
                return self.texts.label(value, self.locale) if self.texts.knows(value.key) else value.key
            case datetime():
                return moment(value)
            case date():
                return value.isoformat()
            case tuple() | list():
                return [self.plain(item) for item in value]
            case Mapping():
                return {str(name): self.plain(item) for name, item in value.items()}
            case None | bool() | int() | str():
                return value
        return str(value)
