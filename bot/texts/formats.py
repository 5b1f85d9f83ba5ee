"""Amounts, rates, numbers and dates as a locale writes them; the customer's time zone is configuration.

Written values are remembered, since a conversation shows the same few again and again. Numbers are rounded half up
when they are shown, as in the products' own arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import (
    NumberPattern,
    format_compact_currency,
    get_currency_precision,
    get_currency_symbol,
    parse_pattern,
)

from bot.core.values import Money, Rate

REMEMBERED = 4096
PLURAL_ORDER = ("zero", "one", "two", "few", "many", "other")
SYMBOLS = {"CNY": "¥"}
"""Signs of currencies where CLDR's own sets the country apart (CN¥), which nobody at home writes."""

_DAYS: Mapping[str, Callable[[date, Locale], str]] = {
    "": lambda value, locale: format_date(value, "medium", locale=locale),
    "short": lambda value, locale: format_date(value, "short", locale=locale),
    "month": lambda value, locale: format_skeleton("MMM", value, locale=locale),
    "month_day": lambda value, locale: format_skeleton("MMMd", value, locale=locale),
    "year": lambda value, locale: format_skeleton("y", value, locale=locale),
}

_Write = TypeVar("_Write", bound=Callable[..., str])


def _remembering(write: _Write) -> _Write:
    return lru_cache(REMEMBERED)(write)  # type: ignore[return-value]  # it is called just as the function it wraps


class Formats:
    """How one locale writes values."""

    def __init__(self, locale: str, timezone: str) -> None:
        self._locale = Locale.parse(locale, sep="-" if "-" in locale else "_")
        self._zone = ZoneInfo(timezone)
        self._order = [tag for tag in PLURAL_ORDER if tag in self._locale.plural_form.tags | {"other"}]
        self.money = _remembering(self._money)
        self.rate = _remembering(self._rate)
        self.number = _remembering(self._number)
        self.day = _remembering(self._day)

    @property
    def plural_forms(self) -> int:
        """How many forms a counted word has."""
        return len(self._order)

    def form(self, count: int, forms: tuple[str, ...]) -> str:
        """The form that goes with `count`, of `forms` in the order of CLDR."""
        return forms[self._order.index(self._locale.plural_form(count))]

    def inline(self, items: list[str]) -> str:
        """A list in one line: a、b和c; a, b, and c."""
        return format_list(items, locale=self._locale)

    def moment(self, value: datetime, style: str = "") -> str:
        """The day and time of an aware `value` on the customer's clock; `style` `date` or `time` for one of them."""
        local = value.astimezone(self._zone)
        if style == "date":
            return self.day(local.date())
        # CLDR puts a narrow no-break space before PM, which some phones' fonts do not have.
        time = format_time(local.time(), "short", locale=self._locale).replace("\u202f", "\u00a0")
        if style == "time":
            return time
        return str(self._locale.datetime_formats["medium"]).format(time, self.day(local.date()))

    def sign(self, currency: str) -> str:
        """How a currency is written beside an amount."""
        return SYMBOLS.get(currency) or get_currency_symbol(currency, locale=self._locale)

    def _money(self, value: Money, style: str = "") -> str:
        if style == "compact":
            return self._compact(value)
        places = 0 if style == "whole" else get_currency_precision(value.currency)
        amount = _rounded(value.amount, places)
        shown = places if style.endswith("cents") or amount != amount.to_integral_value() else 0
        sign = "" if style.startswith("bare") else self.sign(value.currency)
        return str(self._currency_pattern(sign, shown).apply(amount, self._locale)).strip("\u00a0")

    def _compact(self, value: Money) -> str:
        """An amount in few characters, such as ¥1.5万 or ¥15K."""
        written, sign = self._compactly(value), get_currency_symbol(value.currency, locale=self._locale)
        if not any(one.isalpha() for one in written.replace(sign, "")):  # too small to be told in thousands
            return self._money(value, "whole")
        return written.replace(sign, self.sign(value.currency))

    def _compactly(self, value: Money) -> str:
        with localcontext(rounding=ROUND_HALF_UP):
            return format_compact_currency(value.amount, value.currency, locale=self._locale, fraction_digits=1)

    def _rate(self, value: Rate, style: str = "") -> str:
        pattern = parse_pattern(self._locale.percent_formats[None].pattern)
        pattern.frac_prec = {"exact": (2, 4), "short": (0, 2), "whole": (0, 0)}.get(style, (2, 2))
        return str(pattern.apply(_rounded(value.fraction, pattern.frac_prec[1] + 2), self._locale))

    def _number(self, value: int | Decimal, style: str = "") -> str:
        pattern = self._locale.decimal_formats[None]
        rounded = _rounded(Decimal(value), pattern.frac_prec[1])
        return str(pattern.apply(rounded, self._locale, group_separator=style != "plain"))

    def _day(self, value: date, style: str = "") -> str:
        if style == "short" and not str(self._locale.date_formats["short"].pattern).startswith("y"):
            style = ""  # 3/4/26 is March in one country and April in the next
        return _DAYS.get(style, _DAYS[""])(value, self._locale)

    def _currency_pattern(self, sign: str, places: int) -> NumberPattern:
        written = self._locale.currency_formats["standard"].pattern.replace("¤", f"'{sign}'" if sign else "")
        pattern = parse_pattern(written)
        pattern.frac_prec = (places, places)
        return pattern


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
