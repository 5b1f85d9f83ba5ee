"""Reads parsed YAML into typed values; what is wrong is told with file, field and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn, TypeVar

from bot.core.errors import ContentError

T = TypeVar("T")

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Section:
    """A mapping of an authored file. Every field is taken once; `done` refuses what nobody asked for."""

    def __init__(self, source: object, file: str, path: str = "") -> None:
        self.file, self.path = file, path
        if not isinstance(source, Mapping):
            self.refuse("", "write a mapping of field names to values here")
        self._source: Mapping[object, object] = source
        self._taken: set[object] = set()

    def refuse(self, field: str, remedy: str) -> NoReturn:
        """Raise `ContentError` about `field` of this section."""
        where = ".".join(part for part in (self.path, field) if part) or "the whole file"
        raise ContentError(f"{self.file}: {where}: {remedy}")

    def has(self, field: str) -> bool:
        """Whether `field` was written."""
        return self._source.get(field) is not None

    def names(self) -> tuple[str, ...]:
        """The fields of a section whose field names are data."""
        return tuple(str(name) for name in self._source)

    def take(self, field: str) -> object:
        """The raw value of a required field."""
        self._taken.add(field)
        if not self.has(field):
            self.refuse(field, "add this field, it is required")
        return self._source[field]

    def text(self, field: str) -> str:
        """A non-empty string."""
        value = self.take(field)
        if not isinstance(value, str) or not value.strip():
            self.refuse(field, "write a text here")
        return value.strip()

    def code(self, field: str) -> str:
        """An id of which text keys are made: small letters, digits and `_`."""
        value = self.text(field)
        if not _CODE.fullmatch(value):
            self.refuse(field, f"'{value}' is no id; use small letters, digits and _")
        return value

    def choice(self, field: str, allowed: Sequence[str]) -> str:
        """One of `allowed`."""
        value = self.text(field)
        if value not in allowed:
            self.refuse(field, f"'{value}' is not known; use one of {', '.join(allowed)}")
        return value

    def texts(self, field: str, allowed: Sequence[str] | None = None) -> tuple[str, ...]:
        """A list of distinct strings, each one of `allowed` when that is given."""
        value = self.take(field)
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.refuse(field, "write a list of names here")
        if len(set(value)) < len(value):
            self.refuse(field, "name each only once")
        unknown = [item for item in value if allowed is not None and item not in allowed]
        if unknown:
            self.refuse(field, f"'{unknown[0]}' is not known; use some of {', '.join(allowed or ())}")
        return tuple(value)

    def whole(self, field: str, low: int = 0, high: int | None = None) -> int:
        """A whole number from `low` up to `high`."""
        value = self.take(field)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(field, "write a whole number here")
        if value < low or (high is not None and value > high):
            self.refuse(field, f"write a number from {low}" + ("" if high is None else f" to {high}"))
        return value

    def number(self, field: str, low: str = "0", high: str | None = None) -> Decimal:
        """A decimal number from `low` up to `high`."""
        value = self.take(field)
        try:
            number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            self.refuse(field, "write a number here")
        if number < Decimal(low) or (high is not None and number > Decimal(high)):
            self.refuse(field, f"write a number from {low}" + ("" if high is None else f" to {high}"))
        return number

    def day(self, field: str) -> date:
        """A date written as 2026-09-20."""
        value = self.take(field)
        if not isinstance(value, date) or isinstance(value, datetime):
            self.refuse(field, "write a date such as 2026-09-20")
        return value

    def flag(self, field: str) -> bool:
        """`true` or `false`."""
        value = self.take(field)
        if not isinstance(value, bool):
            self.refuse(field, "write true or false")
        return value

    def section(self, field: str) -> Section:
        """A nested mapping."""
        return Section(self.take(field), self.file, self._below(field))

    def sections(self, field: str) -> tuple[Section, ...]:
        """A list of mappings."""
        value = self.take(field)
        if not isinstance(value, list):
            self.refuse(field, "write a list here")
        return tuple(Section(item, self.file, f"{self._below(field)}[{index}]") for index, item in enumerate(value))

    def optional(self, field: str, read: Callable[[str], T], default: T) -> T:
        """What `read` (a method of this section) makes of `field`, or `default` where it was not written."""
        self._taken.add(field)
        return read(field) if self.has(field) else default

    def done(self) -> None:
        """Refuse a field that was never taken: it is a slip of the pen, and would silently do nothing."""
        for name in self._source:
            if name not in self._taken:
                self.refuse(str(name), f"this field is not known here; use {', '.join(sorted(map(str, self._taken)))}")

    def _below(self, field: str) -> str:
        return f"{self.path}.{field}" if self.path else field
