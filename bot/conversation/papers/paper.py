"""A paper as a person reads it: one HTML file that needs nothing else, for a phone and for a printer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import jinja2

_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing: a heading where it has one, labelled rows, and words that stand as they are."""

    title: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Entries of one kind under a heading; `empty` is said where there are none."""

    title: str
    entries: tuple[Entry, ...]
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """All that stands on it, in the customer's language; `made` says when and by whom."""

    locale: str
    title: str
    lead: str
    made: str
    sections: tuple[Section, ...]

    def html(self) -> bytes:
        """The paper as HTML."""
        return _template().render(paper=self).encode()


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(_HERE)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("paper.html.jinja")
