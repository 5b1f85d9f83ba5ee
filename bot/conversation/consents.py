"""Consent decisions: each becomes a record that can be proved later, and what rests on it stops when it ends.

What an ended consent stops at once, in the transaction that ends it: an application that is not handed in yet and the
documents for one (their jobs look at the consent before each attempt, and the pages that are kept are forgotten), a manager's contact that the customer has not asked
for, and marketing that waits in the outbox. What others have already is theirs: the customer is told so.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from bot.applications.application import Application
from bot.applications.consent import ConsentRecord, text_hash
from bot.conversation.desk_leads import ASKED_FOR, CONTACT_NOTICE, WAITING
from bot.conversation.kept_pages import forget_unsent
from bot.conversation.ports import Conversation, UnitOfWork
from bot.dialogs.effects import RecordConsent
from bot.dialogs.model import Notice
from bot.ledger.audit import CUSTOMER, SYSTEM, audited

if TYPE_CHECKING:
    from bot.conversation.desk import Desk

SHARE_NOTICE: Final = "share_with_lender"
MARKETING_NOTICE: Final = "marketing"


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
        validity_duration=notice.valid_days if decision.state == "given" else None,
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


async def end(  # noqa: PLR0913, PLR0917 -- whose consent ends, how, and what it stops
    work: UnitOfWork,
    desk: Desk,
    conversation: Conversation,
    record: ConsentRecord,
    state: Literal["withdrawn", "expired"],
    now: datetime,
) -> None:
    """A consent that was given ends: one more record says so, and what rests on it stops."""
    ended = replace(
        record,
        record_id=str(uuid.uuid4()),
        state=state,
        event_time=now,
        supersedes=record.record_id,
        evidence=None,
        validity_duration=None,
    )
    await keep(work, ended, CUSTOMER if state == "withdrawn" else SYSTEM)
    if record.notice == CONTACT_NOTICE:
        lead = await work.leads.open_of(conversation.id)
        if lead is not None and lead.status in WAITING and lead.reason not in ASKED_FOR:
            await desk.close(work, conversation, now)
    elif record.notice == SHARE_NOTICE:
        await forget_unsent(work, conversation.id)
    elif record.notice == MARKETING_NOTICE:
        await work.drop_campaigns(conversation.id)


async def halted(
    work: UnitOfWork, application: Application, notices: Mapping[str, Notice]
) -> Literal["withdrawn", "notice_changed"] | None:
    """Why nothing more of the application may go to the lender; None where it may.

    `withdrawn`: the consent it rests on was taken back or is over. `notice_changed`: it was given to other words than those of today.
    """
    return await not_shared(work, application.conversation, notices)


async def not_shared(
    work: UnitOfWork, conversation: int, notices: Mapping[str, Notice]
) -> Literal["withdrawn", "notice_changed"] | None:
    """Why nothing of a customer may go to the lender, as `halted`; for what is not an application yet."""
    latest = (await work.consents.latest(conversation)).get(SHARE_NOTICE)
    if latest is None or latest.state != "given":
        return "withdrawn"
    notice = notices.get(SHARE_NOTICE)
    return "notice_changed" if notice is not None and notice.version != latest.notice_version else None


def respected(latest: Mapping[str, ConsentRecord], notices: Mapping[str, Notice], now: datetime) -> tuple[str, ...]:
    """The notices that were refused or taken back so lately, in the version of today, that they are not asked again yet."""
    return tuple(
        notice
        for notice, record in latest.items()
        if notice in notices
        and record.state in {"refused", "withdrawn"}
        and record.notice_version == notices[notice].version
        and now < record.event_time + timedelta(days=notices[notice].again_after_days)
    )
