"""Calls to other systems that were given up, and how staff have them made again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.conversation.ports import DeadLetter, Job, Receiver
from bot.storage.database import Database
from bot.storage.rows import DeadLetterRow, table
from bot.storage.sql import compiled, given, given_all, insertion
from bot.storage.statements import DEFER

_letter: Final = table(DeadLetterRow)
_OPEN: Final = _letter.c.settled_at.is_(None)

_ADD: Final = compiled(insertion(_letter, "settled_at", "settled_by"))
_SETTLE: Final = compiled(
    sa.update(_letter)
    .where(_letter.c.subject == given(_letter.c.subject), _letter.c.call == given(_letter.c.call), _OPEN)
    .values(given_all(_letter, "settled_at", "settled_by"))
)
_LISTED: Final = compiled(
    sa.select(_letter).where(_letter.c.receiver == given(_letter.c.receiver), _OPEN).order_by(_letter.c.number)
)
_TAKE: Final = compiled(
    sa.update(_letter)
    .where(_letter.c.number == given(_letter.c.number), _letter.c.receiver == given(_letter.c.receiver), _OPEN)
    .values(given_all(_letter, "settled_at", "settled_by"))
    .returning(_letter)
)


class PostgresDeadLetters:
    """See `DeadLetters`. Each call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, letter: DeadLetter) -> None:
        """See `DeadLetters.add`."""
        await _ADD.run(
            self._database.pool,
            receiver=letter.receiver,
            call=letter.call,
            subject=letter.subject,
            conversation_id=letter.conversation,
            task=letter.job.task,
            lock=letter.job.lock,
            payload=dict(letter.job.payload),
            error=letter.error,
            attempts=letter.attempts,
            at=letter.at,
        )

    async def settle(self, subject: str, call: str, at: datetime) -> None:
        """See `DeadLetters.settle`."""
        await _SETTLE.run(self._database.pool, subject=subject, call=call, settled_at=at, settled_by="success")

    async def open(self, receiver: Receiver = "lender") -> tuple[DeadLetter, ...]:
        """Those to the receiver that wait for staff, oldest first."""
        return tuple(_letter_of(row) for row in await _LISTED.rows(self._database.pool, receiver=receiver))

    async def retry(self, number: int, by: str, at: datetime, receiver: Receiver = "lender") -> DeadLetter | None:
        """Have the call made again, and settle the letter. None where no such letter to the receiver waits."""
        async with self._database.transaction() as connection:
            row = await _TAKE.row(connection, number=number, receiver=receiver, settled_at=at, settled_by=by)
            if row is None:
                return None
            letter = _letter_of(row)
            job = {
                "task": letter.job.task,
                "lock": letter.job.lock,
                "once": None,
                "payload": row["payload"],
                "at": None,
            }
            await DEFER.run(connection, jobs=[job])
            return letter


def _letter_of(row: Any) -> DeadLetter:
    return DeadLetter(
        call=row["call"],
        subject=row["subject"],
        conversation=row["conversation_id"],
        job=Job(row["task"], row["payload"], lock=row["lock"]),
        error=row["error"],
        attempts=row["attempts"],
        at=row["at"],
        number=row["number"],
        receiver=row["receiver"],
    )
