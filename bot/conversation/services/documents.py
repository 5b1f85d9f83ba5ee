"""Documents that the lender asks for, sent page by page: taken, looked at again, replaced, removed, and handed on."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from bot.applications.application import Application
from bot.applications.documents import Page, wanted
from bot.conversation.consents import financial_agreed, halted, not_shared
from bot.conversation.kept_pages import KEEP_PAGE, drafts, forget, hand_on, pages_values, so_far
from bot.conversation.ports import Job, Outgoing, Relayed
from bot.conversation.services.call import Call, Result
from bot.core.values import Text, Value
from bot.products.documents import document_text, document_texts

NOTHING: Final = Result("noted", {})


async def take_page(call: Call) -> Result:
    """A page of the document that is asked for next is to be kept; what nobody has asked for is not."""
    return await _take(call, replaces="")


async def replace_page(call: Call) -> Result:
    """A page that takes the place of the one that was chosen."""
    page = await _chosen(call)
    return await _take(call, replaces=page.id if page else "")


async def _take(call: Call, *, replaces: str) -> Result:
    application = call.text("application")
    document = await _asked_for(call, application)
    if document is None:
        return Result("found", {"answer": Text("document.not_asked")})
    if await not_shared(call.work, call.conversation.id, call.content.book.notices) == "withdrawn":
        return Result("found", {"answer": Text("document.no_consent")})
    if not await financial_agreed(call.work, call.conversation.id):
        return Result("found", {"answer": Text("document.not_agreed")})
    payload = {
        "page": str(uuid.uuid4()),
        "application": application,
        "conversation": call.conversation.id,
        "document": document,
        "kind": call.text("kind"),
        "file": call.text("file"),
        "replaces": replaces,
    }
    call.audit("document.received", application=application, document=document)
    call.work.defer(Job(KEEP_PAGE, payload, lock=f"pages:{application}"))
    return NOTHING


async def _asked_for(call: Call, application: str) -> str | None:
    """The document that a page belongs to: that of the form that is being filled in, else what the lender asks for next."""
    known = await call.work.applications.get(application)
    if known is None or known.reference is None:
        return call.text("document") if application in drafts(call.conversation.state) else None
    return next(iter(await _wanted(call, known)), None)


async def _wanted(call: Call, application: Application) -> tuple[str, ...]:
    """The documents that the customer has to send, the one that is asked for next first."""
    pages = await call.work.pages.of_conversation(call.conversation.id)
    own = [page for page in pages if page.application == application.id]
    return wanted(application.progress.missing, own, application.progress.entered_at)


async def complete_document(call: Call) -> Result:
    """The customer says that a document is whole: it is handed on. `more` where another one is wanted, `all`, or `none`."""
    application = await call.work.applications.get(call.text("application"))
    pages = await _pages(call)
    if application is None or not pages:
        return Result("none", {})
    agreed = await financial_agreed(call.work, call.conversation.id)
    if not agreed or await halted(call.work, application, call.content.book.notices) == "withdrawn":
        return Result("no_consent", {})
    document = pages[0].document
    await hand_on(call.work, call.conversation.id, application.id, document, call.now)
    left = await _wanted(call, application)
    values: dict[str, Value] = {**pages_values(document, pages), "documents_left": document_texts(left)}
    return Result("more" if left else "all", values)


async def list_pages(call: Call) -> Result:
    """The pages that were sent for the document, by their numbers as `page_numbers`: `found`, or `none`."""
    pages = await _pages(call)
    numbers = tuple(str(number) for number, _ in enumerate(pages, 1))
    return Result("found" if pages else "none", {**_about(call, pages), "page_numbers": numbers, "page_chosen": None})


async def show_page(call: Call) -> Result:
    """Show the customer a page as they have sent it."""
    page = await _chosen(call)
    if page is None:
        return Result("none", {})
    show(call, page, _number(call))
    return Result("shown", {"number": _number(call)})


def show(call: Call, page: Page, number: int) -> None:
    """Send a page back by the channel's own handle of it, so that nothing of its content is opened or kept on the way."""
    caption = Text("document.page_shown", {"document": document_text(page.document), "number": number})
    call.work.send(
        Outgoing(
            conversation=call.conversation.id,
            channel=call.conversation.channel,
            address=call.conversation.address,
            slot=f"page.{call.request}.{page.id}",
            html=call.content.texts.render(caption, call.locale),
            relayed=Relayed(page.kind, page.handle),
            release=call.content.number,
        )
    )


async def remove_page(call: Call) -> Result:
    """Forget the page that was chosen: `left` where there are others, else `none`."""
    page = await _chosen(call)
    if page is not None:
        await forget(call.work, [page])
        call.audit("document.page_removed", application=page.application, document=page.document, page=page.id)
    pages = await _pages(call)
    return Result("left" if pages else "none", _about(call, pages))


def _about(call: Call, pages: Sequence[Page]) -> dict[str, Value]:
    values = pages_values(pages[0].document if pages else call.text("document"), pages)
    return {**values, **so_far(len(pages))}


async def _pages(call: Call) -> tuple[Page, ...]:
    """The pages of the document that is being sent; one that is whole is not being sent any more."""
    pages = await call.work.pages.of_document(call.text("application"), call.text("document"))
    own = (page for page in pages if page.conversation == call.conversation.id)
    return tuple(page for page in own if page.completed_at is None)


async def _chosen(call: Call) -> Page | None:
    pages, number = await _pages(call), _number(call)
    return pages[number - 1] if 0 < number <= len(pages) else None


def _number(call: Call) -> int:
    chosen = call.text("page_chosen")
    return int(chosen) if chosen.isdecimal() else 0
