"""Times of stages from our own history, calls to the lender that were given up, events that are not understood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stage_passage",
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("application", "position", name="stage_passage_pkey"),
    )
    op.create_index("stage_passage_product_stage_left_at_idx", "stage_passage", ["product", "stage", "left_at"])
    op.create_table(
        "dead_letter",
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="dead_letter_pkey"),
    )
    op.create_index(
        "dead_letter_open_idx",
        "dead_letter",
        ["application", "call"],
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    # Before this version nothing was told apart; what was kept then stays as understood.
    op.add_column("lender_event", sa.Column("understood", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.alter_column("lender_event", "understood", server_default=None)


def downgrade() -> None:
    op.drop_column("lender_event", "understood")
    op.drop_table("dead_letter")
    op.drop_table("stage_passage")
