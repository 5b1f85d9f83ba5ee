"""The tables, as SQLModel rows. Every name of a table or column that SQL is written with comes from here.

What a program stores and reads whole (states, events, values, documents) is `json`, not `jsonb`: the order of keys is the
order of choices and of answers, and `jsonb` does not keep it. What is about a person is `bytea`: sealed (`envelope`).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from bot.applications.consent import ConsentState
from bot.conversation.ports import Receiver, Role
from bot.growth.field_leads import FieldLeadState
from bot.handoff.appointments import Kind as AppointmentKind
from bot.handoff.appointments import State as AppointmentState
from bot.handoff.checked import CheckState
from bot.handoff.records import LeadStatus, Outcome, Rung

OPEN_STATUSES: Final[tuple[LeadStatus, ...]] = ("requested", "offered", "accepted", "active")
HELD_STATUSES: Final[tuple[LeadStatus, ...]] = ("accepted", "active")
AccessKind = Literal["link", "session"]
APPEND_ONLY: Final = ("audit", "consent", "release", "seal")
SEALED: Final = ("audit", "consent")
"""Tables whose records are sealed one behind the other; a trigger notes each new record in `unsealed`."""

METADATA: Final = sa.MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)


class Row(SQLModel):
    """Base of every table."""

    metadata = METADATA


def _identity() -> Any:
    return Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), primary_key=True))


def _text(**options: Any) -> Any:
    return Field(sa_type=sa.Text, **options)


def _big(**options: Any) -> Any:
    return Field(sa_type=sa.BigInteger, **options)


def _moment(**options: Any) -> Any:
    return Field(sa_type=sa.DateTime(timezone=True), **options)


def _json() -> Any:
    return Field(sa_type=sa.JSON)


def _bytes(**options: Any) -> Any:
    return Field(sa_type=sa.LargeBinary, **options)


def _texts() -> Any:
    return Field(sa_type=ARRAY(sa.Text))


def _owner(**options: Any) -> Any:
    return _big(foreign_key="conversation.id", **options)


def _one_of(column: str, allowed: Any) -> sa.CheckConstraint:
    """The column has one of the values of a `Literal` type."""
    return sa.CheckConstraint(sa.column(column).in_(get_args(allowed)), name=column)


class ReleaseRow(Row, table=True):
    """A published, immutable release of the content. `digest` is the SHA-256 of its documents."""

    __tablename__ = "release"

    number: int = Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    digest: str = _text()
    documents: dict[str, Any] = _json()
    note: str = _text()
    published_at: datetime = _moment()
    published_by: str = _text()


class ConversationRow(Row, table=True):
    """A chat with one person on one channel. Its row lock is what makes turns of one chat follow each other.

    `key` is the id of the person's key now. `address` is sealed and looked up by `address_hash`; `state` is sealed. All three are
    empty once nothing of a person who is silent was left. `cleared_at` is when retention has last emptied the state.
    """

    __tablename__ = "conversation"
    __table_args__ = (sa.UniqueConstraint("channel", "address_hash"), _one_of("role", Role))

    id: int | None = _identity()
    channel: str = _text()
    address_hash: bytes = _bytes()
    address: bytes = _bytes()
    key: bytes = _bytes()
    role: str = _text()
    state: bytes = _bytes()
    reachable: bool
    created_at: datetime = _moment()
    updated_at: datetime = _moment()
    cleared_at: datetime | None = _moment(default=None)


class InboxRow(Row, table=True):
    """An event that was taken, by the key that makes it the same event. `event` is sealed, and null once it is erased.

    No foreign key: a conversation is never deleted, and checking it would cost every turn.
    """

    __tablename__ = "inbox"
    __table_args__ = (sa.Index(None, "conversation_id", "at"),)

    key: str = _text(primary_key=True)
    conversation_id: int = _big()
    event: bytes | None = _bytes(default=None)
    trace: list[str] = _json()
    at: datetime = _moment()


class OutboxRow(Row, table=True):
    """A message on its way out, or sent, or refused by the channel (`failure`).

    `owner` names the process that sends it until `lease_until`; from then on any relay may claim it. `priority` is 0 for
    a reply, 1 for a notice, 2 for a campaign. `message_id` is the channel's. `content` is sealed under the key of the
    `subject`, the person whom it is about, where that is not who reads it; it is null once the subject is erased.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index(None, "conversation_id", "id"),
        sa.Index(None, "subject", postgresql_where=sa.text("subject IS NOT NULL")),
        sa.Index(
            "outbox_unsent_idx",
            "conversation_id",
            "lease_until",
            postgresql_where=sa.text("sent_at IS NULL AND failure IS NULL"),
        ),
    )

    id: int | None = _identity()
    conversation_id: int = _big()
    channel: str = _text()
    subject: int | None = _big(default=None)
    slot: str = _text()
    content: bytes | None = _bytes(default=None)
    priority: int = Field(sa_type=sa.SmallInteger)
    edit: bool
    owner: str = _text()
    created_at: datetime = _moment()
    lease_until: datetime = _moment()
    sent_at: datetime | None = _moment(default=None)
    message_id: str | None = _text(default=None)
    attempts: int = Field(default=0, sa_column=sa.Column(sa.SmallInteger, nullable=False, server_default="0"))
    failure: str | None = _text(default=None)


