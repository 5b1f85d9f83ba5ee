"""A long form in parts: how far it is, what does not apply, and earlier answers kept as a whole."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.core.errors import ContentError
from bot.core.values import Money, Text
from bot.dialogs.effects import Request, Show
from bot.dialogs.events import Signalled
from bot.dialogs.model import Flow, FlowBook
from bot.dialogs.reader import parse_flows
from bot.dialogs.state import State
from bot.publishing.sources import parse_yaml
from tests.unit.dialogs.flows import NOW, Talk, book

WHOLE = """
flow: form
kind: form
entry: shop
parts: [shop, you]
steps:
  sum: {review: check.it, confirm: send.it, goto: send}
  send: {call: send, passes: [trade, code, name], on: {else: end}}
  end: {end: home}
"""
SHOP = """
part_of: form
part: shop
steps:
  shop: {recall: still.so, goto: trade}
  trade: {choose: which, saves: trade, goto: code, options: [{id: shop, label: a}, {id: farm, label: b}]}
  code: {ask: the.code, saves: code, accepts: words, when: trade == 'shop', goto: papers}
  papers:
    choose: send.them
    saves: papers
    takes: keep-page
    on: {document: papers}
    goto: name
    options: [{id: later, label: c}, {id: page, label: d, goto: papers, chooses: false}]
"""
YOU = """
part_of: form
part: you
steps:
  name: {ask: your.name, saves: name, accepts: name, goto: sum}
"""


def documents(**more: str) -> dict[str, object]:
    texts = {"form": WHOLE, "form_shop": SHOP, "form_you": YOU, **more}
    return {f"{name}.yaml": parse_yaml(text, name) for name, text in texts.items()}


def whole() -> FlowBook:
    flow: Flow = parse_flows(documents(), 1)["form"]
    return book(flows={one.ref: one for one in (*book().flows.values(), flow)}, entry="form")


def step_shown(talk: Talk) -> tuple[object, object] | None:
    assert talk.turn is not None
    shown = [effect for effect in talk.turn.effects if isinstance(effect, Show) and effect.buttons]
    found = [text for text in shown[-1].body if text.key == "form.step"]
    return (found[0].values["number"], found[0].values["whole"]) if found else None


def talk_at_the_code() -> Talk:
    talk = Talk(whole())
    talk.open()
    talk.press("shop")
    return talk


def test_each_question_says_how_far_the_form_is() -> None:
    talk = Talk(whole())
    talk.open()
    assert step_shown(talk) == (1, 4)
    talk.press("shop")
    assert talk.step == "code"
    talk.say("A1")
    assert step_shown(talk) == (3, 5)
    talk.press("later")
    talk.say("李梅")
    assert step_shown(talk) == (5, 5)


def test_a_question_that_does_not_apply_is_neither_asked_nor_counted_nor_passed_on() -> None:
    talk = talk_at_the_code()
    talk.say("A1")
    talk.press("later")
    talk.say("李梅")
    talk.press("!change:trade")
    talk.press("farm")
    assert step_shown(talk) == (4, 4)
    turn = talk.press("!confirm")
    request = next(effect for effect in turn.effects if isinstance(effect, Request))
    assert request.values == {"trade": "farm", "code": None, "name": "李梅"}


def test_earlier_answers_of_a_part_are_kept_as_a_whole_and_the_rest_is_asked() -> None:
    talk = Talk(whole())
    talk.state = State(known={"trade": "shop", "code": "A1", "locale": "zh"})
    talk.open()
    talk.press("form")
    turn = talk.press("!keep_all")
    assert talk.step == "papers"
    assert talk.state.frames[-1].path == ("trade", "code")
    assert turn.state.frames[-1].answers["code"] == "A1"


def test_earlier_answers_gone_through_are_asked_one_by_one() -> None:
    talk = Talk(whole())
    talk.state = State(known={"trade": "shop", "code": "A1", "locale": "zh"})
    talk.open()
    talk.press("form")
    talk.press("!change_some")
    assert talk.step == "trade"
    talk.press("shop")
    assert Text("current", {"answer": Text("answer", {"answer": "A1"})}) in talk.shown


def test_a_signal_leads_the_open_question_on_and_answers_it_where_it_can() -> None:
    talk = talk_at_the_code()
    talk.say("A1")
    talk.take(Signalled(NOW, "document", "kept", {}))
    assert "papers" not in talk.answers
    talk.take(Signalled(NOW, "document", "later", {}))
    assert talk.answers["papers"] == "later"


def test_a_form_without_parts_says_nothing_of_its_length() -> None:
    talk = Talk(
        book("steps:\n  first: {ask: how.much, saves: amount, accepts: amount, why: w, goto: end}\n  end: {end: home}")
    )
    talk.open()
    assert step_shown(talk) is None
    talk.say("5000")
    assert talk.state.known["amount"] == Money(Decimal(5000))


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("form_odd", YOU.replace("part: you", "part: odd"), "form_odd.yaml: the flow 'form' has no part 'odd'"),
        ("form_you", YOU.replace("  name:", "  sum:"), "step 'sum' is also defined in form.yaml or another part"),
        ("form_you", "part_of: form\npart: you\n", "form_you.yaml: field 'steps' must map"),
        ("form_you", YOU + "loud: true\n", "form_you.yaml: unknown field 'loud'"),
        ("form_you", "flow: you\nentry: a\nsteps: {a: {end: home}}", "part 'you' has no file"),
    ],
)
def test_parts_that_do_not_fit_are_refused(file: str, text: str, told: str) -> None:
    with pytest.raises(ContentError, match=told):
        parse_flows(documents(**{file: text}), 1)
