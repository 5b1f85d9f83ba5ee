"""Statements written once in SQLAlchemy Core over the rows, and run by the driver as prepared text.

Compiling at import leaves nothing of SQLAlchemy's work to a turn, while every name of a table or column is still the
one in `rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, asyncpg, insert

_DIALECT: Final = asyncpg.dialect()  # type: ignore[no-untyped-call]


class Executor(Protocol):
    """What runs a statement: a connection, or a pool that picks one for it."""

    async def fetch(self, query: str, *args: object) -> list[Any]: ...
    async def fetchrow(self, query: str, *args: object) -> Any: ...
    async def fetchval(self, query: str, *args: object) -> Any: ...
    async def execute(self, query: str, *args: object) -> str: ...


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text for the driver, with the names of its parameters in their order and the values that never change."""

    text: str
    names: tuple[str, ...] = ()
    constants: Mapping[str, object] = field(default_factory=dict)

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        """The values in the driver's order. Raises `KeyError` for one that is missing."""
        given = {**self.constants, **values} if self.constants else values
        return [given[name] for name in self.names]

    async def rows(self, on: Executor, **values: object) -> list[Any]:
        """All rows."""
        return await on.fetch(self.text, *self.arguments(values))

    async def row(self, on: Executor, **values: object) -> Any:
        """The first row, or None."""
        return await on.fetchrow(self.text, *self.arguments(values))

    async def value(self, on: Executor, **values: object) -> Any:
        """The first column of the first row, or None."""
        return await on.fetchval(self.text, *self.arguments(values))

    async def run(self, on: Executor, **values: object) -> int:
        """How many rows were changed."""
        status = await on.execute(self.text, *self.arguments(values))
        return int(status.rsplit(" ", 1)[-1])


def compiled(statement: sa.ClauseElement) -> Statement:
    """The statement as text for the driver."""
    done: Any = statement.compile(dialect=_DIALECT)
    names: Sequence[str] = done.positiontup or ()
    constants = {name: value for name, value in done.construct_params(_check=False).items() if value is not None}
    return Statement(str(done), tuple(names), {name: constants[name] for name in names if name in constants})


def given(column: sa.Column[Any], name: str | None = None) -> sa.BindParameter[Any]:
    """A parameter of the column's type and, where no other is given, of its name."""
    return sa.bindparam(name or column.name, type_=column.type)


def given_all(table: sa.Table, *names: str) -> dict[str, sa.BindParameter[Any]]:
    """A parameter for each named column, for `values(…)`."""
    return {name: given(table.c[name]) for name in names}


def among(column: sa.Column[Any], words: Iterable[str]) -> sa.ColumnElement[bool]:
    """The column is one of our own words: written into the SQL, so that a partial index is seen to fit."""
    return column.in_([sa.literal_column(f"'{word}'") for word in words])


def insertion(table: sa.Table, *but: str) -> Insert:
    """An insertion of every column that the database does not fill itself, but for those named."""
    names = [column.name for column in table.c if not _filled(column) and column.name not in but]
    return insert(table).values(given_all(table, *names))


def _filled(column: sa.Column[Any]) -> bool:
    return column.identity is not None or column.server_default is not None
