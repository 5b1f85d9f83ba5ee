"""A customer's receipt, held against ledger and words by the command."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.applications.consent import ConsentRecord, text_hash
from bot.conversation.papers.receipt import receipt
from bot.conversation.papers.wording import Words
from bot.conversation.ports import Conversation, UnitOfWork
from bot.core.values import Text
from bot.publishing.content import assemble
from bot.publishing.release import Release, digest_of
from bot.publishing.sources import read_documents
from bot.storage.database import Database
from bot.storage.ledgers import Ledgers, seal_of
from bot.storage.releases import PostgresReleases
from bot.storage.repositories.consents import consents_over
from tests.integration.storage.conftest import World
from tests.integration.storage.test_ledgers import command

DOCUMENTS = read_documents()


def record_of(conversation: Conversation, world: World, shown: str, **more: Any) -> ConsentRecord:
    return ConsentRecord(
        record_id="0001", pii_principal=conversation.id, channel="telegram", pii_controller="rivergate",
        purpose="pre_application", lawful_basis="consent", pii_categories=("contact",), sensitive=False,
        recipients=("rivergate",), abroad=False, retention="three years", notice="share_with_lender", notice_version=2,
        notice_language="zh", notice_sha256=text_hash(shown), collection_method="button", evidence="7", state="given",
        event_time=world.clock.now(), withdrawal_method="/privacy", **more,
    )  # fmt: skip


@pytest.fixture
async def file(on_postgres: World, database: Database, tmp_path: Path) -> Path:
    """The JSON of a receipt as a customer has it, of a consent on published words, sealed."""
    world, now = on_postgres, on_postgres.clock.now()
    await PostgresReleases(database).add(DOCUMENTS, digest_of(DOCUMENTS), now, "a test", "")
    content = assemble(Release(1, DOCUMENTS, digest_of(DOCUMENTS), now, "a test"))
    shown = content.texts.render(Text("consent.share_with_lender"), "zh")
    record = record_of(await world.known("42"), world, shown)
    await world.turn("given", "42", change=lambda work, _: work.consents.add(record))
    await Ledgers(database, world.clock).seal()
    seal = await seal_of(database.pool, "consent", record.record_id)
    page, whole = receipt(record, shown, seal, Words(content.texts, "zh"), now)
    assert "凭证" in page.content.decode()
    (tmp_path / "receipt.json").write_bytes(whole.content)
    return tmp_path / "receipt.json"


def change(file: Path, changed: dict[str, Any]) -> None:
    whole = json.loads(file.read_text())
    for name, value in changed.items():
        whole[name] = {**whole[name], **value} if isinstance(value, dict) else value
    file.write_text(json.dumps(whole))


async def test_a_receipt_holds_against_ledger_seal_and_published_words(file: Path, database_url: str) -> None:
    code, out, _ = await command(database_url, "consents", "receipt", str(file))
    assert (code, "FAULT" in out, out.count("holds")) == (0, False, 5), out
    assert "published in release 1" in out


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"record": {"purpose": "marketing"}}, "its record does not have the hash"),
        ({"notice_text": "anything goes"}, "its words are not those of the record"),
        ({"format": "other/1"}, "no receipt of a consent of this format"),
    ],
)
async def test_a_receipt_that_was_changed_is_told_at_once(
    file: Path, database_url: str, changed: dict[str, Any], sentence: str
) -> None:
    change(file, changed)
    code, _, complaint = await command(database_url, "consents", "receipt", str(file))
    assert (code, sentence in complaint, complaint.count("\n")) == (2, True, 1)


async def test_a_ledger_that_was_changed_disagrees_with_the_receipt(file: Path, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as forger:
        forger.execute("SET session_replication_role = replica")
        forger.execute("UPDATE consent SET state = 'refused'")
    code, out, _ = await command(database_url, "consents", "receipt", str(file))
    assert code == 1
    assert "FAULT: the record is the one in the ledger, field by field" in out
    assert "FAULT: the ledger is whole (1 faults)" in out


async def test_a_file_that_is_no_receipt_is_told_in_one_sentence(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "x.json").write_text("[]")
    code, _, complaint = await command(database_url, "consents", "receipt", str(tmp_path / "x.json"))
    assert (code, complaint.count("\n")) == (2, 1)


async def test_a_consent_is_over_when_its_days_are_and_only_while_it_is_the_last_word(
    on_postgres: World, database: Database
) -> None:
    world = on_postgres
    record = record_of(await world.known("42"), world, "words", validity_duration=30)

    async def add(work: UnitOfWork, _: Conversation) -> None:
        await work.consents.add(record)

    await world.turn("given", "42", change=add)
    assert await consents_over(database.pool, world.clock.now() + timedelta(days=29)) == []
    later = world.clock.now() + timedelta(days=31)
    assert await consents_over(database.pool, later) == [(record.pii_principal, "0001")]
    again = record_of(await world.look("42"), world, "words")
    await world.turn("refused", "42", change=lambda work, _: work.consents.add(_refused(again)))
    assert await consents_over(database.pool, later) == []


def _refused(record: ConsentRecord) -> ConsentRecord:
    return replace(record, record_id="0002", state="refused", supersedes="0001")
