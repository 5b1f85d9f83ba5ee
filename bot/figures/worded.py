"""Figures in the words of one language: what a channel is given, what the outbox keeps, what a picture is drawn from.

Everything that is read stands here exactly as it is shown; amounts of a chart are numbers besides, for the lengths of its columns.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import orjson


@dataclass(frozen=True, slots=True)
class WordedTable:
    """A table of words. `numeric` tells for each column whether it is set to the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class WordedColumn:
    """A column of a chart. `group` is the year it is in, `amount` the sum of its parts in words and `short` the same in few."""

    label: str
    group: str = ""
    parts: tuple[float, ...] = ()
    amount: str = ""
    short: str = ""
    whole: float | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class WordedChart:
    """A chart in words. `ticks` are the heights of the lines behind it, with what is written beside them."""

    kind: Literal["columns", "calendar"]
    title: str
    columns: tuple[WordedColumn, ...]
    series: tuple[str, ...]
    whole: str = ""
    note: str = ""
    ticks: tuple[tuple[float, str], ...] = ()


Worded: TypeAlias = WordedTable | WordedChart


def stored(figure: Worded) -> dict[str, Any]:
    """`figure` as a JSON-ready object."""
    return {"kind": "table" if isinstance(figure, WordedTable) else "chart", "figure": asdict(figure)}


def restored(stored: dict[str, Any]) -> Worded:
    """The figure that `stored` was given."""
    given = stored["figure"]
    if stored["kind"] == "table":
        rows = tuple(tuple(row) for row in given["rows"])
        return WordedTable(tuple(given["head"]), rows, tuple(given["numeric"]), given["caption"])
    columns = tuple(WordedColumn(**one | {"parts": tuple(one["parts"])}) for one in given["columns"])
    ticks = tuple((height, words) for height, words in given["ticks"])
    return WordedChart(**given | {"columns": columns, "series": tuple(given["series"]), "ticks": ticks})


def digest(figure: Worded) -> str:
    """What is the same for two figures only if they show the same."""
    return hashlib.sha256(orjson.dumps(figure)).hexdigest()


def as_text(figure: Worded) -> str:
    """`figure` for those who cannot see it: a line for each row of a table; what a chart says, and its amounts."""
    if isinstance(figure, WordedTable):
        lines = (figure.caption, *(" · ".join(cells) for cells in (figure.head, *figure.rows)))
    else:
        due = (f"{column.label} {column.amount}" for column in figure.columns if column.amount)
        lines = (figure.title, figure.note or " · ".join(due))
    return "\n".join(line for line in lines if line)
