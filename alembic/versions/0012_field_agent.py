"""Field agents, and the codes by which customers come from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "field_agent",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="field_agent_pkey"),
    )
    op.create_table(
        "agent_link",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["field_agent.id"], name="agent_link_agent_id_fkey"),
        sa.PrimaryKeyConstraint("code", name="agent_link_pkey"),
        sa.UniqueConstraint("agent_id", "place", name="agent_link_agent_id_place_key"),
    )


def downgrade() -> None:
    op.drop_table("agent_link")
    op.drop_table("field_agent")
