"""A calendar: a cell for each month or week, filled where something is due. For loans that are paid back after the harvest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from bot.figures.scene import EMPTY, INK, INSIDE, LINE, MARGIN, SHADES, SMALL, SOFT, WORDS, Box, Label, Scene
from bot.figures.worded import WordedChart, WordedColumn

_GAP: Final = 14
_LIGHT: Final = frozenset({SHADES[1], SHADES[3], EMPTY})
"""Colours on which dark letters are read."""


def lay_out(scene: Scene, chart: WordedChart) -> None:
    """Put the cells beneath what stands in the scene; more than a year of them year by year."""
    in_row = _in_row(len(chart.columns))
    scene.height += 26
    by_year = [list(cells) for _, cells in groupby(chart.columns, key=lambda column: column.group)]
    if len(chart.columns) <= 12 or len(by_year) == 1:
        _rows(scene, chart.columns, in_row, headed=False)
        return
    for number, cells in enumerate(by_year):
        scene.height += 30 if number else 0
        scene.labels.append(scene.label(cells[0].group, MARGIN, scene.height, WORDS, bold=True))
        scene.height += WORDS * LINE + 8
        _rows(scene, cells, in_row, headed=True)


def _rows(scene: Scene, columns: Sequence[WordedColumn], in_row: int, *, headed: bool) -> None:
    width = (INSIDE - _GAP * (in_row - 1)) / in_row
    height = 156 if any(column.mark for column in columns) else 118
    for place, column in enumerate(columns):
        row, number = divmod(place, in_row)
        x, y = MARGIN + number * (width + _GAP), scene.height + row * (height + _GAP)
        box = Box(x, y, width, height, _colour(column), 16, all_round=True)
        scene.boxes.append(box)
        begins = not headed and (place == 0 or columns[place - 1].group != column.group)
        scene.labels += _words(scene, box, column, begins=begins)
    scene.height += -(-len(columns) // in_row) * (height + _GAP) - _GAP


def _in_row(cells: int) -> int:
    """Few cells in few rows; a year of months makes three rows, or two where there are many years."""
    if cells <= 3:
        return 3
    return 4 if cells <= 24 else 6


def _colour(column: WordedColumn) -> str:
    """That of the largest part."""
    if not any(column.parts):
        return EMPTY
    largest = max(range(len(column.parts)), key=lambda part: column.parts[part])
    return SHADES[largest % len(SHADES)]


def _words(scene: Scene, box: Box, column: WordedColumn, *, begins: bool) -> Iterator[Label]:
    """The label in the corner, with the year where one begins; the amount and its mark beneath."""
    due = bool(column.amount)
    ink = INK if box.colour in _LIGHT else "#ffffff"
    colour = ink if due else SOFT
    label = scene.label(column.label, box.x + 16, box.y + 12, SMALL, colour=colour)
    yield label
    year = scene.label(column.group, box.x + box.width - 16, box.y + 12, SMALL, anchor=1, colour=colour)
    if begins and column.group and not label.meets(year):
        yield year
    for words, size in ((column.amount, WORDS + 4), (column.amount, SMALL), (column.short, SMALL), (column.short, 28)):
        amount = scene.label(words, box.x + 16, box.y + 60, size, colour=ink, bold=True)
        if due and amount.width <= box.width - 24:
            yield amount
            break
    mark = scene.label(column.mark, box.x + 16, box.y + 110, SMALL - 3, colour=ink)
    if column.mark and mark.width <= box.width - 24:
        yield mark
