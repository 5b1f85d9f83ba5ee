"""What the desk remembers about a lead beside its facts, kept among them under one name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from bot.core.values import Value
from bot.handoff.pursuit import LOST_REASONS, PURSUITS, Pursuit, Remark
from bot.handoff.records import Lead

_NAME: Final = "desk"
_UNKNOWN: Final = datetime.fromtimestamp(0, UTC)
_OF_UNSAID: Final = ("slot", "html", "kind", "file", "answers", "answers_slot")


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A message to a customer as it will be sent: its slot, its words, and the file that it passes on, if any.

    It answers the customer's message `answers`, or the manager's own that stands in the slot `answers_slot`. With `edit` it is put in the
    place of what was sent in its slot before.
    """

    slot: str
    html: str
    kind: str | None = None
    file: str | None = None
    answers: str | None = None
    answers_slot: str | None = None
    edit: bool = False


@dataclass(frozen=True, slots=True)
class Notes:
    """The desk's notes on one lead.

    `passed` are the managers who do not take it; `seen` is the time of the customer's last line that its manager was
    shown; `unsaid` is what the manager wrote before the customer had heard who it is, oldest first; `heard` counts the
    customer's messages that were brought to a manager. `pursuit` is how far the manager has come, `lost` why it came to
    nothing, `remarks` what managers have noted, oldest first. `paper` is the document that the customer was asked for last. `place` is
    the place in the queue that the customer was told last.
    """

    passed: tuple[int, ...] = ()
    seen: datetime | None = None
    unsaid: tuple[Unsaid, ...] = ()
    heard: int = 0
    pursuit: Pursuit | None = None
    lost: str | None = None
    remarks: tuple[Remark, ...] = ()
    paper: str | None = None
    place: int | None = None


def notes_of(lead: Lead) -> Notes:
    """The desk's notes on a lead."""
    kept = lead.facts.get(_NAME)
    if not isinstance(kept, Mapping):
        return Notes()
    seen, heard = kept.get("seen"), kept.get("heard")
    return Notes(
        passed=tuple(item for item in _items(kept.get("passed")) if isinstance(item, int)),
        seen=seen if isinstance(seen, datetime) else None,
        unsaid=tuple(_read(item) for item in _items(kept.get("unsaid")) if isinstance(item, Mapping)),
        heard=heard if isinstance(heard, int) else 0,
        pursuit=next((one for one in PURSUITS if one == kept.get("pursuit")), None),
        lost=next((one for one in LOST_REASONS if one == kept.get("lost")), None),
        remarks=tuple(_remark(item) for item in _items(kept.get("remarks")) if isinstance(item, Mapping)),
        paper=paper if isinstance(paper := kept.get("paper"), str) else None,
        place=place if isinstance(place := kept.get("place"), int) else None,
    )


def with_notes(lead: Lead, notes: Notes) -> Lead:
    """The lead with these notes instead of those it had."""
    facts = {name: value for name, value in lead.facts.items() if name != _NAME}
    if notes != Notes():
        unsaid = tuple({name: getattr(one, name) for name in _OF_UNSAID} for one in notes.unsaid)
        remarks: tuple[Value, ...] = tuple({"at": one.at, "by": one.by, "text": one.text} for one in notes.remarks)
        kept: dict[str, Value] = {
            "passed": notes.passed, "seen": notes.seen, "unsaid": unsaid, "heard": notes.heard,
            "pursuit": notes.pursuit, "lost": notes.lost, "remarks": remarks, "paper": notes.paper,
            "place": notes.place,
        }  # fmt: skip
        facts[_NAME] = {name: value for name, value in kept.items() if value not in (None, ())}
    return replace(lead, facts=facts)


def _read(kept: Mapping[str, Value]) -> Unsaid:
    kind, file, answers, answers_slot = (
        value if isinstance(value := kept.get(name), str) else None for name in _OF_UNSAID[2:]
    )
    return Unsaid(str(kept.get("slot")), str(kept.get("html")), kind, file, answers, answers_slot)


def _remark(kept: Mapping[str, Value]) -> Remark:
    at = kept.get("at")
    return Remark(at if isinstance(at, datetime) else _UNKNOWN, str(kept.get("by")), str(kept.get("text")))


def _items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()
