"""Words as rules compare them: whatever is written to look like something else reads as what it looks like. Pure.

Full-width letters and digits, traditional characters, letters of other alphabets, marks above letters, pictures, invisible
characters, and spaces or points put between characters say the same to a person, and so they do here. Sentences stay apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from bot.texts.chinese import simplified

_LETTERS: Final = dict(zip("аеорсухіјѕԁԛԝһкмтвнοαεικνρτυχ", "aeopcyxijsdqwhkmtbhoaeiknptux", strict=True))
"""Letters of the Cyrillic and the Greek alphabet that look like Latin ones."""

_SAME: Final = str.maketrans({**_LETTERS, "💯": "100%", "〇": "零"})
_DIGITS_AS_LETTERS: Final = tuple(str.maketrans(f"0{one}3457@$", f"o{letter}eastas") for one, letter in ("1i", "1l"))
_HAN: Final = r"\u3400-\u9fff"
_BETWEEN_HAN: Final = re.compile(
    rf"(?<=[{_HAN}])(?:[^\S\n]|[.·•・*_\-–—~|/\\+=^`'\"“”‘’#@<>()\[\]{{}}「」『』])+(?=[{_HAN}])"
)
_BESIDE_FIGURE: Final = re.compile(rf"(?<=[{_HAN}\d])[^\S\n]+(?=[\d%])|(?<=[\d%])[^\S\n]+(?=[{_HAN}%])")
_STANDING: Final = re.compile(rf"(?m)^([{_HAN}])\n(?=[{_HAN}]$)")
_SPELT: Final = re.compile(r"(?<![a-z0-9])[a-z0-9](?:[ .*_\-|·/~][a-z0-9])+(?![a-z0-9])")
_ABBREVIATION: Final = 3
_WORD: Final = re.compile(r"[a-z0-9@$]*[a-z][a-z0-9@$]*")


def readings(words: str) -> tuple[str, ...]:
    """What `words` say to whoever reads them, in small letters.

    A gap between Chinese characters may set two clauses apart or only look so; a digit within a word may be a letter: each is
    a reading of its own.
    """
    plain = simplified(unicodedata.normalize("NFKC", words).lower()).translate(_SAME)
    plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if not _unseen(char))
    plain = _SPELT.sub(_joined, _BESIDE_FIGURE.sub("", _STANDING.sub(r"\1", plain)))
    spaced = (_BETWEEN_HAN.sub("", plain), _BETWEEN_HAN.sub(",", plain))
    lettered = (_WORD.sub(_with(table), plain) for table in _DIGITS_AS_LETTERS)
    return tuple(dict.fromkeys((*spaced, *lettered)))


def _unseen(char: str) -> bool:
    """What a reader does not see, or sees as a picture or as a mark above a letter."""
    return unicodedata.category(char) in {"Cf", "Mn", "Me", "So", "Sk", "Cs", "Co"}


def _joined(spelt: re.Match[str]) -> str:
    """Letters set apart are a word (`g u a r a n t e e d`); a few of them are an abbreviation (`e.g.`)."""
    letters = re.sub(r"[^a-z0-9]", "", spelt.group())
    return letters if len(letters) > _ABBREVIATION else spelt.group()


def _with(table: dict[int, int]) -> Callable[[re.Match[str]], str]:
    """Reads digits as letters within words (`guarant33d`); what has few letters is a figure (`300k`)."""
    return lambda word: word[0].translate(table) if sum(map(str.isalpha, word[0])) > _ABBREVIATION else word[0]
