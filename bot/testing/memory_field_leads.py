"""What field agents have entered, in memory."""

from __future__ import annotations

from dataclasses import replace

from bot.growth.field_leads import FieldLead, FieldLeadState
from bot.testing.memory_tables import Transaction


class MemoryFieldLeads:
    """See `FieldLeads`."""

    def __init__(self, transaction: Transaction) -> None:
        self._numbers = transaction.tables.numbers
        self._leads = transaction.field_leads

    async def add(self, lead: FieldLead) -> FieldLead:
        """See `FieldLeads.add`."""
        added = replace(lead, id=next(self._numbers))
        self._leads.put(added.id, added)
        return added

    async def get(self, lead: int) -> FieldLead | None:
        """See `FieldLeads.get`."""
        return self._leads.get(lead)

    async def by_code(self, code: str) -> FieldLead | None:
        """See `FieldLeads.by_code`."""
        return next((lead for lead in self._leads.rows() if lead.code == code), None)

    async def opened(self, lead: int, conversation: int) -> None:
        """See `FieldLeads.opened`."""
        self._change(lead, state="opened", conversation=conversation)

    async def settle(self, lead: int, state: FieldLeadState) -> None:
        """See `FieldLeads.settle`."""
        if state == "agreed":
            self._change(lead, state=state)
        else:
            self._change(lead, state=state, entry={}, conversation=None)

    async def of_agent(self, agent: int, most: int) -> tuple[FieldLead, ...]:
        """See `FieldLeads.of_agent`."""
        found = [lead for lead in self._leads.rows() if lead.agent.id == agent]
        return tuple(reversed(found))[:most]

    def _change(self, lead: int, **changes: object) -> None:
        found = self._leads.get(lead)
        if found is not None:
            self._leads.put(lead, replace(found, **changes))  # type: ignore[arg-type]  # fields of the row
