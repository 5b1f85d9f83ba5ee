"""How long the inbox remembers."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from bot.storage.rows import InboxRow, table
from bot.storage.sql import Executor, compiled

_inbox: Final = table(InboxRow)
_PURGE: Final = compiled(
    sa.delete(_inbox).where(_inbox.c.at < sa.bindparam("before", type_=sa.DateTime(timezone=True)))
)


async def purge_inbox(on: Executor, before: datetime) -> int:
    """Forget events from before that time; how many. An event that comes again later would be taken anew."""
    return await _PURGE.run(on, before=before)
