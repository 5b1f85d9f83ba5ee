"""What is wrong with a flow is found before a customer finds it."""

from __future__ import annotations

import pytest

from bot.dialogs.checks import check_flow, services_called, text_keys
from tests.unit.dialogs.flows import flow

KNOWN = {"texts": {"a", "b", "label.x"}, "flows": {"form", "other"}, "services": {"quote"}, "notices": {"share"}}


def problems(steps: str) -> list[str]:
    text = f"steps: {{{steps}}}"
    return [f"{one.step}: {one.what}" for one in check_flow(flow(text), **KNOWN)]


def test_a_flow_in_order_has_no_problem() -> None:
    assert problems("first: {ask: a, saves: x, accepts: words, goto: end}, end: {end: home}") == []


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ("other: {end: home}", "first: the flow's entry is not one of its steps; correct 'entry'"),
        ("first: {say: a, goto: gone}", "first: it leads to 'gone', which does not exist; correct the name"),
        ("first: {end: home}, second: {end: home}", "second: no step leads here; remove it or lead to it"),
        ("first: {choose: a, options: [{id: o, label: b}]}", "first: an option leads nowhere; give it, or the step, a 'goto'"),
        ("first: {say: a, goto: second}, second: {branch: [], else: first}", "first: it comes back to itself without waiting for the customer; put a question in between"),
        ("first: {say: unheard, goto: end}, end: {end: home}", "first: text 'unheard' has no words; add it to the catalogues"),
        ("first: {enter: nowhere, goto: end}, end: {end: home}", "first: flow 'nowhere' does not exist; correct the name"),
        ("first: {call: magic, on: {else: end}}, end: {end: home}", "first: service 'magic' is not registered; use one of quote"),
        ("first: {await: n, shows: a, takes: magic, on: {x: end}}, end: {end: home}", "first: service 'magic' is not registered; use one of quote"),
        ("first: {consent: none, agreed: end, refused: end}, end: {end: home}", "first: notice 'none' does not exist; correct the name or add the notice"),
        ("first: {call: quote, on: {quoted: end}}, end: {end: home}", "first: the outcome 'else' is missing under 'on'; say where to go when the service fails"),
        ("first: {handoff: asked, on: {offered: end}}, end: {end: home}", "first: the outcome 'else' is missing under 'on'; say where to go when the service fails"),
        ("first: {choose: a, options: [{id: o, label: b, goto: first}, {id: o, label: a, goto: first}]}", "first: two options have the id 'o'; rename one"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_remedy(steps: str, problem: str) -> None:
    assert problem in problems(steps)


def test_every_text_is_named_that_a_flow_needs() -> None:
    steps = flow(
        "steps:\n"
        "  first: {ask: a, saves: x, accepts: words, why: w, goto: card}\n"
        "  card: {cards: items, text: t, empty: e, saves: item, options: [{id: o, label: l, goto: call}]}\n"
        "  call: {call: quote, busy: s, late: u, on: {else: sum}}\n"
        "  sum: {review: r, confirm: c, goto: end}\n"
        "  end: {end: home}"
    )
    assert {key for _, key in text_keys(steps)} == {
        "a",
        "w",
        "label.x",
        "t",
        "e",
        "l",
        "label.item",
        "s",
        "u",
        "r",
        "c",
    }


def test_the_services_a_flow_asks_are_those_it_calls_and_those_that_take_files() -> None:
    steps = "first: {call: quote, on: {else: rest}}, rest: {await: n, shows: a, takes: archive, on: {x: first}}"
    assert list(services_called(flow(f"steps: {{{steps}}}"))) == ["quote", "archive"]
