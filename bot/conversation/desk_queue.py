"""Tells customers who wait how near they have come: one message each, changed in place as the queue moves.

Where a customer stands is said when they ask for a person; what is told here is what has changed since. Whoever calls holds the routing
lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.conversation.ports import Outgoing
from bot.core.values import Text, Value
from bot.handoff.notes import notes_of, with_notes
from bot.handoff.records import Lead

if TYPE_CHECKING:
    from bot.conversation.desk_leads import LeadDesk

_TELLS_PLACE: Final = ("handoff.when_free", "handoff.when_usual", "handoff.when_away")


async def told_place(leads: LeadDesk, lead: Lead, answers: Mapping[str, Value]) -> None:
    """The customer is being told these prospects: remember the place in the queue, where they tell one."""
    when, place = answers.get("when"), answers.get("position")
    if isinstance(when, Text) and when.key in _TELLS_PLACE and isinstance(place, int):
        await leads.work.leads.save(with_notes(lead, replace(notes_of(lead), place=place)))


async def tell_places(leads: LeadDesk) -> None:
    """Tell all whose place has changed; who was told no place, or is on offer to somebody by now, hears nothing."""
    for waiting in await leads.work.leads.waiting():
        lead = await leads.work.leads.get(waiting.id)
        told = notes_of(lead).place if lead is not None else None
        if lead is None or lead.status != "requested" or told is None:
            continue
        answers = await leads.routing.prospects(lead)
        if answers["position"] != told:
            await told_place(leads, lead, answers)
            await _show(leads, lead, Text("handoff.place", {"when": answers["when"], "at": leads.now}))


async def leave_queue(leads: LeadDesk, lead: Lead, key: str) -> None:
    """The customer waits no longer: what was told of the queue says so."""
    if await leads.work.shown(lead.conversation, _slot(lead)) is not None:
        await _show(leads, lead, Text(key))


async def _show(leads: LeadDesk, lead: Lead, text: Text) -> None:
    channel, address = await leads.work.address_of(lead.conversation)
    html = leads.messages.html_for(lead, text)
    leads.work.send(
        Outgoing(lead.conversation, channel, address, _slot(lead), html, edit=True, priority="notice")
    )  # fmt: skip


def _slot(lead: Lead) -> str:
    return f"queue{lead.id}"
