"""A lead can come to a manager from a colleague."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0020"
branch_labels = None
depends_on = None

_BEFORE = ("owner", "backup", "account", "skill", "round_robin", "catch_all", "chosen", "supervisor", "appointment")


def upgrade() -> None:
    _allow((*_BEFORE, "colleague"))


def downgrade() -> None:
    op.execute("UPDATE lead_assignment SET rung = 'chosen' WHERE rung = 'colleague'")
    _allow(_BEFORE)


def _allow(rungs: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("lead_assignment_rung_check"), "lead_assignment", type_="check")
    op.create_check_constraint(op.f("lead_assignment_rung_check"), "lead_assignment", sa.column("rung").in_(rungs))
