"""Pre-applications."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from bot.applications import progress
from bot.applications.application import Application
from bot.core.codec import decode_all, encode_all
from bot.core.values import Money
from bot.storage.rows import ApplicationRow, table
from bot.storage.sql import Executor, compiled, given, given_all, insertion
from bot.storage.stage_times import keep_passages

_application: Final = table(ApplicationRow)


def _locked(column: sa.Column[Any]) -> sa.Select[Any]:
    """The application with this value in a unique column; its row lock is kept to the transaction's end."""
    return sa.select(_application).where(column == given(column)).with_for_update(key_share=True)


_ADD: Final = compiled(insertion(_application))
_SAVE: Final = compiled(
    sa.update(_application)
    .where(_application.c.id == given(_application.c.id))
    .values(given_all(_application, "reference", "progress"))
)
_RENEW: Final = compiled(
    sa.update(_application)
    .where(_application.c.id == given(_application.c.id), _application.c.reference.is_(None))
    .values(
        given_all(
            _application,
            *("product", "amount", "currency", "months", "method", "segment", "answers", "consents", "quote"),
            *("release", "created_at", "progress"),
        )
    )
)
_GET: Final = compiled(_locked(_application.c.id))
_BY_REFERENCE: Final = compiled(_locked(_application.c.reference))
_OF_CONVERSATION: Final = compiled(
    sa.select(_application)
    .where(_application.c.conversation_id == given(_application.c.conversation_id))
    .order_by(_application.c.created_at, _application.c.id)
)


class PostgresApplications:
    """See `Applications`."""

    __slots__ = ("_on",)

    def __init__(self, on: Executor) -> None:
        self._on = on

    async def add(self, application: Application) -> None:
        """See `Applications.add`."""
        await _ADD.run(self._on, **_row(application))

    async def save(self, application: Application) -> None:
        """See `Applications.save`."""
        await _SAVE.run(
            self._on,
            id=application.id,
            reference=application.reference,
            progress=progress.encode(application.progress),
        )
        await keep_passages(self._on, application.id, application.product, application.progress)

    async def renew(self, application: Application) -> None:
        """See `Applications.renew`."""
        await _RENEW.run(self._on, **_row(application))

    async def get(self, application: str) -> Application | None:
        """See `Applications.get`."""
        return _application_of(await _GET.row(self._on, id=application))

    async def by_reference(self, reference: str) -> Application | None:
        """See `Applications.by_reference`."""
        return _application_of(await _BY_REFERENCE.row(self._on, reference=reference))

    async def of_conversation(self, conversation: int) -> tuple[Application, ...]:
        """See `Applications.of_conversation`."""
        rows = await _OF_CONVERSATION.rows(self._on, conversation_id=conversation)
        return tuple(filter(None, map(_application_of, rows)))


def _row(application: Application) -> dict[str, Any]:
    return {
        "id": application.id,
        "conversation_id": application.conversation,
        "product": application.product,
        "amount": application.amount.amount,
        "currency": application.amount.currency,
        "months": application.months,
        "method": application.method,
        "segment": application.segment,
        "answers": encode_all(application.answers),
        "consents": application.consents,
        "quote": application.quote,
        "release": application.release,
        "created_at": application.created_at,
        "progress": progress.encode(application.progress),
        "reference": application.reference,
    }


def _application_of(row: Any) -> Application | None:
    return row and Application(
        id=row["id"],
        conversation=row["conversation_id"],
        product=row["product"],
        amount=Money(row["amount"], row["currency"]),
        months=row["months"],
        method=row["method"],
        segment=row["segment"],
        answers=decode_all(row["answers"]),
        consents=tuple(row["consents"]),
        quote=row["quote"],
        release=row["release"],
        created_at=row["created_at"],
        progress=progress.decode(row["progress"]),
        reference=row["reference"],
    )
