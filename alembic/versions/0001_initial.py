"""Every table of the first version, and procrastinate's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("consent", "release")

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$
"""

# Whatever the library has made, by its prefix; it ships no way back.
DROP_PROCRASTINATE = """
DO $$
DECLARE
    item record;
BEGIN
    FOR item IN SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND starts_with(relname, 'procrastinate_')
    LOOP
        EXECUTE format('DROP TABLE %s CASCADE', item.name);
    END LOOP;
    FOR item IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND starts_with(proname, 'procrastinate_')
    LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', item.name);
    END LOOP;
    FOR item IN SELECT oid::regtype AS name FROM pg_type
        WHERE typnamespace = current_schema()::regnamespace AND starts_with(typname, 'procrastinate_')
          AND typtype IN ('c', 'e')
    LOOP
        EXECUTE format('DROP TYPE %s CASCADE', item.name);
    END LOOP;
END;
$$
"""


def upgrade() -> None:
    for create in TABLES_IN_ORDER:
        create()
    op.execute(REFUSE)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    _procrastinate()


def downgrade() -> None:
    op.execute(DROP_PROCRASTINATE)
    for create in reversed(TABLES_IN_ORDER):
        op.drop_table(create.__name__.removeprefix("_"))
    op.execute("DROP FUNCTION refuse_change()")


def _procrastinate() -> None:
    """Many statements in one text, which the driver takes only past SQLAlchemy."""
    connection = op.get_bind().connection.dbapi_connection
    connection.run_async(lambda driver: driver.execute(SchemaManager.get_schema()))


def _conversation() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('customer', 'manager')", name=op.f("conversation_role_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("conversation_pkey")),
        sa.UniqueConstraint("channel", "address", name=op.f("conversation_channel_address_key")),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.JSON(), nullable=True),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("inbox_pkey")),
    )
    op.create_index(op.f("inbox_conversation_id_at_idx"), "inbox", ["conversation_id", "at"], unique=False)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("edit", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
    )
    op.create_index(op.f("outbox_conversation_id_id_idx"), "outbox", ["conversation_id", "id"], unique=False)
    op.create_index(
        "outbox_unsent_idx",
        "outbox",
        ["conversation_id", "lease_until"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL AND failure IS NULL"),
    )


def _release() -> None:
    op.create_table(
        "release",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("release_pkey")),
    )


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pii_principal", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("pii_controller", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("lawful_basis", sa.Text(), nullable=False),
        sa.Column("pii_categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("recipients", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("abroad", sa.Boolean(), nullable=False),
        sa.Column("retention", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("notice_version", sa.Integer(), nullable=False),
        sa.Column("notice_language", sa.Text(), nullable=False),
        sa.Column("notice_sha256", sa.Text(), nullable=False),
        sa.Column("collection_method", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawal_method", sa.Text(), nullable=False),
        sa.Column("supersedes", sa.Text(), nullable=True),
        sa.Column("schema_version", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('given', 'refused', 'withdrawn', 'expired', 'superseded')", name=op.f("consent_state_check")
        ),
        sa.ForeignKeyConstraint(["pii_principal"], ["conversation.id"], name=op.f("consent_pii_principal_fkey")),
        sa.ForeignKeyConstraint(["supersedes"], ["consent.record_id"], name=op.f("consent_supersedes_fkey")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("consent_pkey")),
        sa.UniqueConstraint("sequence", name=op.f("consent_sequence_key")),
    )
    op.create_index(
        op.f("consent_pii_principal_notice_sequence_idx"),
        "consent",
        ["pii_principal", "notice", "sequence"],
        unique=False,
    )


def _quote() -> None:
    op.create_table(
        "quote",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("quote_conversation_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("quote_pkey")),
        sa.UniqueConstraint("sequence", name=op.f("quote_sequence_key")),
    )
    op.create_index(op.f("quote_conversation_id_sequence_idx"), "quote", ["conversation_id", "sequence"], unique=False)


def _application() -> None:
    op.create_table(
        "application",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("consents", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("application_conversation_id_fkey")
        ),
        sa.ForeignKeyConstraint(["quote"], ["quote.id"], name=op.f("application_quote_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("application_pkey")),
        sa.UniqueConstraint("reference", name=op.f("application_reference_key")),
    )
    op.create_index(
        op.f("application_conversation_id_created_at_idx"),
        "application",
        ["conversation_id", "created_at"],
        unique=False,
    )


def _lender_event() -> None:
    op.create_table(
        "lender_event",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("lender_event_pkey")),
        sa.UniqueConstraint("source", "id", name=op.f("lender_event_source_id_key")),
    )
    op.create_index(op.f("lender_event_reference_idx"), "lender_event", ["reference"], unique=False)


def _account_manager() -> None:
    op.create_table(
        "account_manager",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=True),
        sa.Column("invitation", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("account_manager_conversation_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("account_manager_pkey")),
        sa.UniqueConstraint("conversation_id", name=op.f("account_manager_conversation_id_key")),
        sa.UniqueConstraint("invitation", name=op.f("account_manager_invitation_key")),
    )


def _lead() -> None:
    op.create_table(
        "lead",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("manager_id", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('requested', 'offered', 'accepted', 'active', 'returned', 'expired')",
            name=op.f("lead_status_check"),
        ),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("lead_conversation_id_fkey")),
        sa.ForeignKeyConstraint(["manager_id"], ["account_manager.id"], name=op.f("lead_manager_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("lead_pkey")),
    )
    op.create_index(op.f("lead_conversation_id_idx"), "lead", ["conversation_id"], unique=False)
    op.create_index(
        "lead_held_key",
        "lead",
        ["manager_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('accepted', 'active')"),
    )
    op.create_index(
        "lead_open_key",
        "lead",
        ["conversation_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('requested', 'offered', 'accepted', 'active')"),
    )


def _lead_offer() -> None:
    op.create_table(
        "lead_offer",
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("manager_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("lead_offer_lead_id_fkey")),
        sa.ForeignKeyConstraint(["manager_id"], ["account_manager.id"], name=op.f("lead_offer_manager_id_fkey")),
        sa.PrimaryKeyConstraint("lead_id", "manager_id", name=op.f("lead_offer_pkey")),
    )
    # ### end Alembic commands ###


def _milestone() -> None:
    op.create_table(
        "milestone",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("milestone_conversation_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("milestone_pkey")),
    )
    op.create_index(op.f("milestone_conversation_id_idx"), "milestone", ["conversation_id"], unique=False)
    op.create_index(op.f("milestone_name_at_idx"), "milestone", ["name", "at"], unique=False)


def _failure() -> None:
    op.create_table(
        "failure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("where", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("failure_pkey")),
    )
    op.create_index(op.f("failure_at_idx"), "failure", ["at"], unique=False)


TABLES_IN_ORDER = (
    _conversation,
    _inbox,
    _outbox,
    _release,
    _consent,
    _quote,
    _application,
    _lender_event,
    _account_manager,
    _lead,
    _lead_offer,
    _milestone,
    _failure,
)
