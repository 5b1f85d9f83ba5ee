"""Texts by key: the words of a locale with values put into their placeholders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from bot.core.errors import ContentError
from bot.core.values import Money, Months, Rate, Text, Value
from bot.texts import markup, templates
from bot.texts.catalogues import Messages
from bot.texts.formats import Formats
from bot.texts.templates import Blank, Template

YES, NO, NONE = "value.yes", "value.no", "value.none"
"""Keys of the words for values that have no notation of their own; a time has those of `duration`."""

BULLET = "• "
HALF_A_YEAR = 6


class Texts:
    """All texts of all locales.

    A value is written by its kind: `Money`, `Rate`, numbers, dates and moments as the locale writes them, `Months` and
    truth values and None by the words of the keys above, a nested `Text` by its own words. A tuple is a list: one item
    a line behind a bullet, or in one line where the placeholder says `{x:inline}` and within another list.
    A locale without words gets the nearest that has some: `zh-Hans-CN` those of `zh`, an unknown one the default's.
    """

    def __init__(self, messages: Messages, default_locale: str, timezone: str = "Asia/Shanghai") -> None:
        if default_locale not in messages:
            raise ContentError(f"there are no words in the default locale '{default_locale}'")
        self._default = default_locale
        self._voices = {locale: _Voices.of(locale, words, timezone) for locale, words in messages.items()}
        self._nearest: dict[str, str] = {}

    @property
    def locales(self) -> tuple[str, ...]:
        """The locales that have words, the default first."""
        return tuple(sorted(self._voices, key=lambda locale: (locale != self._default, locale)))

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the default locale."""
        return frozenset(self._voices[self._default].rich.words)

    def nearest(self, locale: str | None) -> str:
        """The locale that has words and is nearest to `locale`, such as a channel's language code."""
        code = (locale or self._default).replace("_", "-").lower()
        if code not in self._nearest:
            by_code = {known.replace("_", "-").lower(): known for known in self._voices}
            parts = code.split("-")
            shorter = ("-".join(parts[:count]) for count in range(len(parts), 0, -1))
            found = next((by_code[shorter_code] for shorter_code in shorter if shorter_code in by_code), self._default)
            if len(self._nearest) > 1000:
                self._nearest.clear()
            self._nearest[code] = found
        return self._nearest[code]

    def over(self, older: Texts) -> Texts:
        """These texts, and those of `older` under keys that these no longer have."""
        merged = copy(self)
        merged._voices = {  # noqa: SLF001  # it is ours, just made
            locale: voices.over(older._voices[locale]) if locale in older._voices else voices
            for locale, voices in self._voices.items()
        }
        return merged

    def render(self, text: Text, locale: str) -> str:
        """`text` as HTML: the author's markup stays, values are escaped.

        Raises `ContentError` where the key has no words or a placeholder no value; the content check finds the former
        before publication.
        """
        return self._voices_of(locale).rich.say(text)

    def label(self, text: Text, locale: str) -> str:
        """`text` without markup and unescaped, for buttons and other plain places. Errors as in `render`."""
        return self._voices_of(locale).bare.say(text)

    def value(self, value: Value, locale: str, style: str = "") -> str:
        """A value by itself, without markup, as it is written within a text.

        Beside the styles of placeholders there are, for figures: of money `whole` without cents, `compact` in few characters,
        `bare` without the currency and `bare_cents`; of a rate `whole` per cents; of a day `short`, `month`, `month_day` and `year`.
        """
        return self._voices_of(locale).bare.show(value, style)

    def currency(self, code: str, locale: str) -> str:
        """The sign of a currency."""
        return self._voices_of(locale).bare.formats.sign(code)

    def knows(self, key: str) -> bool:
        """Whether the key has words in every locale."""
        return all(key in voices.rich.words for voices in self._voices.values())

    def placeholders(self, key: str) -> frozenset[str]:
        """The names of the values that the text needs. Raises `ContentError` for an unknown key."""
        return templates.names(self._voices[self._default].rich.template(key))

    def _voices_of(self, locale: str) -> _Voices:
        return self._voices.get(locale) or self._voices[self.nearest(locale)]


