"""What field agents have entered for owners to agree to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson
import sqlalchemy as sa

from bot.core.codec import decode_all, encode_all
from bot.growth.field_leads import UNDECIDED, FieldLead, FieldLeadState
from bot.storage.envelope import DataKey, key_of, place_of
from bot.storage.jobs import destroy_later
from bot.storage.repositories.field_agents import agent_of
from bot.storage.rows import FieldAgentRow, FieldLeadRow, OutboxRow, table
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor, among, compiled, given, insertion

_agent: Final = table(FieldAgentRow)
_lead: Final = table(FieldLeadRow)
_outbox: Final = table(OutboxRow)
_FOUND: Final = sa.select(
    _agent,
    *(
        _lead.c[name].label(f"lead_{name}")
        for name in ("id", "code", "place", "entry", "created_at", "expires_at", "state", "conversation_id")
    ),
).join_from(_lead, _agent, _lead.c.agent_id == _agent.c.id)
_OURS: Final = _FOUND.with_for_update(key_share=True, of=_lead)
_IT: Final = _lead.c.id == given(_lead.c.id)
_EMPTY: Final[dict[str, Any]] = {"entry": sa.null(), "conversation_id": sa.null()}

_ADD: Final = compiled(insertion(_lead).returning(_lead.c.id))
_GET: Final = compiled(_OURS.where(_IT))
_BY_CODE: Final = compiled(_OURS.where(_lead.c.code == given(_lead.c.code)))
_OPENED: Final = compiled(
    sa.update(_lead).where(_IT).values(state="opened", conversation_id=given(_lead.c.conversation_id))
)
_AGREED: Final = compiled(sa.update(_lead).where(_IT).values(state="agreed"))
_ENTRY: Final = compiled(sa.select(_lead.c.entry).where(_IT))
_SETTLE: Final = compiled(sa.update(_lead).where(_IT).values(state=given(_lead.c.state), **_EMPTY))
_OF_AGENT: Final = compiled(
    _FOUND.where(_lead.c.agent_id == given(_lead.c.agent_id))
    .order_by(_lead.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.BigInteger))
)
_OPEN: Final = compiled(
    _OURS.where(_lead.c.agent_id == given(_lead.c.agent_id), among(_lead.c.state, UNDECIDED)).order_by(_lead.c.id)
)
_OF_OWNER: Final = compiled(
    sa.update(_lead).where(_lead.c.conversation_id == given(_lead.c.conversation_id)).values(**_EMPTY)
)
_ENTRIES_OF_OWNER: Final = compiled(
    sa.select(_lead.c.entry).where(
        _lead.c.conversation_id == given(_lead.c.conversation_id), _lead.c.entry.is_not(None)
    )
)
_FORGET_SHOWN: Final = compiled(
    sa.update(_outbox)
    .where(
        _outbox.c.conversation_id == given(_outbox.c.conversation_id),
        _outbox.c.slot == given(_outbox.c.slot),
    )
    .values(
        content=sa.null(),
        failure=sa.case(
            (sa.and_(_outbox.c.sent_at.is_(None), _outbox.c.failure.is_(None)), "erased"), else_=_outbox.c.failure
        ),
    )
)


class PostgresFieldLeads:
    """See `FieldLeads`."""

    __slots__ = ("_on", "_sealing")

    def __init__(self, on: Executor, sealing: Sealing) -> None:
        self._on = on
        self._sealing = sealing

    async def add(self, lead: FieldLead) -> FieldLead:
        """See `FieldLeads.add`."""
        key = await self._sealing.keys.make()
        number = await _ADD.value(
            self._on,
            code=lead.code,
            agent_id=lead.agent.id,
            place=lead.place,
            entry=key.seal(_place(lead.code), orjson.dumps(encode_all(lead.entry))),
            created_at=lead.created_at,
            expires_at=lead.expires_at,
            state=lead.state,
            conversation_id=lead.conversation,
        )
        return replace(lead, id=int(number))

    async def get(self, lead: int) -> FieldLead | None:
        """See `FieldLeads.get`."""
        return await self._one(await _GET.row(self._on, id=lead))

    async def by_code(self, code: str) -> FieldLead | None:
        """See `FieldLeads.by_code`."""
        return await self._one(await _BY_CODE.row(self._on, code=code))

    async def opened(self, lead: int, conversation: int) -> None:
        """See `FieldLeads.opened`."""
        await _OPENED.run(self._on, id=lead, conversation_id=conversation)

    async def settle(self, lead: int, state: FieldLeadState) -> None:
        """See `FieldLeads.settle`."""
        if state == "agreed":
            await _AGREED.run(self._on, id=lead)
        else:
            entry = await _ENTRY.value(self._on, id=lead)
            await _SETTLE.run(self._on, id=lead, state=state)
            await destroy_later(self._on, [key_of(entry)] if entry else [])

    async def of_agent(self, agent: int, most: int) -> tuple[FieldLead, ...]:
        """See `FieldLeads.of_agent`."""
        return await self._read(await _OF_AGENT.rows(self._on, agent_id=agent, most=most))

    async def revoke(self, agent: int, place: str | None = None) -> int:
        """End an agent's undecided ones, at one place or all, and forget what owners were shown of them; how many there were."""
        found = [
            one for one in await self._read(await _OPEN.rows(self._on, agent_id=agent)) if place in (None, one.place)
        ]
        for one in found:
            await self.settle(one.id, "revoked")
            if one.conversation is not None:
                await forget_shown(self._on, one.conversation, f"field-lead.{one.id}")
        return len(found)

    async def _one(self, row: Any) -> FieldLead | None:
        return next(iter(await self._read([row] if row else [])), None)

    async def _read(self, rows: Sequence[Any]) -> tuple[FieldLead, ...]:
        keys = await self._sealing.keys.several(key_of(row["lead_entry"]) for row in rows if row["lead_entry"])
        return tuple(_lead_of(row, keys) for row in rows)


async def forget_field_leads(on: Executor, conversation: int) -> list[bytes]:
    """Empty what agents have entered of an owner; the keys that are to be destroyed."""
    rows = await _ENTRIES_OF_OWNER.rows(on, conversation_id=conversation)
    await _OF_OWNER.run(on, conversation_id=conversation)
    return [key_of(row["entry"]) for row in rows]


async def forget_shown(on: Executor, conversation: int, slot: str) -> None:
    """See `UnitOfWork.forget_shown`."""
    await _FORGET_SHOWN.run(on, conversation_id=conversation, slot=slot)


def _place(code: str) -> str:
    return place_of("field_lead", "entry", code)


def _lead_of(row: Any, keys: Mapping[bytes, DataKey]) -> FieldLead:
    """A lead; empty where it came to nothing, or was erased."""
    sealed = row["lead_entry"]
    key = keys.get(key_of(sealed)) if sealed else None
    return FieldLead(
        id=row["lead_id"],
        code=row["lead_code"],
        agent=agent_of(row),
        place=row["lead_place"],
        entry=decode_all(orjson.loads(key.open(_place(row["lead_code"]), sealed))) if key else {},
        created_at=row["lead_created_at"],
        expires_at=row["lead_expires_at"],
        state=row["lead_state"],
        conversation=row["lead_conversation_id"],
    )
