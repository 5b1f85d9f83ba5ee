"""Figures are values: they survive being stored, and rules see that they are there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import orjson
from hypothesis import given
from hypothesis import strategies as st

from bot.core.codec import decode, encode
from bot.core.figures import Chart, Column, Figure, Table
from bot.core.rules import Rule
from bot.core.values import Money, Months, Rate, Text, Value

DECIMALS = st.decimals(-(10**9), 10**9, places=2)
MONEY = st.builds(Money, DECIMALS, st.sampled_from(("CNY", "EUR")))
PLAIN: st.SearchStrategy[Value] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=8), DECIMALS, st.dates(), MONEY,
    st.builds(Rate, DECIMALS), st.builds(Months, st.integers(0, 60)),
)  # fmt: skip
TEXTS = st.builds(Text, st.text(max_size=8), st.dictionaries(st.text(max_size=4), PLAIN, max_size=2))
CELLS = PLAIN | TEXTS


def tuples(of: st.SearchStrategy[object], most: int = 4) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(of, max_size=most).map(tuple)


TABLES = st.builds(Table, tuples(TEXTS), tuples(tuples(CELLS)), st.none() | TEXTS)
COLUMNS = st.builds(Column, CELLS, tuples(MONEY), st.none() | MONEY, CELLS)
CHARTS = st.builds(
    Chart,
    st.sampled_from(("columns", "calendar")),
    TEXTS,
    tuples(COLUMNS),
    tuples(TEXTS),
    st.none() | TEXTS,
    st.none() | TEXTS,
)


@given(TABLES | CHARTS)
def test_a_figure_survives_being_stored(figure: Figure) -> None:
    assert decode(orjson.loads(orjson.dumps(encode({"within": (figure,)})))) == {"within": (figure,)}


def test_a_rule_sees_whether_there_is_a_figure() -> None:
    chart = Chart("columns", Text("t"), (Column(date(2026, 3, 1), (Money(Decimal(5)),)),), (Text("s"),))
    rule = Rule("schedule != null")
    assert [rule.holds(values) for values in ({"schedule": chart}, {"schedule": Table((), ())}, {})] == [
        True,
        True,
        False,
    ]
