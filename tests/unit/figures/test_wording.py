"""Figures in words: amounts, days and numbers as the language writes them."""

from __future__ import annotations

from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.figures import Table
from bot.core.values import Months, Rate, Text
from bot.figures.worded import WordedChart, WordedTable, as_text, digest, restored, stored
from bot.figures.wording import MOST_COLUMNS, step_for, worded
from tests.unit.figures.samples import SHAPES, TEXTS, chart, level, money, schedule, stacked


def table(given: Table, locale: str = "zh") -> WordedTable:
    found = worded(given, TEXTS, locale)
    assert isinstance(found, WordedTable)
    return found


def shape(name: str, locale: str = "zh") -> WordedChart:
    found = worded(SHAPES[name], TEXTS, locale)
    assert isinstance(found, WordedChart)
    return found


def test_a_schedule_names_its_currency_once_and_sets_numbers_to_the_right() -> None:
    found = table(schedule())

    assert found.head == ("期", "还款日", "应还 ¥", "本金 ¥", "利息 ¥", "剩余本金 ¥")
    assert found.rows[0] == ("1", "2026/12/1", "8,661.90", "8,061.90", "600.00", "100,000")
    assert found.numeric == (False, False, True, True, True, True)
    assert found.caption == "还款计划"


def test_a_day_in_a_table_is_short_only_where_nobody_can_misread_it() -> None:
    assert [table(schedule(), locale).rows[0][1] for locale in ("zh", "en")] == ["2026/12/1", "Dec 1, 2026"]


def test_a_column_of_unlike_values_keeps_their_units() -> None:
    products = Table(
        (Text("any", {"value": ""}), Text("principal"), Text("fee")),
        ((Text("number"), money(300_000), Rate(Decimal("0.0845"))), (Text("due"), Months(12), None), (Text("pay"), ("a", "b"), True)),
    )  # fmt: skip
    found = table(products)

    assert found.rows == (("期", "¥300,000", "8.45%"), ("还款日", "1年", ""), ("应还", "a和b", "是"))
    assert found.numeric == (False, False, False)


def test_months_and_years_stand_beneath_monthly_columns_and_days_beneath_weekly_ones() -> None:
    assert [(one.label, one.group) for one in shape("level12").columns[:2]] == [("12月", "2026年"), ("1月", "2027年")]
    assert [(one.label, one.group) for one in shape("weekly26", "en").columns[:2]] == [
        ("Nov 30", "2026"),
        ("Dec 7", "2026"),
    ]


def test_a_column_says_its_whole_amount_and_its_mark() -> None:
    first = shape("level12", "en").columns[0]

    assert (first.amount, first.mark, first.whole) == ("¥8,662", "17%", 52_000)
    assert first.parts == (8061.9, 600.0)


def test_nothing_is_said_where_nothing_is_due() -> None:
    assert [one.amount for one in shape("bullet9").columns] == [""] * 8 + ["¥52,700"]


def test_lines_stand_at_round_amounts_up_to_the_highest() -> None:
    assert [words for _, words in shape("level12").ticks] == ["¥0", "¥2万", "¥4万", "¥6万"]
    assert [words for _, words in shape("level12", "en").ticks] == ["¥0", "¥20K", "¥40K", "¥60K"]
    assert shape("nothing").ticks == ()


@given(st.decimals(Decimal("0.01"), 10**12, places=2))
def test_there_are_two_to_five_lines_above_nought(highest: Decimal) -> None:
    assert 2 <= highest // step_for(highest) <= 5


def test_more_columns_than_can_be_told_apart_are_put_together_and_it_is_said() -> None:
    together, whole = shape("level84"), chart(stacked(level(84, 300_000)))

    assert len(together.columns) == 28 <= MOST_COLUMNS
    assert sum(sum(one.parts) for one in together.columns) == pytest.approx(
        float(sum(part.amount for one in whole.columns for part in one.parts))
    )
    assert "3" in together.note
    assert together.columns[0].label == "12月"
    assert len(shape("level60").columns) == 60


def test_columns_put_together_keep_what_they_are_seen_against() -> None:
    first = shape("weekly104").columns[0]
    assert first.whole == 9000 + 9500 + 10000


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("name", SHAPES)
def test_a_worded_figure_survives_being_stored(name: str, locale: str) -> None:
    figure = worded(SHAPES[name], TEXTS, locale)
    again = restored(orjson.loads(orjson.dumps(stored(figure))))

    assert again == figure
    assert digest(again) == digest(figure)


def test_a_worded_table_survives_being_stored() -> None:
    assert restored(orjson.loads(orjson.dumps(stored(table(schedule()))))) == table(schedule())


def test_a_figure_can_be_read_without_seeing_it() -> None:
    lines = as_text(table(schedule(2))).split("\n")
    assert lines[:2] == ["还款计划", "期 · 还款日 · 应还 ¥ · 本金 ¥ · 利息 ¥ · 剩余本金 ¥"]
    assert lines[2].startswith("1 · 2026/12/1 · ")
    assert as_text(shape("bullet9", "en")) == f"{WORDED_TITLE}\n{WORDED_NOTE}"


WORDED_TITLE, WORDED_NOTE = (TEXTS.label(Text(key), "en") for key in ("title", "note"))


def test_a_chart_without_a_note_is_read_by_its_amounts() -> None:
    plain = worded(chart([*SHAPES["bullet9"].columns]), TEXTS, "zh")
    assert isinstance(plain, WordedChart)
    silent = WordedChart(plain.kind, plain.title, plain.columns, plain.series)
    assert as_text(silent).endswith("11月 ¥52,700")
