"""Fields of people sealed and opened where rows are written and read.

JSON-ready objects go in and come out. What is written is sealed under the key that the person has now; what is read names
its own key. A value whose key was destroyed is told by `Forgotten`, never as something empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

import orjson
import sqlalchemy as sa

from bot.storage.envelope import DataKey, Forgotten, key_of
from bot.storage.keys import PersonKeys
from bot.storage.rows import ApplicationRow, ConversationRow, table
from bot.storage.sql import Executor, compiled, given

T = TypeVar("T")
_application: Final = table(ApplicationRow)
_conversation: Final = table(ConversationRow)
_KEY: Final = compiled(sa.select(_conversation.c.key).where(_conversation.c.id == given(_conversation.c.id)))

_BY_ID: Final = compiled(sa.select(_application.c.answers).where(_application.c.id == given(_application.c.id)))
_BY_REFERENCE: Final = compiled(
    sa.select(_application.c.answers).where(_application.c.reference == given(_application.c.reference))
)


def address_hash(keys: PersonKeys, channel: str, address: str) -> bytes:
    """What a conversation is looked up by."""
    return keys.hashed("address", f"{channel}/{address}")


class Sealing:
    """Seals and opens on one connection, or on a pool; on a connection it remembers the keys of its transaction."""

    __slots__ = ("_known", "_on", "keys")

    def __init__(self, keys: PersonKeys, on: Executor) -> None:
        self.keys = keys
        self._on = on
        self._known: dict[int, DataKey] = {}

    def know(self, conversation: int, key: DataKey) -> None:
        """That is the key of a conversation now, for the rest of the transaction."""
        self._known[conversation] = key

    async def key(self, conversation: int) -> DataKey:
        """The key of a conversation now. Raises `Forgotten`, and `LookupError` where there is no such conversation."""
        if (known := self._known.get(conversation)) is not None:
            return known
        key_id = await _KEY.value(self._on, id=conversation)
        if key_id is None:
            raise LookupError(f"no conversation {conversation}")
        found = await self.keys.get(key_id)
        if found is None:
            raise Forgotten("the person was erased")
        self._known[conversation] = found
        return found

    async def seal(self, conversation: int, place: str, value: Any) -> bytes:
        """The envelope of a JSON-ready value about a person. Raises as `key`."""
        return (await self.key(conversation)).seal(place, orjson.dumps(value))

    async def application_key(self, application: str) -> DataKey:
        """The key of an application. Raises `Forgotten`, and `LookupError` where there is no such application."""
        answers = await _BY_ID.value(self._on, id=application)
        if answers is None:
            raise LookupError("no such application")
        found = await self.keys.get(key_of(answers))
        if found is None:
            raise Forgotten("the application was forgotten")
        return found

    async def key_by_reference(self, reference: str) -> DataKey | None:
        """The key of the application that the lender knows by a reference; None where there is none to be had."""
        answers = await _BY_REFERENCE.value(self._on, reference=reference)
        return None if answers is None else await self.keys.get(key_of(answers))

    async def open(self, place: str, envelope: bytes) -> Any:
        """The value in an envelope. Raises `Forgotten` or `Broken`."""
        key = await self.keys.get(key_of(envelope))
        if key is None:
            raise Forgotten("the person was erased")
        return orjson.loads(key.open(place, envelope))

    async def open_all(
        self, rows: Iterable[Any], column: str, place: Callable[[Any], str], made: Callable[[Any, Any], T]
    ) -> list[T]:
        """Each row with what is sealed in its column, made into something; rows of people who were erased are left out."""
        there: Sequence[Any] = tuple(rows)
        keys = await self.keys.several(key_of(row[column]) for row in there)
        return [
            made(row, orjson.loads(key.open(place(row), row[column])))
            for row in there
            if (key := keys.get(key_of(row[column]))) is not None
        ]
