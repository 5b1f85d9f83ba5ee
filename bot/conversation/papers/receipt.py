"""The receipt of a consent: the record, the exact words it was given to, and its place in the sealed ledger.

`python -m bot consents receipt FILE` holds one against the ledger and the words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

from bot.applications.consent import ConsentRecord, text_hash
from bot.conversation.papers.paper import Entry, Paper, Section
from bot.conversation.papers.wording import Words
from bot.conversation.ports import Document
from bot.core.errors import StateError
from bot.ledger.chain import Seal, digest_of, moment
from bot.texts.markup import bare

FORMAT: Final = "tillwise-consent-receipt/1"


def told(record: ConsentRecord) -> dict[str, Any]:
    """The record as a receipt has it: times as canonical forms write them, what is not there left out."""
    held = {name: value for name, value in asdict(record).items() if value is not None}
    return {
        name: moment(value) if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value
        for name, value in held.items()
    }


def receipt(
    record: ConsentRecord, shown: str | None, seal: Seal | None, words: Words, now: datetime
) -> tuple[Document, Document]:
    """A page to read and JSON to verify. `shown` are the exact words, where they are still there; `seal` where there is one."""
    name = f"consent-{record.notice}-{record.event_time:%Y-%m-%d}"
    return (
        Document(f"{name}.html", "text/html", _page(record, shown, seal, words, now).html()),
        Document(f"{name}.json", "application/json", _json(record, shown, seal, now)),
    )


def _json(record: ConsentRecord, shown: str | None, seal: Seal | None, now: datetime) -> bytes:
    held = told(record)
    whole = {
        "format": FORMAT,
        "made_at": moment(now),
        "record": held,
        "record_sha256": digest_of(held),
        "notice_text": shown,
        "seal": seal and {"ledger": seal.ledger, "number": seal.number, "hash": seal.hash},
    }
    return json.dumps(whole, ensure_ascii=False, indent=2).encode()


def read(content: bytes) -> Mapping[str, Any]:
    """A receipt's JSON, held against itself. Raises `StateError` that says what is wrong with it."""
    try:
        whole = json.loads(content)
        held = whole["record"]
        known = {field.name for field in fields(ConsentRecord)}
    except (ValueError, KeyError, TypeError):
        raise StateError("the file is no receipt of a consent in JSON") from None
    if whole.get("format") != FORMAT or not isinstance(held, dict) or not held.keys() <= known:
        raise StateError("the file is no receipt of a consent of this format")
    if digest_of(held) != whole.get("record_sha256"):
        raise StateError("the receipt was changed: its record does not have the hash that it names")
    shown = whole.get("notice_text")
    if shown is not None and text_hash(str(shown)) != held.get("notice_sha256"):
        raise StateError("the receipt was changed: its words are not those of the record")
    return dict(whole)


def _page(record: ConsentRecord, shown: str | None, seal: Seal | None, words: Words, now: datetime) -> Paper:
    def row(name: str, value: str) -> tuple[str, str]:
        return words.say(f"receipt.{name}"), value

    end = record.holds_until()
    decision = (
        row("state", words.say(f"consent.state.{record.state}")),
        row("when", words.value("time", record.event_time)),
        *((row("until", words.value("time", end)),) if end else ()),
        row("purpose", words.say(f"consent.purpose.{record.notice}")),
        row("controller", words.named("lender", record.pii_controller)),
        row("categories", ", ".join(words.named("consent.category", name) for name in record.pii_categories)),
        row("recipients", ", ".join(words.named("lender", name) for name in record.recipients)),
        row("retention", record.retention),
        row("withdrawal", record.withdrawal_method),
    )
    proof = (
        row("number", record.record_id),
        row("notice", f"{record.notice}, {record.notice_version}, {record.notice_language}"),
        row("hash", record.notice_sha256),
        row("seal", f"{seal.number} · {seal.hash}" if seal else words.say("receipt.unsealed")),
    )
    return Paper(
        locale=words.locale,
        title=words.say("receipt.title", purpose=words.say(f"consent.purpose.{record.notice}")),
        lead=words.say("receipt.lead"),
        made=words.say("receipt.made", time=now),
        sections=(
            Section(words.say("receipt.decision"), (Entry(rows=decision),)),
            Section(words.say("receipt.words"), (Entry(words=_bare(shown, words)),)),
            Section(words.say("receipt.proof"), (Entry(rows=proof),)),
        ),
    )


def _bare(shown: str | None, words: Words) -> str:
    return bare(shown) if shown else words.say("receipt.words_gone")
