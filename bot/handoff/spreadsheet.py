"""CSV for spreadsheets: text that came from people cannot become a formula, numbers stay numbers. Pure.

https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | Decimal | None

BOM: Final = "\ufeff"
"""What tells Excel that a file is UTF-8."""

_STARTS: Final = tuple("=+-@\t\r\n＝＋－＠")


def neutral(text: str) -> str:
    """`text` with an apostrophe before it, where a spreadsheet could take it for a formula; spaces before it do not hide one."""
    return f"'{text}" if text.startswith(_STARTS) or text.lstrip().startswith(_STARTS) else text


def table(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV by RFC 4180. Every text is in quotes, whatever the separator of the one who reads it; a number is not."""
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_NONNUMERIC).writerows([_cell(cell) for cell in row] for row in rows)
    return written.getvalue()


def _cell(cell: Cell) -> str | int | Decimal:
    """A number as it is written out whole: 1E+5 would be read as text by some."""
    match cell:
        case None:
            return ""
        case str():
            return neutral(cell)
        case Decimal():
            return _Whole(cell)
        case _:
            return cell


class _Whole(Decimal):
    """A decimal that is written without an exponent."""

    def __str__(self) -> str:
        return format(self, "f")
