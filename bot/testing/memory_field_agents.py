"""Field agents in memory."""

from __future__ import annotations

from bot.growth.field_agents import AgentLink
from bot.testing.memory_tables import Transaction


class MemoryFieldAgents:
    """See `FieldAgents`."""

    def __init__(self, transaction: Transaction) -> None:
        self._links = transaction.agent_links

    async def by_code(self, code: str) -> AgentLink | None:
        """See `FieldAgents.by_code`."""
        return self._links.get(code)
