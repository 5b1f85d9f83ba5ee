"""How long each class of personal data is kept, from which moment, and why: authored rules over a fixed list of classes. Pure.

`CLASSES` says what there is and what moments its age can be counted from; the rules say how long, and must name every class, so that
nothing is kept by oversight. `KEPT` is what no time ends; the rules say why. How a class is removed is storage's (`bot/storage/retention`).

A class's time runs out for a record when `days` have passed since its moment. A legal hold on its customer stops that, until it is lifted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from bot.products.reading import Section

FILE: Final = "retention.yaml"
MOST_DAYS: Final = 36_500
"""A hundred years: more is a slip."""


@dataclass(frozen=True, slots=True)
class DataClass:
    """What a class holds; `moments` that its age can be counted from; `least` days, below which the program would not work."""

    about: str
    moments: tuple[str, ...]
    least: int = 1


CLASSES: Final[Mapping[str, DataClass]] = MappingProxyType(
    {
        "inbox": DataClass("what customers and managers typed, pressed and shared", ("heard",), 2),
        "messages": DataClass("what was shown to customers and managers, and the words of their talks", ("shown",), 7),
        "quotes": DataClass("quotes that no application rests on", ("shown", "shown_or_kept")),
        "results": DataClass("eligibility results as told, with the answers used", ("told",)),
        "files": DataClass("documents that customers sent, and their pages' rows", ("received",)),
        "drafts": DataClass("pre-applications that never reached the lender", ("confirmed",)),
        "declined": DataClass(
            "applications that the lender declined, with quote, screenings and events", ("declined",)
        ),
        "ended": DataClass(
            "applications that are settled, withdrawn or expired, with all that belongs to them", ("ended",)
        ),
        "screenings": DataClass("what the rules of signals found in an application", ("looked",)),
        "hashes": DataClass("keyed hashes by which accounts are compared", ("given",)),
        "early_events": DataClass("events of the lender about an application that is not here", ("received",)),
        "leads": DataClass("leads that have come to their end: need and figures, to whom they were given", ("closed",)),
        "appointments": DataClass("appointments, kept or not", ("over",)),
        "field_leads": DataClass("what field agents entered and nobody agreed to", ("link_over",)),
        "agreed_field_leads": DataClass("what field agents entered and the owner agreed to", ("entered",)),
        "jobs": DataClass("jobs that failed for good, with what they carry", ("given_up",)),
        "given_up_calls": DataClass("calls to the lender or a CRM that were given up and are settled", ("settled",)),
        "failures": DataClass("faults of the program as told to staff", ("noted",), 7),
        "steps": DataClass("steps of a customer's way that figures count", ("taken",)),
        "sign_ins": DataClass("links and sessions of staff", ("over",)),
        "forms": DataClass("answers of forms left open, and what is remembered of who is silent", ("last_contact",)),
        "people": DataClass(
            "the key of who has nothing left here: it is destroyed, and with it name and address", ("last_contact",)
        ),
    }
)
"""In the order in which they are removed: what others rest on comes last."""

KEPT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consents": "the ledger of consents",
        "audit": "the audit, and the seals of both ledgers",
        "under_way": "applications that are under way, with what belongs to them",
        "open_leads": "leads and calls that wait for somebody",
        "numbers": "that there was somebody: the conversation's number and the keyed hash of its address",
        "passages": "how long stages took, by application",
        "content": "published content, and staff: managers, field agents and their codes",
    }
)
"""What no time ends, and what it is."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a class is kept, from which of its moments, and the reason for keeping it so long."""

    days: int
    since: str
    why: str


@dataclass(frozen=True, slots=True)
class Retention:
    """The rules of every class by its name, and why what is kept is kept."""

    rules: Mapping[str, Rule]
    kept: Mapping[str, str]

    def before(self, name: str, now: datetime) -> datetime:
        """The time of a class has run out for records whose moment lies before this."""
        return now - timedelta(days=self.rules[name].days)


def parse_retention(document: object, file: str = FILE) -> Retention:
    """The rules as authored. Raises `ContentError` with file, field and remedy."""
    section = Section(document, file)
    classes = Section(section.take("classes"), file, "classes")
    kept = Section(section.take("kept"), file, "kept")
    section.done()
    rules = {name: _rule(classes, name) for name in CLASSES}
    classes.done()
    reasons = {name: kept.text(name) for name in KEPT}
    kept.done()
    _in_order(rules, classes)
    return Retention(rules, reasons)


def _rule(classes: Section, name: str) -> Rule:
    known = CLASSES[name]
    section = Section(classes.take(name), classes.file, f"classes.{name}")
    rule = Rule(
        section.whole("days", known.least, MOST_DAYS), section.choice("from", known.moments), section.text("why")
    )
    section.done()
    return rule


def _in_order(rules: Mapping[str, Rule], classes: Section) -> None:
    """Somebody's key is the last that goes; it cannot be due before the answers that it seals."""
    if rules["people"].days < rules["forms"].days:
        classes.refuse("people.days", f"give at least the {rules['forms'].days} days of 'forms'")
