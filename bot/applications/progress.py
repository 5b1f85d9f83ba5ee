"""How far an application is, as the lender's events tell, and what of it a customer must get to see.

The rule: the history is the set of all events heard, each once, in the lender's own order (`LenderEvent.order`). All
else in a `Progress` is worked out anew by walking through that history from the customer's consent on: an event
whose stage may follow the stage reached so far is applied, any other is passed over. So the order of arrival and
repeats cannot matter, the highest counter wins, an event that comes late takes its place in the history without moving
the card, and a step wrongly backwards (see `stages`) is kept but changes nothing.

What to do about it is a comparison of before and after: nothing where the customer would see no difference, a silent
edit of the card, or a new message where they must know. A decision that is heard of only after the stages
behind it is still told, unless the money is already out. Nobody is told of a wish for papers that is over.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import reduce
from typing import Any, Final, TypeVar

from bot.applications.events import (
    DELAYED,
    FORM_FILLED,
    OURS,
    STAGE_CHANGED,
    EventData,
    Instalment,
    LenderEvent,
    Offer,
)
from bot.applications.stages import DECISIONS, FINAL, RULES, Stage, may_follow
from bot.applications.usual_times import Passage, UsualTimes, acted_in
from bot.core.codec import decode_all, encode_all
from bot.core.errors import StateError
from bot.core.values import Values


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an application is.

    `sequence` is the lender's counter of the last event applied, `updated_at` its time, `entered_at` the time at which
    the present stage began. `missing` are ids of documents asked for, `reasons` ids of the reasons of a decline,
    `expected_at` the time a late lender has named for the present stage, `decision` the decision that stands,
    `appointment` the day agreed on, `signing_url` the lender's page of the contract, `instalment` the next one, `form_filled` whether the lender's own form was filled in.
    `history` holds every event heard, in the lender's order.
    """

    begun_at: datetime
    stage: Stage
    sequence: int
    updated_at: datetime
    entered_at: datetime
    missing: tuple[str, ...] = ()
    offer: Offer | None = None
    reasons: tuple[str, ...] = ()
    expected_at: datetime | None = None
    decision: Stage | None = None
    appointment: date | None = None
    signing_url: str | None = None
    instalment: Instalment | None = None
    form_filled: bool = False
    history: tuple[LenderEvent, ...] = ()


class Told(StrEnum):
    """What a customer is told by a new message; the words are `progress.told.<value>`."""

    DOCS_MISSING = "docs_missing"
    APPROVED = "approved"
    COUNTER_OFFER = "counter_offer"
    DECLINED = "declined"
    SIGNING = "signing"
    DISBURSED = "disbursed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    LATE = "late"
    OVERDUE = "overdue"


class ChangeKind(StrEnum):
    """What the customer gets to see of a change."""

    NOTHING = "nothing"
    EDIT = "edit"
    TELL = "tell"


@dataclass(frozen=True, slots=True)
class Change:
    """What an event means for the customer: nothing, the card edited, or the card edited and a new message of `told`."""

    kind: ChangeKind
    told: Told | None = None


NOTHING: Final = Change(ChangeKind.NOTHING)
EDIT: Final = Change(ChangeKind.EDIT)

_MOST_GAPS: Final = 50
_BROKEN_OFF: Final = frozenset({Stage.WITHDRAWN, Stage.EXPIRED})
_Kind = TypeVar("_Kind")


def begun(at: datetime) -> Progress:
    """The progress of an application that its customer has consented to and that is not yet with the lender."""
    return Progress(begun_at=at, stage=Stage.CONSENTED, sequence=-1, updated_at=at, entered_at=at)


def received(reference: str, at: datetime) -> LenderEvent:
    """The lender's receipt of an application as an event, before the first of its own."""
    return LenderEvent(OURS, "receipt", STAGE_CHANGED, reference, 0, at, EventData(stage=Stage.SUBMITTED))


def taken_back(application: str, at: datetime) -> LenderEvent:
    """A withdrawal of an application that no lender has, as an event."""
    return LenderEvent(OURS, "withdrawal", STAGE_CHANGED, application, 0, at, EventData(stage=Stage.WITHDRAWN))


