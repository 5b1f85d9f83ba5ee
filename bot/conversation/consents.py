"""Consent decisions: each becomes a record that can be proved later, and what rests on it stops when it ends.

What an ended consent stops at once, in the transaction that ends it: an application that is not handed in yet and the
documents for one (their jobs look at the consent before each attempt, and the pages that are kept are forgotten), a manager's contact that the customer has not asked
for, marketing that waits in the outbox, and sensitive answers and pages, which are forgotten (`sensitive`). What others have already is theirs: the customer is told so.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from bot.applications.application import Application
from bot.applications.consent import ConsentRecord, text_hash
from bot.conversation.desk_leads import ASKED_FOR, CONTACT_NOTICE, WAITING
from bot.conversation.kept_pages import forget_unsent
from bot.conversation.ports import Conversation, UnitOfWork
from bot.conversation.sensitive import FINANCIAL_ANSWERS, FINANCIAL_NOTICE, forget_financial
from bot.dialogs.effects import RecordConsent
from bot.dialogs.model import Notice
from bot.ledger.audit import CUSTOMER, SYSTEM, audited

if TYPE_CHECKING:
    from bot.conversation.desk import Desk

Standing: TypeAlias = Literal["given", "refused", "undecided"]
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
    if record.notice == FINANCIAL_NOTICE and record.state == "refused":
        await forget_financial(work, record.pii_principal)
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
    elif record.notice == FINANCIAL_NOTICE:
        await forget_financial(work, conversation.id)
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
    decided = await work.consents.latest(application.conversation)
    record = decided.get(FINANCIAL_NOTICE)
    why = await not_shared(work, application.conversation, notices)
    if why is None and record is not None and application.answers.keys() & set(FINANCIAL_ANSWERS):
        notice = notices.get(FINANCIAL_NOTICE)
        return "notice_changed" if notice is not None and notice.version != record.notice_version else None
    return why


async def not_shared(
    work: UnitOfWork, conversation: int, notices: Mapping[str, Notice]
) -> Literal["withdrawn", "notice_changed"] | None:
    """Why nothing of a customer may go to the lender, as `halted`; for what is not an application yet."""
    latest = (await work.consents.latest(conversation)).get(SHARE_NOTICE)
    if latest is None or latest.state != "given":
        return "withdrawn"
    notice = notices.get(SHARE_NOTICE)
    return "notice_changed" if notice is not None and notice.version != latest.notice_version else None


async def standing(work: UnitOfWork, conversation: int, notice: Notice, now: datetime) -> Standing:
    """How a customer has decided on a notice in its version of today.

    `refused` as long as a no is respected; `undecided` where the notice may be put to them.
    """
    latest = await work.consents.latest(conversation)
    record = latest.get(notice.id)
    if record is not None and (record.state, record.notice_version) == ("given", notice.version):
        return "given"
    return "refused" if notice.id in respected(latest, {notice.id: notice}, now) else "undecided"


async def financial_agreed(work: UnitOfWork, conversation: int) -> bool:
    """Whether sensitive answers and pages may be kept and handed on."""
    record = (await work.consents.latest(conversation)).get(FINANCIAL_NOTICE)
    return record is not None and record.state == "given"


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
