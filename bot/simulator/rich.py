"""Rich messages: what https://core.telegram.org/bots/api#inputrichmessage says of blocks, read and held to its limits.

Blocks of words and tables are understood; those with media, maps, formulas or buttons, and the `html` and `markdown` fields, are not.
Everything is kept as plain JSON, since python-telegram-bot has no types for it yet.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.simulator.errors import ApiError, bad_request
from bot.simulator.markup import utf16_length

CHARACTERS: Final = 32_768
BLOCKS: Final = 500
DEPTH: Final = 16
COLUMNS: Final = 20

_STYLES: Final[Mapping[str, str]] = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "spoiler": "tg-spoiler", "code": "code",
    "subscript": "", "superscript": "", "marked": "",
}  # fmt: skip
_WORDS: Final = frozenset({"paragraph", "heading", "pre", "footer", "pullquote", "expandable_blockquote"})
_HOLDERS: Final = frozenset({"blockquote", "details"})
_ALIGNS: Final = ("left", "center", "right")
_VALIGNS: Final = ("top", "middle", "bottom")


@dataclass(slots=True)
class _Size:
    """What a message has so far."""

    characters: int = 0
    blocks: int = 0


def read_rich(given: Any) -> tuple[Mapping[str, Any], ...]:
    """The blocks of an `InputRichMessage`; raises what a server answers to one that is wrong or too large."""
    if not isinstance(given, dict):
        raise _unparsable("object expected")
    if "html" in given or "markdown" in given:
        raise bad_request("the simulator reads rich messages as blocks only")
    blocks = given.get("blocks")
    if not isinstance(blocks, list) or not blocks:
        raise bad_request("rich message must be non-empty")
    size = _Size()
    _check_blocks(blocks, size, 1)
    if not size.characters:
        raise bad_request("rich message must be non-empty")
    return tuple(blocks)


def rich_text(blocks: Sequence[Mapping[str, Any]]) -> str:
    """The words of a message, a line for each row of a table."""
    return "\n".join(line for block in blocks for line in _lines(block) if line)


def rich_html(blocks: Sequence[Mapping[str, Any]]) -> str:
    """The words around the tables, in the markup of other messages."""
    return "\n\n".join(filter(None, map(_html, blocks)))


def _check_blocks(blocks: Any, size: _Size, depth: int) -> None:
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise _unparsable("blocks must be an array of objects")
    for block in blocks:
        _count(size, 1)
        _check_block(block, size, depth)


def _check_block(block: Mapping[str, Any], size: _Size, depth: int) -> None:
    kind = block.get("type")
    if depth > DEPTH:
        raise bad_request("RICH_MESSAGE_DEPTH_EXCEEDED")
    if kind in _WORDS:
        _check_text(block.get("text"), size, depth + 1)
    elif kind in _HOLDERS:
        _check_blocks(block.get("blocks"), size, depth + 1)
    elif kind == "table":
        _check_table(block, size, depth)
    elif kind != "divider":
        raise _unparsable(f"unsupported block type {kind!r}")


def _check_table(table: Mapping[str, Any], size: _Size, depth: int) -> None:
    rows = table.get("cells")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
        raise _unparsable("a table must have rows of cells")
    _count(size, len(rows))
    if table.get("caption") is not None:
        _check_text(table["caption"], size, depth + 1)
    for row in rows:
        if sum(int(cell.get("colspan") or 1) for cell in row) > COLUMNS:
            raise bad_request("RICH_MESSAGE_TABLE_TOO_WIDE")
        for cell in row:
            if cell.get("align") not in _ALIGNS or cell.get("valign") not in _VALIGNS:
                raise _unparsable("a cell needs align and valign")
            if cell.get("text") is not None:
                _check_text(cell["text"], size, depth + 1)


def _check_text(text: Any, size: _Size, depth: int) -> None:
    if depth > DEPTH:
        raise bad_request("RICH_MESSAGE_DEPTH_EXCEEDED")
    match text:
        case str():
            size.characters += utf16_length(text)
            if size.characters > CHARACTERS:
                raise bad_request("rich message is too long")
        case list():
            for piece in text:
                _check_text(piece, size, depth)
        case {"type": str(kind), "text": inner} if kind in _STYLES:
            _check_text(inner, size, depth + 1)
        case _:
            raise _unparsable("unsupported rich text")


def _count(size: _Size, blocks: int) -> None:
    size.blocks += blocks
    if size.blocks > BLOCKS:
        raise bad_request("RICH_MESSAGE_TOO_MANY_BLOCKS")


def _lines(block: Mapping[str, Any]) -> Iterator[str]:
    if block["type"] == "table":
        yield _plain(block.get("caption", ""))
        yield from ("\t".join(_plain(cell.get("text", "")).strip() for cell in row) for row in block["cells"])
    for inner in block.get("blocks", ()):
        yield from _lines(inner)
    if block["type"] in _WORDS:
        yield _plain(block["text"])


def _plain(text: Any) -> str:
    match text:
        case str():
            return text
        case list():
            return "".join(map(_plain, text))
        case _:
            return _plain(text["text"])


def _html(block: Mapping[str, Any]) -> str:
    kind = block["type"]
    if kind in _HOLDERS:
        return f"<blockquote>{rich_html(block['blocks'])}</blockquote>"
    if kind not in _WORDS:
        return ""
    words = _marked(block["text"])
    return {"heading": f"<b>{words}</b>", "pre": f"<pre>{words}</pre>"}.get(kind, words)


def _marked(text: Any) -> str:
    match text:
        case str():
            return html.escape(text, quote=False)
        case list():
            return "".join(map(_marked, text))
        case _:
            tag = _STYLES[text["type"]]
            inner = _marked(text["text"])
            return f"<{tag}>{inner}</{tag}>" if tag else inner


def _unparsable(text: str) -> ApiError:
    return bad_request(f"can't parse InputRichMessage: {text}")
