"""Customers' stories by number or reference. Every look at one is audited, in the transaction that reads it."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.conversation.history import history_of
from bot.conversation.story import CustomerStory, story_of
from bot.core.clock import Clock
from bot.ledger.audit import audited, by_operator
from bot.storage.database import Database
from bot.storage.ledgers import record_acts
from bot.storage.rows import ApplicationRow, ConversationRow, table
from bot.storage.sql import compiled, given
from bot.storage.unit_of_work import PostgresStorage

_application: Final = table(ApplicationRow)
_conversation: Final = table(ConversationRow)
_BY_REFERENCE: Final = compiled(
    sa.select(_application.c.conversation_id).where(_application.c.reference == given(_application.c.reference))
)
_CUSTOMER: Final = compiled(
    sa.select(_conversation.c.id).where(
        _conversation.c.id == given(_conversation.c.id), _conversation.c.role == "customer"
    )
)
_LARGEST: Final = 2**63 - 1


class CustomerStories:
    """Reads the stories of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._storage = PostgresStorage(database, clock, owner="stories")
        self._clock = clock

    async def find(self, named: str) -> int | None:
        """The number of the customer that is meant by a number or by the reference of an application."""
        pool, named = self._database.pool, named.strip()
        number: int | None = await _BY_REFERENCE.value(pool, reference=named)
        if number is None and named.isascii() and named.isdecimal() and int(named) <= _LARGEST:
            number = await _CUSTOMER.value(pool, id=int(named))
        return number

    async def read(self, customer: int, by: str) -> CustomerStory | None:
        """The story of a customer, for `by` (who gave the command, or the role of a page's link)."""
        async with self._database.transaction() as connection:
            work = self._storage.unit(connection)
            conversation = await work.look(customer)
            if conversation is None or conversation.role != "customer":
                return None
            story = story_of(await history_of(work, conversation, every=True))
            viewed = audited("story.viewed", by_operator(by), customer, self._clock.now(), by=by)
            await record_acts(connection, [viewed])
            return story
