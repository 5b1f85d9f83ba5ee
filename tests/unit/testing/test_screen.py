"""What stories see of tables and charts."""

from __future__ import annotations

from bot.core.figures import Chart, Table
from bot.core.values import Text
from bot.figures.worded import WordedChart, WordedTable
from bot.testing.screen import SETTLED, Knob, Part, Screen, Shown, kind_of

ASKED = (Part("which"),)


def test_a_figure_is_a_table_or_a_chart_before_and_after_it_is_put_into_words() -> None:
    assert kind_of(Table((), ())) == kind_of(WordedTable((), (), ())) == "table"
    assert kind_of(Chart("columns", Text("t"), (), ())) == kind_of(WordedChart("columns", "t", (), ())) == "chart"
    assert kind_of(None) is None


def test_figures_are_news_in_their_order_and_only_once() -> None:
    screen = Screen()
    screen.show("1", Shown(ASKED, figure="chart"))
    screen.show("2", Shown((Part("all"),), figure="table"))
    assert screen.figures == ["chart", "table"]
    screen.begin()
    assert screen.figures == []


def test_the_figure_of_a_closed_question_is_no_news() -> None:
    screen = Screen()
    screen.show("1", Shown(ASKED, ((Knob("a", "A", "t"),),), figure="chart"))
    screen.begin()
    screen.show("1", Shown((*ASKED, Part(SETTLED)), figure="chart"))
    assert screen.figures == []
    screen.show("1", Shown((Part("changed"),), figure="chart"))
    assert screen.figures == ["chart"]
