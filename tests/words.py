"""The bot's own words, as customers see them: what a test looks for and presses follows the catalogues."""

from __future__ import annotations

from typing import Any, Final

from bot import resources
from bot.core.values import Text
from bot.texts.catalogues import read_catalogues
from bot.texts.texts import Texts

_TEXTS: Final = Texts(read_catalogues(resources.locales()), "zh")


class Words:
    """All texts in one language, without markup."""

    def __init__(self, locale: str) -> None:
        self.locale = locale

    def __call__(self, key: str, **values: Any) -> str:
        return _TEXTS.label(Text(key, values), self.locale)

    def opening(self, key: str) -> str:
        """What a text begins with, up to its first value or the end of its line."""
        whole = _TEXTS.label(Text(key, dict.fromkeys(_TEXTS.placeholders(key), "\n")), self.locale)
        return next(line for line in whole.splitlines() if line.strip())
