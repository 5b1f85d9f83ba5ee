"""The audit, and seals over it and over the consents; records that are there already wait to be sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit", "seal")
SEALED = {"audit": "id", "consent": "record_id"}

# The name of the records' table and of their id come from the trigger.
AWAIT_SEAL = """
CREATE FUNCTION await_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unsealed (ledger, record) VALUES (TG_TABLE_NAME, to_jsonb(NEW) ->> TG_ARGV[0]);
    RETURN NULL;
END;
$$
"""


def upgrade() -> None:
    _audit()
    _seal()
    _unsealed()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(AWAIT_SEAL)
    for table, key in SEALED.items():
        op.execute(
            f"CREATE TRIGGER {table}_await_seal AFTER INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION await_seal('{key}')"
        )
    op.execute("INSERT INTO unsealed (ledger, record) SELECT 'consent', record_id FROM consent")


def downgrade() -> None:
    for table in SEALED:
        op.execute(f"DROP TRIGGER {table}_await_seal ON {table}")
    op.execute("DROP FUNCTION await_seal()")
    for table in ("unsealed", "seal", "audit"):
        op.drop_table(table)


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pkey")),
        sa.UniqueConstraint("sequence", name=op.f("audit_sequence_key")),
    )
    op.create_index(op.f("audit_subject_sequence_idx"), "audit", ["subject", "sequence"], unique=False)
    op.create_index(op.f("audit_name_at_idx"), "audit", ["name", "at"], unique=False)


def _seal() -> None:
    op.create_table(
        "seal",
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "number", name=op.f("seal_pkey")),
        sa.UniqueConstraint("ledger", "record", name=op.f("seal_ledger_record_key")),
    )


def _unsealed() -> None:
    op.create_table(
        "unsealed",
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "record", name=op.f("unsealed_pkey")),
    )
