"""Whether a person can be written to, as the channel tells of a chat by its address."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.storage.database import Database
from bot.storage.rows import ConversationRow, table
from bot.storage.sealing import address_hash
from bot.storage.sql import compiled, given

_conversation: Final = table(ConversationRow)
_REACH: Final = compiled(
    sa.update(_conversation)
    .where(
        _conversation.c.channel == given(_conversation.c.channel),
        _conversation.c.address_hash == given(_conversation.c.address_hash),
    )
    .values(reachable=given(_conversation.c.reachable))
)


async def set_reachable(database: Database, channel: str, address: str, reachable: bool) -> None:
    """Remember whether the channel lets us write to the person at this address; nobody there is fine."""
    found = address_hash(database.keys, channel, address)
    await _REACH.run(database.pool, channel=channel, address_hash=found, reachable=reachable)
