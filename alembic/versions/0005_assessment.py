"""Eligibility results as they were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assessment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("assessment_conversation_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("assessment_pkey")),
        sa.UniqueConstraint("sequence", name=op.f("assessment_sequence_key")),
    )
    op.create_index(
        op.f("assessment_conversation_id_sequence_idx"), "assessment", ["conversation_id", "sequence"], unique=False
    )


def downgrade() -> None:
    op.drop_table("assessment")
