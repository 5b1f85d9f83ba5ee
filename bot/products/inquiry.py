"""Reads the terms of a loan as somebody typed them; what is wrong is told in one sentence that names the option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn

from bot.products.repayment import ZERO, to_cent
from bot.products.revolving import Draw, Repayment

_MOST: Final = Decimal(10) ** 12
_LONGEST: Final = 600
_PLACES: Final = 8  # a ten-thousandth of a basis point: a finer rate is a slip, and too near zero for an annuity
_YEARS: Final = range(1990, 2201)


class Inquiry:
    """Options by name, such as `flat-fee-rate`. Each is taken when it is read; `done` refuses what nobody took.

    Every reader raises `ValueError` with one sentence.
    """

    def __init__(self, options: Mapping[str, object]) -> None:
        self._options = {name: value for name, value in options.items() if value not in (None, [], ())}
        self._taken: set[str] = set()

    def has(self, name: str) -> bool:
        """Whether the option was given."""
        return name in self._options

    def take(self, name: str) -> object:
        """The raw value of an option that is needed."""
        self._taken.add(name)
        if name not in self._options:
            raise ValueError(f"--{name} is missing")
        return self._options[name]

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """One of `allowed`."""
        value = str(self.take(name))
        if value not in allowed:
            raise ValueError(f"--{name} '{value}' is not known: use one of {', '.join(allowed)}")
        return value

    def amount(self, name: str) -> Decimal:
        """A positive amount in whole cents."""
        return _amount(f"--{name}", self.take(name))

    def fraction(self, name: str, default: Decimal | None = None) -> Decimal:
        """A rate or share: a fraction from 0 to 1."""
        if default is not None and not self.has(name):
            return default
        found = _number(f"--{name}", self.take(name))
        if not 0 <= found <= 1:
            raise ValueError(f"--{name} is a fraction from 0 to 1: write 0.072 for 7.2 %")
        if found != round(found, _PLACES):
            raise ValueError(f"--{name} has more than {_PLACES} decimal places")
        return found

    def whole(self, name: str, low: int = 1, high: int = _LONGEST) -> int:
        """A whole number from `low` to `high`."""
        found = _number(f"--{name}", self.take(name))
        if found != int(found) or not low <= found <= high:
            raise ValueError(f"--{name} is a whole number from {low} to {high}")
        return int(found)

    def basis(self) -> int:
        """The days of a year, 365 unless told."""
        return int(self.choice("basis", ("360", "365"))) if self.has("basis") else 365

    def day(self, name: str, default: date | None = None) -> date:
        """A calendar day."""
        return default if default is not None and not self.has(name) else _day(f"--{name}", self.take(name))

    def fees(self) -> dict[str, Decimal]:
        """The sum of the fees of each moment, `upfront` and `monthly`."""
        found = {"upfront": ZERO, "monthly": ZERO}
        typed = self.take("fee") if self.has("fee") else ()
        for fee in typed if isinstance(typed, list | tuple) else (typed,):
            moment, _, amount = str(fee).partition(":")
            if moment not in found:
                raise ValueError(f"--fee '{fee}' is not known: write upfront:AMOUNT or monthly:AMOUNT")
            found[moment] += _amount("--fee", amount)
        return found

    def events(self) -> tuple[Draw | Repayment, ...]:
        """The draws and repayments of a line."""
        return tuple(_event(number, item) for number, item in enumerate(self._list("events"), start=1))

    def takings(self) -> tuple[Decimal, ...]:
        """The takings of each week."""
        return tuple(_number(f"--takings, week {number}", item) for number, item in enumerate(self._list("takings"), 1))

    def done(self, method: str) -> None:
        """Refuse options that the method has no use for."""
        unused = sorted(self._options.keys() - self._taken)
        if unused:
            raise ValueError(f"--{unused[0]} has no meaning for --method {method}: leave it out")

    def _list(self, name: str) -> Sequence[object]:
        found = self.take(name)
        if not isinstance(found, list) or not found:
            raise ValueError(f"--{name} is a file with a JSON list that is not empty")
        return found


def _event(number: int, item: object) -> Draw | Repayment:
    where = f"--events, item {number}"
    match item:
        case {"date": day, "draw": amount, **rest} if not rest:
            return Draw(_day(where, day), _amount(where, amount))
        case {"date": day, "repay": amount, **rest} if not rest:
            return Repayment(_day(where, day), _amount(where, amount))
    raise ValueError(f'{where}: write {{"date": …, "draw": …}} or {{"date": …, "repay": …}}')


def _day(where: str, value: object) -> date:
    try:
        found = date.fromisoformat(str(value))
    except ValueError:
        _refuse(where, value, "a date such as 2026-01-31")
    if found.year not in _YEARS:
        _refuse(where, value, f"a date from {_YEARS[0]} to {_YEARS[-1]}")
    return found


def _number(where: str, value: object) -> Decimal:
    try:
        found = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) > _MOST:
        _refuse(where, value, f"a number such as 100000 or 0.05, up to {_MOST:,}")
    return found


def _amount(where: str, value: object) -> Decimal:
    found = _number(where, value)
    if found <= 0 or found != to_cent(found):
        _refuse(where, value, "a positive amount in whole cents")
    return to_cent(found)


def _refuse(where: str, value: object, wanted: str) -> NoReturn:
    raise ValueError(f"{where}: '{value}' is not {wanted}")
