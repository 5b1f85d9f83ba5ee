"""Quotes, screenings, progress, handles of pages, the lender's events and what jobs carry are sealed; what is in clear is sealed now."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import context, op

from bot.core.errors import SettingsError
from bot.storage.envelope import DataKey, key_of, place_of
from bot.storage.keys import PersonKeys

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = {
    "quote": "values",
    "application": "progress",
    "document_page": "handle",
    "lender_event": "payload",
    "screening": "content",
}
SCREENED = ("findings", "facts", "asked", "answer")
ROWS = {
    "quote": """SELECT q.id, q.values::text AS value, coalesce(
            (SELECT a.answers FROM application a WHERE a.quote = q.id ORDER BY a.created_at DESC LIMIT 1), c.state
        ) AS under FROM quote q JOIN conversation c ON c.id = q.conversation_id""",
    "application": "SELECT id, progress::text AS value, answers AS under FROM application",
    "document_page": """SELECT p.id, to_json(p.handle)::text AS value, c.state AS under
        FROM document_page p JOIN conversation c ON c.id = p.conversation_id""",
    "lender_event": """SELECT e.number AS id, e.source || '/' || e.id AS owner, e.payload::text AS value, a.answers AS under
        FROM lender_event e LEFT JOIN application a ON a.reference = e.reference""",
    "screening": """SELECT s.number AS id, s.application AS owner, a.answers AS under,
            json_build_object('findings', findings, 'facts', facts, 'asked', asked, 'answer', answer)::text AS value
        FROM screening s JOIN application a ON a.id = s.application""",
}
"""Rows by table: what is in clear, whose place it has where that is not the id, and something sealed under the key it gets."""
JOBS = {"deliver-event": "event", "keep-page": "file"}


def upgrade() -> None:
    driver = op.get_bind().connection.dbapi_connection
    keys = context.config.attributes.get("keys")
    for table, column in COLUMNS.items():
        op.add_column(table, sa.Column(f"sealed_{column}", sa.LargeBinary()))
        driver.run_async(lambda on, table=table: seal(on, keys, table))
        for old in SCREENED if table == "screening" else (column,):
            op.drop_column(table, old)
        op.alter_column(table, f"sealed_{column}", new_column_name=column)
        op.alter_column(table, column, nullable=False)
    driver.run_async(lambda on: seal_jobs(on, keys))


def downgrade() -> None:
    """Only without people: what is sealed is not put into clear again."""
    for table, column in COLUMNS.items():
        op.drop_column(table, column)
        if table == "screening":
            op.add_column(table, sa.Column("findings", sa.JSON(), nullable=False))
            op.add_column(table, sa.Column("facts", sa.JSON(), nullable=False))
            op.add_column(table, sa.Column("asked", sa.Text()))
            op.add_column(table, sa.Column("answer", sa.Text()))
        else:
            kind = sa.Text() if table == "document_page" else sa.JSON()
            op.add_column(table, sa.Column(column, kind, nullable=False))


async def seal(connection: Any, keys: PersonKeys | None, table: str) -> None:
    rows = await connection.fetch(ROWS[table])
    column = COLUMNS[table]
    name = "number" if table in ("lender_event", "screening") else "id"
    for row in rows:
        key = await key_for(keys, row["under"])
        place = place_of(table, column, row.get("owner") or row["id"])
        sealed = key.seal(place, row["value"].encode())
        await connection.execute(f"UPDATE {table} SET sealed_{column} = $2 WHERE {name} = $1", row["id"], sealed)  # noqa: S608 -- ours


async def seal_jobs(connection: Any, keys: PersonKeys | None) -> None:
    for task, name in JOBS.items():
        rows = await connection.fetch(
            "SELECT j.id, (j.args -> $2::text)::text AS value, c.id AS conversation, c.state AS under FROM procrastinate_jobs j"
            " JOIN conversation c ON c.id = (j.args ->> 'conversation')::bigint WHERE j.task_name = $1",
            task,
            name,
        )
        for row in rows:
            key = await key_for(keys, row["under"])
            place = place_of(f"job:{task}", name, row["conversation"])
            sealed = b64encode(key.seal(place, row["value"].encode())).decode()
            argument = orjson.dumps({name: {"sealed": sealed}}).decode()
            await connection.execute(
                "UPDATE procrastinate_jobs SET args = args || $2::text::jsonb WHERE id = $1", row["id"], argument
            )


async def key_for(keys: PersonKeys | None, envelope: bytes | None) -> DataKey:
    """The key of an envelope; a new one where there is none, or where the person is forgotten: then nobody is to read it."""
    if keys is None:
        raise SettingsError("what is in clear in the database has to be sealed: run `python -m bot migrate`")
    return (envelope and await keys.get(key_of(envelope))) or await keys.make()
