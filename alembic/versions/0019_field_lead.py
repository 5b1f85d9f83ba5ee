"""Field agents' own chats, codes that were taken back, and the leads that agents enter for owners to agree to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("field_agent", sa.Column("conversation_id", sa.BigInteger(), nullable=True))
    op.add_column("field_agent", sa.Column("invitation", sa.Text(), nullable=True))
    op.add_column("field_agent", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(
        "field_agent_conversation_id_fkey", "field_agent", "conversation", ["conversation_id"], ["id"]
    )
    op.create_unique_constraint("field_agent_conversation_id_key", "field_agent", ["conversation_id"])
    op.create_unique_constraint("field_agent_invitation_key", "field_agent", ["invitation"])
    op.add_column("agent_link", sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "field_lead",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("entry", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'opened', 'agreed', 'refused', 'expired', 'revoked')",
            name=op.f("field_lead_state_check"),
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["field_agent.id"], name="field_lead_agent_id_fkey"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="field_lead_conversation_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="field_lead_pkey"),
        sa.UniqueConstraint("code", name="field_lead_code_key"),
    )
    op.create_index("field_lead_agent_id_idx", "field_lead", ["agent_id"])


def downgrade() -> None:
    op.drop_table("field_lead")
    op.drop_column("agent_link", "revoked_at")
    op.drop_constraint("field_agent_invitation_key", "field_agent")
    op.drop_constraint("field_agent_conversation_id_key", "field_agent")
    op.drop_constraint("field_agent_conversation_id_fkey", "field_agent")
    op.drop_column("field_agent", "removed_at")
    op.drop_column("field_agent", "invitation")
    op.drop_column("field_agent", "conversation_id")
