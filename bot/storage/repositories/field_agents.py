"""Field agents and the codes by which customers come from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.growth.field_agents import AgentLink, FieldAgent
from bot.storage.rows import AgentLinkRow, FieldAgentRow, table
from bot.storage.sql import Executor, compiled, given, insertion

_agent: Final = table(FieldAgentRow)
_link: Final = table(AgentLinkRow)
_LINKS: Final = sa.select(_agent, _link.c.code, _link.c.place).join_from(_link, _agent, _link.c.agent_id == _agent.c.id)

_NEW: Final = {"conversation_id": None, "invitation": None, "removed_at": None}
_HERE: Final = _agent.c.id == given(_agent.c.id)
_STAYS: Final = _agent.c.removed_at.is_(None)
_HOLDS: Final = _link.c.revoked_at.is_(None)

_ADD: Final = compiled(insertion(_agent).returning(_agent.c.id))
_ADD_LINK: Final = compiled(insertion(_link))
_BY_CODE: Final = compiled(_LINKS.where(_link.c.code == given(_link.c.code), _HOLDS, _STAYS))
_ALL: Final = compiled(_LINKS.where(_HOLDS, _STAYS).order_by(_agent.c.id, _link.c.place))
_OF_AGENT: Final = compiled(_LINKS.where(_HERE, _HOLDS, _STAYS).order_by(_link.c.place))
_BY_INVITATION: Final = compiled(
    sa.select(_agent).where(_agent.c.invitation == given(_agent.c.invitation), _STAYS).with_for_update(key_share=True)
)
_BY_CONVERSATION: Final = compiled(
    sa.select(_agent).where(_agent.c.conversation_id == given(_agent.c.conversation_id), _STAYS)
)
_JOINED: Final = compiled(
    sa.update(_agent).where(_HERE).values(conversation_id=given(_agent.c.conversation_id), invitation=sa.null())
)
_INVITE: Final = compiled(
    sa.update(_agent).where(_HERE, _STAYS).values(invitation=given(_agent.c.invitation)).returning(_agent.c.id)
)
_REMOVE: Final = compiled(
    sa.update(_agent)
    .where(_HERE, _STAYS)
    .values(removed_at=given(_agent.c.removed_at), conversation_id=sa.null(), invitation=sa.null())
    .returning(_agent.c.id)
)
_REVOKE: Final = compiled(
    sa.update(_link)
    .where(_link.c.agent_id == given(_link.c.agent_id), _link.c.place == given(_link.c.place), _HOLDS)
    .values(revoked_at=given(_link.c.revoked_at))
    .returning(_link.c.code)
)


class PostgresFieldAgents:
    """See `FieldAgents`."""

    __slots__ = ("_on",)

    def __init__(self, on: Executor) -> None:
        self._on = on

    async def by_code(self, code: str) -> AgentLink | None:
        """See `FieldAgents.by_code`."""
        row = await _BY_CODE.row(self._on, code=code)
        return row and _link_of(row)

    async def by_invitation(self, invitation: str) -> FieldAgent | None:
        """See `FieldAgents.by_invitation`."""
        row = await _BY_INVITATION.row(self._on, invitation=invitation)
        return row and agent_of(row)

    async def by_conversation(self, conversation: int) -> FieldAgent | None:
        """See `FieldAgents.by_conversation`."""
        row = await _BY_CONVERSATION.row(self._on, conversation_id=conversation)
        return row and agent_of(row)

    async def joined(self, agent: int, conversation: int) -> None:
        """See `FieldAgents.joined`."""
        await _JOINED.run(self._on, id=agent, conversation_id=conversation)

    async def links_of(self, agent: int) -> tuple[AgentLink, ...]:
        """See `FieldAgents.links_of`."""
        return tuple(map(_link_of, await _OF_AGENT.rows(self._on, id=agent)))

    async def invite(self, agent: int, invitation: str) -> bool:
        """Keep the hash of a new invitation. False: there is no such agent."""
        return await _INVITE.value(self._on, id=agent, invitation=invitation) is not None

    async def remove(self, agent: int, at: datetime) -> bool:
        """The agent is none any more; the codes hold no longer. False: there is no such agent."""
        return await _REMOVE.value(self._on, id=agent, removed_at=at) is not None

    async def revoke(self, agent: int, place: str, at: datetime) -> bool:
        """Take the code of a place back. False: there is none that holds."""
        return await _REVOKE.value(self._on, agent_id=agent, place=place, revoked_at=at) is not None

    async def add(self, name: str, channel: str, at: datetime) -> int:
        """Keep a new agent; its number."""
        return int(await _ADD.value(self._on, name=name, channel=channel, created_at=at, **_NEW))

    async def add_link(self, code: str, agent: int, place: str) -> None:
        """Keep an agent's code for a place."""
        await _ADD_LINK.run(self._on, code=code, agent_id=agent, place=place, revoked_at=None)

    async def all_links(self) -> tuple[AgentLink, ...]:
        """Every code, by agent and place."""
        return tuple(map(_link_of, await _ALL.rows(self._on)))


def _link_of(row: Any) -> AgentLink:
    return AgentLink(row["code"], agent_of(row), row["place"])


def agent_of(row: Any) -> FieldAgent:
    """The agent that a row of `field_agent` is."""
    return FieldAgent(
        row["id"], row["name"], row["channel"], row["created_at"], row["conversation_id"], row["invitation"]
    )
