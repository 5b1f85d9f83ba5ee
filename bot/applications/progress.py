"""How far an application is, as the lender's events tell, and what the customer sees of it.

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
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import Any, Final, TypeVar

from bot.applications.events import (
    DECLINE_REASONS,
    DELAYED,
    DOCUMENTS,
    STAGE_CHANGED,
    EventData,
    LenderEvent,
    Offer,
)
from bot.applications.stages import (
    DECISIONS,
    FINAL,
    MILESTONES,
    RULES,
    USUAL,
    Actor,
    Stage,
    may_follow,
)
from bot.core.codec import decode_all, encode_all
from bot.core.errors import StateError
from bot.core.values import NO_VALUES, Text, Value, Values

DONE, UNDER_WAY, TO_COME = "🟢", "🟡", "⚪\ufe0f"
"""A milestone on the card. These are of one size on every phone; dots and half dots of text fonts are not, and the selector
behind the last keeps it from being drawn by one."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an application is.

    `sequence` is the lender's counter of the last event applied, `updated_at` its time. `missing` are ids of documents
    asked for, `reasons` ids of the reasons of a decline, `expected_at` the time a late lender has named for the
    present stage, `decision` the decision that stands. `history` holds every event heard, in the lender's order.
    """

    begun_at: datetime
    stage: Stage
    sequence: int
    updated_at: datetime
    missing: tuple[str, ...] = ()
    offer: Offer | None = None
    reasons: tuple[str, ...] = ()
    expected_at: datetime | None = None
    decision: Stage | None = None
    history: tuple[LenderEvent, ...] = ()


class Told(StrEnum):
    """What a customer is told by a new message; the words are `progress.told.<value>`."""

    DOCS_MISSING = "docs_missing"
    APPROVED = "approved"
    COUNTER_OFFER = "counter_offer"
    DECLINED = "declined"
    DISBURSED = "disbursed"
    EXPIRED = "expired"
    LATE = "late"


class ChangeKind(StrEnum):
    """What the customer gets to see of a change."""

    NOTHING = "nothing"
    EDIT = "edit"
    TELL = "tell"


@dataclass(frozen=True, slots=True)
class Change:
    """What an event means for the customer: nothing, the card edited, or the card edited and a new message `text`."""

    kind: ChangeKind
    told: Told | None = None
    text: Text | None = None


NOTHING: Final = Change(ChangeKind.NOTHING)
EDIT: Final = Change(ChangeKind.EDIT)

_OURS: Final = "tillwise"
_Kind = TypeVar("_Kind")


def begun(at: datetime) -> Progress:
    """The progress of an application that its customer has consented to and that is not yet with the lender."""
    return Progress(begun_at=at, stage=Stage.CONSENTED, sequence=-1, updated_at=at)


def received(reference: str, at: datetime) -> LenderEvent:
    """The lender's receipt of an application as an event, before the first of its own."""
    return LenderEvent(_OURS, "receipt", STAGE_CHANGED, reference, 0, at, EventData(stage=Stage.SUBMITTED))


def taken_back(application: str, at: datetime) -> LenderEvent:
    """A withdrawal of an application that no lender has, as an event."""
    return LenderEvent(_OURS, "withdrawal", STAGE_CHANGED, application, 0, at, EventData(stage=Stage.WITHDRAWN))


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
    return progress


def _enter(progress: Progress, event: LenderEvent, stage: Stage) -> Progress:
    return replace(
        progress,
        stage=stage,
        sequence=event.sequence,
        updated_at=event.time,
        missing=event.data.missing if stage is Stage.DOCS_MISSING else (),
        offer=event.data.offer or progress.offer,
        reasons=event.data.reasons if stage is Stage.DECLINED else (),
        expected_at=None,
        decision=_decision(progress.decision, stage),
    )


def _decision(standing: Stage | None, stage: Stage) -> Stage | None:
    """A decision stands until it is replaced or the application is reviewed again; papers asked for leave it standing."""
    if stage in DECISIONS:
        return stage
    return None if RULES[stage].milestone == RULES[Stage.RISK_REVIEW].milestone else standing


def _change(before: Progress, after: Progress) -> Change:
    if (told := _told(before, after)) is not None:
        return Change(ChangeKind.TELL, told, told_text(told, after))
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


def told_text(told: Told, progress: Progress) -> Text:
    """The new message that tells the customer `told`."""
    values: dict[str, Value] = {"stage": _stage_text(progress.stage, "name")}
    match told:
        case Told.DOCS_MISSING:
            values["missing"] = _documents(progress.missing)
        case Told.APPROVED | Told.COUNTER_OFFER:
            values["offer"] = _offer_text(progress.offer)
        case Told.DECLINED:
            values["reasons"] = _reasons(progress.reasons)
        case Told.LATE:
            values["expected"] = _expected_text(progress.expected_at)
    return Text(f"progress.told.{told}", values)


def due_at(progress: Progress, usual: Mapping[Stage, timedelta] = USUAL) -> datetime | None:
    """When the present stage should be over; None while nobody but the customer has to act, or nothing is awaited.

    `usual` replaces the table's durations where it has them. The time that a late lender has named counts where it is
    later.
    """
    duration = usual.get(progress.stage, RULES[progress.stage].usual)
    if RULES[progress.stage].actor is Actor.CUSTOMER or duration is None:
        return None
    due = progress.updated_at + duration
    return max(due, progress.expected_at) if progress.expected_at else due


def overdue(progress: Progress, now: datetime, usual: Mapping[Stage, timedelta] = USUAL) -> bool:
    """Whether the present stage should be over by `now` and is not."""
    due = due_at(progress, usual)
    return due is not None and now > due


