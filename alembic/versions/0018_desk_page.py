"""Who signed in to the pages of staff, and word of each change at the desk to whoever looks at it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TABLES = ("account_manager", "lead", "lead_assignment")

# Heard once by every process, when the transaction is committed: equal notifications of one transaction are one.
_CHANGED = """
CREATE FUNCTION desk_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('desk', '');
    RETURN NULL;
END $$;
"""

# What is said by or to a customer who has a lead, or in a manager's chat: each turn has one row in the inbox.
_SPOKEN = """
CREATE FUNCTION desk_spoken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM lead WHERE conversation_id = NEW.conversation_id
               AND status IN ('requested', 'offered', 'accepted', 'active'))
       OR EXISTS (SELECT FROM account_manager WHERE conversation_id = NEW.conversation_id) THEN
        PERFORM pg_notify('desk', '');
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.add_column("console_access", sa.Column("manager_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("console_access_manager_id_fkey", "console_access", "account_manager", ["manager_id"], ["id"])
    op.execute(_CHANGED)
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER desk_changed AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION desk_changed()"
        )
    op.execute(_SPOKEN)
    op.execute("CREATE TRIGGER desk_spoken AFTER INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION desk_spoken()")


def downgrade() -> None:
    op.execute("DROP TRIGGER desk_spoken ON inbox")
    op.execute("DROP FUNCTION desk_spoken")
    for table in _TABLES:
        op.execute(f"DROP TRIGGER desk_changed ON {table}")
    op.execute("DROP FUNCTION desk_changed")
    op.drop_constraint("console_access_manager_id_fkey", "console_access", type_="foreignkey")
    op.drop_column("console_access", "manager_id")
