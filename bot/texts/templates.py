"""Words with placeholders, taken apart once so that filling them is quick.

A placeholder is `{name}` or `{name:style}`; a brace that is meant is doubled. Styles: `cents` forces the cents of an
amount, `exact` shows a rate with up to four decimals instead of two and `short` with only those it needs, `date` and
`time` show that part of a moment, `inline` writes a list in one line, `plain` a number without separators, and
`day|days` puts the form of a word that goes with the number behind it (as many forms as the locale has, in the order of
CLDR: zero one two few many other).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Formatter
from typing import TypeAlias

from bot.core.errors import ContentError

STYLES = frozenset({"", "cents", "exact", "short", "date", "time", "inline", "plain"})

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Blank:
    """A place in words for the value `name`, shown in `style`; `forms` are the forms of a counted word."""

    name: str
    style: str = ""
    forms: tuple[str, ...] = ()


Template: TypeAlias = tuple[str | Blank, ...]


def parse(words: str) -> Template:
    """`words` as literal parts and blanks. Raises `ContentError` that says what is wrong with a placeholder."""
    parts: list[str | Blank] = []
    try:
        for literal, name, style, conversion in Formatter().parse(words):
            if literal:
                parts.append(literal)
            if name is not None:
                parts.append(_blank(name, style or "", conversion))
    except ValueError as error:
        raise ContentError(f"a brace stands alone ({error}); double it where it is meant") from None
    return tuple(parts)


def names(template: Template) -> frozenset[str]:
    """The values that `template` needs."""
    return frozenset(part.name for part in template if isinstance(part, Blank))


def _blank(name: str, style: str, conversion: str | None) -> Blank:
    if conversion or not _NAME.fullmatch(name):
        raise ContentError(f"'{{{name}}}' is no placeholder; a name is lower-case letters, digits and _")
    if "|" in style:
        return Blank(name, forms=tuple(style.split("|")))
    if style not in STYLES:
        raise ContentError(f"'{{{name}:{style}}}' has an unknown style; known: {', '.join(sorted(STYLES - {''}))}")
    return Blank(name, style)
