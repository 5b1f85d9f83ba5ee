"""The letters of pictures: a font that comes with the program, since many machines have none for Chinese."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

FOLDER: Final = Path(__file__).resolve().parent / "fonts"

_LEFT_OUT: Final = frozenset({"So", "Co", "Cs", "Sk", "Mn"})
_NARROW: Final = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "—": "–"})


class Typeface:
    """Regular and bold letters of any size, read from `folder` when they are first needed; about 1 ms and 5 MB."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self.font = cache(self._font)

    def _font(self, size: int, bold: bool) -> ImageFont.FreeTypeFont:
        file = self._folder / ("bold.otf" if bold else "regular.otf")
        return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)

    def width(self, words: str, size: int, *, bold: bool = False) -> float:
        """See `Measure.width`."""
        return self.font(size, bold).getlength(drawable(words))


def drawable(words: str) -> str:
    """`words` as the font has them.

    Pictures, such as those before a button's label, are left out. Quotation marks and dots of Chinese are as wide as a character,
    so words without any get narrow ones.
    """
    kept = "".join(sign for sign in words if unicodedata.category(sign) not in _LEFT_OUT).strip()
    return kept if any("\u2e80" <= sign <= "\u9fff" for sign in kept) else kept.translate(_NARROW)