def may_withdraw(progress: Progress) -> bool:
    """Whether the customer can still take the application back; once the money is on its way they cannot."""
    return may_follow(progress.stage, Stage.WITHDRAWN)


def advance(progress: Progress, event: LenderEvent) -> tuple[Progress, Change]:
    """`progress` after `event`, and what the customer gets to see of it."""
    if any(known.key == event.key for known in progress.history):
        return progress, NOTHING
    history = list(progress.history)
    insort(history, event, key=lambda known: known.order)
    after = _walk(progress.begun_at, tuple(history))
    return after, _change(progress, after)


def replay(progress: Progress, events: Iterable[LenderEvent]) -> Progress:
    """`progress` after `events`, such as those that came before the application was known by its reference."""
    return reduce(lambda so_far, event: advance(so_far, event)[0], events, progress)


def _walk(begun_at: datetime, history: tuple[LenderEvent, ...]) -> Progress:
    return replace(reduce(_apply, history, begun(begun_at)), history=history)


def _apply(progress: Progress, event: LenderEvent) -> Progress:
    if event.type == STAGE_CHANGED and event.data.stage and may_follow(progress.stage, event.data.stage):
        return _enter(progress, event, event.data.stage)
    if event.type == DELAYED and progress.stage not in FINAL:
        return replace(progress, sequence=event.sequence, updated_at=event.time, expected_at=event.data.expected_at)
    if event.type == FORM_FILLED and progress.stage not in FINAL:
        return replace(progress, sequence=event.sequence, updated_at=event.time, form_filled=True)
    return progress


def _enter(progress: Progress, event: LenderEvent, stage: Stage) -> Progress:
    data, same = event.data, stage is progress.stage
    return replace(
        progress,
        stage=stage,
        sequence=event.sequence,
        updated_at=event.time,
        entered_at=progress.entered_at if same else event.time,
        missing=data.missing if stage is Stage.DOCS_MISSING else (),
        offer=data.offer or progress.offer,
        reasons=data.reasons if stage is Stage.DECLINED else (),
        expected_at=progress.expected_at if same else None,
        decision=_decision(progress.decision, stage),
        appointment=data.appointment or (progress.appointment if same else None),
        signing_url=data.signing_url or progress.signing_url,
        instalment=data.instalment or progress.instalment,
    )


def _decision(standing: Stage | None, stage: Stage) -> Stage | None:
    """A decision stands until it is replaced or the application is reviewed again; papers asked for leave it standing."""
    if stage in DECISIONS:
        return stage
    return None if RULES[stage].milestone == RULES[Stage.RISK_REVIEW].milestone else standing


def _change(before: Progress, after: Progress) -> Change:
    if (told := _told(before, after)) is not None:
        return Change(ChangeKind.TELL, told)
    return NOTHING if replace(before, history=()) == replace(after, history=()) else EDIT


def _told(before: Progress, after: Progress) -> Told | None:
    if after.stage is not before.stage and RULES[after.stage].tells:
        return Told(after.stage)
    if set(after.missing) - set(before.missing):
        return Told.DOCS_MISSING
    if after.expected_at and after.expected_at != before.expected_at:
        return Told.LATE
    if after.decision not in (None, before.decision) and _open(after.stage):
        return Told(after.decision)
    return None


def _open(stage: Stage) -> bool:
    """Whether an application in this stage may still come to a contract."""
    return may_follow(stage, Stage.SIGNING)


def passages(progress: Progress) -> tuple[Passage, ...]:
    """The stages that the application was in since it was submitted, in order, and when.

    A stage that a withdrawal or an expiry has ended was not passed, and keeps no end.
    """
    found: list[Passage] = []
    before = begun(progress.begun_at)
    for event in progress.history:
        after = _apply(before, event)
        if after.stage is not before.stage:
            if found and after.stage not in _BROKEN_OFF:
                found[-1] = replace(found[-1], left_at=max(after.entered_at, found[-1].entered_at))
            found.append(Passage(after.stage, after.entered_at, None))
        before = after
    return tuple(found)


