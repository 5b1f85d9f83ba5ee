"""What answers what across the chats of a customer and a manager: a message in the one is a copy in the other.

The slot of a copy names the message that it is of: `c<lead>.<message>` in the manager's chat, `m<lead>.<message>` in the customer's. So a
reply to a copy answers the message itself, and a reply to one's own message answers its copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.conversation.ports import UnitOfWork
from bot.handoff.records import Lead, Manager

_COPY: Final = re.compile(r"[cm](\d{1,18})\.(\d+)")


@dataclass(frozen=True, slots=True)
class Answered:
    """A message in somebody's chat: by the channel's id of it, or by its slot."""

    message: str | None = None
    slot: str | None = None


NOTHING: Final = Answered()


def copy_slot(lead: Lead, place: str | None) -> str:
    """The slot, in the manager's chat, of what the customer wrote in the message `place`."""
    return f"c{lead.id}.{place}" if place else f"c{lead.id}"


def said_slot(lead: Lead, place: str) -> str:
    """The slot, in the customer's chat, of what a manager wrote in the message `place`."""
    return f"m{lead.id}.{place}"


async def answered_by_customer(work: UnitOfWork, lead: Lead, manager: Manager, reply_to: str | None) -> Answered:
    """What the customer's reply answers, in the chat of the manager who has the customer."""
    if reply_to is None or manager.conversation is None:
        return NOTHING
    slot = await work.slot_of(lead.conversation, reply_to)
    if slot is None:
        return await _if_there(work, manager.conversation, copy_slot(lead, reply_to))
    return _original(lead, slot)


async def answered_by_manager(work: UnitOfWork, lead: Lead, manager: Manager, reply_to: str | None) -> Answered:
    """What the manager's reply answers, in the customer's chat."""
    if reply_to is None or manager.conversation is None:
        return NOTHING
    slot = await work.slot_of(manager.conversation, reply_to)
    if slot is None:
        return await _if_there(work, lead.conversation, said_slot(lead, reply_to))
    return _original(lead, slot)


def _original(lead: Lead, slot: str) -> Answered:
    """The message that the copy in a slot is of; nothing where it is none of this lead's."""
    found = _COPY.fullmatch(slot)
    return Answered(message=found[2]) if found and int(found[1]) == lead.id else NOTHING


async def _if_there(work: UnitOfWork, conversation: int, slot: str) -> Answered:
    return Answered(slot=slot) if await work.shown(conversation, slot) is not None else NOTHING
