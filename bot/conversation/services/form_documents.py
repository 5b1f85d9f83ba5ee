"""Documents that come with a form: what the product needs of the segment, sent one document after another before the form is handed in.

The form gets the id here that its application will have, and pages are kept under it. So they last as long as the form does: over
days and restarts, until it is handed in, given up or erased.
"""

from __future__ import annotations

import uuid

from bot.applications.application import Application
from bot.applications.documents import Page
from bot.conversation.kept_pages import DRAFT, forget, pages_of, pages_values, so_far
from bot.conversation.services.call import Call, Result
from bot.core.values import Text, Value
from bot.products.documents import DOCUMENTS, document_texts


def draft_of(call: Call) -> str | None:
    """The id that the application of the form which calls will have."""
    frames = call.conversation.state.frames
    draft = frames[-1].answers.get(DRAFT) if frames else None
    return draft if isinstance(draft, str) else None


async def offer_documents(call: Call) -> Result:
    """The documents that may come with the form: `wanted`, or `none`. Where they are others than before, it is asked anew."""
    documents, frame = _needed(call), call.conversation.state.frames[-1]
    draft = draft_of(call) or str(uuid.uuid4())
    values: dict[str, Value] = {DRAFT: draft, "application": draft, "papers_needed": documents}
    if frame.answers.get("papers_needed") != documents:
        values |= {"papers": None, "papers_told": None}
    if not documents:
        return Result("none", values)
    values |= {"paper_names": document_texts(documents)}
    return Result("wanted", {**values, **await _at(call, draft, documents, 1)})


async def first_document(call: Call) -> Result:
    """The form goes on with the first document: `found`, or `none`."""
    return await _go_on(call, 1)


async def next_document(call: Call) -> Result:
    """The form goes on with the document behind the present one: `found`, or `none` behind the last."""
    number = call.conversation.state.frames[-1].answers.get("paper_number")
    return await _go_on(call, number + 1 if isinstance(number, int) else 1)


async def sum_documents(call: Call) -> Result:
    """What came with the form, as its answer `papers`: `sent` or `later`, and in words for the review."""
    pages = await _pages(call)
    documents = {page.document for page in pages}
    told = Text("papers.sum", {"documents": len(documents), "pages": len(pages)}) if pages else None
    return Result("summed", {"papers": "sent" if pages else "later", "papers_told": told, "document": None})


async def keep_what_is_needed(call: Call, application: Application) -> None:
    """Forget the pages of documents that the application does not need, such as those for a product chosen before."""
    needed = _needed(call)
    kept = await pages_of(call.work, call.conversation.id, application.id)
    await forget(call.work, [page for page in kept if page.document not in needed])


async def _go_on(call: Call, number: int) -> Result:
    draft, documents = draft_of(call), _needed(call)
    if draft is None or number > len(documents):
        return Result("none", {})
    return Result("found", await _at(call, draft, documents, number))


async def _at(call: Call, draft: str, documents: tuple[str, ...], number: int) -> dict[str, Value]:
    """What the form knows while it is at a document."""
    document = documents[number - 1]
    pages = await call.work.pages.of_document(draft, document)
    return {
        **pages_values(document, pages),
        **so_far(len(pages)),
        "paper_number": number,
        "paper_total": len(documents),
    }


async def _pages(call: Call) -> tuple[Page, ...]:
    draft = draft_of(call)
    return await pages_of(call.work, call.conversation.id, draft) if draft else ()


def _needed(call: Call) -> tuple[str, ...]:
    """What the product asks of the segment, as far as it is taken in a chat."""
    product = call.content.catalogue.product(call.text("product"))
    audience = product.audience.get(call.text("segment"))
    return tuple(name for name in audience.documents if name in DOCUMENTS) if audience else ()
