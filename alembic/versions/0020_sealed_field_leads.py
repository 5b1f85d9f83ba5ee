"""What field agents enter of owners is sealed, each under a key of its own."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from bot.core.errors import SettingsError
from bot.storage.envelope import place_of
from bot.storage.keys import PersonKeys

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("field_lead", sa.Column("sealed_entry", sa.LargeBinary()))
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: seal_all(connection, context.config.attributes.get("keys")))
    op.drop_column("field_lead", "entry")
    op.alter_column("field_lead", "sealed_entry", new_column_name="entry")


def downgrade() -> None:
    """Only without entries: what is sealed is not put into clear again."""
    op.drop_column("field_lead", "entry")
    op.add_column("field_lead", sa.Column("entry", sa.JSON(), nullable=False))


async def seal_all(connection: Any, keys: PersonKeys | None) -> None:
    rows = await connection.fetch("SELECT id, code, entry::text FROM field_lead WHERE entry::text <> '{}'")
    if rows and keys is None:
        raise SettingsError("what is in clear in the database has to be sealed: run `python -m bot migrate`")
    for row in rows:
        key = await keys.make()
        sealed = key.seal(place_of("field_lead", "entry", row["code"]), row["entry"].encode())
        await connection.execute("UPDATE field_lead SET sealed_entry = $2 WHERE id = $1", row["id"], sealed)
