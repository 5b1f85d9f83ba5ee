"""A document that a manager has asked for: what the customer sends then goes to the manager, and towards the lender where that one waits for it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from bot.applications.documents import wanted
from bot.applications.stages import FINAL
from bot.conversation.consents import halted
from bot.conversation.kept_pages import KEEP_PAGE
from bot.conversation.ports import Job, UnitOfWork
from bot.core.values import Text
from bot.dialogs.events import Attached, Event
from bot.handoff.notes import notes_of
from bot.handoff.records import Lead
from bot.ledger.audit import CUSTOMER, audited
from bot.products.documents import document_text
from bot.publishing.content import Content

PAPERS: Final = ("photo", "document")
"""Kinds of attachments that can be a page."""


async def asked_paper(work: UnitOfWork, content: Content, lead: Lead, event: Event, now: datetime) -> Text | None:
    """The name of the document that `event` is taken for; None where none was asked for, or this can be none.

    Where the lender has asked for it too, and may have it, the page is kept as one that was sent to the bot: the customer says
    that the document is whole once the bot is back, and only then does it go to the lender.
    """
    paper = notes_of(lead).paper
    if paper is None or not isinstance(event, Attached) or event.kind not in PAPERS or event.file is None:
        return None
    await _keep_for_lender(work, content, lead, paper, event, now)
    return document_text(paper)


async def _keep_for_lender(  # noqa: PLR0913, PLR0917 -- whose page of what, when
    work: UnitOfWork, content: Content, lead: Lead, paper: str, event: Attached, now: datetime
) -> None:
    applications = await work.applications.of_conversation(lead.conversation)
    application = applications[-1] if applications else None
    if application is None or application.progress.stage in FINAL:
        return
    pages = [one for one in await work.pages.of_conversation(lead.conversation) if one.application == application.id]
    if paper not in wanted(application.progress.missing, pages, application.progress.entered_at):
        return
    if await halted(work, application, content.book.notices) == "withdrawn":
        return
    payload = {
        "page": str(uuid.uuid4()),
        "application": application.id,
        "conversation": lead.conversation,
        "document": paper,
        "kind": event.kind,
        "file": event.file,
        "replaces": "",
    }
    details = {"application": application.id, "document": paper}
    work.audit(audited("document.received", CUSTOMER, lead.conversation, now, **details))
    work.defer(Job(KEEP_PAGE, payload, lock=f"pages:{application.id}"))
