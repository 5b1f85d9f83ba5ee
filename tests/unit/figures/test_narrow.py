"""Tables as text, as a phone shows them."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from bot.core.figures import Table
from bot.core.values import Text
from bot.figures import narrow
from bot.figures.worded import WordedTable
from bot.figures.wording import worded
from tests.unit.figures.samples import TEXTS, schedule

WORDS = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp", "Mn"]), max_size=12)


def short(months: int, locale: str) -> str:
    whole = schedule(months)
    some = Table(whole.head[:3], tuple(row[:3] for row in whole.rows), Text("caption"))
    table = worded(some, TEXTS, locale)
    assert isinstance(table, WordedTable)
    return narrow.html(table)


def test_a_table_that_has_room_is_aligned_with_its_numbers_to_the_right() -> None:
    assert short(2, "zh") == (
        "<b>还款计划</b>\n<pre>期  还款日        应还 ¥\n1   2026/12/1  50,450.45\n2   2027/1/1   50,450.45</pre>"
    )
    assert short(1, "en").endswith("<pre>No.  Due          To pay ¥\n1    Dec 1, 2026   100,600</pre>")


def test_a_long_table_says_its_head_again() -> None:
    assert short(60, "zh").count("还款日") == 2


def test_a_table_that_is_too_wide_has_a_paragraph_for_each_row() -> None:
    table = worded(schedule(2), TEXTS, "zh")
    assert isinstance(table, WordedTable)
    caption, first, second = narrow.html(table).split("\n\n")
    assert (caption, second.split("\n")[0]) == ("<b>还款计划</b>", "<b>期 2</b>")
    assert (
        first
        == "<b>期 1</b>\n还款日 2026/12/1 · 应还 ¥ 50,450.45 · 本金 ¥ 49,850.45 · 利息 ¥ 600.00 · 剩余本金 ¥ 100,000"
    )


def test_what_has_no_value_is_left_out_and_markup_is_shown_as_it_is() -> None:
    table = WordedTable(
        ("", "A <&> long heading of this", "B, and another long one"), (("fee", "", "<1%"),), (False,) * 3
    )
    assert narrow.html(table) == "<b>fee</b>\nB, and another long one &lt;1%"


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=5), st.tuples(WORDS, WORDS, WORDS))
def test_no_line_of_an_aligned_table_is_wider_than_a_phone_and_none_is_lost(
    rows: list[tuple[str, str, str]], head: tuple[str, str, str]
) -> None:
    shown = narrow.html(WordedTable(head, tuple(rows), (False, True, False)))
    for block in re.findall("<pre>(.*?)</pre>", shown, re.DOTALL):
        assert all(narrow.width(line) <= narrow.WIDTH for line in unescape(block).split("\n"))
    for cell in (cell for row in rows for cell in row):
        assert cell.strip() in unescape(re.sub("</?(?:b|pre)>", "", shown))
