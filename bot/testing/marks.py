"""Words that carry their key, so that what a customer sees tells which texts it is made of.

Before and behind the words of each text stands one character of Unicode's private-use area, the first one naming the
key. They travel through rendering, storage and any channel like other characters, so a story can be read off a real
screen. Labels and what is typed stay as they are: they have to be recognised when they are typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.dialogs.reader import parse_flows
from bot.publishing.keys import common_wording, is_command
from bot.publishing.labels import ALSO, label_keys
from bot.publishing.release import Documents

_FIRST: Final = 0xE000
_END: Final = "\uf8ff"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text as it was shown: its key, and its words as the channel had them."""

    key: str
    words: str


class Marks:
    """Marks the words of authored documents, and reads the marks off what was shown."""

    def __init__(self, documents: Documents) -> None:
        messages: Mapping[str, Mapping[str, str]] = documents["messages"]
        keys = sorted(set().union(*messages.values()))
        labels = label_keys(parse_flows(documents["flows"], 0, messages).values(), keys)
        marked = [key for key in keys if key not in labels and not key.endswith(ALSO) and not is_command(key)]
        marks = {key: chr(_FIRST + number) for number, key in enumerate(marked)}
        self._marks = {key: marks[common_wording(key, marks)] for key in marked}
        self._keys = {mark: common_wording(key, marks) for key, mark in self._marks.items()}
        self.documents: dict[str, Any] = {
            **documents,
            "messages": {locale: self._marked(words) for locale, words in messages.items()},
        }

    def _marked(self, words: Mapping[str, str]) -> dict[str, str]:
        return {key: f"{self._marks[key]}{said}{_END}" if key in self._marks else said for key, said in words.items()}

    def paragraphs(self, shown: str) -> tuple[Paragraph, ...]:
        """The texts that stand in `shown`, without those that stand within others.

        Words quoted in part lack their end; the text around them then ends with what is shown.
        """
        found: list[Paragraph] = []
        depth = start = 0
        for place, sign in enumerate(shown):
            if sign in self._keys:
                start = place if depth == 0 else start
                depth += 1
            elif sign == _END and depth:
                depth -= 1
                if depth == 0:
                    found.append(Paragraph(self._keys[shown[start]], self.plain(shown[start : place + 1])))
        if depth:
            found.append(Paragraph(self._keys[shown[start]], self.plain(shown[start:])))
        return tuple(found)

    def plain(self, shown: str) -> str:
        """`shown` as a customer reads it."""
        return "".join(sign for sign in shown if sign != _END and sign not in self._keys)
