"""Choices that come with the values, choices that change their message in place, and what services have kept."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.core.errors import ContentError
from bot.core.values import Money, Text, Values
from bot.dialogs.checks import check_flow
from bot.dialogs.effects import Request, Show
from bot.dialogs.events import Returned
from bot.publishing.labels import label_keys
from tests.unit.dialogs.flows import Talk, book, flow

PICK = """
steps:
  first:
    choose: which
    saves: kind
    each: {names: kinds, label: "kind.{}.name", in_place: true}
    goto: shown
    options: [{id: none, label: no.kind, goto: end, chooses: false}]
  shown:
    choose: picked
    options:
      - {id: more, label: more, goto: ask, in_place: true}
      - {id: end, label: leave, goto: end}
  ask: {call: increase, passes: [amount], saves: [amount], on: {done: shown, else: shown}}
  end: {end: home}
"""
FACTS: Values = {"kinds": ("ink", "wool")}


def picking() -> Talk:
    talk = Talk(book(PICK), FACTS)
    talk.open()
    return talk


def slots(talk: Talk) -> list[tuple[str, bool]]:
    assert talk.turn is not None
    return [(effect.slot, effect.edit) for effect in talk.turn.effects if isinstance(effect, Show)]


def test_each_name_among_the_values_is_a_choice_before_the_step_s_own() -> None:
    talk = picking()
    assert talk.state.prompt is not None
    assert dict(talk.state.prompt.choices) == {
        "ink": Text("kind.ink.name"),
        "wool": Text("kind.wool.name"),
        "none": Text("no.kind"),
    }


def test_a_listed_choice_is_saved_by_its_name() -> None:
    talk = picking()
    talk.press("wool")
    assert talk.answers["kind"] == "wool"


def test_a_choice_that_does_not_choose_leads_away_without_an_answer() -> None:
    talk = picking()
    talk.press("none")
    assert "kind" not in talk.state.known


def test_what_follows_a_choice_in_place_takes_the_place_of_its_message() -> None:
    talk = picking()
    (first, _), *_ = slots(talk)
    talk.press("ink")
    assert slots(talk) == [(first, True)]


def test_what_is_asked_of_a_service_in_place_comes_back_into_the_same_message() -> None:
    talk = picking()
    (slot, _), *_ = slots(talk)
    talk.press("ink")
    talk.press("more")
    assert talk.turn is not None
    (request,) = (effect for effect in talk.turn.effects if isinstance(effect, Request))
    shown = [
        *talk.turn.effects,
        *talk.take(Returned(talk.now, request.id, "done", {"amount": Money(Decimal(7)), "other": 1})).effects,
    ]
    assert [(one.slot, one.edit) for one in shown if isinstance(one, Show)][-1] == (slot, True)


def test_only_what_a_call_names_is_kept_of_what_a_service_answers() -> None:
    talk = picking()
    talk.press("ink")
    talk.press("more")
    assert talk.turn is not None
    (request,) = (effect for effect in talk.turn.effects if isinstance(effect, Request))
    talk.take(Returned(talk.now, request.id, "done", {"amount": Money(Decimal(7)), "other": 1}))
    assert {name: talk.state.known.get(name) for name in ("amount", "other")} == {
        "amount": Money(Decimal(7)),
        "other": None,
    }


def test_below_words_of_the_customer_s_own_the_next_message_is_sent_anew() -> None:
    talk = picking()
    (slot, _), *_ = slots(talk)
    talk.say("what is that?")
    talk.press("ink")
    assert slots(talk)[-1][0] != slot


def test_a_label_without_a_place_for_the_name_is_refused() -> None:
    with pytest.raises(ContentError, match=r"must have one \{\}"):
        flow(PICK.replace("kind.{}.name", "kind.name"))


def test_a_family_of_labels_without_any_words_is_reported() -> None:
    found = check_flow(
        flow(PICK),
        texts={"which", "picked", "no.kind", "more", "leave", "label.kind"},
        flows=(),
        services={"increase"},
        notices=(),
    )
    assert [problem.step for problem in found] == ["first"]


def test_listed_labels_are_buttons_in_every_language() -> None:
    keys = {"kind.ink.name", "kind.name", "kind.ink.price"}
    assert label_keys([flow(PICK)], keys) >= {"kind.ink.name", "no.kind"}
    assert "kind.name" not in label_keys([flow(PICK)], keys)
