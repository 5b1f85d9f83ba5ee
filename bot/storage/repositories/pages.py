"""The pages of documents that customers have sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.applications.documents import Page
from bot.storage.envelope import place_of
from bot.storage.rows import DocumentPageRow, table
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor, compiled, given, given_all, insertion

_page: Final = table(DocumentPageRow)
_OF_DOCUMENT = (
    _page.c.application == given(_page.c.application),
    _page.c.document == given(_page.c.document),
    _page.c.handed_in_at.is_(None),
)

_ADD: Final = compiled(insertion(_page))
_REMOVE: Final = compiled(sa.delete(_page).where(_page.c.id == given(_page.c.id)))
_FIND: Final = compiled(sa.select(_page).where(*_OF_DOCUMENT).order_by(_page.c.position))
_OF_CONVERSATION: Final = compiled(
    sa.select(_page)
    .where(_page.c.conversation_id == given(_page.c.conversation_id))
    .order_by(_page.c.application, _page.c.document, _page.c.position, _page.c.received_at)
)
_COMPLETE: Final = compiled(sa.update(_page).where(*_OF_DOCUMENT).values(given_all(_page, "completed_at")))
_HANDED_IN: Final = compiled(
    sa.update(_page).where(*_OF_DOCUMENT, _page.c.completed_at.is_not(None)).values(given_all(_page, "handed_in_at"))
)
_ELSEWHERE: Final = compiled(
    sa.select(sa.func.count(_page.c.conversation_id.distinct())).where(
        _page.c.digest == given(_page.c.digest), _page.c.conversation_id != given(_page.c.conversation_id)
    )
)


class PostgresPages:
    """See `Pages`."""

    __slots__ = ("_on", "_sealing")

    def __init__(self, on: Executor, sealing: Sealing) -> None:
        self._on = on
        self._sealing = sealing

    async def add(self, page: Page) -> None:
        """See `Pages.add`."""
        await _ADD.run(
            self._on,
            id=page.id,
            conversation_id=page.conversation,
            application=page.application,
            document=page.document,
            position=page.position,
            kind=page.kind,
            handle=await self._sealing.seal(page.conversation, _place(page.id), page.handle),
            media_type=page.media_type,
            size=page.size,
            digest=page.digest,
            scanned=page.scanned,
            received_at=page.received_at,
            completed_at=page.completed_at,
            handed_in_at=page.handed_in_at,
        )

    async def remove(self, page: str) -> None:
        """See `Pages.remove`."""
        await _REMOVE.run(self._on, id=page)

    async def of_document(self, application: str, document: str) -> tuple[Page, ...]:
        """See `Pages.of_document`."""
        return await self._read(await _FIND.rows(self._on, application=application, document=document))

    async def of_conversation(self, conversation: int) -> tuple[Page, ...]:
        """See `Pages.of_conversation`."""
        return await self._read(await _OF_CONVERSATION.rows(self._on, conversation_id=conversation))

    async def complete(self, application: str, document: str, at: datetime | None) -> None:
        """See `Pages.complete`."""
        await _COMPLETE.run(self._on, application=application, document=document, completed_at=at)

    async def handed_in(self, application: str, document: str, at: datetime) -> None:
        """See `Pages.handed_in`."""
        await _HANDED_IN.run(self._on, application=application, document=document, handed_in_at=at)

    async def elsewhere(self, digest: str, conversation: int) -> int:
        """See `Pages.elsewhere`."""
        return int(await _ELSEWHERE.value(self._on, digest=digest, conversation_id=conversation))

    async def _read(self, rows: Sequence[Any]) -> tuple[Page, ...]:
        """Those of people who were not erased; see `Sealing.open_all`."""
        return tuple(await self._sealing.open_all(rows, "handle", lambda row: _place(row["id"]), _page_of))


def _place(page: str) -> str:
    return place_of("document_page", "handle", page)


def _page_of(row: Any, handle: Any) -> Page:
    return Page(
        id=row["id"],
        conversation=row["conversation_id"],
        application=row["application"],
        document=row["document"],
        position=row["position"],
        kind=row["kind"],
        handle=handle,
        media_type=row["media_type"],
        size=row["size"],
        digest=row["digest"],
        scanned=row["scanned"],
        received_at=row["received_at"],
        completed_at=row["completed_at"],
        handed_in_at=row["handed_in_at"],
    )
