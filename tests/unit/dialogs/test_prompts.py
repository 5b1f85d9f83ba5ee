"""What a step shows: its paragraphs, the choices it offers, and how they stand in rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.core.values import Money, Text, Values
from bot.dialogs.prompts import View, answer_text, keepable, view
from bot.dialogs.state import Frame
from tests.unit.dialogs.flows import book, flow

FORM = """
steps:
  first: {ask: how.much, saves: amount, accepts: amount, low: 5, high: most, why: because, goto: kind}
  kind:
    choose: which
    saves: kind
    columns: 2
    goto: card
    options:
      - {id: a, label: kind.a}
      - {id: b, label: kind.b, when: amount > 50}
      - {id: c, label: kind.c, goto: other}
      - {id: site, label: kind.site, url: "https://example.org"}
  other: {choose: which.other, saves: kind, goto: card, options: [{id: d, label: kind.d}]}
  card: {cards: things, text: thing, empty: no.things, saves: thing, options: [{id: take, label: take.it, goto: note}]}
  note: {ask: a.note, saves: note, accepts: words, optional: true, goto: sum}
  sum: {review: check.it, confirm: send.it, goto: end}
  end: {end: home}
"""
FLOW = flow(FORM)
BOOK = book(FORM, placeholders={"how.much": frozenset({"most"}), "thing": frozenset({"name", "price"})})
THINGS: Values = {
    "things": ("one", "two", "lost"),
    "details": {"thing": {"one": {"name": Text("one.name")}, "two": {"name": Text("two.name"), "price": 7}}},
}


def shown(
    step: str, path: tuple[str, ...] = (), position: int = 0, *, revising: bool = False, **answers: object
) -> View:
    frame = Frame(FLOW.ref, 1, step, answers, path, revising)  # type: ignore[arg-type]  # answers are values
    values: Values = {"most": Money(Decimal(100)), **THINGS, **frame.answers}
    return view(BOOK, FLOW, frame, values, position)


def test_a_text_is_given_just_the_values_that_it_names() -> None:
    assert shown("first").body == (Text("how.much", {"most": Money(Decimal(100))}),)


def test_a_first_question_offers_no_way_back() -> None:
    assert shown("first").rows == (("!why",),)


def test_a_later_question_offers_a_way_back_and_an_optional_one_to_be_skipped() -> None:
    assert shown("note", ("first",)).rows == (("!skip", "!back"),)


def test_an_earlier_answer_is_shown_and_offered_to_be_kept() -> None:
    answer = Text("answer", {"answer": Money(Decimal(60))})
    seen = shown("first", amount=Money(Decimal(60)))
    assert seen.body[1:] == (Text("current", {"answer": answer}),)
    assert (seen.rows, seen.choices["!keep"]) == ((("!keep",), ("!why",)), Text("button.keep", {"answer": answer}))


def test_an_answer_beyond_the_present_limits_is_not_offered() -> None:
    assert shown("first", amount=Money(Decimal(101))).rows == (("!why",),)


def test_a_question_that_is_revised_can_be_left_as_it_was() -> None:
    assert shown("first", revising=True).rows == (("!back", "!why"),)


def test_options_whose_condition_fails_are_not_offered() -> None:
    assert list(shown("kind", amount=Money(Decimal(60))).choices) == ["a", "b", "c", "site"]
    assert list(shown("kind", amount=Money(Decimal(40))).choices) == ["a", "c", "site"]


def test_options_stand_in_columns_and_links_lead_out() -> None:
    seen = shown("kind", ("first",), amount=Money(Decimal(60)))
    assert seen.rows == (("a", "b"), ("c", "site"), ("!back",))
    assert seen.links == {"site": "https://example.org"}


def test_cards_show_one_of_those_that_something_is_known_of() -> None:
    first, second, around = (shown("card", position=place) for place in (0, 1, -2))
    assert first.body[0] == Text("thing", {"name": Text("one.name"), "price": None})
    assert second.body[0] == Text("thing", {"name": Text("two.name"), "price": 7})
    assert around == first
    assert first.rows == (("!previous", "!next"), ("take",))


def test_a_consent_shows_its_notice_with_two_equal_buttons() -> None:
    consent = "steps: {first: {consent: share, agreed: end, refused: end}, end: {end: home}}"
    seen = view(book(consent), flow(consent), Frame(flow(consent).ref, 1, "first"), {}, 0)
    assert (seen.body, seen.rows, seen.version) == ((Text("consent.share"),), (("!agree",), ("!refuse",)), 1)


def test_a_review_lists_each_answer_once_in_the_flows_order_with_a_button_that_changes_it() -> None:
    path = ("first", "kind", "other", "note", "kind", "other")
    seen = shown("sum", path, amount=Money(Decimal(60)), kind="d", thing="two", note=None)
    lines = seen.body[1].values["lines"]
    assert isinstance(lines, tuple)
    assert [(line.values["field"], line.values["answer"]) for line in lines if isinstance(line, Text)] == [
        (Text("label.amount"), Text("answer", {"answer": Money(Decimal(60))})),
        (Text("label.kind"), Text("kind.d")),
        (Text("label.thing"), Text("answer", {"answer": Text("two.name")})),
        (Text("label.note"), Text("answer", {"answer": None})),
    ]
    assert seen.rows == (("!confirm",), ("!change:first", "!change:kind"), ("!change:card", "!change:note"))


@pytest.mark.parametrize(
    ("step", "value", "kept"),
    [
        ("first", Money(Decimal(50)), True), ("first", Money(Decimal(4)), False), ("first", "50", False),
        ("kind", "a", True), ("kind", "b", False), ("kind", "d", True), ("kind", "z", False),
        ("note", None, True), ("note", "words", True), ("note", 5, False), ("first", None, False),
    ],
)  # fmt: skip
def test_an_earlier_answer_stands_only_where_it_could_be_given_now(step: str, value: object, kept: bool) -> None:
    asked = FLOW.steps[step]
    values: Values = {"most": Money(Decimal(100)), "amount": Money(Decimal(40))}
    assert keepable(FLOW, asked, value, values) is kept  # type: ignore[arg-type]  # whatever an earlier flow saved


def test_a_choice_is_read_back_by_its_label_also_that_of_a_question_behind_it() -> None:
    step = FLOW.steps["kind"]
    assert [answer_text(FLOW, step, value, {}).key for value in ("a", "d", "z")] == ["kind.a", "kind.d", "answer"]  # type: ignore[arg-type]  # it is a question
