"""Pages of documents that customers have sent; their content lies outside the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_page",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("scanned", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="document_page_pkey"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="document_page_conversation_id_fkey"),
    )
    op.create_index("document_page_application_document_idx", "document_page", ["application", "document"])
    op.create_index(
        "document_page_conversation_id_received_at_idx", "document_page", ["conversation_id", "received_at"]
    )
    op.create_index("document_page_digest_idx", "document_page", ["digest"])


def downgrade() -> None:
    op.drop_table("document_page")
