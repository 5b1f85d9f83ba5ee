"""Leads as they may be told outside, put together from what is committed and without locking anything."""

from __future__ import annotations

from datetime import datetime

from bot.conversation.desk import answers_of
from bot.conversation.desk_leads import CONTACT_NOTICE
from bot.conversation.ports import UnitOfWork
from bot.core.values import Value, Values
from bot.handoff.lead_reports import Contact, LeadReport, ManagerName, Origin
from bot.handoff.records import Lead


async def lead_report(work: UnitOfWork, conversation: int, lead: int) -> LeadReport | None:
    """A customer's lead by number; None where the customer was erased."""
    found = next((one for one in await work.leads.of_conversation(conversation) if one.id == lead), None)
    return await _report(work, found) if found else None


async def lead_reports(work: UnitOfWork, since: datetime) -> list[LeadReport]:
    """The leads opened from then on, oldest first, without those of customers who were erased."""
    return [await _report(work, lead) for lead in await work.leads.since(since)]


async def manager_name(work: UnitOfWork, manager: int | None) -> ManagerName | None:
    """An account manager's name by number."""
    found = await work.managers.get(manager) if manager is not None else None
    return ManagerName(found.id, found.name) if found else None


async def _report(work: UnitOfWork, lead: Lead) -> LeadReport:
    given = await work.assignments.of_lead(lead.id)
    return LeadReport(
        lead,
        origin=_origin(await work.assignments.arrival_of(lead.conversation, lead.created_at)),
        manager=await manager_name(work, lead.manager),
        rung=given[-1].rung if given else None,
        contact=await _contact(work, lead),
    )


async def _contact(work: UnitOfWork, lead: Lead) -> Contact | None:
    consent = (await work.consents.latest(lead.conversation)).get(CONTACT_NOTICE)
    conversation = await work.look(lead.conversation)
    # A lead without facts is that of a customer who was erased, and who may be somebody else for us by now.
    if consent is None or consent.state != "given" or conversation is None or not lead.facts:
        return None
    known = {**lead.facts, **answers_of(conversation)}
    return Contact(_text(known.get("contact_name")), _text(known.get("phone")))


def _origin(arrival: Values) -> Origin | None:
    channel, agent = _text(arrival.get("channel")), arrival.get("agent")
    if channel is None:
        return None
    return Origin(channel, _text(arrival.get("detail")), agent if isinstance(agent, int) else None)


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) and value else None
