"""Field agents in memory."""

from __future__ import annotations

from dataclasses import replace

from bot.growth.field_agents import AgentLink, FieldAgent
from bot.testing.memory_tables import Transaction


class MemoryFieldAgents:
    """See `FieldAgents`."""

    def __init__(self, transaction: Transaction) -> None:
        self._links = transaction.agent_links

    async def by_code(self, code: str) -> AgentLink | None:
        """See `FieldAgents.by_code`."""
        return self._links.get(code)

    async def by_invitation(self, invitation: str) -> FieldAgent | None:
        """See `FieldAgents.by_invitation`."""
        return next((link.agent for link in self._links.rows() if link.agent.invitation == invitation), None)

    async def by_conversation(self, conversation: int) -> FieldAgent | None:
        """See `FieldAgents.by_conversation`."""
        return next((link.agent for link in self._links.rows() if link.agent.conversation == conversation), None)

    async def joined(self, agent: int, conversation: int) -> None:
        """See `FieldAgents.joined`."""
        for code, link in self._links.items():
            if link.agent.id == agent:
                here = replace(link.agent, conversation=conversation, invitation=None)
                self._links.put(code, replace(link, agent=here))

    async def links_of(self, agent: int) -> tuple[AgentLink, ...]:
        """See `FieldAgents.links_of`."""
        found = (link for link in self._links.rows() if link.agent.id == agent)
        return tuple(sorted(found, key=lambda link: link.place))
