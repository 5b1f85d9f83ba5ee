"""Where progress cards stand in a chat, and which usual times they show."""

from __future__ import annotations

from typing import Final

from bot.applications.usual_times import UsualTimes
from bot.conversation.ports import UnitOfWork
from bot.publishing.content import Content

BURIED: Final = 6
"""Messages below the card from which on it is sent anew when it changes: on a phone it is out of sight by then."""


def card_slot(application: str) -> str:
    """The place of an application's card among the messages of its chat."""
    return f"card.{application}"


async def usual_times(work: UnitOfWork, content: Content, product: str) -> UsualTimes:
    """How long each stage usually takes for a product: as our own history says where it is long enough, else as configured."""
    return {**content.usual_times, **await work.stage_times.of(product)}


async def placement(work: UnitOfWork, conversation: int, slot: str) -> str:
    """How a card is to be shown: `edit` in place, `moved` where it is out of sight, `new` where there is none."""
    below = await work.below(conversation, slot)
    if below is None:
        return "new"
    return "moved" if below >= BURIED else "edit"
