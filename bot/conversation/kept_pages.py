"""The pages that are kept of a customer's documents: what flows know of them, and how they are forgotten with their files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.applications.documents import Page
from bot.conversation.ports import Job, UnitOfWork
from bot.core.values import Text, Value
from bot.dialogs.state import State
from bot.ledger.audit import CUSTOMER, audited
from bot.products.documents import document_text

KEEP_PAGE: Final = "keep-page"
"""The job that takes a page in."""

REMOVE_FILES: Final = "remove-files"

SEND_DOCUMENT: Final = "send-document"

DRAFT: Final = "draft"
"""Under what name a form keeps the id that its application will have."""


def pages_values(document: str, pages: Sequence[Page]) -> dict[str, Value]:
    """What flows know of a document that is being sent."""
    return {"document": document, "document_name": document_text(document), "page_count": len(pages)}


def removal(names: Sequence[str]) -> Job:
    """The job that forgets files, once the transaction that forgets their pages is committed."""
    return Job(REMOVE_FILES, {"names": list(names)})


async def forget(work: UnitOfWork, pages: Sequence[Page]) -> None:
    """Forget pages, and have their files removed."""
    for page in pages:
        await work.pages.remove(page.id)
    if pages:
        work.defer(removal([page.id for page in pages]))


def drafts(state: State) -> frozenset[str]:
    """The ids of applications that are being filled in; each keeps its id once it is handed in."""
    found = (frame.answers.get(DRAFT) for frame in state.frames)
    return frozenset(draft for draft in found if isinstance(draft, str))


async def pages_of(work: UnitOfWork, conversation: int, application: str) -> tuple[Page, ...]:
    """The pages of an application, document by document."""
    kept = await work.pages.of_conversation(conversation)
    return tuple(page for page in kept if page.application == application)


async def forget_draft(work: UnitOfWork, conversation: int, draft: str) -> None:
    """Forget the pages of an application that was given up; not those of one that was handed in meanwhile."""
    if await work.applications.get(draft) is None:
        await forget_application(work, conversation, draft)


def so_far(count: Value) -> dict[str, Value]:
    """What a form says of the pages that it has of a document."""
    return {"so_far": Text("papers.got" if count else "papers.none_yet", {"page_count": count})}


async def hand_on(work: UnitOfWork, conversation: int, application: str, document: str, now: datetime) -> int:
    """A document is whole: have its pages handed on to the lender; how many they are."""
    pages = await work.pages.of_document(application, document)
    await work.pages.complete(application, document, now)
    payload = {"application": application, "conversation": conversation, "document": document}
    work.defer(Job(SEND_DOCUMENT, payload, lock=f"application:{application}"))
    work.audit(
        audited(
            "document.completed", CUSTOMER, conversation, now,
            application=application, document=document, pages=len(pages),
        )
    )  # fmt: skip
    return len(pages)


async def forget_application(work: UnitOfWork, conversation: int, application: str) -> None:
    """Forget all pages of an application that has ended."""
    await forget(work, await pages_of(work, conversation, application))


async def forget_unsent(work: UnitOfWork, conversation: int) -> None:
    """Forget the pages that the lender does not have; nothing more may go there."""
    kept = await work.pages.of_conversation(conversation)
    await forget(work, [page for page in kept if page.handed_in_at is None])
