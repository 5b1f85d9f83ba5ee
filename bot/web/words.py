"""The words of the pages of staff, in the language of whoever reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.core.values import Text, Value
from bot.texts.texts import Texts

_TAGS: Final = {"zh": "zh-CN"}


@dataclass(frozen=True, slots=True)
class Words:
    """Texts in one locale: called with a key and values, it gives plain words."""

    texts: Texts
    locale: str

    def __call__(self, key: str, **values: Value) -> str:
        """The words under a key."""
        return self.texts.label(Text(key, values), self.locale)

    def known(self, key: str, otherwise: str) -> str:
        """The words under a key, where there are some."""
        return self.texts.label(Text(key), self.locale) if self.texts.knows(key) else otherwise

    def value(self, value: Value, style: str = "") -> str:
        """A value by itself."""
        return self.texts.value(value, self.locale, style)

    def moment(self, at: datetime) -> str:
        """A moment: today's without the day."""
        today = self.value(at, "date") == self.value(datetime.now(UTC), "date")
        return self.value(at, "time" if today else "")

    @property
    def tag(self) -> str:
        """The language as HTML names it."""
        return _TAGS.get(self.locale, self.locale)


def words_for(texts: Texts, language: str | None, accepted: str = "") -> Words:
    """The words for somebody of this `language`, else of the first one that a browser's `Accept-Language` names."""
    first = accepted.partition(",")[0].partition(";")[0].strip()
    return Words(texts, texts.nearest(language or first or None))
