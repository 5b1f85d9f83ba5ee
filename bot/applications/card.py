"""The progress card and the messages beside it: an application's progress in words, as texts by key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from bot.applications.events import DECLINE_REASONS, Offer
from bot.applications.progress import Progress, Told, overdue
from bot.applications.stages import MILESTONES, RULES, Stage
from bot.applications.usual_times import UsualTimes, acted_in
from bot.core.values import Text, Value, Values
from bot.products.documents import document_texts

DONE, UNDER_WAY, TO_COME = "🟢", "🟡", "⚪\ufe0f"
"""A milestone on the card. These are of one size on every phone; dots and half dots of text fonts are not, and the selector
behind the last keeps it from being drawn by one."""

_OFFERING: Final = (Stage.APPROVED, Stage.COUNTER_OFFER)
_PAID_OUT: Final = (Stage.DISBURSED, Stage.REPAYING, Stage.SETTLED)


def waits_for_form(progress: Progress, *, has_form: bool) -> bool:
    """Whether the lender, which `has_form`, waits at the credit enquiry for what the customer gives on it."""
    return has_form and progress.stage is Stage.CREDIT_AUTHORISED and not progress.form_filled


def card(
    progress: Progress, now: datetime, reference: str | None, usual: UsualTimes, *, has_form: bool = False
) -> Text:
    """The progress card as one text: its layout with the values of `card_values`."""
    return Text("progress.card", card_values(progress, now, reference, usual, has_form=has_form))


def card_values(
    progress: Progress, now: datetime, reference: str | None, usual: UsualTimes, *, has_form: bool = False
) -> Values:
    """What the progress card shows.

    `stage`, `means`, `next`, `usual` are texts; `steps` the line of dots; `updated` the time of the lender's last news;
    `late` whether the stage is overdue or the lender has said it will be. `offer`, `missing`, `reasons`, `appointment`,
    `instalment` and `apology` are texts of their own lines that start with a line break, or empty. `documents` are the
    missing ones as texts. A lender that `has_form` may be waiting for it.
    """
    late = overdue(progress, now, usual) or progress.expected_at is not None
    return {
        "reference": reference or Text("progress.no_reference"),
        "stage": _stage_text(progress.stage, "name"),
        "steps": steps(progress),
        "means": _stage_text(progress.stage, "means"),
        "next": Text("progress.next_form")
        if waits_for_form(progress, has_form=has_form)
        else _stage_text(progress.stage, "next"),
        "usual": _usual_text(progress.stage, usual),
        "updated": progress.updated_at,
        "documents": document_texts(progress.missing),
        "missing": _block("progress.missing", "missing", document_texts(progress.missing)),
        "reasons": _block("progress.reasons", "reasons", _reasons(progress.reasons)),
        "offer": Text("progress.offer_line", {"offer": offer_text(progress.offer)}) if _offered(progress) else "",
        "appointment": _appointment(progress),
        "instalment": _instalment(progress),
        "form": Text("progress.form_filled") if progress.form_filled else "",
        "late": late,
        "apology": _apology(progress, now) if late else "",
    }


def told_text(told: Told, progress: Progress, reference: str | None = None) -> Text:
    """The new message that tells the customer `told`."""
    values: dict[str, Value] = {
        "stage": _stage_text(progress.stage, "name"),
        "reference": reference or Text("progress.no_reference"),
    }
    match told:
        case Told.DOCS_MISSING:
            values["missing"] = document_texts(progress.missing)
        case Told.APPROVED | Told.COUNTER_OFFER:
            values["offer"] = offer_text(progress.offer)
        case Told.DECLINED:
            values["reasons"] = _reasons(progress.reasons)
        case Told.LATE:
            values["expected"] = _expected_text(progress.expected_at)
        case Told.OVERDUE:
            values["updated"] = progress.updated_at
    return Text(f"progress.told.{told}", values)


def steps(progress: Progress) -> str:
    """The six milestones as dots: done, under way, still to come. Papers asked for after a decision take none back."""
    milestone = RULES[progress.stage].milestone
    if progress.decision in _OFFERING:
        milestone = max(milestone, RULES[progress.decision].milestone)
    if progress.stage in _PAID_OUT:
        return DONE * MILESTONES
    if RULES[progress.stage].milestone == 0:
        return TO_COME * MILESTONES
    return DONE * (milestone - 1) + UNDER_WAY + TO_COME * (MILESTONES - milestone)


def duration_text(duration: timedelta) -> Text:
    """A duration in hours below a day and in days from there on, rounded up."""
    hours, days = (-(-duration // unit) for unit in (timedelta(hours=1), timedelta(days=1)))
    if hours < 24:
        return Text("progress.duration.hours", {"count": hours})
    return Text("progress.duration.days", {"count": days})


def offer_text(offer: Offer | None) -> Text:
    """Amount, term and rate of an offer in one line."""
    if offer is None:
        return Text("progress.offer.none")
    until = Text("progress.offer.until", {"day": offer.valid_until}) if offer.valid_until else ""
    return Text("progress.offer", {"amount": offer.amount, "months": offer.months, "rate": offer.rate, "until": until})


def _stage_text(stage: Stage, part: str) -> Text:
    return Text(f"stage.{stage}.{part}")


def _usual_text(stage: Stage, usual: UsualTimes) -> Text:
    """Where the customer acts nobody else can be late, and the stage has words of its own."""
    if not acted_in(stage):
        return _stage_text(stage, "usual")
    times = usual.get(stage)
    if times is None:
        return Text("progress.usual.unknown")
    half, most = duration_text(times.half), duration_text(times.most)
    if half == most:
        return Text("progress.usual.one", {"most": most})
    if times.of:
        return Text("progress.usual.lived", {"half": half, "most": most, "of": times.of})
    return Text("progress.usual.configured", {"half": half, "most": most})


def _offered(progress: Progress) -> bool:
    return progress.offer is not None and progress.decision in _OFFERING and progress.stage is not Stage.WITHDRAWN


def _appointment(progress: Progress) -> Value:
    return Text("progress.appointment", {"day": progress.appointment}) if progress.appointment else ""


def _instalment(progress: Progress) -> Value:
    due = progress.instalment
    if due is None or progress.stage not in (Stage.DISBURSED, Stage.REPAYING):
        return ""
    return Text("progress.instalment", {"amount": due.amount, "day": due.due})


def _expected_text(expected_at: datetime | None) -> Text:
    return Text("progress.expected", {"time": expected_at}) if expected_at else Text("progress.expected.unknown")


def _apology(progress: Progress, now: datetime) -> Text:
    """What the lender has named holds until it has passed, too."""
    if progress.expected_at and progress.expected_at > now:
        return Text("progress.delayed", {"expected": progress.expected_at})
    return Text("progress.late", {"updated": progress.updated_at})


def _reasons(ids: Iterable[str]) -> tuple[Text, ...]:
    return tuple(
        Text("progress.reason", {"reason": Text(f"decline.{known}"), "change": Text(f"decline.{known}.change")})
        for known in (name if name in DECLINE_REASONS else "other" for name in ids)
    )


def _block(key: str, name: str, items: tuple[Text, ...]) -> Value:
    return Text(key, {name: items}) if items else ""
