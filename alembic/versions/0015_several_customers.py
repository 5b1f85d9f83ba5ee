"""A manager may hold several leads at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_HELD = sa.text("status IN ('accepted', 'active')")


def upgrade() -> None:
    op.drop_index("lead_held_key", table_name="lead")
    op.create_index("lead_held_idx", "lead", ["manager_id"], postgresql_where=_HELD)


def downgrade() -> None:
    op.drop_index("lead_held_idx", table_name="lead")
    op.create_index("lead_held_key", "lead", ["manager_id"], unique=True, postgresql_where=_HELD)