class ConsentRow(Row, table=True):
    """One consent event: the fields of `ConsentRecord`. `sequence` is the order in which records were appended."""

    __tablename__ = "consent"
    __table_args__ = (
        sa.UniqueConstraint("sequence"),
        sa.Index(None, "pii_principal", "notice", "sequence"),
        _one_of("state", ConsentState),
    )

    record_id: str = _text(primary_key=True)
    sequence: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), nullable=False))
    pii_principal: int = _owner()
    channel: str = _text()
    pii_controller: str = _text()
    purpose: str = _text()
    lawful_basis: str = _text()
    pii_categories: list[str] = _texts()
    sensitive: bool
    recipients: list[str] = _texts()
    abroad: bool
    retention: str = _text()
    notice: str = _text()
    notice_version: int
    notice_language: str = _text()
    notice_sha256: str = _text()
    collection_method: str = _text()
    evidence: str | None = _text()
    state: str = _text()
    event_time: datetime = _moment()
    withdrawal_method: str = _text()
    supersedes: str | None = _text(foreign_key="consent.record_id")
    validity_duration: int | None = None
    schema_version: str = _text()


class QuoteRow(Row, table=True):
    """A quote as it was shown. `sequence` is the order in which quotes were shown.

    `values` are sealed under the person's key; under that of the application that rests on it, where one does.
    """

    __tablename__ = "quote"
    __table_args__ = (sa.UniqueConstraint("sequence"), sa.Index(None, "conversation_id", "sequence"))

    id: str = _text(primary_key=True)
    sequence: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), nullable=False))
    conversation_id: int = _owner()
    product: str = _text()
    release: int
    values: bytes = _bytes()
    created_at: datetime = _moment()
    kept_at: datetime | None = _moment(default=None)


class AssessmentRow(Row, table=True):
    """An eligibility result as it was told. `sequence` is the order in which results were told."""

    __tablename__ = "assessment"
    __table_args__ = (sa.UniqueConstraint("sequence"), sa.Index(None, "conversation_id", "sequence"))

    id: str = _text(primary_key=True)
    sequence: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), nullable=False))
    conversation_id: int = _owner()
    product: str = _text()
    release: int
    outcome: str = _text()
    criteria: dict[str, Any] = _json()
    answers: bytes = _bytes()
    created_at: datetime = _moment()


