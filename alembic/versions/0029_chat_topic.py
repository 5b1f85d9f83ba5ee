"""Topics of managers' chats, one for each customer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_topic",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="chat_topic_conversation_id_fkey"),
        sa.ForeignKeyConstraint(["subject"], ["conversation.id"], name="chat_topic_subject_fkey"),
        sa.PrimaryKeyConstraint("id", name="chat_topic_pkey"),
        sa.UniqueConstraint("conversation_id", "thread", name="chat_topic_conversation_id_thread_key"),
    )
    op.create_index("chat_topic_subject_idx", "chat_topic", ["subject"])


def downgrade() -> None:
    op.drop_table("chat_topic")
