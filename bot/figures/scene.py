"""What a picture is made of: boxes and words in their places, in pixels of the finished picture. Measured, not yet painted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from bot.figures.worded import WordedChart

WIDTH: Final = 1080
MARGIN: Final = 56
INSIDE: Final = WIDTH - 2 * MARGIN
LINE: Final = 1.32
"""The height of a line of words, as a multiple of their size."""

INK, SOFT, GRID, WHOLE, EMPTY, PAPER = "#17211c", "#5a6860", "#e6eae6", "#dfe6e1", "#f1f4f1", "#ffffff"
SHADES: Final = ("#1c6a53", "#8fc9b2", "#37474f", "#c3a05a")
"""Colours of the parts, from the bottom up: told apart by how light they are, whatever colours an eye can see."""

TITLE, WORDS, SMALL = 46, 34, 31
"""Sizes of letters: at 360 pixels' width, a small phone's, the smallest are still ten pixels high."""


class Measure(Protocol):
    """Knows how wide words are."""

    def width(self, words: str, size: int, *, bold: bool = False) -> float:
        """The width of `words` in letters of `size` pixels."""
        ...


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle; `radius` rounds its upper corners, and with `all_round` the lower ones too."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    radius: float = 0
    all_round: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """Words whose left upper corner is at `x`, `y`."""

    words: str
    x: float
    y: float
    width: float
    size: int
    colour: str = INK
    bold: bool = False

    @property
    def height(self) -> float:
        """The height of the line."""
        return self.size * LINE

    def meets(self, other: Label, apart: float = 8) -> bool:
        """Whether the two are nearer than `apart` to each other."""
        beside = self.x + self.width + apart <= other.x or other.x + other.width + apart <= self.x
        touching = 1  # lines of one paragraph do
        above, below = self.y + self.height - touching, self.y + touching
        return not (beside or above <= other.y or other.y + other.height <= below)


@dataclass(slots=True)
class Scene:
    """A picture being laid out from the top; `height` is how far it reaches."""

    measure: Measure
    height: float = MARGIN - 8
    boxes: list[Box] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def label(  # noqa: PLR0913 -- a label has this many sides, each given by name
        self, words: str, x: float, y: float, size: int, *, anchor: float = 0, colour: str = INK, bold: bool = False
    ) -> Label:
        """Words at `x`: their left end there with `anchor` 0, their middle with 0.5, their right end with 1."""
        width = self.measure.width(words, size, bold=bold)
        return Label(words, x - width * anchor, y, width, size, colour, bold)

    def title(self, words: str) -> None:
        """The heading."""
        for line in self.lines(words, TITLE, bold=True):
            self.labels.append(self.label(line, MARGIN, self.height, TITLE, bold=True))
            self.height += TITLE * LINE

    def legend(self, chart: WordedChart) -> None:
        """Which colour is what, where there is more than one."""
        named = [*zip(SHADES, chart.series, strict=False)]
        if chart.whole:
            named.append((WHOLE, chart.whole))
        if len(named) < 2:
            return
        self.height += 12
        x: float = MARGIN
        for colour, words in named:
            label = self.label(words, x + 38, self.height, SMALL, colour=SOFT)
            if label.x + label.width > WIDTH - MARGIN and x > MARGIN:
                x, self.height = MARGIN, self.height + SMALL * LINE
                label = self.label(words, x + 38, self.height, SMALL, colour=SOFT)
            self.boxes.append(Box(x, self.height + 8, 26, 26, colour, 7, all_round=True))
            self.labels.append(label)
            x = label.x + label.width + 36
        self.height += SMALL * LINE

    def note(self, words: str) -> None:
        """What there is to see, in words, beneath."""
        if not words:
            return
        self.height += 26
        for line in self.lines(words, SMALL):
            self.labels.append(self.label(line, MARGIN, self.height, SMALL, colour=SOFT))
            self.height += SMALL * LINE

    def lines(self, words: str, size: int, *, bold: bool = False) -> Iterator[str]:
        """`words` broken into lines that fit, between words, or between characters of a script that has no spaces."""
        line = ""
        for atom in _atoms(words):
            if line and self.measure.width((line + atom).rstrip(), size, bold=bold) > INSIDE:
                yield line.rstrip()
                line = ""
            line += atom.lstrip() if not line else atom
        if line.strip():
            yield line.rstrip()


_NOT_FIRST: Final = frozenset("，。、；：？！）》」』】”’%‰…,.;:?!)")
"""Signs that no line begins with."""
_NOT_LAST: Final = frozenset("（《「『【“‘(¥$€")
"""Signs that no line ends with."""


def _atoms(words: str) -> Iterator[str]:
    """Pieces of `words` between which a line may end."""
    atom = ""
    for before, sign in zip(" " + words, words, strict=False):
        if atom and _may_break(before, sign):
            yield atom
            atom = ""
        atom += sign
    if atom:
        yield atom


def _may_break(before: str, sign: str) -> bool:
    if sign in _NOT_FIRST or before in _NOT_LAST or sign == " ":
        return False
    return before == " " or _is_wide(before) or _is_wide(sign)


def _is_wide(sign: str) -> bool:
    return "\u2e80" <= sign <= "\u9fff" or "\uff00" <= sign <= "\uffef" or sign in _NOT_FIRST - frozenset(",.:%")


def spread(labels: Iterable[Label], apart: float = 8) -> list[Label]:
    """Of `labels`, the most wanted first, those that do not meet one taken before."""
    taken: list[Label] = []
    for label in labels:
        if not any(label.meets(other, apart) for other in taken):
            taken.append(label)
    return taken
