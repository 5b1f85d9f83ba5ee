"""Screenings of applications for signals, and the keyed hashes that accounts are compared by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "screening",
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="screening_pkey"),
        sa.ForeignKeyConstraint(
            ["application"], ["application.id"], name="screening_application_fkey", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="screening_conversation_id_fkey"),
    )
    op.create_index("screening_application_idx", "screening", ["application"])
    op.create_index("screening_conversation_id_idx", "screening", ["conversation_id"])
    op.create_table(
        "fingerprint",
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "kind", "digest", name="fingerprint_pkey"),
    )
    op.create_index("fingerprint_kind_digest_idx", "fingerprint", ["kind", "digest"])
    op.create_index("fingerprint_at_idx", "fingerprint", ["at"])


def downgrade() -> None:
    op.drop_table("fingerprint")
    op.drop_table("screening")