class ApplicationRow(Row, table=True):
    """A pre-application. `progress` is what the lender has told; it and `answers` are sealed under a key of its own."""

    __tablename__ = "application"
    __table_args__ = (sa.UniqueConstraint("reference"), sa.Index(None, "conversation_id", "created_at"))

    id: str = _text(primary_key=True)
    conversation_id: int = _owner()
    product: str = _text()
    amount: Decimal = Field(sa_type=sa.Numeric(18, 2))
    currency: str = _text()
    months: int
    method: str = _text()
    segment: str = _text()
    answers: bytes = _bytes()
    consents: list[str] = _texts()
    quote: str | None = _text(foreign_key="quote.id")
    release: int
    created_at: datetime = _moment()
    progress: bytes = _bytes()
    reference: str | None = _text(default=None)


class DocumentPageRow(Row, table=True):
    """A page of a document that a customer has sent; `id` names the encrypted file that holds it.

    `handle` is the channel's, sealed. `digest` is a keyed hash, by which the same content is found again. No foreign key to the
    application: pages outlive neither it nor its customer, and are removed by themselves.
    """

    __tablename__ = "document_page"
    __table_args__ = (
        sa.Index(None, "application", "document"),
        sa.Index(None, "conversation_id", "received_at"),
        sa.Index(None, "digest"),
    )

    id: str = _text(primary_key=True)
    conversation_id: int = _owner()
    application: str = _text()
    document: str = _text()
    position: int = Field(sa_type=sa.SmallInteger)
    kind: str = _text()
    handle: bytes = _bytes()
    media_type: str = _text()
    size: int
    digest: str = _text()
    scanned: bool
    received_at: datetime = _moment()
    completed_at: datetime | None = _moment(default=None)
    handed_in_at: datetime | None = _moment(default=None)


class ScreeningRow(Row, table=True):
    """What the rules of signals found in an application: the fields of `Screening`. It goes with its application.

    `content` has what was found, the facts, what was asked and answered, sealed under the application's key.
    """

    __tablename__ = "screening"
    __table_args__ = (sa.Index(None, "conversation_id"), sa.Index(None, "application"))

    number: int | None = _identity()
    application: str = Field(
        sa_column=sa.Column(sa.Text, sa.ForeignKey("application.id", ondelete="CASCADE"), nullable=False)
    )
    conversation_id: int = _owner()
    release: int
    version: int
    outcome: str = _text()
    content: bytes = _bytes()
    at: datetime = _moment()


class FingerprintRow(Row, table=True):
    """A keyed hash of something that an application gave, for comparison between accounts."""

    __tablename__ = "fingerprint"
    __table_args__ = (sa.Index(None, "kind", "digest"), sa.Index(None, "at"))

    conversation_id: int = _big(primary_key=True)
    kind: str = _text(primary_key=True)
    digest: str = _text(primary_key=True)
    application: str = _text()
    at: datetime = _moment()


class LenderEventRow(Row, table=True):
    """An event a lender has sent; `applied` is set once an application has taken it in.

    One that is not `understood` has a type or a stage that this version does not know. `payload` is sealed under the
    application's key, and under one of its own where the application is not known yet.
    """

    __tablename__ = "lender_event"
    __table_args__ = (
        sa.UniqueConstraint("source", "id"),
        sa.Index(None, "reference"),
    )

    number: int | None = _identity()
    source: str = _text()
    id: str = _text()
    reference: str = _text()
    type: str = _text()
    time: datetime = _moment()
    sequence: int = _big()
    payload: bytes = _bytes()
    received_at: datetime = _moment()
    applied: bool = Field(default=False, sa_column=sa.Column(sa.Boolean, nullable=False, server_default=sa.false()))
    understood: bool


class StagePassageRow(Row, table=True):
    """A stage that an application was in; `left_at` is null while it is there. It says nothing of the person."""

    __tablename__ = "stage_passage"
    __table_args__ = (sa.Index(None, "product", "stage", "left_at"),)

    application: str = _text(primary_key=True)
    position: int = Field(sa_column=sa.Column(sa.SmallInteger, primary_key=True, autoincrement=False))
    product: str = _text()
    stage: str = _text()
    entered_at: datetime = _moment()
    left_at: datetime | None = _moment(default=None)


