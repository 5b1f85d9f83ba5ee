"""The pages that are kept of a customer's documents: what flows know of them, and how they are forgotten with their files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.applications.documents import Page
from bot.conversation.ports import Job, UnitOfWork
from bot.core.values import Value
from bot.products.documents import document_text

KEEP_PAGE: Final = "keep-page"
"""The job that takes a page in."""

REMOVE_FILES: Final = "remove-files"


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


async def forget_application(work: UnitOfWork, conversation: int, application: str) -> None:
    """Forget all pages of an application that has ended."""
    kept = await work.pages.of_conversation(conversation)
    await forget(work, [page for page in kept if page.application == application])


async def forget_unsent(work: UnitOfWork, conversation: int) -> None:
    """Forget the pages that the lender does not have; nothing more may go there."""
    kept = await work.pages.of_conversation(conversation)
    await forget(work, [page for page in kept if page.handed_in_at is None])
