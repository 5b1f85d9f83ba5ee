"""Whether a person can be written to, as the channel tells of a chat by its address."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.storage.rows import ConversationRow, table
from bot.storage.sql import Executor, compiled, given

_conversation: Final = table(ConversationRow)
_REACH: Final = compiled(
    sa.update(_conversation)
    .where(
        _conversation.c.channel == given(_conversation.c.channel),
        _conversation.c.address == given(_conversation.c.address),
    )
    .values(reachable=given(_conversation.c.reachable))
)


async def set_reachable(on: Executor, channel: str, address: str, reachable: bool) -> None:
    """Remember whether the channel lets us write to the person at this address; nobody there is fine."""
    await _REACH.run(on, channel=channel, address=address, reachable=reachable)
