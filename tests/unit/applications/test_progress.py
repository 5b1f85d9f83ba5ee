"""Progress worked out from the lender's events, and what the customer sees of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import resources
from bot.applications.card import card, card_values, steps, told_text
from bot.applications.events import (
    DECLINE_REASONS,
    DELAYED,
    FORM_FILLED,
    STAGE_CHANGED,
    EventData,
    Instalment,
    LenderEvent,
    Offer,
)
from bot.applications.progress import (
    EDIT,
    NOTHING,
    ChangeKind,
    Progress,
    Told,
    advance,
    begun,
    decode,
    due_at,
    encode,
    gaps,
    may_withdraw,
    overdue,
    passages,
    received,
    replay,
)
from bot.applications.stages import FINAL, MILESTONES, RULES, Stage, may_follow
from bot.applications.usual_times import UsualTime, parse_usual_times
from bot.core.errors import StateError
from bot.core.values import Money, Months, Rate, Text
from bot.products.documents import DOCUMENTS
from bot.publishing.sources import read_documents
from bot.texts.catalogues import read_catalogues
from bot.texts.texts import Texts

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
REFERENCE = "RG-2026-004217"
USUAL = parse_usual_times(read_documents()["usual_times"])
OFFER = Offer(Money(Decimal(80000)), Months(12), Rate(Decimal("0.072")))


def event(sequence: int, stage: Stage | None, kind: str = STAGE_CHANGED, **data: Any) -> LenderEvent:
    time = START + timedelta(minutes=sequence)
    return LenderEvent("urn:lender", f"evt_{sequence}", kind, REFERENCE, sequence, time, EventData(stage, **data))


def delayed(sequence: int, expected_at: datetime) -> LenderEvent:
    return event(sequence, None, DELAYED, expected_at=expected_at)


def after(*stages: Stage) -> Progress:
    return replay(begun(START), [event(number, stage) for number, stage in enumerate(stages, 1)])


# What arrives


def test_an_application_begins_with_the_consent_and_is_submitted_by_the_receipt() -> None:
    progress, change = advance(begun(START), received(REFERENCE, START))
    assert (begun(START).stage, progress.stage, change) == (Stage.CONSENTED, Stage.SUBMITTED, EDIT)


def test_a_receipt_that_comes_after_the_first_event_changes_nothing() -> None:
    progress, change = advance(after(Stage.DOCS_CHECK), received(REFERENCE, START))
    assert (progress.stage, change) == (Stage.DOCS_CHECK, NOTHING)


def test_the_same_event_again_changes_nothing() -> None:
    before = after(Stage.SUBMITTED, Stage.DOCS_CHECK)
    assert advance(before, event(2, Stage.DOCS_CHECK)) == (before, NOTHING)


def test_the_same_id_from_another_source_is_another_event() -> None:
    other = LenderEvent("urn:other", "evt_1", STAGE_CHANGED, REFERENCE, 2, START, EventData(Stage.DOCS_CHECK))
    assert advance(after(Stage.SUBMITTED), other)[0].stage is Stage.DOCS_CHECK


def test_a_late_event_takes_its_place_in_the_history_and_moves_nothing() -> None:
    shown, _ = advance(after(Stage.SUBMITTED), event(5, Stage.RISK_REVIEW))
    progress, change = advance(shown, event(3, Stage.DOCS_CHECK))
    assert (progress.stage, progress.sequence, progress.updated_at) == (shown.stage, 5, shown.updated_at)
    assert change == NOTHING
    assert [known.sequence for known in progress.history] == [1, 3, 5]


def test_papers_may_be_asked_for_after_an_approval() -> None:
    progress, change = advance(after(Stage.APPROVED), event(2, Stage.DOCS_MISSING, missing=("lease",)))
    assert (progress.stage, progress.missing, change.told) == (Stage.DOCS_MISSING, ("lease",), Told.DOCS_MISSING)


@pytest.mark.parametrize("reached", [Stage.DISBURSED, *sorted(FINAL)])
def test_a_step_wrongly_backwards_is_kept_and_changes_nothing(reached: Stage) -> None:
    before = after(Stage.SUBMITTED, reached)
    progress, change = advance(before, event(9, Stage.SUBMITTED))
    assert (progress.stage, change, len(progress.history)) == (reached, NOTHING, 3)


def test_a_withdrawal_heard_of_late_ends_what_was_shown_after_it() -> None:
    shown, _ = advance(after(Stage.SUBMITTED), event(7, Stage.RISK_REVIEW))
    assert advance(shown, event(6, Stage.WITHDRAWN))[0].stage is Stage.WITHDRAWN


def test_an_unknown_type_is_kept_and_changes_nothing() -> None:
    progress, change = advance(after(Stage.SUBMITTED), event(2, None, "org.tillwise.application.mood.v9"))
    assert (progress.stage, change, len(progress.history)) == (Stage.SUBMITTED, NOTHING, 2)


def test_an_unknown_stage_is_kept_and_changes_nothing() -> None:
    assert advance(after(Stage.SUBMITTED), event(2, None))[1] == NOTHING


# What the customer is told


def test_an_ordinary_stage_edits_the_card_silently() -> None:
    assert advance(after(Stage.SUBMITTED), event(2, Stage.DOCS_CHECK))[1] == EDIT


@pytest.mark.parametrize("stage", [stage for stage in Stage if RULES[stage].tells])
def test_what_a_customer_must_know_comes_as_a_new_message(stage: Stage) -> None:
    _, change = advance(after(Stage.SUBMITTED), event(2, stage))
    assert (change.kind, change.told) == (ChangeKind.TELL, Told(stage))


def test_an_approval_heard_of_after_the_contract_is_still_told_with_its_offer() -> None:
    shown, first = advance(after(Stage.SUBMITTED), event(8, Stage.SIGNING))
    progress, change = advance(shown, event(7, Stage.APPROVED, offer=OFFER))
    assert (first.told, change.told) == (Told.SIGNING, Told.APPROVED)
    assert (progress.stage, progress.offer) == (Stage.SIGNING, OFFER)


def test_an_approval_heard_of_after_the_money_is_not_told_any_more() -> None:
    shown, _ = advance(after(Stage.SUBMITTED), event(8, Stage.DISBURSED))
    assert advance(shown, event(7, Stage.APPROVED, offer=OFFER))[1] == EDIT


def test_papers_that_are_no_longer_wanted_are_not_asked_for() -> None:
    shown, _ = advance(after(Stage.SUBMITTED), event(4, Stage.DOCS_CHECK))
    assert advance(shown, event(3, Stage.DOCS_MISSING, missing=("lease",)))[1] == NOTHING


def test_one_more_document_is_told_and_one_less_only_edits_the_card() -> None:
    progress, _ = advance(after(Stage.SUBMITTED), event(2, Stage.DOCS_MISSING, missing=("lease",)))
    progress, more = advance(progress, event(3, Stage.DOCS_MISSING, missing=("lease", "tax_return")))
    progress, less = advance(progress, event(4, Stage.DOCS_MISSING, missing=("tax_return",)))
    assert (more.told, less, progress.missing) == (Told.DOCS_MISSING, EDIT, ("tax_return",))


def test_nothing_is_missing_once_the_papers_are_checked() -> None:
    progress = replay(
        begun(START), [event(1, Stage.DOCS_MISSING, missing=("lease",)), event(2, Stage.DOCS_CHECK, missing=("lease",))]
    )
    assert progress.missing == ()


def test_the_reasons_of_a_decline_are_gone_when_it_is_looked_at_again() -> None:
    declined, _ = advance(after(Stage.RISK_REVIEW), event(2, Stage.DECLINED, reasons=("existing_debt",)))
    again, _ = advance(declined, event(3, Stage.RISK_REVIEW))
    assert (declined.reasons, again.reasons, again.decision) == (("existing_debt",), (), None)


# Late


def test_a_delay_is_told_once_and_is_over_with_the_stage() -> None:
    expected = START + timedelta(days=3)
    progress, change = advance(after(Stage.RISK_REVIEW), delayed(2, expected))
    _, again = advance(progress, delayed(2, expected))
    onward, _ = advance(progress, event(3, Stage.APPROVED))
    assert (change.told, again, progress.expected_at, onward.expected_at) == (Told.LATE, NOTHING, expected, None)


def test_a_delay_of_an_earlier_stage_is_not_told() -> None:
    shown, _ = advance(after(Stage.SUBMITTED), event(5, Stage.RISK_REVIEW))
    assert advance(shown, delayed(3, START + timedelta(days=3)))[1] == NOTHING


def test_a_stage_is_overdue_only_after_its_usual_time() -> None:
    progress = after(Stage.DOCS_CHECK)
    due = due_at(progress, USUAL)
    assert due == progress.entered_at + USUAL[Stage.DOCS_CHECK].most
    assert not overdue(progress, due, USUAL)
    assert overdue(progress, due + timedelta(seconds=1), USUAL)


def test_usual_times_are_configuration() -> None:
    progress = after(Stage.DOCS_CHECK)
    hours = UsualTime(timedelta(hours=1), timedelta(hours=2))
    assert due_at(progress, {Stage.DOCS_CHECK: hours}) == progress.entered_at + timedelta(hours=2)


def test_a_stage_is_late_counted_from_its_beginning_and_not_from_what_was_said_of_it_since() -> None:
    progress = replay(after(Stage.DOCS_CHECK), [event(9, Stage.DOCS_CHECK)])
    assert (progress.entered_at, progress.updated_at) == (START + timedelta(minutes=1), START + timedelta(minutes=9))


def test_a_visit_that_was_agreed_on_is_not_late_before_its_day_is_over() -> None:
    day = (START + timedelta(days=20)).date()
    progress = replay(after(Stage.RISK_REVIEW), [event(2, Stage.SITE_VISIT, appointment=day)])
    due = due_at(progress, USUAL)
    assert due is not None
    assert due.date() == day
    assert card_values(progress, START, REFERENCE, USUAL)["appointment"] == Text("progress.appointment", {"day": day})


def test_the_day_of_a_visit_is_over_with_the_stage() -> None:
    visit = event(2, Stage.SITE_VISIT, appointment=START.date())
    assert replay(after(Stage.RISK_REVIEW), [visit, event(3, Stage.APPROVED)]).appointment is None


def test_the_time_a_lender_has_named_moves_the_due_time() -> None:
    expected = START + timedelta(days=9)
    assert due_at(replay(after(Stage.RISK_REVIEW), [delayed(2, expected)]), USUAL) == expected


@pytest.mark.parametrize(
    "stage", [Stage.DOCS_MISSING, Stage.COUNTER_OFFER, Stage.SIGNING, Stage.REPAYING, *sorted(FINAL)]
)
def test_nobody_apologises_while_the_customer_acts(stage: Stage) -> None:
    assert not overdue(after(stage), START + timedelta(days=365), USUAL)


def test_a_stage_of_which_no_time_is_known_is_never_late() -> None:
    assert due_at(after(Stage.RISK_REVIEW), {}) is None


# The card


@pytest.mark.parametrize(
    ("stages", "dots"),
    [
        ((), "⚪️⚪️⚪️⚪️⚪️⚪️"),
        ((Stage.SUBMITTED,), "🟡⚪️⚪️⚪️⚪️⚪️"),
        ((Stage.DOCS_CHECK,), "🟢🟡⚪️⚪️⚪️⚪️"),
        ((Stage.RISK_REVIEW,), "🟢🟢🟡⚪️⚪️⚪️"),
        ((Stage.APPROVED,), "🟢🟢🟢🟡⚪️⚪️"),
        ((Stage.APPROVED, Stage.DOCS_MISSING), "🟢🟢🟢🟡⚪️⚪️"),
        ((Stage.DECLINED, Stage.RISK_REVIEW), "🟢🟢🟡⚪️⚪️⚪️"),
        ((Stage.SIGNING,), "🟢🟢🟢🟢🟡⚪️"),
        ((Stage.DISBURSING,), "🟢🟢🟢🟢🟢🟡"),
        ((Stage.DISBURSED,), "🟢🟢🟢🟢🟢🟢"),
        ((Stage.SETTLED,), "🟢🟢🟢🟢🟢🟢"),
    ],
)
def test_the_dots_show_what_is_done_under_way_and_to_come(stages: tuple[Stage, ...], dots: str) -> None:
    assert steps(after(*stages)) == dots
    assert len(dots.replace("\ufe0f", "")) == MILESTONES


def test_the_card_names_stage_actor_time_reference_and_last_news() -> None:
    values = card_values(after(Stage.DOCS_CHECK), START, REFERENCE, USUAL)
    assert values["stage"] == Text("stage.docs_check.name")
    assert values["next"] == Text("stage.docs_check.next")
    half, most = (Text("progress.duration.days", {"count": days}) for days in (1, 2))
    assert values["usual"] == Text("progress.usual.configured", {"half": half, "most": most})
    assert (values["reference"], values["updated"], values["late"]) == (REFERENCE, START + timedelta(minutes=1), False)


def test_the_card_apologises_when_it_has_heard_nothing_for_too_long() -> None:
    values = card_values(after(Stage.DOCS_CHECK), START + timedelta(days=4), REFERENCE, USUAL)
    assert (values["late"], values["apology"]) == (
        True,
        Text("progress.late", {"updated": START + timedelta(minutes=1)}),
    )


def test_the_card_gives_the_lenders_new_time_until_that_has_passed_too() -> None:
    expected = START + timedelta(days=5)
    progress = replay(after(Stage.RISK_REVIEW), [delayed(2, expected)])
    early = card_values(progress, START, REFERENCE, USUAL)["apology"]
    late = card_values(progress, expected + timedelta(hours=1), REFERENCE, USUAL)["apology"]
    assert early == Text("progress.delayed", {"expected": expected})
    assert late == Text("progress.late", {"updated": progress.updated_at})


def test_a_document_and_a_reason_that_are_not_known_have_words_too() -> None:
    missing = replay(begun(START), [event(1, Stage.DOCS_MISSING, missing=("lease", "horoscope"))])
    assert card_values(missing, START, REFERENCE, USUAL)["documents"] == (
        Text("document.name.lease"),
        Text("document.name.other"),
    )
    declined = replay(begun(START), [event(1, Stage.DECLINED, reasons=("horoscope",))])
    change = Text("decline.other.change")
    reason = Text("progress.reason", {"reason": Text("decline.other"), "change": change})
    assert card_values(declined, START, REFERENCE, USUAL)["reasons"] == Text("progress.reasons", {"reasons": (reason,)})


TEXTS = Texts(read_catalogues(resources.locales()), "zh")


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("days", [0, 400])
def test_the_card_of_every_stage_has_words_within_the_limit_of_a_message(locale: str, stage: Stage, days: int) -> None:
    told = event(1, stage, missing=DOCUMENTS, offer=OFFER, reasons=DECLINE_REASONS[:4])
    progress, change = advance(begun(START), told)
    shown = TEXTS.render(card(progress, START + timedelta(days=days), REFERENCE, USUAL), locale)
    assert REFERENCE in shown
    assert len(shown) < 4096
    if change.told:
        assert TEXTS.render(told_text(change.told, progress, REFERENCE), locale)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_everything_that_is_told_has_words(locale: str) -> None:
    progress = replay(after(Stage.RISK_REVIEW), [delayed(2, START)])
    for told in Told:
        assert TEXTS.render(told_text(told, progress, REFERENCE), locale)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_an_approval_says_that_it_is_not_yet_money(locale: str) -> None:
    progress, change = advance(begun(START), event(1, Stage.APPROVED, offer=OFFER))
    assert change.told is Told.APPROVED
    assert {"zh": "不等于到账", "en": "not yet money"}[locale] in TEXTS.render(told_text(change.told, progress), locale)


def test_times_from_our_own_history_say_of_how_many() -> None:
    lived = UsualTime(timedelta(hours=5), timedelta(hours=30), 43)
    values = card_values(after(Stage.DOCS_CHECK), START, REFERENCE, {Stage.DOCS_CHECK: lived})
    hours, days = Text("progress.duration.hours", {"count": 5}), Text("progress.duration.days", {"count": 2})
    assert values["usual"] == Text("progress.usual.lived", {"half": hours, "most": days, "of": 43})


def test_the_next_instalment_stands_on_the_card_while_it_is_repaid() -> None:
    due = Instalment(START.date(), Money(Decimal("862.19")))
    paid = replay(begun(START), [event(1, Stage.DISBURSED, instalment=due), event(2, Stage.REPAYING)])
    settled = replay(paid, [event(3, Stage.SETTLED)])
    shown = Text("progress.instalment", {"amount": due.amount, "day": due.due})
    assert card_values(paid, START, REFERENCE, USUAL)["instalment"] == shown
    assert card_values(settled, START, REFERENCE, USUAL)["instalment"] == ""


@pytest.mark.parametrize("stage", list(Stage))
def test_an_application_can_be_taken_back_until_the_money_is_on_its_way(stage: Stage) -> None:
    gone = {Stage.DISBURSING, Stage.DISBURSED, Stage.REPAYING, *FINAL}
    assert may_withdraw(after(stage)) is (stage not in gone)


# What history says


def test_passages_are_the_stages_one_after_the_other_each_with_its_end() -> None:
    progress = after(Stage.SUBMITTED, Stage.DOCS_CHECK, Stage.DOCS_MISSING)
    times = [START + timedelta(minutes=minutes) for minutes in (1, 2, 3)]
    assert [(one.stage, one.entered_at, one.left_at) for one in passages(progress)] == [
        (Stage.SUBMITTED, times[0], times[1]),
        (Stage.DOCS_CHECK, times[1], times[2]),
        (Stage.DOCS_MISSING, times[2], None),
    ]


@pytest.mark.parametrize("end", [Stage.WITHDRAWN, Stage.EXPIRED])
def test_a_stage_that_was_broken_off_was_not_passed(end: Stage) -> None:
    assert passages(after(Stage.SUBMITTED, end))[0].left_at is None


def test_gaps_are_the_counters_that_no_event_came_with() -> None:
    progress = replay(begun(START), [event(1, Stage.SUBMITTED), event(4, Stage.RISK_REVIEW), event(6, Stage.APPROVED)])
    assert gaps(progress) == (2, 3, 5)
    assert gaps(replay(progress, [event(3, Stage.DOCS_CHECK)])) == (2, 5)
    assert gaps(replay(progress, [event(900, Stage.SIGNING)])) == ()


@pytest.mark.parametrize("reason", [*DECLINE_REASONS, "other"])
def test_every_reason_of_a_decline_says_what_would_change_it(reason: str) -> None:
    assert TEXTS.knows(f"decline.{reason}")
    assert TEXTS.knows(f"decline.{reason}.change")


# Whatever the order

DICE = Random(7)  # noqa: S311 — test data, no secret
"""Fixed: the pool is the same in every run, Hypothesis chooses from it."""


def any_event(number: int) -> LenderEvent:
    """What some lender might say, sense or nonsense."""
    data = EventData(
        stage=DICE.choice([None, *Stage, *Stage]),
        missing=tuple(DICE.sample((*DOCUMENTS, "horoscope"), DICE.randint(0, 3))),
        offer=DICE.choice([None, OFFER]),
        reasons=tuple(DICE.sample((*DECLINE_REASONS, "horoscope"), DICE.randint(0, 4))),
        expected_at=DICE.choice([None, START + timedelta(days=DICE.randint(1, 9))]),
    )
    kind = DICE.choice([STAGE_CHANGED, STAGE_CHANGED, STAGE_CHANGED, DELAYED, "org.tillwise.application.mood.v9"])
    time = START + timedelta(minutes=DICE.randint(0, 600))
    source = DICE.choice(["urn:lender", "urn:other"])
    return LenderEvent(source, str(number), kind, REFERENCE, DICE.randint(0, 9), time, data)


POOL = [any_event(number) for number in range(500)]
ANY_EVENTS = st.lists(st.sampled_from(POOL), max_size=9, unique_by=lambda known: known.key)


@st.composite
def deliveries(draw: st.DrawFn, events: list[LenderEvent]) -> list[LenderEvent]:
    """Each event at least once, in any order, with any repeats."""
    repeats = draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    return draw(st.permutations(events + repeats))


@st.composite
def lenders_way(draw: st.DrawFn) -> list[LenderEvent]:
    """What a lender that keeps to the table says, some of it lost: its counter counts the lost ones too."""
    stage, way = Stage.CONSENTED, []
    for sequence in range(1, draw(st.integers(1, 12)) + 1):
        if not RULES[stage].then:
            break
        stage = draw(st.sampled_from(RULES[stage].then))
        way.append(event(sequence, stage))
    return [told for told in way if draw(st.integers(0, 4))] or way


@settings(max_examples=2500, deadline=None)
@given(st.data())
def test_the_same_events_give_the_same_progress_whatever_the_order_and_repetition(data: st.DataObject) -> None:
    events = data.draw(ANY_EVENTS)
    one, other = data.draw(deliveries(events)), data.draw(deliveries(events))
    assert replay(begun(START), one) == replay(begun(START), other)


@settings(max_examples=2500, deadline=None)
@given(st.data())
def test_the_card_is_always_at_the_highest_counter_heard_from_a_lender_that_keeps_to_the_table(
    data: st.DataObject,
) -> None:
    progress, highest = begun(START), 0
    for told in data.draw(deliveries(data.draw(lenders_way()))):
        before = progress
        progress, change = advance(before, told)
        newer = told.sequence > highest
        highest = max(highest, told.sequence)
        assert progress.sequence == highest
        if newer:
            assert (progress.stage, progress.updated_at) == (told.data.stage, told.time)
        else:
            assert (progress.stage, progress.updated_at) == (before.stage, before.updated_at)
            assert change.told is None or Stage(change.told) is progress.decision


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_the_history_only_grows_and_the_stage_follows_by_the_table(data: st.DataObject) -> None:
    progress = begun(START)
    events = data.draw(ANY_EVENTS)
    for told in data.draw(deliveries(events)):
        progress, _ = advance(progress, told)
        assert told in progress.history
        assert progress.stage is Stage.CONSENTED or may_follow(Stage.CONSENTED, progress.stage)
    assert sorted(known.key for known in progress.history) == sorted(known.key for known in events)


@settings(max_examples=1000, deadline=None)
@given(ANY_EVENTS, ANY_EVENTS)
def test_a_change_is_nothing_exactly_where_the_customer_sees_no_difference(
    heard: list[LenderEvent], more: list[LenderEvent]
) -> None:
    progress = replay(begun(START), heard)
    for told in more:
        before = progress
        progress, change = advance(before, told)
        if card_values(before, START, REFERENCE, USUAL) != card_values(progress, START, REFERENCE, USUAL):
            assert change != NOTHING


@settings(max_examples=500, deadline=None)
@given(ANY_EVENTS)
def test_progress_survives_its_codec(events: list[LenderEvent]) -> None:
    progress = replay(begun(START), events)
    assert decode(encode(progress)) == progress


@pytest.mark.parametrize(
    "stored",
    [{}, {"begun_at": 5, "history": []}, {"begun_at": {"$time": "2026-11-23T09:00:00+00:00"}, "history": [{}]}],
)
def test_what_is_not_a_stored_progress_is_a_state_error(stored: dict[str, Any]) -> None:
    with pytest.raises(StateError):
        decode(stored)


def test_a_form_that_was_filled_in_shows_on_the_card_whatever_else_comes_before_or_after() -> None:
    filled = event(2, None, FORM_FILLED)
    first = replay(begun(START), [event(1, Stage.SUBMITTED)])
    after, change = advance(first, filled)
    assert (after.form_filled, change, after.stage) == (True, EDIT, Stage.SUBMITTED)
    assert advance(after, filled) == (after, NOTHING)
    assert card_values(after, START, REFERENCE, USUAL)["form"] == Text("progress.form_filled")
    late = replay(begun(START), [event(3, Stage.DOCS_CHECK), filled, event(1, Stage.SUBMITTED)])
    assert (late.form_filled, late.stage) == (True, Stage.DOCS_CHECK)
    assert decode(encode(late)) == late
