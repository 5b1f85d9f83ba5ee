"""How long a consent holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consent", sa.Column("validity_duration", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("consent", "validity_duration")
