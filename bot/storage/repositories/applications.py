"""Pre-applications, each sealed under a key of its own: one that the lender has outlives an erasure of the rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import orjson
import sqlalchemy as sa

from bot.applications import progress
from bot.applications.application import Application
from bot.core.codec import decode_all, encode_all
from bot.core.values import Money, Values
from bot.storage.envelope import DataKey, key_of, place_of
from bot.storage.repositories.quotes import hand_over
from bot.storage.rows import ApplicationRow, table
from bot.storage.sealing import Sealing
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
_PUT_ANSWERS: Final = compiled(
    sa.update(_application)
    .where(_application.c.id == given(_application.c.id))
    .values(given_all(_application, "answers"))
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

    __slots__ = ("_on", "_sealing")

    def __init__(self, on: Executor, sealing: Sealing) -> None:
        self._on = on
        self._sealing = sealing

    async def add(self, application: Application) -> None:
        """See `Applications.add`."""
        key = await self._sealing.keys.make()
        await _ADD.run(self._on, **_row(application, key))
        await self._rest(application, key)

    async def save(self, application: Application) -> None:
        """See `Applications.save`."""
        key = await self._sealing.application_key(application.id)
        await _SAVE.run(
            self._on, id=application.id, reference=application.reference, progress=_progress(application, key)
        )
        await keep_passages(self._on, application.id, application.product, application.progress)

    async def renew(self, application: Application) -> None:
        """See `Applications.renew`."""
        held = await _GET.row(self._on, id=application.id)
        key = held and await self._sealing.keys.get(key_of(held["answers"]))
        if key is not None:
            await _RENEW.run(self._on, **_row(application, key))
            await self._rest(application, key)

    async def _rest(self, application: Application, key: DataKey) -> None:
        """The quote that an application rests on lasts as long as it."""
        if application.quote is not None:
            await hand_over(self._on, self._sealing, application.quote, key)

    async def get(self, application: str) -> Application | None:
        """See `Applications.get`."""
        return await self._one(await _GET.row(self._on, id=application))

    async def by_reference(self, reference: str) -> Application | None:
        """See `Applications.by_reference`."""
        return await self._one(await _BY_REFERENCE.row(self._on, reference=reference))

    async def of_conversation(self, conversation: int) -> tuple[Application, ...]:
        """See `Applications.of_conversation`."""
        rows = await _OF_CONVERSATION.rows(self._on, conversation_id=conversation)
        return await self._read(rows)

    async def forget_answers(self, conversation: int, names: Collection[str]) -> None:
        """See `Applications.forget_answers`."""
        for known in await self.of_conversation(conversation):
            left = {name: value for name, value in known.answers.items() if name not in names}
            key = await self._sealing.application_key(known.id)
            await _PUT_ANSWERS.run(self._on, id=known.id, answers=_answers(known.id, left, key))

    async def _read(self, rows: Sequence[Any]) -> tuple[Application, ...]:
        keys = await self._sealing.keys.several(key_of(row["answers"]) for row in rows)
        return tuple(_application_of(row, key) for row in rows if (key := keys.get(key_of(row["answers"]))) is not None)

    async def _one(self, row: Any) -> Application | None:
        return next(iter(await self._read([row] if row else [])), None)


async def keys_not_handed_in(on: Executor, conversation: int) -> list[bytes]:
    """The keys of a customer's applications that the lender does not have."""
    rows = await _OF_CONVERSATION.rows(on, conversation_id=conversation)
    return [key_of(row["answers"]) for row in rows if row["reference"] is None]


def _place(column: str, application: str) -> str:
    return place_of("application", column, application)


def _progress(application: Application, key: DataKey) -> bytes:
    return key.seal(_place("progress", application.id), orjson.dumps(progress.encode(application.progress)))


def _answers(application: str, answers: Values, key: DataKey) -> bytes:
    return key.seal(_place("answers", application), orjson.dumps(encode_all(answers)))


def _row(application: Application, key: DataKey) -> dict[str, Any]:
    return {
        "id": application.id,
        "conversation_id": application.conversation,
        "product": application.product,
        "amount": application.amount.amount,
        "currency": application.amount.currency,
        "months": application.months,
        "method": application.method,
        "segment": application.segment,
        "answers": _answers(application.id, application.answers, key),
        "consents": application.consents,
        "quote": application.quote,
        "release": application.release,
        "created_at": application.created_at,
        "progress": _progress(application, key),
        "reference": application.reference,
    }


def _application_of(row: Any, key: DataKey) -> Application:
    answers, told = (orjson.loads(key.open(_place(name, row["id"]), row[name])) for name in ("answers", "progress"))
    return Application(
        id=row["id"],
        conversation=row["conversation_id"],
        product=row["product"],
        amount=Money(row["amount"], row["currency"]),
        months=row["months"],
        method=row["method"],
        segment=row["segment"],
        answers=decode_all(answers),
        consents=tuple(row["consents"]),
        quote=row["quote"],
        release=row["release"],
        created_at=row["created_at"],
        progress=progress.decode(told),
        reference=row["reference"],
    )
