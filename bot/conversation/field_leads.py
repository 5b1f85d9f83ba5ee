"""What field agents enter is made into a link, opened by an owner, agreed to or not, and forgotten when it comes to nothing.

Everything happens in the transaction of one turn: the agent's, the owner's, or that of the end of its time. Of the field lead's row the lock is
taken behind that of the turn's conversation. To the other side messages are only added. The agent is told that the link was opened, agreed to, not
agreed to, or is over, and nothing else of the owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.conversation.papers.code import qr_code
from bot.conversation.ports import Conversation, Job, Outgoing, UnitOfWork
from bot.conversation.rendering import locale_of
from bot.core.values import Text, Values
from bot.growth.field_agents import FieldAgent
from bot.growth.field_leads import LINK, UNDECIDED, FieldLead, FieldLeadState
from bot.handoff.invitations import hashed, new_code
from bot.ledger.audit import CUSTOMER, SYSTEM, audited
from bot.publishing.content import Content

EXPIRE: Final = "expire-field-lead"
"""The job that ends a link whose time is over."""


@dataclass(frozen=True, slots=True)
class FieldLeadDesk:
    """The leads of field agents, within one unit of work at the time `now`."""

    work: UnitOfWork
    content: Content
    now: datetime

    async def room(self, agent: FieldAgent) -> bool:
        """Whether the agent may have another link open."""
        most = self.content.field_leads.at_once
        newest = await self.work.field_leads.of_agent(agent.id, 10 * most)
        return sum(one.state in UNDECIDED for one in newest) < most

    async def make(self, agent: FieldAgent, chat: Conversation, place: str, entry: Values, bot: str) -> FieldLead:
        """Keep what the agent has entered, and give the agent the link as words and as a picture."""
        code = new_code()
        until = self.now + self.content.field_leads.valid
        lead = await self.work.field_leads.add(FieldLead(0, hashed(code), agent, place, entry, self.now, until))
        self._audit("agent.lead_entered", lead, f"agent:{agent.id}")
        self.work.defer(Job(EXPIRE, {"conversation": chat.id, "field_lead": lead.id}, at=until))
        address = f"https://t.me/{bot}?start={LINK}-{code}"
        shown = Text("field_lead.link", {"number": lead.id, "link": address, "until": until})
        self._send(chat, f"field-lead.{lead.id}", shown, address)
        return lead

    async def open(self, owner: Conversation, code: str) -> FieldLead | None:
        """Somebody opens the link: they are shown who has entered what. None: it was opened by another, is over, or is none."""
        lead = await self.work.field_leads.by_code(hashed(code))
        if lead is None or lead.state not in UNDECIDED or lead.expires_at <= self.now:
            return None
        if lead.agent.conversation == owner.id or lead.conversation not in (None, owner.id):
            return None
        if lead.state == "open":
            await self.work.field_leads.opened(lead.id, owner.id)
            self._audit("agent.lead_opened", lead)
            await self._tell("opened", lead)
        self._send(owner, f"field-lead.{lead.id}", Text("field_lead.shown", self.told(lead)))
        return lead

    async def agree(self, owner: Conversation, number: int) -> FieldLead | None:
        """The owner agrees: who has brought them is known from now on. None: it is over."""
        lead = await self._of_owner(owner, number)
        if lead is None or lead.expires_at <= self.now:
            return None
        await self.work.field_leads.settle(lead.id, "agreed")
        self._audit("agent.lead_agreed", lead, subject=owner.id)
        await self.work.track(owner.id, "arrived", lead.attribution(), self.now)
        await self._tell("agreed", lead)
        return lead

    async def refuse(self, owner: Conversation, number: int) -> None:
        """The owner does not agree: nothing is kept of it."""
        lead = await self._of_owner(owner, number)
        if lead is not None:
            await self._end(lead, "refused")

    async def expire(self, number: int) -> None:
        """The time of a link is over. Nothing where the owner has decided."""
        lead = await self.work.field_leads.get(number)
        if lead is not None and lead.state in UNDECIDED and lead.expires_at <= self.now:
            await self._end(lead, "expired")

    def told(self, lead: FieldLead) -> Values:
        """The values of a text about what was entered."""
        segment, purpose = (lead.entry.get(name) for name in ("segment", "purpose"))
        return {
            "lender": Text(f"lender.{self.content.catalogue.lender.id}"),
            "agent": lead.agent.name,
            "place": lead.place,
            "segment": Text(f"segment.{segment}") if segment else None,
            "purpose": Text(f"purpose.{purpose}") if purpose else None,
            "amount": lead.entry.get("amount"),
            "note": lead.entry.get("note"),
        }

    async def _of_owner(self, owner: Conversation, number: int) -> FieldLead | None:
        lead = await self.work.field_leads.get(number)
        return lead if lead and lead.state == "opened" and lead.conversation == owner.id else None

    async def _end(self, lead: FieldLead, state: FieldLeadState) -> None:
        await self.work.field_leads.settle(lead.id, state)
        self._audit(f"agent.lead_{state}", lead, CUSTOMER if state == "refused" else SYSTEM)
        owner = await self.work.look(lead.conversation) if lead.conversation is not None else None
        if owner is not None:
            slot = f"field-lead.{lead.id}"
            await self.work.forget_shown(owner.id, slot)
            self._send(owner, slot, Text("field_lead.removed"), edit=True)
        await self._tell(state, lead)

    async def _tell(self, state: FieldLeadState, lead: FieldLead) -> None:
        agent = await self.work.field_agents.by_conversation(lead.agent.conversation or 0)
        chat = await self.work.look(agent.conversation) if agent and agent.conversation is not None else None
        if chat is not None:
            self._send(chat, f"field-lead.{lead.id}.{state}", Text(f"field_lead.told.{state}", {"number": lead.id}))

    def _send(self, to: Conversation, slot: str, text: Text, code: str = "", *, edit: bool = False) -> None:
        self.work.send(
            Outgoing(
                conversation=to.id,
                channel=to.channel,
                address=to.address,
                slot=slot,
                html=self.content.texts.render(text, locale_of(to.state, self.content.texts)),
                document=qr_code(code, slot) if code else None,
                edit=edit,
                release=self.content.number,
            )
        )

    def _audit(self, name: str, lead: FieldLead, actor: str = CUSTOMER, subject: int | None = None) -> None:
        self.work.audit(audited(name, actor, subject, self.now, field_lead=lead.id, agent=lead.agent.id))
