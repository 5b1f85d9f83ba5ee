"""Answers of applications and eligibility results, and facts of leads, are sealed; what is in clear is sealed now."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from bot.core.errors import SettingsError
from bot.storage.envelope import place_of
from bot.storage.keys import PersonKeys

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COLUMNS = {"application": "answers", "assessment": "answers", "lead": "facts"}


def upgrade() -> None:
    driver = op.get_bind().connection.dbapi_connection
    for table, column in COLUMNS.items():
        op.add_column(table, sa.Column(f"sealed_{column}", sa.LargeBinary()))
        driver.run_async(lambda on, name=table: seal(on, context.config.attributes.get("keys"), name))
        op.drop_column(table, column)
        op.alter_column(table, f"sealed_{column}", new_column_name=column)
        op.alter_column(table, column, nullable=False)


def downgrade() -> None:
    """Only without people: what is sealed is not put into clear again."""
    for table, column in COLUMNS.items():
        op.drop_column(table, column)
        op.add_column(table, sa.Column(column, sa.JSON(), nullable=False))


async def seal(connection: Any, keys: PersonKeys | None, table: str) -> None:
    column = COLUMNS[table]
    rows = await connection.fetch(
        f"SELECT t.id, t.conversation_id, t.{column}::text AS value, c.key FROM {table} t"  # noqa: S608 -- ours
        " JOIN conversation c ON c.id = t.conversation_id"
    )
    if rows and keys is None:
        raise SettingsError("what is in clear in the database has to be sealed: run `python -m bot migrate`")
    for row in rows:
        key = await keys.make() if table == "application" else await keys.get(row["key"])
        owner = row["conversation_id"] if table == "lead" else row["id"]
        sealed = key.seal(place_of(table, column, owner), row["value"].encode())
        await connection.execute(f"UPDATE {table} SET sealed_{column} = $2 WHERE id = $1", row["id"], sealed)  # noqa: S608 -- ours
