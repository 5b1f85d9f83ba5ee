"""What no story of the shipped flows can show: how the engine treats flows that others may write."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.errors import ContentError
from bot.core.values import Money, Months, Text
from bot.dialogs.effects import Acknowledge, RecordConsent, Request, SetTimer, Show
from bot.dialogs.events import Pressed, Released, Returned, Said, Signalled, TimedOut
from bot.dialogs.model import FlowRef
from bot.dialogs.state import Frame, State
from tests.unit.dialogs.flows import NOTICE, NOW, Talk, book, flow

SLOW = """
steps:
  first: {ask: how.much, saves: amount, accepts: amount, goto: send}
  send: {call: submit, passes: [amount], busy: sending, patience: 20, late: later, on: {taken: done, else: first}}
  done: {say: thanks, goto: rest}
  rest: {await: news, shows: wait, on: {good: end}, options: [{id: more, label: more, goto: first}]}
  end: {end: home}
"""


def sent(talk: Talk) -> list[Request]:
    assert talk.turn is not None
    return [effect for effect in talk.turn.effects if isinstance(effect, Request)]


def said(talk: Talk) -> list[str]:
    """The keys shown by the last turn."""
    assert talk.turn is not None
    return [text.key for effect in talk.turn.effects if isinstance(effect, Show) for text in effect.body]


def slow() -> tuple[Talk, Request]:
    """A conversation in which a slow service has been asked."""
    talk = Talk(book(SLOW))
    talk.open()
    talk.say("5000")
    (request,) = sent(talk)
    return talk, request


# Services


def test_a_service_is_passed_what_its_step_names_and_timed() -> None:
    talk, request = slow()
    assert (request.service, dict(request.values)) == ("submit", {"amount": talk.answers["amount"]})
    assert talk.turn is not None
    assert SetTimer(request.id, 20) in talk.turn.effects
    assert said(talk)[-1] == "sending"


def test_an_answer_takes_the_place_of_the_message_that_asked_for_patience() -> None:
    talk, request = slow()
    slot = talk.state.prompt.slot if talk.state.prompt else ""
    turn = talk.take(Returned(NOW, request.id, "taken"))
    first = next(effect for effect in turn.effects if isinstance(effect, Show))
    assert (first.slot, first.edit, first.body) == (slot, True, (Text("thanks"),))


def test_coming_back_to_a_service_that_has_not_answered_does_not_ask_it_again() -> None:
    talk, request = slow()
    talk.say("side")
    talk.press("done")
    assert (sent(talk), said(talk)[-1]) == ([], "sending")
    talk.take(Returned(NOW, request.id, "taken"))
    assert (talk.step, said(talk)) == ("rest", ["thanks", "wait"])


def test_an_answer_comes_to_the_top_of_whatever_was_begun_meanwhile() -> None:
    talk, request = slow()
    talk.say("side")
    talk.take(Returned(NOW, request.id, "taken"))
    assert (talk.step, said(talk)) == ("rest", ["side.ask", "thanks", "wait"])


def test_an_unknown_outcome_goes_the_way_of_else() -> None:
    talk, request = slow()
    talk.take(Returned(NOW, request.id, "exploded"))
    assert talk.step == "first"


def test_an_answer_counts_once() -> None:
    talk, request = slow()
    talk.take(Returned(NOW, request.id, "taken"))
    before = talk.state
    talk.take(Returned(NOW, request.id, "else"))
    assert talk.state == before


def test_a_late_service_is_told_once_its_patience_is_over_and_never_after_its_answer() -> None:
    talk, request = slow()
    talk.take(TimedOut(NOW, request.id))
    assert said(talk) == ["later"]
    talk.take(Returned(NOW, request.id, "taken"))
    talk.take(TimedOut(NOW, request.id))
    assert said(talk) == []


def test_the_way_back_is_closed_while_a_service_is_asked_and_once_the_matter_rests() -> None:
    talk, request = slow()
    talk.say("back")
    assert (talk.step, said(talk)) == ("send", ["busy"])
    talk.take(Returned(NOW, request.id, "taken"))
    talk.say("back")
    assert talk.step == "rest"
    assert "back.nothing" in said(talk)


def test_an_answer_that_comes_while_a_person_holds_the_chat_is_told_when_the_bot_is_back() -> None:
    talk, request = slow()
    talk.take(Signalled(NOW, "manager", "joined", {"told": Text("here")}))
    talk.take(Returned(NOW, request.id, "taken"))
    assert said(talk) == []
    talk.take(Released(NOW))
    assert said(talk) == ["handoff.back", "thanks", "wait"]


def test_another_person_who_comes_is_announced_at_once_and_not_again_later() -> None:
    talk, _ = slow()
    talk.take(Signalled(NOW, "manager", "joined", {"told": Text("here")}))
    talk.take(Signalled(NOW, "manager", "joined", {"told": Text("another")}))
    assert said(talk) == ["another"]
    talk.take(Released(NOW))
    assert (talk.state.held_by, "another" in said(talk)) == ("bot", False)


# Consent

CONSENT = "steps: {first: {consent: share, agreed: yes, refused: no}, yes: {ask: a, saves: x, accepts: words, goto: no}, no: {end: home}}"


def test_consent_is_recorded_on_the_message_that_was_shown() -> None:
    talk = Talk(book(CONSENT))
    talk.open()
    slot = talk.state.prompt.slot if talk.state.prompt else ""
    turn = talk.press("!agree")
    assert RecordConsent("share", 1, "given", slot, None) in turn.effects


def test_a_notice_that_has_changed_meanwhile_is_asked_again() -> None:
    talk = Talk(book(CONSENT))
    talk.open()
    talk.book = replace(talk.book, notices={"share": replace(NOTICE, version=2)})
    turn = talk.press("!agree")
    assert not any(isinstance(effect, RecordConsent) for effect in turn.effects)
    assert (talk.step, said(talk)[-2:]) == ("first", ["consent.changed", "consent.share"])
    assert any(isinstance(effect, RecordConsent) for effect in talk.press("!agree").effects)


# Content that changes


def test_a_form_goes_on_in_the_release_it_began_with() -> None:
    old, new = flow(SLOW), flow("steps: {first: {end: home}}")
    talk = Talk(book(SLOW))
    talk.open()
    newer = replace(new, ref=FlowRef("form", 2))
    home = {FlowRef(name, 2): talk.book.flows[FlowRef(name, 1)] for name in ("home", "resume")}
    talk.book = replace(talk.book, release=2, flows={old.ref: old, newer.ref: newer, **home})
    talk.say("5000")
    assert (talk.step, talk.state.frames[-1].flow) == ("send", FlowRef("form", 1))


def test_a_frame_whose_step_is_gone_is_left_and_its_answers_stay_known() -> None:
    talk = Talk(book(SLOW))
    talk.state = State(frames=(Frame(FlowRef("form", 1), 1, "gone", {"x": 1}),), known={"x": 1}, instances=1)
    talk.say("hello")
    assert ([frame.flow.name for frame in talk.state.frames], talk.state.known) == (["home"], {"x": 1})


# Reviews

FORM = """
steps:
  first: {ask: how.much, saves: amount, accepts: amount, goto: check}
  check: {call: quote, passes: [amount], on: {refused: sorry, else: kind}}
  sorry: {say: sorry, goto: again}
  again: {ask: how.much, saves: amount, accepts: amount, goto: check}
  kind: {choose: which, saves: kind, goto: sum, options: [{id: a, label: a}, {id: b, label: b, goto: extra}]}
  extra: {ask: extra, saves: extra, accepts: words, goto: sum}
  sum: {review: check.it, confirm: send.it, goto: end}
  end: {end: home}
