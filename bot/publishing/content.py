"""What turns read: everything that a release says, parsed and compiled once, frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bot.applications.retention import Retention, parse_retention
from bot.applications.signals import NO_SIGNALS, SignalRules, parse_signals
from bot.applications.usual_times import NO_TIMES, UsualTimes, parse_usual_times
from bot.dialogs.model import FlowBook
from bot.dialogs.reader import parse_flows
from bot.growth.field_leads import FieldLeadRules, parse_field_leads
from bot.handoff.appointments import AppointmentRules, parse_appointments
from bot.handoff.branches import Branch, parse_branches
from bot.handoff.claims import ClaimRules, parse_claims
from bot.handoff.scoring import LeadRules, parse_rules
from bot.handoff.service_level import Targets, parse_targets
from bot.products.catalogue import Catalogue, parse_catalogue
from bot.products.stories import Story, parse_stories
from bot.publishing.answers import AnswerBook, parse_answers, parse_phrasings
from bot.publishing.finder import Finders, LexicalFinder
from bot.publishing.labels import label_keys, label_words
from bot.publishing.menu import command_words, parse_menu
from bot.publishing.notices import parse_notices
from bot.publishing.release import Documents, Release
from bot.texts.texts import Texts

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Content:
    """The content of release `number`. Consent notices are in the book."""

    number: int
    book: FlowBook
    texts: Texts
    catalogue: Catalogue
    stories: tuple[Story, ...]
    answers: AnswerBook
    lead_rules: LeadRules
    usual_times: UsualTimes
    appointments: AppointmentRules | None
    branches: Mapping[str, Branch]
    field_leads: FieldLeadRules
    signals: SignalRules
    targets: Targets
    claims: ClaimRules
    retention: Retention | None = None


def assemble(
    release: Release,
    default_locale: str = "zh",
    timezone: str = "Asia/Shanghai",
    finders: Finders = LexicalFinder,
) -> Content:
    """What `release` says. Raises `ContentError`, which `check` prevents before a publication."""
    documents = release.documents
    texts = Texts(documents["messages"], default_locale, timezone)
    catalogue = parse_catalogue(with_days(documents["products"]))
    return Content(
        number=release.number,
        book=book_of(documents, release.number, texts),
        texts=texts,
        catalogue=catalogue,
        stories=parse_stories(with_days(documents["stories"])),
        answers=AnswerBook(
            parse_answers(documents["answers"]), catalogue, finders(parse_phrasings(documents["answers"]))
        ),
        lead_rules=parse_rules(documents["lead_rules"]),
        usual_times=_usual_times(documents),
        appointments=_appointments(documents),
        field_leads=parse_field_leads(documents["field_leads"]) if "field_leads" in documents else FieldLeadRules(),
        branches=parse_branches(documents.get("branches", {})),
        signals=_signals(documents),
        retention=parse_retention(documents["retention"]) if "retention" in documents else None,
        targets=_targets(documents),
        claims=_claims(documents),
    )


def _usual_times(documents: Documents) -> UsualTimes:
    """Releases made before there were any have none."""
    return parse_usual_times(documents["usual_times"]) if "usual_times" in documents else NO_TIMES


def _signals(documents: Documents) -> SignalRules:
    """Releases made before there were any have none."""
    return parse_signals(documents["signals"]) if "signals" in documents else NO_SIGNALS


def _appointments(documents: Documents) -> AppointmentRules | None:
    """Releases made before there were any book nothing; some stated the desk's hours here too."""
    if "appointments" not in documents:
        return None
    stated = documents["appointments"]
    return parse_appointments({name: value for name, value in stated.items() if name != "hours"})


def _targets(documents: Documents) -> Targets:
    """Releases made before there were any have the usual ones."""
    return parse_targets(documents["desk"]) if "desk" in documents else Targets()


def _claims(documents: Documents) -> ClaimRules:
    """Releases made before there were any have none."""
    return parse_claims(documents["claims"]) if "claims" in documents else ClaimRules()


def book_of(documents: Documents, number: int, texts: Texts) -> FlowBook:
    """What the engine reads of one release."""
    menu = parse_menu(documents["commands"])
    messages = documents["messages"]
    flows = parse_flows(documents["flows"], number, texts.locales)
    return FlowBook(
        release=number,
        flows={flow.ref: flow for flow in flows.values()},
        entry=menu.entry,
        home=menu.home,
        resume=menu.resume,
        commands=command_words(messages),
        command_flows=menu.flows,
        links=menu.links,
        words=label_words(label_keys(flows.values(), texts.keys), messages),
        placeholders={key: texts.placeholders(key) for key in texts.keys},
        notices=parse_notices(documents["notices"]),
        spots=_signals(documents).words,
    )


def with_older(current: Content, older: Sequence[Content]) -> Content:
    """`current` with the flows of older releases, newest last, that forms are pinned to.

    Where the current release has the same text, label or notice, that holds: a wording fix applies at once. What it no
    longer has is taken from the release that had it, so that a form begun then can be finished.
    """
    merged = current
    for content in reversed(older):
        merged = replace(merged, texts=merged.texts.over(content.texts), book=_book_over(merged.book, content.book))
    return merged


def with_days(document: Any) -> Any:
    """`document` with days, kept as text such as 2026-09-20 because JSON has none, as dates again."""
    match document:
        case str() if _DAY.fullmatch(document):
            return date.fromisoformat(document)
        case list():
            return [with_days(item) for item in document]
        case Mapping():
            return {name: with_days(item) for name, item in document.items()}
    return document


def _book_over(book: FlowBook, older: FlowBook) -> FlowBook:
    words = {
        word: book.words.get(word, frozenset()) | older.words.get(word, frozenset())
        for word in (*book.words, *older.words)
    }
    return replace(
        book,
        flows={**older.flows, **book.flows},
        words=words,
        placeholders={**older.placeholders, **book.placeholders},
        notices={**older.notices, **book.notices},
    )
