"""A slip of the author's pen is told with file, step, field and remedy."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.core.errors import ContentError
from bot.core.values import Money
from bot.dialogs.model import Ask, Await, Choose, Say
from bot.dialogs.reader import parse_flows
from bot.publishing.sources import parse_yaml
from tests.unit.dialogs.flows import flow

ASK = "first: {ask: a, saves: x, accepts: amount, goto: end}"


def refusal(text: str) -> str:
    with pytest.raises(ContentError) as raised:
        parse_flows({"form.yaml": parse_yaml(text, "form.yaml")}, 1)
    return str(raised.value)


def step_refusal(step: str) -> str:
    return refusal(f"flow: form\nentry: first\nsteps:\n  first: {step}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a", "form.yaml: a mapping of fields is expected"),
        ("entry: first\nsteps: {}", "form.yaml: field 'flow' is missing; add it"),
        ("flow: form\nentry: first\nsteps: []", "form.yaml: field 'steps' must map step names to steps"),
        ("flow: form\nentry: first\nkind: table\nsteps: {a: {}}", "form.yaml: kind 'table' is unknown; use 'form' or 'talk'"),
        ("flow: form\nentry: a\ncolour: red\nsteps: {a: {}}", "form.yaml: unknown field 'colour'; correct or remove it"),
        ("flow: form\nentry: A\nsteps: {A: {end: home}}", "form.yaml: step 'A': a step name has small letters, digits and _, at most 32"),
    ],
)  # fmt: skip
def test_a_flow_that_is_none_says_why(text: str, told: str) -> None:
    assert refusal(text) == told


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("{goto: b}", "one of say, forget, ask, choose, cards, branch, consent, recall, review, call, await, handoff, enter, end is expected"),
        ("{say: a}", "field 'goto' is missing; add it"),
        ("{say: a, goto: b, loud: true}", "unknown field 'loud'; correct or remove it"),
        ("{ask: a, saves: x, accepts: colour, goto: b}", "accepts 'colour' is unknown; use one of amount, balance, months, months_ahead, count, phone, uscc, words, name"),
        ("{ask: a, saves: x, accepts: amount, low: 1.2.3, goto: b}", "limit '1.2.3' is neither a number nor the name of a value"),
        ("{ask: a, saves: x, accepts: amount, goto: b, optional: maybe}", "field 'optional' must be true or false"),
        ("{choose: a, columns: two, options: []}", "field 'columns' must be a whole number"),
        ("{choose: a, options: {id: x}}", "field 'options' must be a list"),
        ("{call: quote, on: [a]}", "field 'on' must map outcomes to steps"),
        ("{branch: [{when: 'a ==', goto: b}], else: c}", "rule 'a ==': "),
        ("{branch: [{when: 5, goto: b}], else: c}", "a condition must be a text"),
        ("{end: nowhere}", "end 'nowhere' is unknown; use return, home, restart or forget"),
    ],
)  # fmt: skip
def test_a_step_that_is_none_says_where_and_why(step: str, told: str) -> None:
    refused = step_refusal(step)
    assert refused.startswith("form.yaml: step 'first'")
    assert told in refused


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("{label: a}", "field 'id' is missing; add it"),
        ("{id: Yes!, label: a}", "option id 'Yes!' must have small letters, digits and _, at most 32"),
        ("{id: a, label: b, when: '(('}", "rule '((': "),
        ("{id: a, label: b, chooses: sometimes}", "field 'chooses' must be true or false"),
        ("{id: a, label: b, hue: red}", "unknown field 'hue'; correct or remove it"),
    ],
)
def test_an_option_that_is_none_says_where_and_why(option: str, told: str) -> None:
    refused = step_refusal(f"{{choose: a, options: [{option}]}}")
    assert refused.startswith("form.yaml: step 'first'")
    assert told in refused


def test_two_files_may_not_hold_one_flow() -> None:
    document = parse_yaml("flow: form\nentry: first\nsteps: {first: {end: home}}", "a")
    with pytest.raises(ContentError, match=r"b\.yaml: flow .form. is also defined in another file; rename one"):
        parse_flows({"a.yaml": document, "b.yaml": document}, 1)


def test_what_is_written_is_what_is_read() -> None:
    read = flow(
        "steps:\n  first: {ask: a, saves: x, accepts: amount, low: 5, high: product_high, optional: true, goto: rest}\n"
        "  rest: {await: news, shows: b, takes: archive, on: {come: say}, options: [{id: go, label: c, goto: say}]}\n"
        "  say: {say: d, each: items, goto: first}"
    )
    first, rest, say = read.steps.values()
    assert (read.ref.name, read.ref.release, read.kind, read.entry) == ("form", 1, "form", "first")
    assert first == Ask("a", "x", "amount", "rest", None, "5", "product_high", optional=True)
    assert isinstance(rest, Await)
    assert (rest.awaits, rest.takes, rest.on, rest.options[0].goto) == ("news", "archive", {"come": "say"}, "say")
    assert say == Say("d", "first", "items")


def test_options_may_be_the_languages_that_there_are() -> None:
    document = parse_yaml("flow: l\nentry: a\nsteps: {a: {choose: b, options: languages, goto: a}}", "l")
    step = parse_flows({"l.yaml": document}, 1, ["zh", "en"])["l"].steps["a"]
    assert isinstance(step, Choose)
    assert [(option.id, option.label) for option in step.options] == [("zh", "language.zh"), ("en", "language.en")]


def test_a_condition_decides_whether_an_option_is_offered() -> None:
    step = flow("steps: {first: {choose: a, options: [{id: b, label: c, when: 'amount > 5', goto: first}]}}").steps[
        "first"
    ]
    assert isinstance(step, Choose)
    rule = step.options[0].when
    assert rule is not None
    assert [rule.holds({"amount": Money(Decimal(number))}) for number in (5, 6)] == [False, True]