def duration(months: int) -> Text:
    """A time of so many months as people say it: 8 months, 1 year, 1 year 6 months (1年半), 2 years 3 months."""
    years, left = divmod(months, 12)
    if not years:
        return Text("value.months", {"count": left})
    if not left:
        return Text("value.years", {"count": years})
    if left == HALF_A_YEAR:
        return Text("value.years_and_half", {"years": years})
    return Text("value.years_and_months", {"years": years, "months": left})


@dataclass(frozen=True, slots=True)
class _Voice:
    """How one locale says texts: in HTML or bare."""

    locale: str
    words: Mapping[str, Template]
    formats: Formats
    escape: Callable[[str], str]

    def template(self, key: str) -> Template:
        try:
            return self.words[key]
        except KeyError:
            raise ContentError(f"text '{key}' has no words in '{self.locale}'") from None

    def over(self, older: _Voice) -> _Voice:
        return replace(self, words={**older.words, **self.words})

    def say(self, text: Text) -> str:
        template = self.template(text.key)
        if len(template) == 1 and isinstance(template[0], str):
            return template[0]
        return "".join([part if isinstance(part, str) else self._fill(part, text) for part in template])

    def _fill(self, blank: Blank, text: Text) -> str:
        try:
            value = text.values[blank.name]
        except KeyError:
            raise ContentError(f"text '{text.key}' was given no value for {{{blank.name}}}") from None
        if blank.forms and isinstance(value, int):
            return f"{self.formats.number(value)} {self.formats.form(value, blank.forms)}"
        return self.show(value, blank.style)

    def show(self, value: Value, style: str = "") -> str:
        """A value in words."""
        match value:
            case str():
                return self.escape(value)
            case Text():
                return self.say(value)
            case Money():
                return self.formats.money(value, style)
            case Rate():
                return self.formats.rate(value, style)
            case Months(count=count):
                return self.say(duration(count))
            case None | bool():
                return self.say(Text(NONE if value is None else YES if value else NO))
            case int() | Decimal():
                return self.formats.number(value, style)
            case datetime():
                return self.formats.moment(value, style)
            case date():
                return self.formats.day(value, style)
            case tuple():
                return self._list(value, style)
        raise ContentError(f"a value of type {type(value).__name__} cannot be put into words")

    def _list(self, items: tuple[Value, ...], style: str) -> str:
        if not items:
            return self.say(Text(NONE))
        shown = [self.show(item, "inline" if isinstance(item, tuple) else "") for item in items]
        return self.formats.inline(shown) if style == "inline" else "\n".join(f"{BULLET}{item}" for item in shown)


@dataclass(frozen=True, slots=True)
class _Voices:
    """One locale's words twice: with markup, and without for labels."""

    rich: _Voice
    bare: _Voice

    def over(self, older: _Voices) -> _Voices:
        return _Voices(self.rich.over(older.rich), self.bare.over(older.bare))

    @classmethod
    def of(cls, locale: str, words: Mapping[str, str], timezone: str) -> _Voices:
        formats = Formats(locale, timezone)
        rich = {key: compiled(locale, key, said, formats) for key, said in words.items()}
        bare = {key: compiled(locale, key, markup.bare(said), formats) for key, said in words.items()}
        return cls(_Voice(locale, rich, formats, markup.escape), _Voice(locale, bare, formats, str))


def compiled(locale: str, key: str, words: str, formats: Formats) -> Template:
    """`words` taken apart. Raises `ContentError` that says what is wrong with which placeholder."""
    try:
        template = templates.parse(words)
    except ContentError as error:
        raise ContentError(f"text '{key}' in '{locale}': {error}") from None
    for part in template:
        if isinstance(part, Blank) and part.forms and len(part.forms) != formats.plural_forms:
            raise ContentError(f"text '{key}' in '{locale}': {{{part.name}}} needs {formats.plural_forms} forms")
    return template
