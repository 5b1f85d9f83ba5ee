"""Steps show a table or chart with their words, where there is one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.core.figures import Figure, Table
from bot.core.values import Money, Text, Values
from bot.dialogs.checks import check_flow
from bot.dialogs.codec import decode_state, encode_state
from bot.dialogs.effects import Show
from tests.unit.dialogs.flows import Talk, book, flow

FLOW = """
flow: form
entry: told
steps:
  told: {say: here, figure: schedule, goto: choice}
  choice: {choose: which, figure: overview, options: [{id: more, label: more, goto: cards}, {id: same, label: same, goto: choice}]}
  cards: {cards: items, text: card, empty: none, saves: item, figure: picture, options: [{id: take, label: take, goto: end}]}
  end: {end: home}
"""


def table(number: int) -> Table:
    return Table((Text("n"), Text("amount")), ((1, Money(Decimal(number))),), Text("caption"))


SCHEDULE, OVERVIEW, FIRST, SECOND = map(table, range(4))
FACTS: Values = {
    "schedule": SCHEDULE,
    "overview": OVERVIEW,
    "items": ("a", "b"),
    "details": {"item": {"a": {"picture": FIRST, "name": "A"}, "b": {"picture": SECOND, "name": "B"}}},
}


def shown(talk: Talk) -> list[Figure | None]:
    assert talk.turn is not None
    return [effect.figure for effect in talk.turn.effects if isinstance(effect, Show)]


def test_what_is_said_and_what_is_asked_carry_the_figures_that_they_name() -> None:
    talk = Talk(book(FLOW), FACTS)
    talk.open()
    assert shown(talk) == [SCHEDULE, OVERVIEW]


@pytest.mark.parametrize("values", [{}, {"schedule": None, "overview": "words"}])
def test_without_such_a_figure_there_are_just_the_words(values: Values) -> None:
    talk = Talk(book(FLOW), values)
    talk.open()
    assert shown(talk) == [None, None]


def test_an_answered_question_keeps_the_figure_it_was_shown_with() -> None:
    talk = Talk(book(FLOW), FACTS)
    talk.open()
    talk.facts = {**FACTS, "overview": SECOND}
    talk.press("same")
    assert shown(talk) == [OVERVIEW, SECOND]


def test_each_card_has_its_own_figure() -> None:
    talk = Talk(book(FLOW), FACTS)
    talk.open()
    talk.press("more")
    assert shown(talk)[-1] == FIRST
    talk.press("!next")
    assert shown(talk) == [SECOND]


def test_a_state_keeps_the_figure_of_the_open_question() -> None:
    talk = Talk(book(FLOW), FACTS)
    talk.open()
    assert decode_state(encode_state(talk.state)) == talk.state


def test_an_answer_of_the_customer_is_no_figure() -> None:
    wrong = flow("steps: {first: {choose: a, saves: x, figure: x, options: [{id: o, label: b, goto: first}]}}")
    problems = check_flow(wrong, texts={"a", "b", "label.x"}, flows=(), services=(), notices=())
    assert [one.what for one in problems] == [
        "figure 'x' is an answer of the customer; name a table or chart that a service gives"
    ]
