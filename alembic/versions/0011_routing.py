"""Managers' profiles, to whom leads were given and why, each customer's own manager."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_RUNGS = ("owner", "backup", "account", "skill", "round_robin", "catch_all", "chosen", "supervisor", "appointment")
_OUTCOMES = ("passed", "timed_out", "withdrawn", "reassigned", "returned")


def upgrade() -> None:
    op.add_column("account_manager", sa.Column("profile", sa.JSON(), nullable=False, server_default="{}"))
    op.alter_column("account_manager", "profile", server_default=None)
    op.create_table(
        "lead_assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("manager_id", sa.BigInteger(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(sa.column("rung").in_(_RUNGS), name=op.f("lead_assignment_rung_check")),
        sa.CheckConstraint(sa.column("outcome").in_(_OUTCOMES), name=op.f("lead_assignment_outcome_check")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="lead_assignment_lead_id_fkey"),
        sa.ForeignKeyConstraint(["manager_id"], ["account_manager.id"], name="lead_assignment_manager_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="lead_assignment_pkey"),
    )
    op.create_index(
        "lead_assignment_open_key",
        "lead_assignment",
        ["lead_id"],
        unique=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index("lead_assignment_lead_id_idx", "lead_assignment", ["lead_id"])
    op.create_index("lead_assignment_manager_id_offered_at_idx", "lead_assignment", ["manager_id", "offered_at"])
    op.create_table(
        "customer_owner",
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("manager_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="customer_owner_conversation_id_fkey"),
        sa.ForeignKeyConstraint(["manager_id"], ["account_manager.id"], name="customer_owner_manager_id_fkey"),
        sa.PrimaryKeyConstraint("conversation_id", name="customer_owner_pkey"),
    )
    # Whoever is with a customer stays so; a lead that was offered to several before waits to be routed.
    op.execute(
        "INSERT INTO lead_assignment (lead_id, manager_id, rung, reason, offered_at, accepted_at)"
        " SELECT id, manager_id, 'chosen', 'chosen', accepted_at, accepted_at FROM lead"
        " WHERE status IN ('accepted', 'active') AND manager_id IS NOT NULL AND accepted_at IS NOT NULL"
    )
    op.execute(
        "INSERT INTO customer_owner (conversation_id, manager_id, since)"
        " SELECT DISTINCT ON (conversation_id) conversation_id, manager_id, accepted_at FROM lead"
        " WHERE manager_id IS NOT NULL AND accepted_at IS NOT NULL AND facts::text <> '{}'"
        " ORDER BY conversation_id, accepted_at DESC"
    )
    op.execute("UPDATE lead SET status = 'requested' WHERE status = 'offered'")


def downgrade() -> None:
    op.drop_table("customer_owner")
    op.drop_table("lead_assignment")
    op.drop_column("account_manager", "profile")
