"""The way of leads to a customer-relations system: each move leaves a job in its own transaction, so that none is lost or made up.

The job names the lead and the move, and nothing of the customer: who that is, is looked up when it is told, by the consent that
holds then. Jobs of one lead follow one another by a lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot.conversation.desk_leads import LeadEvent
from bot.conversation.ports import Job, UnitOfWork
from bot.handoff.lead_reports import TYPES, Move, stage_after

TELL_CRM: Final = "tell-crm"


async def leave_for_crm(work: UnitOfWork, event: LeadEvent) -> None:
    """Have a move of a lead told, where it is one that is told."""
    if event.name not in TYPES:
        return
    manager, rung = event.values.get("manager", event.lead.manager), event.values.get("rung")
    payload = {
        "event": f"evt_{uuid.uuid4().hex}",
        "conversation": event.lead.conversation,
        "lead": event.lead.id,
        "name": event.name,
        "stage": stage_after(event.name, event.lead),
        "at": event.at.isoformat(),
        "manager": manager,
        "rung": rung,
        "why": event.values.get("why"),
    }
    work.defer(Job(TELL_CRM, payload, lock=f"crm:{event.lead.id}"))


def move_in(payload: Mapping[str, Any]) -> Move:
    """The move that a job's payload names."""
    return Move(
        id=payload["event"],
        lead=payload["lead"],
        name=payload["name"],
        stage=payload["stage"],
        at=datetime.fromisoformat(payload["at"]),
        manager=payload["manager"],
        rung=payload["rung"],
        why=payload.get("why"),
    )
