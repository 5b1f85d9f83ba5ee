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

_ADD: Final = compiled(insertion(_agent).returning(_agent.c.id))
_ADD_LINK: Final = compiled(insertion(_link))
_BY_CODE: Final = compiled(_LINKS.where(_link.c.code == given(_link.c.code)))
_ALL: Final = compiled(_LINKS.order_by(_agent.c.id, _link.c.place))


class PostgresFieldAgents:
    """See `FieldAgents`."""

    __slots__ = ("_on",)

    def __init__(self, on: Executor) -> None:
        self._on = on

    async def by_code(self, code: str) -> AgentLink | None:
        """See `FieldAgents.by_code`."""
        row = await _BY_CODE.row(self._on, code=code)
        return row and _link_of(row)

    async def add(self, name: str, channel: str, at: datetime) -> int:
        """Keep a new agent; its number."""
        return int(await _ADD.value(self._on, name=name, channel=channel, created_at=at))

    async def add_link(self, code: str, agent: int, place: str) -> None:
        """Keep an agent's code for a place."""
        await _ADD_LINK.run(self._on, code=code, agent_id=agent, place=place)

    async def all_links(self) -> tuple[AgentLink, ...]:
        """Every code, by agent and place."""
        return tuple(map(_link_of, await _ALL.rows(self._on)))


def _link_of(row: Any) -> AgentLink:
    return AgentLink(row["code"], FieldAgent(row["id"], row["name"], row["channel"], row["created_at"]), row["place"])
