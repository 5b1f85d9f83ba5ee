"""Forgetting files whose time is over: those of old pages, of ended applications, and those that no page names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bot.ledger.audit import SYSTEM, audited
from bot.storage.database import Database
from bot.storage.files import EncryptedFiles
from bot.storage.ledgers import record_acts
from bot.storage.rows import DocumentPageRow, table
from bot.storage.sql import compiled, given

ORPHANED_AFTER: Final = timedelta(days=1)
"""A file that no page names may be one whose page is being written down just now, but not so long."""

_page: Final = table(DocumentPageRow)
_OLD: Final = compiled(sa.delete(_page).where(_page.c.received_at < given(_page.c.received_at)).returning(_page.c.id))
_NAMED: Final = compiled(sa.select(_page.c.id))


async def forget_files(database: Database, files: EncryptedFiles, now: datetime, days: int) -> int:
    """Remove files that are kept for so many days, and those without a page; how many they were. It is audited."""
    old = await _OLD.rows(database.pool, received_at=now - timedelta(days=days))
    named = {row["id"] for row in await _NAMED.rows(database.pool)}
    orphans = [name for name in await files.names_before(now - ORPHANED_AFTER) if name not in named]
    gone = {row["id"] for row in old} | set(orphans)
    await files.remove(sorted(gone))
    if gone:
        await record_acts(database.pool, [audited("retention.run", SYSTEM, None, now, what="files", removed=len(gone))])
    return len(gone)
