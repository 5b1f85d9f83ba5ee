"""Managers' words that were looked at for forbidden claims, sealed under their customer's key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import sqlalchemy as sa

from bot.handoff.checked import PENDING, Checked, Finding
from bot.handoff.notes import Unsaid
from bot.storage.envelope import place_of
from bot.storage.rows import CheckedMessageRow, table
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor, among, compiled, given, given_all, insertion

_message: Final = table(CheckedMessageRow)
_CHANGED: Final = ("state", "content", "decided_by", "decided_at")

_ADD: Final = compiled(insertion(_message).returning(_message.c.id))
_GET: Final = compiled(sa.select(_message).where(_message.c.id == given(_message.c.id)))
_SAVE: Final = compiled(
    sa.update(_message).where(_message.c.id == given(_message.c.id)).values(given_all(_message, *_CHANGED))
)
_PENDING: Final = compiled(
    sa.select(_message)
    .where(_message.c.lead_id == given(_message.c.lead_id), among(_message.c.state, PENDING))
    .order_by(_message.c.id)
)
_HELD: Final = compiled(sa.select(_message).where(among(_message.c.state, ("held",))).order_by(_message.c.id))
_OF_CONVERSATION: Final = compiled(
    sa.select(_message).where(_message.c.conversation_id == given(_message.c.conversation_id)).order_by(_message.c.id)
)


class PostgresCheckedMessages:
    """See `CheckedMessages`."""

    __slots__ = ("_on", "_sealing")

    def __init__(self, on: Executor, sealing: Sealing) -> None:
        self._on = on
        self._sealing = sealing

    async def add(self, message: Checked) -> Checked:
        """See `CheckedMessages.add`."""
        number = await _ADD.value(
            self._on,
            lead_id=message.lead,
            conversation_id=message.conversation,
            manager_id=message.manager,
            created_at=message.created_at,
            **await self._row(message),
        )
        return replace(message, id=number)

    async def get(self, message: int) -> Checked | None:
        """See `CheckedMessages.get`."""
        row = await _GET.row(self._on, id=message)
        return next(iter(await self._read([row] if row else [])), None)

    async def save(self, message: Checked) -> None:
        """See `CheckedMessages.save`."""
        await _SAVE.run(self._on, id=message.id, **await self._row(message))

    async def pending(self, lead: int) -> tuple[Checked, ...]:
        """See `CheckedMessages.pending`."""
        return await self._read(await _PENDING.rows(self._on, lead_id=lead))

    async def held(self) -> tuple[Checked, ...]:
        """See `CheckedMessages.held`."""
        return await self._read(await _HELD.rows(self._on))

    async def of_conversation(self, conversation: int) -> tuple[Checked, ...]:
        """See `CheckedMessages.of_conversation`."""
        return await self._read(await _OF_CONVERSATION.rows(self._on, conversation_id=conversation))

    async def _row(self, message: Checked) -> dict[str, Any]:
        content = {
            "words": asdict(message.words),
            "text": message.text,
            "found": [[one.claim, one.words] for one in message.found],
            "remark": message.remark,
        }
        return {
            "state": message.state,
            "content": await self._sealing.seal(message.conversation, _place(message.conversation), content),
            "decided_by": message.decided_by,
            "decided_at": message.decided_at,
        }

    async def _read(self, rows: Sequence[Any]) -> tuple[Checked, ...]:
        """Those whose customers were not erased; see `Sealing.open_all`."""
        return tuple(
            await self._sealing.open_all(rows, "content", lambda row: _place(row["conversation_id"]), _checked)
        )


def _place(conversation: int) -> str:
    return place_of("checked_message", "content", conversation)


def _checked(row: Any, content: dict[str, Any]) -> Checked:
    return Checked(
        id=row["id"],
        lead=row["lead_id"],
        conversation=row["conversation_id"],
        manager=row["manager_id"],
        words=Unsaid(**content["words"]),
        text=content["text"],
        found=tuple(Finding(*one) for one in content["found"]),
        state=row["state"],
        created_at=row["created_at"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        remark=content["remark"],
    )