class DeadLetterRow(Row, table=True):
    """A call that was given up, with the job that makes it again; `settled_at` is null while it waits for staff.

    `subject` is what it was about: an application's id for the lender, an event's for a customer-relations system.
    """

    __tablename__ = "dead_letter"
    __table_args__ = (
        sa.Index("dead_letter_open_idx", "subject", "call", postgresql_where=sa.text("settled_at IS NULL")),
        _one_of("receiver", Receiver),
    )

    number: int | None = _identity()
    receiver: str = _text()
    call: str = _text()
    subject: str = _text()
    conversation_id: int = _big()
    task: str = _text()
    lock: str | None = _text()
    payload: dict[str, Any] = _json()
    error: str = _text()
    attempts: int = Field(sa_type=sa.SmallInteger)
    at: datetime = _moment()
    settled_at: datetime | None = _moment(default=None)
    settled_by: str | None = _text(default=None)


class ManagerRow(Row, table=True):
    """An account manager."""

    __tablename__ = "account_manager"
    __table_args__ = (sa.UniqueConstraint("conversation_id"), sa.UniqueConstraint("invitation"))

    id: int | None = _identity()
    name: str = _text()
    role: str = _text()
    hours: str = _text()
    language: str = _text()
    on_duty: bool
    conversation_id: int | None = _owner(default=None)
    invitation: str | None = _text(default=None)
    profile: dict[str, Any] = _json()


