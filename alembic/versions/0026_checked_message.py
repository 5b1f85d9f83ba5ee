"""What account managers wrote and was looked at before it left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checked_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("manager_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('warned', 'held', 'queued', 'sent', 'refused', 'withdrawn', 'undecided', 'undelivered')",
            name=op.f("checked_message_state_check"),
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="checked_message_lead_id_fkey"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="checked_message_conversation_id_fkey"),
        sa.ForeignKeyConstraint(["manager_id"], ["account_manager.id"], name="checked_message_manager_id_fkey"),
        sa.ForeignKeyConstraint(["decided_by"], ["account_manager.id"], name="checked_message_decided_by_fkey"),
        sa.PrimaryKeyConstraint("id", name="checked_message_pkey"),
    )
    op.create_index("checked_message_lead_id_idx", "checked_message", ["lead_id"])
    op.create_index("checked_message_conversation_id_idx", "checked_message", ["conversation_id"])
    op.create_index("checked_message_held_idx", "checked_message", ["id"], postgresql_where=sa.text("state = 'held'"))
    op.execute(
        "CREATE TRIGGER desk_changed AFTER INSERT OR UPDATE OR DELETE ON checked_message"
        " FOR EACH STATEMENT EXECUTE FUNCTION desk_changed()"
    )


def downgrade() -> None:
    op.drop_table("checked_message")
