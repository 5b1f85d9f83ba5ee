"""Forgetting a customer. What stays: consent records, applications the lender has, that an event was taken, and counts."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.storage.messages import ERASED
from bot.storage.rows import (
    ApplicationRow,
    AppointmentRow,
    AssessmentRow,
    ChatTopicRow,
    CheckedMessageRow,
    CustomerOwnerRow,
    DocumentPageRow,
    FingerprintRow,
    InboxRow,
    MilestoneRow,
    OutboxRow,
    QuoteRow,
    table,
)
from bot.storage.sql import Executor, compiled, given

_application: Final = table(ApplicationRow)
_appointment: Final = table(AppointmentRow)
_assessment: Final = table(AssessmentRow)
_checked: Final = table(CheckedMessageRow)
_fingerprint: Final = table(FingerprintRow)
_inbox: Final = table(InboxRow)
_page: Final = table(DocumentPageRow)
_milestone: Final = table(MilestoneRow)
_outbox: Final = table(OutboxRow)
_owner: Final = table(CustomerOwnerRow)
_quote: Final = table(QuoteRow)
_topic: Final = table(ChatTopicRow)


def _of(rows: sa.Table) -> sa.ColumnElement[bool]:
    return rows.c.conversation_id == given(rows.c.conversation_id)


def _empty(rows: sa.Table, column: str) -> sa.Update:
    return sa.update(rows).where(_of(rows)).values({column: sa.text("'{}'")})


# Their rows stay, so that what stands in a manager's chat can still be changed in place.
_about: Final = _outbox.c.subject == given(_outbox.c.subject, "conversation_id")
_waits: Final = sa.and_(_outbox.c.sent_at.is_(None), _outbox.c.failure.is_(None))

# In this order: a quote stays while an application that stays names it.
_STEPS: Final = tuple(
    compiled(step)
    for step in (
        sa.update(_inbox).where(_of(_inbox)).values(event=sa.null(), trace=sa.text("'[]'")),
        sa.delete(_outbox).where(_of(_outbox)),
        sa.delete(_appointment).where(_of(_appointment)),
        sa.delete(_topic).where(_topic.c.subject == given(_topic.c.subject, "conversation_id")),
        sa.delete(_fingerprint).where(_of(_fingerprint)),
        sa.update(_outbox)
        .where(_about)
        .values(content=sa.null(), failure=sa.case((_waits, ERASED), else_=_outbox.c.failure)),
        sa.delete(_assessment).where(_of(_assessment)),
        sa.delete(_checked).where(_of(_checked)),
        sa.delete(_page).where(_of(_page)),
        sa.delete(_owner).where(_of(_owner)),
        sa.delete(_application).where(_of(_application), _application.c.reference.is_(None)),
        sa.delete(_quote).where(_of(_quote), ~sa.exists().where(_application.c.quote == _quote.c.id)),
        _empty(_milestone, "values"),
    )
)


async def erase(on: Executor, conversation: int) -> None:
    """Remove or empty what the customer wrote and was shown, in the caller's transaction."""
    for step in _STEPS:
        await step.run(on, conversation_id=conversation)
