"""Conversations, what was heard and what was told are sealed under keys of their people; what is in clear is sealed now."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa
from alembic import context, op

from bot.core.errors import SettingsError
from bot.storage.envelope import DataKey, place_of
from bot.storage.keys import PersonKeys
from bot.storage.sealing import address_hash

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = {"conversation": ("address", "state"), "inbox": ("event",), "outbox": ("content",)}


def upgrade() -> None:
    op.add_column("conversation", sa.Column("address_hash", sa.LargeBinary()))
    op.add_column("conversation", sa.Column("key", sa.LargeBinary()))
    op.add_column("outbox", sa.Column("subject", sa.BigInteger()))
    op.drop_constraint("conversation_channel_address_key", "conversation")
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, sa.Column(f"sealed_{column}", sa.LargeBinary()))
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: seal_all(connection, context.config.attributes.get("keys")))
    for column in ("address", "html", "payload"):
        op.drop_column("outbox", column)
    for table, columns in COLUMNS.items():
        for column in columns:
            if table != "outbox":
                op.drop_column(table, column)
            op.alter_column(table, f"sealed_{column}", new_column_name=column)
    for column in ("address_hash", "key", "address", "state"):
        op.alter_column("conversation", column, nullable=False)
    op.create_unique_constraint("conversation_channel_address_hash_key", "conversation", ["channel", "address_hash"])
    op.create_index("outbox_subject_idx", "outbox", ["subject"], postgresql_where=sa.text("subject IS NOT NULL"))


def downgrade() -> None:
    """Only without people: what is sealed is not put into clear again."""
    op.drop_index("outbox_subject_idx", "outbox")
    op.drop_constraint("conversation_channel_address_hash_key", "conversation")
    for table, columns in {**COLUMNS, "conversation": ("address", "state", "address_hash", "key")}.items():
        for column in columns:
            op.drop_column(table, column)
    op.drop_column("outbox", "subject")
    op.add_column("conversation", sa.Column("address", sa.Text(), nullable=False))
    op.add_column("conversation", sa.Column("state", sa.JSON(), nullable=False))
    op.add_column("inbox", sa.Column("event", sa.JSON()))
    for column, kind in (("address", sa.Text()), ("html", sa.Text()), ("payload", sa.JSON())):
        op.add_column("outbox", sa.Column(column, kind, nullable=False))
    op.create_unique_constraint("conversation_channel_address_key", "conversation", ["channel", "address"])


async def seal_all(connection: Any, keys: PersonKeys | None) -> None:
    """Seal every row in clear, person by person. What is in managers' chats is sealed as theirs: whom it is about was not kept."""
    people = await connection.fetch("SELECT id, channel, address, state::text FROM conversation ORDER BY id")
    if people and keys is None:
        raise SettingsError("what is in clear in the database has to be sealed: run `python -m bot migrate`")
    for person in people:
        key, found = await keys.make(), address_hash(keys, person["channel"], person["address"])
        await connection.execute(
            "UPDATE conversation SET key = $2, address_hash = $3, sealed_address = $4, sealed_state = $5 WHERE id = $1",
            person["id"],
            key.id,
            found,
            key.seal(place_of("conversation", "address", found.hex()), orjson.dumps(person["address"])),
            key.seal(place_of("conversation", "state", found.hex()), person["state"].encode()),
        )
        await seal_messages(connection, person["id"], key)


async def seal_messages(connection: Any, person: int, key: DataKey) -> None:
    heard = await connection.fetch("SELECT key, event::text FROM inbox WHERE conversation_id = $1", person)
    await connection.executemany(
        "UPDATE inbox SET sealed_event = $2 WHERE key = $1",
        [
            (row["key"], key.seal(place_of("inbox", "event", row["key"]), row["event"].encode()))
            for row in heard
            if row["event"] is not None
        ],
    )
    told = await connection.fetch(
        "SELECT id, slot, address, html, payload::text FROM outbox WHERE conversation_id = $1", person
    )
    await connection.executemany(
        "UPDATE outbox SET sealed_content = $2 WHERE id = $1",
        [
            (row["id"], key.seal(place_of("outbox", "content", person, row["slot"]), orjson.dumps(content_of(row))))
            for row in told
        ],
    )


def content_of(row: Any) -> dict[str, Any]:
    return {"address": row["address"], "html": row["html"], **orjson.loads(row["payload"])}