"""


def reviewed() -> Talk:
    """A form that has come to its review."""
    talk = Talk(book(FORM))
    talk.open()
    talk.say("5000")
    answer(talk, "fine")
    talk.press("a")
    assert talk.step == "sum"
    return talk


def answer(talk: Talk, outcome: str) -> None:
    (request,) = sent(talk)
    talk.take(Returned(NOW, request.id, outcome))


def test_a_change_that_a_service_refuses_is_told_and_asked_again_however_often() -> None:
    talk = reviewed()
    talk.press("!change:first")
    talk.say("500000")
    answer(talk, "refused")
    assert (talk.step, said(talk)) == ("again", ["sorry", "review.affects", "how.much", "current"])
    talk.say("400000")
    answer(talk, "refused")
    assert talk.step == "again"
    talk.say("6000")
    answer(talk, "fine")
    assert talk.step == "sum"
    assert isinstance(talk.answers["amount"], Money)


def test_a_change_asks_what_it_invalidates_and_nothing_else() -> None:
    talk = reviewed()
    talk.press("!change:kind")
    talk.press("b")
    assert (talk.step, said(talk)[-2:]) == ("extra", ["review.affects", "extra"])
    talk.say("more")
    talk.press("!change:first")
    talk.say("7000")
    answer(talk, "fine")
    assert talk.step == "sum"


def test_a_change_is_left_as_it_was_by_going_back() -> None:
    talk = reviewed()
    talk.press("!change:first")
    before = talk.answers["amount"]
    talk.press("!back")
    answer(talk, "fine")
    assert (talk.step, talk.answers["amount"]) == ("sum", before)


# What may mean several things

MEANT = """
steps:
  first: {ask: how.much, saves: amount, accepts: amount, low: 10000, high: 500000, why: because, goto: second}
  second: {ask: how.long, saves: months, accepts: months, goto: end}
  end: {end: home}
