"""Tables as text, for where a chat cannot show one: aligned where a phone has room for its lines, else a paragraph a row.

A character of Chinese takes as much room as two Latin ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from unicodedata import east_asian_width

from bot.figures.worded import WordedTable
from bot.texts.markup import escape

WIDTH: Final = 34
"""Latin letters that a small phone shows in one line of a block of code."""

ROWS: Final = 40
"""Rows of an aligned table before its head is said again, so that a long one can be split between messages."""

_GAPS: Final = ("  ", " ")
"""What stands between columns: the widest for which there is room."""


def html(table: WordedTable) -> str:
    """The table in the markup that every channel shows, `<pre>` where it is aligned."""
    caption = f"<b>{escape(table.caption)}</b>" if table.caption else ""
    widths = [max(map(width, cells)) for cells in zip(table.head, *table.rows, strict=True)]
    gap = next((gap for gap in _GAPS if sum(widths) + len(gap) * (len(widths) - 1) <= WIDTH), None)
    if gap is None:
        return "\n\n".join(filter(None, (caption, *(_paragraph(table, row) for row in table.rows))))
    starts = range(0, max(1, len(table.rows)), ROWS)
    aligned = (_aligned(table, table.rows[start : start + ROWS], widths, gap) for start in starts)
    return "\n".join(filter(None, (caption, "\n\n".join(aligned))))


def width(words: str) -> int:
    """The room that `words` take."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in words)


def _aligned(table: WordedTable, rows: tuple[tuple[str, ...], ...], widths: list[int], gap: str) -> str:
    lines = (gap.join(_padded(table, cells, widths)).rstrip() for cells in (table.head, *rows))
    written = escape("\n".join(lines))
    return f"<pre>{written}</pre>"


def _padded(table: WordedTable, cells: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    for words, room, right in zip(cells, widths, table.numeric, strict=True):
        blanks = " " * (room - width(words))
        yield blanks + words if right else words + blanks


def _paragraph(table: WordedTable, row: tuple[str, ...]) -> str:
    """A row by its heading, with what each cell is."""
    heading = f"{table.head[0]} {row[0]}" if row[0].isdecimal() else row[0]
    told = (f"{name} {words}" for name, words in zip(table.head[1:], row[1:], strict=True) if words)
    return f"<b>{escape(heading)}</b>\n{escape(' · '.join(told))}"