class ManagerPhotoRow(Row, table=True):
    """What an account manager looks like."""

    __tablename__ = "manager_photo"
    __table_args__ = (sa.ForeignKeyConstraint(["manager_id"], ["account_manager.id"]),)

    manager_id: int = Field(sa_type=sa.BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    media_type: str = _text()
    content: bytes = _bytes()


class LeadRow(Row, table=True):
    """A customer who should meet a person. A customer has one open lead at most."""

    __tablename__ = "lead"
    __table_args__ = (
        sa.Index(
            "lead_open_key",
            "conversation_id",
            unique=True,
            postgresql_where=sa.column("status").in_(OPEN_STATUSES),
        ),
        sa.Index(
            "lead_held_idx",
            "manager_id",
            postgresql_where=sa.column("status").in_(HELD_STATUSES),
        ),
        sa.Index(None, "conversation_id"),
        _one_of("status", LeadStatus),
    )

    id: int | None = _identity()
    conversation_id: int = _owner()
    reason: str = _text()
    status: str = _text()
    facts: bytes = _bytes()
    created_at: datetime = _moment()
    manager_id: int | None = _big(default=None, foreign_key="account_manager.id")
    accepted_at: datetime | None = _moment(default=None)
    closed_at: datetime | None = _moment(default=None)


class LeadOfferRow(Row, table=True):
    """A lead was offered to a manager."""

    __tablename__ = "lead_offer"

    lead_id: int = _big(primary_key=True, foreign_key="lead.id")
    manager_id: int = _big(primary_key=True, foreign_key="account_manager.id")


class ChatTopicRow(Row, table=True):
    """A topic of a manager's chat, by the channel's thread; it is the `subject`'s, a customer's, for good. `gone`: it stands no more."""

    __tablename__ = "chat_topic"
    __table_args__ = (sa.UniqueConstraint("conversation_id", "thread"), sa.Index(None, "subject"))

    id: int | None = _identity()
    conversation_id: int = _owner()
    thread: str = _text()
    subject: int = _big(foreign_key="conversation.id")
    gone: bool = False


class AppointmentRow(Row, table=True):
    """An appointment of a customer. Of those that are booked no two begin on one seat of a resource at the same moment."""

    __tablename__ = "appointment"
    __table_args__ = (
        sa.Index(
            "appointment_seat_key",
            "resource",
            "seat",
            "begins_at",
            unique=True,
            postgresql_where=sa.column("state").in_(("booked",)),
        ),
        sa.Index(None, "conversation_id"),
        _one_of("kind", AppointmentKind),
        _one_of("state", AppointmentState),
    )

    id: int | None = _identity()
    uid: str = _text()
    kind: str = _text()
    conversation_id: int = _owner()
    manager_id: int | None = _big(default=None, foreign_key="account_manager.id")
    resource: str = _text()
    seat: int = Field(sa_type=sa.SmallInteger)
    place: str | None = _text(default=None)
    begins_at: datetime = _moment()
    ends_at: datetime = _moment()
    language: str = _text()
    sequence: int = Field(sa_type=sa.SmallInteger)
    state: str = _text()
    created_at: datetime = _moment()


class LeadAssignmentRow(Row, table=True):
    """A lead was given to a manager, with the reason; a lead has one that has not ended at most."""

    __tablename__ = "lead_assignment"
    __table_args__ = (
        sa.Index("lead_assignment_open_key", "lead_id", unique=True, postgresql_where=sa.text("outcome IS NULL")),
        sa.Index(None, "lead_id"),
        sa.Index(None, "manager_id", "offered_at"),
        _one_of("rung", Rung),
        _one_of("outcome", Outcome),
    )

    id: int | None = _identity()
    lead_id: int = _big(foreign_key="lead.id")
    manager_id: int = _big(foreign_key="account_manager.id")
    rung: str = _text()
    reason: str = _text()
    offered_at: datetime = _moment()
    accepted_at: datetime | None = _moment(default=None)
    ended_at: datetime | None = _moment(default=None)
    outcome: str | None = _text(default=None)


class CheckedMessageRow(Row, table=True):
    """A manager's words that were looked at before they left, or that wait behind such words; `content` is sealed."""

    __tablename__ = "checked_message"
    __table_args__ = (
        sa.Index(None, "lead_id"),
        sa.Index(None, "conversation_id"),
        sa.Index("checked_message_held_idx", "id", postgresql_where=sa.text("state = 'held'")),
        _one_of("state", CheckState),
    )

    id: int | None = _identity()
    lead_id: int = _big(foreign_key="lead.id")
    conversation_id: int = _owner()
    manager_id: int = _big(foreign_key="account_manager.id")
    content: bytes = _bytes()
    state: str = _text()
    created_at: datetime = _moment()
    decided_by: int | None = _big(foreign_key="account_manager.id", default=None)
    decided_at: datetime | None = _moment(default=None)


class CustomerOwnerRow(Row, table=True):
    """The account manager who looks after a customer."""

    __tablename__ = "customer_owner"

    conversation_id: int = _owner(primary_key=True)
    manager_id: int = _big(foreign_key="account_manager.id")
    since: datetime = _moment()


class FieldAgentRow(Row, table=True):
    """Somebody who brings customers where these are."""

    __tablename__ = "field_agent"

    id: int | None = _identity()
    name: str = _text()
    channel: str = _text()
    created_at: datetime = _moment()
    conversation_id: int | None = _owner(default=None, unique=True)
    invitation: str | None = _text(default=None, unique=True)
    removed_at: datetime | None = _moment(default=None)


class FieldLeadRow(Row, table=True):
    """What a field agent has entered for an owner to agree to.

    `entry` is sealed under a key of its own. Where it came to nothing, it and `conversation_id` are null and the key is destroyed.
    """

    __tablename__ = "field_lead"
    __table_args__ = (sa.UniqueConstraint("code"), sa.Index(None, "agent_id"), _one_of("state", FieldLeadState))

    id: int | None = _identity()
    code: str = _text()
    agent_id: int = _big(foreign_key="field_agent.id")
    place: str = _text()
    entry: bytes | None = _bytes(default=None)
    created_at: datetime = _moment()
    expires_at: datetime = _moment()
    state: str = _text()
    conversation_id: int | None = _owner(default=None)


class AgentLinkRow(Row, table=True):
    """The code of a field agent's link for one place."""

    __tablename__ = "agent_link"
    __table_args__ = (sa.UniqueConstraint("agent_id", "place"),)

    code: str = _text(primary_key=True)
    agent_id: int = _big(foreign_key="field_agent.id")
    place: str = _text()
    revoked_at: datetime | None = _moment(default=None)


class MilestoneRow(Row, table=True):
    """A step of a customer's way that the figures count."""

    __tablename__ = "milestone"
    __table_args__ = (sa.Index(None, "conversation_id"), sa.Index(None, "name", "at"))

    id: int | None = _identity()
    conversation_id: int = _owner()
    name: str = _text()
    values: dict[str, Any] = _json()
    at: datetime = _moment()


class AuditRow(Row, table=True):
    """An audited act: the fields of `AuditEvent`. `sequence` is the order in which acts were written down."""

    __tablename__ = "audit"
    __table_args__ = (
        sa.UniqueConstraint("sequence"),
        sa.Index(None, "subject", "sequence"),
        sa.Index(None, "name", "at"),
    )

    id: str = _text(primary_key=True)
    sequence: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), nullable=False))
    name: str = _text()
    actor: str = _text()
    subject: int | None = _big(default=None)
    at: datetime = _moment()
    details: dict[str, Any] = _json()