def check_late(progress: Progress, now: datetime, usual: Mapping[Stage, timedelta] = USUAL) -> Change:
    """What the customer is told when `due_at` has passed without news: to be asked once for each due time."""
    if not overdue(progress, now, usual):
        return NOTHING
    return Change(ChangeKind.TELL, Told.LATE, told_text(Told.LATE, replace(progress, expected_at=None)))


def card(progress: Progress, now: datetime, reference: str | None, usual: Mapping[Stage, timedelta] = USUAL) -> Text:
    """The progress card as one text: its layout with the values of `card_values`."""
    return Text("progress.card", card_values(progress, now, reference, usual))


def card_values(
    progress: Progress, now: datetime, reference: str | None, usual: Mapping[Stage, timedelta] = USUAL
) -> Values:
    """What the progress card shows.

    `stage`, `means`, `next`, `usual` are texts; `steps` the line of dots; `updated` the time of the lender's last news;
    `late` whether the stage is overdue or the lender has said it will be. `offer`, `missing`, `reasons` and `apology`
    are texts of their own lines that start with a line break, or empty. `documents` are the missing ones as texts.
    """
    late = overdue(progress, now, usual) or progress.expected_at is not None
    return {
        "reference": reference or Text("progress.no_reference"),
        "stage": _stage_text(progress.stage, "name"),
        "steps": steps(progress),
        "means": _stage_text(progress.stage, "means"),
        "next": _stage_text(progress.stage, "next"),
        "usual": _usual_text(progress.stage, usual),
        "updated": progress.updated_at,
        "documents": _documents(progress.missing),
        "missing": _block("progress.missing", "missing", _documents(progress.missing)),
        "reasons": _block("progress.reasons", "reasons", _reasons(progress.reasons)),
        "offer": Text("progress.offer_line", {"offer": _offer_text(progress.offer)}) if _offered(progress) else "",
        "late": late,
        "apology": _apology(progress, now) if late else "",
    }


def steps(progress: Progress) -> str:
    """The six milestones as dots: done, under way, still to come. Papers asked for after a decision take none back."""
    milestone = RULES[progress.stage].milestone
    if progress.decision in (Stage.APPROVED, Stage.COUNTER_OFFER):
        milestone = max(milestone, RULES[progress.decision].milestone)
    if progress.stage in (Stage.DISBURSED, Stage.REPAYING, Stage.SETTLED):
        return DONE * MILESTONES
    if milestone == 0:
        return TO_COME * MILESTONES
    return DONE * (milestone - 1) + UNDER_WAY + TO_COME * (MILESTONES - milestone)


def _stage_text(stage: Stage, part: str, values: Values = NO_VALUES) -> Text:
    return Text(f"stage.{stage}.{part}", values)


def _usual_text(stage: Stage, usual: Mapping[Stage, timedelta]) -> Text:
    duration = usual.get(stage, RULES[stage].usual)
    return _stage_text(stage, "usual", {"duration": duration_text(duration)} if duration else NO_VALUES)


def duration_text(duration: timedelta) -> Text:
    """A duration in hours below a day and in days from there on, rounded up."""
    hours, days = (-(-duration // unit) for unit in (timedelta(hours=1), timedelta(days=1)))
    if hours < 24:
        return Text("progress.duration.hours", {"count": hours})
    return Text("progress.duration.days", {"count": days})


def _offered(progress: Progress) -> bool:
    return progress.offer is not None and progress.decision in (Stage.APPROVED, Stage.COUNTER_OFFER)


def _offer_text(offer: Offer | None) -> Text:
    if offer is None:
        return Text("progress.offer.none")
    return Text("progress.offer", {"amount": offer.amount, "months": offer.months, "rate": offer.rate})


def _expected_text(expected_at: datetime | None) -> Text:
    return Text("progress.expected", {"time": expected_at}) if expected_at else Text("progress.expected.unknown")


def _apology(progress: Progress, now: datetime) -> Text:
    """What the lender has named holds until it has passed, too."""
    if progress.expected_at and progress.expected_at > now:
        return Text("progress.delayed", {"expected": progress.expected_at})
    return Text("progress.late", {"updated": progress.updated_at})


def _documents(ids: Iterable[str]) -> tuple[Text, ...]:
    return tuple(Text(f"progress.document.{name if name in DOCUMENTS else 'other'}") for name in ids)


def _reasons(ids: Iterable[str]) -> tuple[Text, ...]:
    return tuple(
        Text("progress.reason", {"reason": Text(f"decline.{known}"), "change": Text(f"decline.{known}.change")})
        for known in (name if name in DECLINE_REASONS else "other" for name in ids)
    )


def _block(key: str, name: str, items: tuple[Text, ...]) -> Value:
    return Text(key, {name: items}) if items else ""


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
        "offer": (offer.amount, offer.months, offer.rate) if offer else None,
        "reasons": data.reasons,
        "expected_at": data.expected_at,
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
    return EventData(
        stage=Stage(_typed(stage, str)) if stage else None,
        missing=tuple(_typed(item, str) for item in _typed(values["missing"], tuple)),
        offer=Offer(*_typed(offer, tuple)) if offer else None,
        reasons=tuple(_typed(item, str) for item in _typed(values["reasons"], tuple)),
        expected_at=_typed(expected_at, datetime) if expected_at else None,
    )


def _typed(value: Any, kind: type[_Kind]) -> _Kind:
    if not isinstance(value, kind):
        raise TypeError(kind.__name__)
    return value
