"""The markup that words may use: the part of Telegram's HTML that every channel can show."""

from __future__ import annotations

import html
import re

TAGS = ("b", "i", "code", "blockquote")

_TAG = re.compile(rf"<(/?)({'|'.join(TAGS)})>")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot);")
_STRAY = re.compile(r"[<>&]")


def escape(words: str) -> str:
    """`words` as they are, in HTML."""
    return html.escape(words, quote=False)


def bare(words: str) -> str:
    """`words` without markup, for buttons and for counting."""
    return html.unescape(_TAG.sub("", words))


def fault(words: str) -> str | None:
    """What keeps `words` from being well-formed, or None."""
    stray = _STRAY.search(_ENTITY.sub("", _TAG.sub("", words)))
    if stray:
        return f"'{stray.group()}' is neither one of the tags {', '.join(TAGS)} nor written as an entity"
    open_tags: list[str] = []
    for closing, tag in _TAG.findall(words):
        if not closing:
            open_tags.append(tag)
        elif not open_tags or open_tags.pop() != tag:
            return f"</{tag}> closes what is not open"
    return f"<{open_tags[-1]}> is not closed" if open_tags else None
