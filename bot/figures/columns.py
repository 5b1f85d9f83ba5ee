"""Columns beside each other: what is due each month, against what there is to pay it from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from bot.figures.scene import GRID, INK, LINE, MARGIN, SHADES, SMALL, SOFT, WHOLE, WIDTH, Box, Label, Scene, spread
from bot.figures.worded import WordedChart, WordedColumn

TALL: Final = 500
"""The height of the highest line over the lowest."""

EDGE: Final = 12
"""Pixels that words keep from the picture's edge."""

_HEADROOM: Final = 52
_WIDEST: Final = 140
_LEAST: Final = 3
"""Pixels that the smallest part still has."""


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where columns stand: from `left` to `right`, on `base`; `per` is the pixels of an amount of one."""

    left: float
    right: float
    base: float
    per: float
    columns: tuple[WordedColumn, ...]

    @property
    def pitch(self) -> float:
        return (self.right - self.left) / max(1, len(self.columns))

    def middle(self, place: int) -> float:
        return self.left + self.pitch * (place + 0.5)

    def top(self, column: WordedColumn) -> float:
        """How far up the parts of a column reach."""
        return self.base - sum(column.parts) * self.per


def lay_out(scene: Scene, chart: WordedChart) -> None:
    """Put the columns beneath what stands in the scene."""
    plot = _plot(scene, chart)
    scene.labels += _axis(scene, plot, chart)
    for place, column in enumerate(chart.columns):
        scene.boxes += _column(plot, place, column)
    scene.labels += _amounts(scene, plot)
    scene.height = plot.base + 21
    scene.labels += _places(scene, plot)
    if any(column.group for column in chart.columns):
        scene.height += SMALL * LINE
    scene.height += SMALL * LINE


def _plot(scene: Scene, chart: WordedChart) -> _Plot:
    margin = max((scene.measure.width(words, SMALL) for _, words in chart.ticks), default=0.0)
    highest = max((max(sum(column.parts), column.whole or 0) for column in chart.columns), default=0) or 1
    base = scene.height + _HEADROOM + TALL
    return _Plot(MARGIN + margin + 20, WIDTH - MARGIN, base, TALL / highest, chart.columns)


def _axis(scene: Scene, plot: _Plot, chart: WordedChart) -> Iterator[Label]:
    for height, words in chart.ticks:
        y = plot.base - height * plot.per
        scene.boxes.append(Box(plot.left, y - 1, plot.right - plot.left, 2, GRID if height else "#b9c3bc"))
        yield scene.label(words, plot.left - 16, y - SMALL * 0.68, SMALL, anchor=1, colour=SOFT)


def _column(plot: _Plot, place: int, column: WordedColumn) -> Iterator[Box]:
    room = min(plot.pitch, _WIDEST)
    middle = plot.middle(place)
    if column.whole:
        yield _standing(middle, room * 0.9, plot.base, column.whole * plot.per, WHOLE)
    width = room * (0.56 if column.whole else 0.72)
    base = plot.base
    parts = [(part, colour) for part, colour in zip(column.parts, SHADES, strict=False) if part > 0]
    for number, (part, colour) in enumerate(parts, start=1):
        height = max(_LEAST, part * plot.per)
        box = _standing(middle, width, base, height, colour)
        yield box if number == len(parts) else replace(box, radius=0)
        base -= height + (2 if plot.pitch > 24 else 0)


def _standing(middle: float, width: float, base: float, height: float, colour: str) -> Box:
    return Box(middle - width / 2, base - height, width, height, colour, min(10.0, width / 3, height))


def _amounts(scene: Scene, plot: _Plot) -> list[Label]:
    """What is written above columns: their marks where they have any, else their amounts, as many as find room."""
    marked = any(column.mark for column in plot.columns)
    for size in (SMALL, SMALL - 3):
        for named in ("mark",) if marked else ("amount", "short"):
            labels = [
                _above(scene, plot, place, words, size)
                for place, column in enumerate(plot.columns)
                if (words := getattr(column, named))
            ]
            if all(label.width + 8 <= plot.pitch for label in labels):
                return labels
    said = [column.mark if marked else column.amount for column in plot.columns]
    wanted = (_above(scene, plot, place, said[place], SMALL) for place in _telling(plot.columns, said))
    return spread(wanted, 28)


def _telling(columns: tuple[WordedColumn, ...], said: list[str]) -> list[int]:
    """The columns worth a label, the most telling first: both ends, the highest, then each that is unlike the one before."""
    last = len(columns) - 1
    highest = max(range(len(columns)), key=lambda place: sum(columns[place].parts), default=0)
    unlike = [place for place in range(len(columns)) if place == 0 or said[place] != said[place - 1]]
    order = [place for place in (0, last, highest) if place in unlike]
    steep = sorted(unlike, key=lambda place: -abs(sum(columns[place].parts) - sum(columns[place - 1].parts)))
    return [place for place in dict.fromkeys((*order, *steep[:2], *unlike)) if said[place]]


def _above(scene: Scene, plot: _Plot, place: int, words: str, size: int) -> Label:
    """A label above its column, and above those beside it that it would cover."""
    label = scene.label(words, plot.middle(place), 0, size, anchor=0.5, colour=INK, bold=True)
    x = max(plot.left, min(label.x, WIDTH - EDGE - label.width))
    covered = (
        plot.top(column)
        for other, column in enumerate(plot.columns)
        if x - plot.pitch / 2 < plot.middle(other) < x + label.width + plot.pitch / 2
    )
    return replace(label, x=x, y=min(covered) - label.height - 2)


def _places(scene: Scene, plot: _Plot) -> Iterator[Label]:
    """What stands beneath the columns: each one's own label, thinned out evenly, and the year where it begins."""
    years = _years(scene, plot)
    every = _every(scene, plot)
    if every < 12 or not years:
        for place in range(0, len(plot.columns), every):
            words = plot.columns[place].label
            label = scene.label(words, plot.middle(place), scene.height, SMALL, anchor=0.5, colour=SOFT)
            yield _inside(label)
        years = [replace(year, y=year.y + SMALL * LINE) for year in years]
    yield from years


def _every(scene: Scene, plot: _Plot) -> int:
    widest = max((scene.measure.width(column.label, SMALL) for column in plot.columns), default=0.0)
    steps = (1, 2, 3, 4, 6, 12)
    fitting = (step for step in steps if widest + 16 <= step * plot.pitch)
    return next(fitting, None) or next(step for step in count(24, 12) if widest + 16 <= step * plot.pitch)


def _years(scene: Scene, plot: _Plot) -> list[Label]:
    begins = [
        place
        for place, column in enumerate(plot.columns)
        if column.group and (place == 0 or plot.columns[place - 1].group != column.group)
    ]
    ends = [*begins[1:], len(plot.columns)]
    begins = [place for place, _ in sorted(zip(begins, ends, strict=False), key=lambda span: span[0] - span[1])]
    labels = (
        scene.label(plot.columns[place].group, plot.middle(place), scene.height, SMALL, anchor=0.5, bold=True)
        for place in begins
    )
    return spread(map(_inside, labels), 20)


def _inside(label: Label) -> Label:
    return replace(label, x=max(EDGE, min(label.x, WIDTH - EDGE - label.width)))
