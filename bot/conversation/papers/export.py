"""Everything that is held of a customer, for the customer: a page to read, and JSON to take along."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from bot.applications.application import Application
from bot.applications.consent import ConsentRecord
from bot.applications.documents import Page, numbered
from bot.applications.signals import Screening
from bot.conversation.history import History
from bot.conversation.papers.paper import Entry, Paper, Section
from bot.conversation.papers.wording import Words
from bot.conversation.ports import Document, StoredQuote, TranscriptLine
from bot.core.values import Value, Values
from bot.handoff.appointments import Appointment
from bot.handoff.records import Lead
from bot.products.documents import document_text

FORMAT: Final = "tillwise-export/1"
_KIB: Final = 1024
_MOVES: Final = ("notice_chosen", "field_chosen")
"""What was pressed to find one's way, and is no answer."""

_QUOTED: Final = ("amount", "months", "method", "rate", "annual_simple", "annual_compound", "total_paid")


def export(history: History, words: Words, now: datetime) -> tuple[Document, Document]:
    """The page and the JSON."""
    day = now.strftime("%Y-%m-%d")
    return (
        Document(f"my-data-{day}.html", "text/html", _page(history, words, now).html()),
        Document(f"my-data-{day}.json", "application/json", _json(history, words, now)),
    )


def _page(history: History, words: Words, now: datetime) -> Paper:
    return Paper(
        locale=words.locale,
        title=words.say("export.title"),
        lead=words.say("export.lead"),
        made=words.say("export.made", time=now, customer=history.conversation.id),
        sections=(
            Section(words.say("export.answers"), _answers(history, words), words.say("export.nothing")),
            Section(words.say("export.consents"), _consents(history, words), words.say("export.nothing")),
            Section(words.say("export.applications"), _applications(history, words), words.say("export.nothing")),
            Section(words.say("export.pages"), _pages(history, words), words.say("export.nothing")),
            Section(words.say("export.quotes"), _quotes(history, words), words.say("export.nothing")),
            Section(words.say("export.leads"), _leads(history, words), words.say("export.nothing")),
            Section(words.say("export.appointments"), _appointments(history, words), words.say("export.nothing")),
            Section(words.say("export.messages"), _messages(history, words), words.say("export.nothing")),
        ),
    )


def _answers(history: History, words: Words) -> tuple[Entry, ...]:
    told = {name: value for name, value in history.answers().items() if _is_told(name, words)}
    return (Entry(rows=words.rows(told)),) if told else ()


def _is_told(name: str, words: Words) -> bool:
    """Whether a value is an answer of the customer's, and not something that was worked out for a question."""
    return name not in _MOVES and words.texts.knows(f"label.{name}")


def _consents(history: History, words: Words) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            title=words.say(f"consent.purpose.{record.notice}"),
            rows=(
                (words.say("export.state"), words.say(f"consent.state.{record.state}")),
                (words.say("export.when"), _time(words, record.event_time)),
                (words.say("export.notice"), f"{record.notice}, {record.notice_version}, {record.notice_language}"),
                (words.say("export.number"), record.record_id),
            ),
        )
        for record in history.consents
    )


def _applications(history: History, words: Words) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            title=application.reference or application.id,
            rows=(
                (words.say("export.stage"), words.say(f"stage.{application.progress.stage}.name")),
                (words.say("export.when"), _time(words, application.created_at)),
                *words.rows(application.answers),
            ),
        )
        for application in history.applications
    )


def _pages(history: History, words: Words) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            title=words.say("document.page_shown", document=document_text(page.document), number=number),
            rows=(
                (words.say("export.when"), _time(words, page.received_at)),
                (words.say("export.file"), words.say("export.file_kind", kind=_kind(page), kib=-(-page.size // _KIB))),
                (
                    words.say("export.state"),
                    words.say(f"export.page.{page.standing}", time=page.handed_in_at or page.completed_at),
                ),
            ),
        )
        for number, page in numbered(history.pages)
    )


def _kind(page: Page) -> str:
    return page.media_type.partition("/")[2].upper()


def _quotes(history: History, words: Words) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            title=words.named("product", f"{quote.product}.name"),
            rows=(
                (words.say("export.when"), _time(words, quote.created_at)),
                *words.rows({name: quote.values[name] for name in _QUOTED if name in quote.values}),
            ),
        )
        for quote in history.quotes
    )