class SealRow(Row, table=True):
    """The seal behind one record of a ledger: the fields of `Seal`. `ledger` is the name of the records' table."""

    __tablename__ = "seal"
    __table_args__ = (sa.UniqueConstraint("ledger", "record"),)

    ledger: str = _text(primary_key=True)
    number: int = _big(primary_key=True)
    record: str = _text()
    digest: str = _text()
    previous: str = _text()
    sealed_at: datetime = _moment()
    hash: str = _text()


class UnsealedRow(Row, table=True):
    """A record that waits for its seal; written by a trigger, removed by whoever seals it."""

    __tablename__ = "unsealed"

    ledger: str = _text(primary_key=True)
    record: str = _text(primary_key=True)


class ConsoleAccessRow(Row, table=True):
    """A key to the pages of staff: a link that works once, or a session. `hash` is the SHA-256 of the key.

    `manager_id` says whose it is, where it was not made at the command line for nobody in particular.
    """

    __tablename__ = "console_access"
    __table_args__ = (_one_of("kind", AccessKind),)

    hash: str = _text(primary_key=True)
    kind: str = _text()
    role: str = _text()
    expires_at: datetime = _moment()
    manager_id: int | None = _big(default=None, foreign_key="account_manager.id")


class LegalHoldRow(Row, table=True):
    """Nothing of a customer is removed by time while a hold for a `case` stands; `case` is a reference, not words."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        sa.Index(
            "legal_hold_open_key",
            "conversation_id",
            "case",
            unique=True,
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )

    id: int | None = _identity()
    conversation_id: int = _owner()
    case: str = _text()
    placed_at: datetime = _moment()
    lifted_at: datetime | None = _moment(default=None)


class RetentionRunRow(Row, table=True):
    """The report of a run of retention: by class what was removed and what is left."""

    __tablename__ = "retention_run"

    id: int | None = _identity()
    began_at: datetime = _moment()
    ended_at: datetime = _moment()
    actor: str = _text()
    release: int
    lines: dict[str, Any] = _json()


class FailureRow(Row, table=True):
    """A turn that failed by our fault. `where` is what was running."""

    __tablename__ = "failure"
    __table_args__ = (sa.Index(None, "at"),)

    id: int | None = _identity()
    at: datetime = _moment()
    where: str = _text()
    error: str = _text()
    conversation_id: int | None = _big(default=None)
    details: dict[str, Any] = _json()


def table(row: type[Row]) -> sa.Table:
    """The table of a row class, for statements."""
    return row.__table__  # type: ignore[attr-defined, no-any-return]  # SQLModel sets it, and does not declare it
