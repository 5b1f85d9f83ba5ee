"""Appointments of customers: call-backs, visits to branches, visits in the field."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("manager_id", sa.BigInteger(), nullable=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("seat", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("sequence", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('call_back', 'branch', 'visit')", name=op.f("appointment_kind_check")),
        sa.CheckConstraint(
            "state IN ('booked', 'cancelled', 'moved', 'kept', 'missed')", name=op.f("appointment_state_check")
        ),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="appointment_conversation_id_fkey"),
        sa.ForeignKeyConstraint(["manager_id"], ["account_manager.id"], name="appointment_manager_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="appointment_pkey"),
    )
    op.create_index(
        "appointment_seat_key",
        "appointment",
        ["resource", "seat", "begins_at"],
        unique=True,
        postgresql_where=sa.text("state = 'booked'"),
    )
    op.create_index("appointment_conversation_id_idx", "appointment", ["conversation_id"])


def downgrade() -> None:
    op.drop_table("appointment")