def _leads(history: History, words: Words) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            rows=(
                (words.say("export.when"), _time(words, lead.created_at)),
                (words.say("export.why"), words.named("lead.reason", lead.reason)),
                (words.say("export.state"), words.named("lead.status", lead.status)),
            )
        )
        for lead in history.leads
    )


def _appointments(history: History, words: Words) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            title=words.say(f"appointment.kind.{one.kind}"),
            rows=(
                (words.say("export.when"), _time(words, one.begins_at)),
                (words.say("export.state"), words.say(f"appointment.state.{one.state}")),
            ),
        )
        for one in history.appointments
    )


def _messages(history: History, words: Words) -> tuple[Entry, ...]:
    return tuple(
        Entry(rows=((f"{_time(words, line.at)} · {words.say(f'export.author.{line.author}')}", line.text),))
        for line in history.lines
    )


def _time(words: Words, at: datetime) -> str:
    return words.value("time", at)


def _json(history: History, words: Words, now: datetime) -> bytes:
    conversation = history.conversation
    whole: dict[str, Any] = {
        "format": FORMAT,
        "made_at": now,
        "customer": conversation.id,
        "channel": conversation.channel,
        "channel_address": conversation.address,
        "answers": history.answers(),
        "consents": [_consent(record) for record in history.consents],
        "applications": [_application(application) for application in history.applications],
        "document_pages": [_page_held(number, page) for number, page in numbered(history.pages)],
        "signals": [_screening(screening) for screening in history.screenings],
        "quotes": [_quote(quote) for quote in history.quotes],
        "talks_with_managers": [_lead(lead) for lead in history.leads],
        "appointments": [_appointment(one) for one in history.appointments],
        "messages": [_line(line) for line in history.lines],
        "acts": [{"name": act.name, "actor": act.actor, "at": act.at, "details": act.details} for act in history.acts],
    }
    return json.dumps(words.plain(whole), ensure_ascii=False, indent=2).encode()


def _consent(record: ConsentRecord) -> Mapping[str, Any]:
    return asdict(record)


def _application(application: Application) -> Mapping[str, Any]:
    return {
        "id": application.id,
        "reference": application.reference,
        "created_at": application.created_at,
        "product": application.product,
        "stage": str(application.progress.stage),
        "answers": application.answers,
        "consents": application.consents,
        "quote": application.quote,
        "content_release": application.release,
        "lender_news": [
            {"at": event.time, "type": event.type, "stage": event.data.stage and str(event.data.stage)}
            for event in application.progress.history
        ],
    }


def _page_held(number: int, page: Page) -> Mapping[str, Value]:
    return {
        "id": page.id,
        "application": page.application,
        "document": page.document,
        "number": number,
        "media_type": page.media_type,
        "bytes": page.size,
        "scanned_for_viruses": page.scanned,
        "received_at": page.received_at,
        "completed_at": page.completed_at,
        "handed_in_at": page.handed_in_at,
        "standing": page.standing,
    }


def _screening(screening: Screening) -> Mapping[str, Any]:
    return {
        "application": screening.application,
        "at": screening.at,
        "content_release": screening.release,
        "rules_version": screening.version,
        "outcome": screening.outcome,
        "signals": [{"code": one.code, "outcome": one.outcome, "because": one.values} for one in screening.findings],
        "facts": screening.facts,
        "asked": screening.asked,
        "answer": screening.answer,
    }


def _quote(quote: StoredQuote) -> Mapping[str, Any]:
    return {
        "id": quote.id,
        "product": quote.product,
        "shown_at": quote.created_at,
        "content_release": quote.release,
        "values": quote.values,
    }


def _lead(lead: Lead) -> Mapping[str, Value | Values]:
    return {
        "reason": lead.reason,
        "status": lead.status,
        "created_at": lead.created_at,
        "closed_at": lead.closed_at,
        "shown_to_managers": lead.facts,
    }


def _appointment(one: Appointment) -> Mapping[str, Value]:
    return {
        "kind": one.kind,
        "begins_at": one.begins_at,
        "ends_at": one.ends_at,
        "branch": one.place,
        "manager": one.manager,
        "state": one.state,
        "booked_at": one.created_at,
    }


def _line(line: TranscriptLine) -> Mapping[str, Value]:
    return {"at": line.at, "author": line.author, "text": line.text, "content_release": line.release}
