from __future__ import annotations

import csv
import io
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from bot.handoff.spreadsheet import neutral, table

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
DANGER = "=+-@\t\r\n＝＋－＠"


def read(written: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written, newline="")))


@given(st.one_of(TEXT, st.builds("{}{}{}".format, st.text(" \u3000", max_size=2), st.sampled_from(DANGER), TEXT)))
@example("=cmd|' /C calc'!A0")
@example("@SUM(1+9)")
@example("\t=1+1")
@example("a;=1+1")
@example('","=1+1')
def test_no_text_reads_as_a_formula_and_none_is_lost(text: str) -> None:
    ((cell, last),) = read(table([(text, "end")]))
    assert last == "end"
    assert not cell.startswith(tuple(DANGER))
    assert not cell.lstrip().startswith(tuple(DANGER))
    assert cell in (text, f"'{text}")


@given(TEXT)
def test_text_that_is_harmless_stays_as_it_is(text: str) -> None:
    harmless = f"x{text}"
    assert neutral(harmless) == harmless


@given(st.integers(), st.decimals(allow_nan=False, allow_infinity=False, places=2))
@example(-5, Decimal("1E+5"))
def test_numbers_stay_numbers(whole: int, amount: Decimal) -> None:
    line = table([(whole, amount, "end")]).removesuffix("\r\n")
    first, second, _ = line.split(",")
    assert (int(first), Decimal(second)) == (whole, amount)
    assert "E" not in second


def test_every_text_is_in_quotes_so_that_another_separator_opens_no_cell() -> None:
    assert table([("a;=1+1", None, 3)]) == '"a;=1+1","",3\r\n'
