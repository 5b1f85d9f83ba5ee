"""Turns that failed by our fault, kept for staff."""

from __future__ import annotations

from typing import Final

from bot.conversation.ports import Failure
from bot.storage.database import Database
from bot.storage.rows import FailureRow, table
from bot.storage.sql import compiled, insertion

_RECORD: Final = compiled(insertion(table(FailureRow)))


class PostgresFailures:
    """See `Failures`. Recorded in a transaction of its own: the failed turn's was rolled back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, failure: Failure) -> None:
        """See `Failures.record`."""
        await _RECORD.run(
            self._database.pool,
            at=failure.at,
            where=failure.where,
            error=failure.error,
            conversation_id=failure.conversation,
            details=dict(failure.details),
        )
