"""A customer's receipt held against the database: the record, its seal and the chain, and the words that were published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from bot.applications.consent import text_hash
from bot.conversation.papers.receipt import told
from bot.storage.database import Database
from bot.storage.ledgers import Ledgers, seal_of
from bot.storage.repositories.consents import consent_of
from bot.storage.rows import ReleaseRow, table
from bot.storage.sql import compiled

_release: Final = table(ReleaseRow)
_MESSAGES: Final = compiled(
    sa.select(_release.c.number, _release.c.documents["messages"].label("messages")).order_by(_release.c.number)
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and whether it holds."""

    holds: bool
    what: str


async def verify_receipt(database: Database, ledgers: Ledgers, receipt: Mapping[str, Any]) -> list[Finding]:
    """What holds of a receipt that is whole in itself (see `read`), and what does not."""
    held = receipt["record"]
    record = await consent_of(database.pool, str(held.get("record_id")))
    if record is None:
        return [Finding(False, "the ledger has no such record")]
    findings = [Finding(told(record) == held, "the record is the one in the ledger, field by field")]
    await ledgers.seal()
    _, _, faults = await ledgers.verify("consent", {})
    findings.append(Finding(not faults, f"the ledger is whole ({len(faults)} faults)"))
    findings += await _sealed(database, record.record_id, receipt.get("seal"))
    findings += await _words(database, held, receipt.get("notice_text"))
    return findings


async def _sealed(database: Database, record: str, noted: Any) -> list[Finding]:
    seal = await seal_of(database.pool, "consent", record)
    if seal is None:
        return [Finding(False, "the record is sealed")]
    findings = [Finding(True, f"the record is sealed as number {seal.number}")]
    if isinstance(noted, Mapping):
        same = (noted.get("number"), noted.get("hash")) == (seal.number, seal.hash)
        findings.append(Finding(same, "its seal is the one that the receipt names"))
    return findings


async def _words(database: Database, held: Mapping[str, Any], shown: Any) -> list[Finding]:
    """The words are in the receipt, whose own hash was looked at, or in a release; in both, best."""
    published = await _published(database, str(held.get("notice_language")), str(held.get("notice_sha256")))
    if published is not None:
        return [Finding(True, f"the words are those published in release {published}")]
    if shown is not None:
        return [Finding(True, "the words are those of the record; they stood in one message with others")]
    return [Finding(False, "the words are neither in the receipt nor by themselves in any release")]


async def _published(database: Database, locale: str, sha256: str) -> int | None:
    """The first release that had a text with this hash."""
    for row in await _MESSAGES.rows(database.pool):
        words = (row["messages"] or {}).get(locale, {})
        if any(text_hash(said) == sha256 for key, said in words.items() if key.startswith("consent.")):
            return int(row["number"])
    return None
