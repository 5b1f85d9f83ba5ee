"""Calls that were given up are not the lender's alone: a letter says whose system it was for, and keeps its job's lock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rename("application", "subject")
    op.add_column("dead_letter", sa.Column("receiver", sa.Text(), nullable=False, server_default="lender"))
    op.alter_column("dead_letter", "receiver", server_default=None)
    op.create_check_constraint(
        op.f("dead_letter_receiver_check"), "dead_letter", sa.column("receiver").in_(("lender", "crm"))
    )
    op.add_column("dead_letter", sa.Column("lock", sa.Text(), nullable=True))
    op.execute("UPDATE dead_letter SET lock = 'application:' || subject")


def downgrade() -> None:
    op.execute("DELETE FROM dead_letter WHERE receiver <> 'lender'")
    op.drop_column("dead_letter", "lock")
    op.drop_constraint(op.f("dead_letter_receiver_check"), "dead_letter")
    op.drop_column("dead_letter", "receiver")
    _rename("subject", "application")


def _rename(before: str, after: str) -> None:
    """PostgreSQL 18 names the constraint of what is not null after its column, and keeps the name when that is renamed."""
    op.alter_column("dead_letter", before, nullable=True)
    op.alter_column("dead_letter", before, new_column_name=after)
    op.alter_column("dead_letter", after, nullable=False)
