"""Rich messages: words and a table as blocks.

Shapes and limits: https://core.telegram.org/bots/api#inputrichmessage and #rich-message-limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any, Final

from bot.figures.worded import WordedTable

MOST_COLUMNS: Final = 20
MOST_ROWS: Final = 400
"""Rows of a table in one message: with the words they are to stay under 500 blocks."""
MOST_CHARACTERS: Final = 30_000
"""Characters of one message, with room to the 32,768 that Telegram takes."""

_STYLES: Final = {"b": "bold", "i": "italic", "code": "code"}


def fits(html: str, table: WordedTable) -> bool:
    """Whether one rich message can hold the words and the table."""
    written = len(html) + sum(len(words) for cells in (table.head, *table.rows) for words in cells)
    return len(table.head) <= MOST_COLUMNS and len(table.rows) <= MOST_ROWS and written <= MOST_CHARACTERS


def rich_message(html: str, table: WordedTable) -> dict[str, Any]:
    """The words, then the table. Amounts are no telephone numbers: nothing in it is made a link."""
    return {"blocks": [*paragraphs(html), _table(table)], "skip_entity_detection": True}


def paragraphs(html: str) -> Iterator[dict[str, Any]]:
    """Each paragraph of words as a block; a quotation is a block that holds some."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    for kind, text in reader.runs:
        blocks = [{"type": "paragraph", "text": part} for part in _split(text)]
        if kind == "blockquote" and blocks:
            yield {"type": "blockquote", "blocks": blocks}
        elif kind != "blockquote":
            yield from blocks


def _table(table: WordedTable) -> dict[str, Any]:
    rows = [[_cell(table, place, words, head=True) for place, words in enumerate(table.head)]]
    rows += [[_cell(table, place, words) for place, words in enumerate(row)] for row in table.rows]
    block: dict[str, Any] = {"type": "table", "cells": rows, "is_striped": True, "is_compact": True}
    return block | ({"caption": {"type": "bold", "text": table.caption}} if table.caption else {})


def _cell(table: WordedTable, place: int, words: str, *, head: bool = False) -> dict[str, Any]:
    cell: dict[str, Any] = {"align": "right" if table.numeric[place] else "left", "valign": "middle"}
    # A cell without any text is not drawn at all, and would leave a hole.
    return cell | {"text": words or "\u00a0"} | ({"is_header": True} if head else {})


class _Reader(HTMLParser):
    """Words taken apart into runs of rich text, in a quotation or not; `open` are the lists being filled."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[tuple[str, list[Any]]] = [("", [])]
        self.open: list[list[Any]] = [self.runs[-1][1]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "blockquote":
            self._begin(tag)
        elif tag in _STYLES:
            inner: list[Any] = []
            self.open[-1].append({"type": _STYLES[tag], "text": inner})
            self.open.append(inner)

    def handle_endtag(self, tag: str) -> None:
        if tag == "blockquote":
            self._begin("")
        elif tag in _STYLES and len(self.open) > 1:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].append(data)

    def _begin(self, kind: str) -> None:
        self.runs.append((kind, []))
        self.open = [self.runs[-1][1]]


def _split(text: Iterable[Any]) -> Iterator[Any]:
    """Rich text in paragraphs: an empty line ends one."""
    paragraph: list[Any] = []
    for piece in text:
        first, *others = piece.split("\n\n") if isinstance(piece, str) else (piece,)
        paragraph.append(first)
        for other in others:
            yield from _shown(paragraph)
            paragraph = [other]
    yield from _shown(paragraph)


def _shown(paragraph: list[Any]) -> Iterator[Any]:
    """What there is to see of a paragraph, without the blank lines around it."""
    kept = [piece for piece in paragraph if piece]
    if kept and isinstance(kept[0], str):
        kept[0] = kept[0].lstrip("\n")
    if kept and isinstance(kept[-1], str):
        kept[-1] = kept[-1].rstrip("\n")
    kept = [_plain(piece) for piece in kept if piece]
    if kept:
        yield kept[0] if len(kept) == 1 else kept


def _plain(piece: Any) -> Any:
    """A list of one as that one."""
    if isinstance(piece, dict):
        inner = [_plain(one) for one in piece["text"]]
        return piece | {"text": inner[0] if len(inner) == 1 else inner}
    return piece
