"""Ten thousand ways in which one lender's news can arrive: in any order, more than once, some of it lost, some of it nonsense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from bot.applications.card import card_values
from bot.applications.events import DELAYED, STAGE_CHANGED, EventData, LenderEvent
from bot.applications.progress import Progress, advance, begun, gaps, replay
from bot.applications.stages import RULES, Stage
from bot.applications.usual_times import parse_usual_times
from bot.products.documents import DOCUMENTS
from bot.publishing.sources import read_documents

ORDERS = 10_000
START = datetime(2026, 11, 23, 9, tzinfo=UTC)
USUAL = parse_usual_times(read_documents()["usual_times"])


def way(dice: Random) -> list[LenderEvent]:
    """What a lender that keeps to the table tells, with delays and types of a later version in between."""
    stage, told = Stage.CONSENTED, list[LenderEvent]()
    for sequence in range(1, dice.randint(2, 10)):
        time = START + timedelta(hours=sequence)
        kind, data = STAGE_CHANGED, EventData()
        match dice.random():
            case chance if chance < 0.1:
                kind, data = DELAYED, EventData(expected_at=time + timedelta(days=2))
            case chance if chance < 0.15:
                kind = "org.tillwise.application.mood.v9"
            case _ if RULES[stage].then:
                stage = dice.choice(RULES[stage].then)
                missing = tuple(dice.sample(DOCUMENTS, 2)) if stage is Stage.DOCS_MISSING else ()
                data = EventData(stage=stage, missing=missing)
            case _:
                break
        told.append(LenderEvent("urn:lender", f"evt_{sequence}", kind, "RG-1", sequence, time, data))
    return told


def arrival(dice: Random, told: list[LenderEvent]) -> list[LenderEvent]:
    """The same in an order of its own, with repeats."""
    arriving = [*told, *dice.choices(told, k=dice.randint(0, 3))]
    dice.shuffle(arriving)
    return arriving


def test_ten_thousand_random_orders_give_the_same_card_go_never_wrongly_back_and_lose_nothing() -> None:
    dice = Random(20261123)  # noqa: S311 -- test data, the same in every run
    tried = 0
    for _ in range(ORDERS):
        told = way(dice)
        if dice.random() < 0.3 and len(told) > 1:
            told.remove(dice.choice(told))  # lost on the way for good
        expected = replay(begun(START), told)
        progress = begun(START)
        for event in arrival(dice, told):
            progress = _held(progress, event)
        assert progress == expected
        assert card_values(progress, START, "RG-1", USUAL) == card_values(expected, START, "RG-1", USUAL)
        assert {known.key for known in progress.history} == {event.key for event in told}
        heard = {event.sequence for event in told}
        assert gaps(progress) == tuple(number for number in range(1, max(heard)) if number not in heard)
        tried += 1
    assert tried == ORDERS


def _held(before: Progress, event: LenderEvent) -> Progress:
    """`before` after the event, which never takes the card behind the highest counter that has moved it."""
    after, _ = advance(before, event)
    assert after.sequence >= before.sequence or event.data.stage in (Stage.WITHDRAWN, Stage.EXPIRED, Stage.SETTLED)
    return after