"""


def test_what_may_mean_several_things_is_asked_back_with_a_button_for_each() -> None:
    talk = Talk(book(MEANT))
    talk.open()
    talk.say("30")
    assert (talk.step, said(talk)[-2:]) == ("first", ["input.meant", "how.much"])
    talk.press("!meant:300000")
    assert (talk.step, talk.answers["amount"]) == ("second", Money(Decimal(300_000)))
    talk.say("两三年")
    talk.press("!meant:36")
    assert talk.state.known["months"] == Months(36)


def test_what_was_meant_can_still_be_pressed_after_a_stale_press_and_be_typed_instead() -> None:
    talk = Talk(book(MEANT))
    talk.open()
    talk.say("30")
    talk.take(Pressed(NOW, "0.0.!meant:1"))
    assert "!meant:300000" in (talk.state.prompt.choices if talk.state.prompt else ())
    talk.say("20万")
    assert talk.answers["amount"] == Money(Decimal(200_000))


def test_a_text_is_worded_for_the_segment_of_the_customer() -> None:
    worded = book(MEANT, placeholders={"how.much": frozenset(), "how.much.farmer": frozenset()})
    for segment, key in (("farmer", "how.much.farmer"), ("sole_trader", "how.much")):
        talk = Talk(worded, {"segment": segment})
        talk.open()
        assert said(talk) == [key]


# Interruptions


def test_at_the_menu_only_forms_stay_open() -> None:
    talk = Talk(book(SLOW))
    talk.open()
    talk.say("side")
    talk.say("cancel")
    assert [frame.flow.name for frame in talk.state.frames] == ["form", "home"]


def test_what_interrupts_a_form_gives_way_to_it() -> None:
    talk, request = slow()
    talk.take(Returned(NOW, request.id, "taken"))
    talk.say("apply")
    talk.take(Signalled(NOW, "news", "good", {}))
    assert [frame.step for frame in talk.state.frames][-1] == "menu"


def test_the_same_text_again_within_seconds_is_a_message_sent_twice() -> None:
    talk = Talk(
        book(
            "steps: {first: {ask: a, saves: x, accepts: words, goto: next}, next: {ask: b, saves: y, accepts: words, goto: first}}"
        )
    )
    talk.open()
    talk.say("same")
    talk.say("same")
    assert (talk.step, said(talk)) == ("next", [])
    talk.take(Said(NOW + timedelta(seconds=6), "same"))
    assert talk.answers == {"x": "same", "y": "same"}


def test_a_press_on_nothing_is_acknowledged_also_for_somebody_unknown() -> None:
    talk = Talk(book(SLOW))
    turn = talk.take(Pressed(NOW, "1.1.zh"))
    assert turn.effects == (Acknowledge(Text("stale")),)
    assert talk.state == State()


def test_a_flow_that_never_waits_is_stopped() -> None:
    loop = "steps: {first: {branch: [], else: second}, second: {branch: [], else: first}}"
    with pytest.raises(ContentError, match="goes round without waiting"):
        Talk(book(loop)).open()


def test_every_turn_says_why() -> None:
    talk = Talk(book(SLOW))
    assert talk.open().trace == ("form@1.first: entered", "form@1.first: shown")
