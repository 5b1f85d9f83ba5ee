"""What account managers look like, for customers who meet one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "manager_photo",
        sa.Column("manager_id", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("manager_id"),
        sa.ForeignKeyConstraint(["manager_id"], ["account_manager.id"]),
    )


def downgrade() -> None:
    op.drop_table("manager_photo")
