"""A consent decision becomes a record that can be proved later."""

from __future__ import annotations

import uuid
from datetime import datetime

from bot.applications.consent import ConsentRecord, text_hash
from bot.conversation.ports import Conversation, UnitOfWork
from bot.dialogs.effects import RecordConsent
from bot.dialogs.model import Notice
from bot.ledger.audit import CUSTOMER, audited


def consent_record(  # noqa: PLR0913, PLR0917 -- a record draws on all of these
    decision: RecordConsent,
    notice: Notice,
    conversation: Conversation,
    language: str,
    shown: str,
    at: datetime,
    before: ConsentRecord | None,
) -> ConsentRecord:
    """The record of a decision on `notice`; `shown` is the exact text the customer had before them."""
    return ConsentRecord(
        record_id=str(uuid.uuid4()),
        pii_principal=conversation.id,
        channel=conversation.channel,
        pii_controller=notice.controller,
        purpose=notice.purpose,
        lawful_basis=notice.legal_basis,
        pii_categories=notice.categories,
        sensitive=notice.sensitive,
        recipients=notice.recipients,
        abroad=notice.abroad,
        retention=notice.retention,
        notice=notice.id,
        notice_version=decision.version,
        notice_language=language,
        notice_sha256=text_hash(shown),
        collection_method="button" if decision.message else "words",
        evidence=decision.message,
        state=decision.state,
        event_time=at,
        withdrawal_method="/privacy",
        supersedes=before.record_id if before else None,
    )


async def keep(work: UnitOfWork, record: ConsentRecord, actor: str = CUSTOMER) -> None:
    """Append a record to the ledger, and audit the act."""
    await work.consents.add(record)
    work.audit(
        audited(
            f"consent.{record.state}",
            actor,
            record.pii_principal,
            record.event_time,
            record=record.record_id,
            notice=record.notice,
            version=record.notice_version,
        )
    )
