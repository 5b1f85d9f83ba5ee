"""What answers what across the chats of a customer and a manager: a message in the one is a copy in the other.

The slot of a copy names the message that it is of: `c<lead>.<message>` in the manager's chat, `m<lead>.<message>` in the customer's. So a
reply to a copy answers the message itself, and a reply to one's own message answers its copy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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
    return await _answered(work, lead, reply_to, lead.conversation, manager.conversation, copy_slot)


async def answered_by_manager(work: UnitOfWork, lead: Lead, manager: Manager, reply_to: str | None) -> Answered:
    """What the manager's reply answers, in the customer's chat."""
    return await _answered(work, lead, reply_to, manager.conversation, lead.conversation, said_slot)


async def _answered(  # noqa: PLR0913, PLR0917 -- the same way in both directions
    work: UnitOfWork,
    lead: Lead,
    reply_to: str | None,
    here: int | None,
    there: int | None,
    slot_there: Callable[[Lead, str], str],
) -> Answered:
    """What a reply in the chat `here` answers in the chat `there`: what a copy is of, or the copy of one's own message."""
    if reply_to is None or here is None or there is None:
        return NOTHING
    slot = await work.slot_of(here, reply_to)
    if slot is None:
        return await _if_there(work, there, slot_there(lead, reply_to))
    return _original(lead, slot)


def _original(lead: Lead, slot: str) -> Answered:
    """The message that the copy in a slot is of; nothing where it is none of this lead's."""
    found = _COPY.fullmatch(slot)
    return Answered(message=found[2]) if found and int(found[1]) == lead.id else NOTHING


async def _if_there(work: UnitOfWork, conversation: int, slot: str) -> Answered:
    return Answered(slot=slot) if await work.shown(conversation, slot) is not None else NOTHING