def gaps(progress: Progress) -> tuple[int, ...]:
    """The counters below the highest one heard that no event has come with: what the lender told is lost, or under way."""
    heard = {event.sequence for event in progress.history}
    if not heard or max(heard) - len(heard) > _MOST_GAPS:
        return ()  # a lender that does not count by ones
    return tuple(number for number in range(1, max(heard)) if number not in heard)


def due_at(progress: Progress, usual: UsualTimes) -> datetime | None:
    """When the present stage should be over: after the time in which four in five are.

    None while nobody but the customer has to act, or nothing is known. A later time counts: the one that a late lender has
    named, and the end of the day of an appointment.
    """
    times = usual.get(progress.stage)
    if times is None or not acted_in(progress.stage):
        return None
    named = [progress.entered_at + times.most]
    if progress.expected_at:
        named.append(progress.expected_at)
    if progress.appointment:
        named.append(datetime.combine(progress.appointment, time.max, UTC))
    return max(named)


def overdue(progress: Progress, now: datetime, usual: UsualTimes) -> bool:
    """Whether the present stage should be over by `now` and is not."""
    due = due_at(progress, usual)
    return due is not None and now > due


def encode(progress: Progress) -> dict[str, Any]:
    """`progress` as a JSON-ready object: what was heard and when it began; the rest is worked out from these."""
    return {
        **encode_all({"begun_at": progress.begun_at}),
        "history": [encode_all(_event_values(event)) for event in progress.history],
    }


def decode(stored: Mapping[str, Any]) -> Progress:
    """The progress that `encode` was given. Raises `StateError` when the object is not one."""
    try:
        values = decode_all({"begun_at": stored["begun_at"]})
        history = tuple(_event(decode_all(event)) for event in stored["history"])
        return _walk(_typed(values["begun_at"], datetime), history)
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(f"a stored progress cannot be read: {type(error).__name__}") from None


def _event_values(event: LenderEvent) -> Values:
    data, offer = event.data, event.data.offer
    return {
        "source": event.source,
        "id": event.id,
        "type": event.type,
        "reference": event.reference,
        "sequence": event.sequence,
        "time": event.time,
        "stage": str(data.stage) if data.stage else None,
        "missing": data.missing,
        "offer": (offer.amount, offer.months, offer.rate, offer.valid_until) if offer else None,
        "reasons": data.reasons,
        "expected_at": data.expected_at,
        "appointment": data.appointment,
        "signing_url": data.signing_url,
        "instalment": (data.instalment.due, data.instalment.amount) if data.instalment else None,
    }


def _event(values: Values) -> LenderEvent:
    return LenderEvent(
        _typed(values["source"], str),
        _typed(values["id"], str),
        _typed(values["type"], str),
        _typed(values["reference"], str),
        _typed(values["sequence"], int),
        _typed(values["time"], datetime),
        _event_data(values),
    )


def _event_data(values: Values) -> EventData:
    stage, offer, expected_at = values["stage"], values["offer"], values["expected_at"]
    appointment, signing_url, instalment = (values.get(name) for name in ("appointment", "signing_url", "instalment"))
    return EventData(
        stage=Stage(_typed(stage, str)) if stage else None,
        missing=tuple(_typed(item, str) for item in _typed(values["missing"], tuple)),
        offer=Offer(*_typed(offer, tuple)) if offer else None,
        reasons=tuple(_typed(item, str) for item in _typed(values["reasons"], tuple)),
        expected_at=_typed(expected_at, datetime) if expected_at else None,
        appointment=_typed(appointment, date) if appointment else None,
        signing_url=_typed(signing_url, str) if signing_url else None,
        instalment=Instalment(*_typed(instalment, tuple)) if instalment else None,
    )


def _typed(value: Any, kind: type[_Kind]) -> _Kind:
    if not isinstance(value, kind):
        raise TypeError(kind.__name__)
    return value
