"""What there is of each class that retention removes: which rows, from which moment their time counts, and whom they concern.

A row is in one class at most, and every table is in one, or is named in `KEPT_TABLES` with what of `retention.KEPT` it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from bot.storage.rows import (
    OPEN_STATUSES,
    ApplicationRow,
    AppointmentRow,
    AssessmentRow,
    ConsoleAccessRow,
    ConversationRow,
    DeadLetterRow,
    DocumentPageRow,
    FailureRow,
    FieldAgentRow,
    FieldLeadRow,
    FingerprintRow,
    InboxRow,
    LeadRow,
    LegalHoldRow,
    LenderEventRow,
    ManagerRow,
    MilestoneRow,
    OutboxRow,
    QuoteRow,
    ScreeningRow,
    StagePassageRow,
    table,
)
from bot.storage.sql import Statement, among, compiled

KEPT_TABLES: Final[Mapping[str, str]] = {
    "account_manager": "content",
    "agent_link": "content",
    "audit": "audit",
    "chat_topic": "numbers",
    "consent": "consents",
    "field_agent": "content",
    "legal_hold": "audit",
    "manager_photo": "content",
    "release": "content",
    "retention_run": "audit",
    "seal": "audit",
    "stage_passage": "passages",
    "unsealed": "audit",
}
"""Tables whose rows no time removes, by what of `KEPT` they are."""

_DECLINED: Final = ("declined",)
_ENDED: Final = ("settled", "withdrawn", "expired")
_MOMENT: Final = sa.DateTime(timezone=True)
_BEFORE: Final = sa.bindparam("before", type_=_MOMENT)
_LIMIT: Final = sa.bindparam("most", type_=sa.BigInteger)

_application: Final = table(ApplicationRow)
_appointment: Final = table(AppointmentRow)
_assessment: Final = table(AssessmentRow)
_access: Final = table(ConsoleAccessRow)
_conversation: Final = table(ConversationRow)
_event: Final = table(LenderEventRow)
_failure: Final = table(FailureRow)
_agent: Final = table(FieldAgentRow)
_field_lead: Final = table(FieldLeadRow)
_fingerprint: Final = table(FingerprintRow)
_hold: Final = table(LegalHoldRow)
_inbox: Final = table(InboxRow)
_lead: Final = table(LeadRow)
_letter: Final = table(DeadLetterRow)
_manager: Final = table(ManagerRow)
_milestone: Final = table(MilestoneRow)
_outbox: Final = table(OutboxRow)
_page: Final = table(DocumentPageRow)
_passage: Final = table(StagePassageRow)
_quote: Final = table(QuoteRow)
_screening: Final = table(ScreeningRow)
_job: Final = sa.table("procrastinate_jobs", sa.column("id"), sa.column("status"), sa.column("args"))
_job_event: Final = sa.table("procrastinate_events", sa.column("job_id"), sa.column("at", _MOMENT))


def _on_hold(*whose: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.exists().where(sa.or_(*(_hold.c.conversation_id == one for one in whose)), _hold.c.lifted_at.is_(None))


@dataclass(frozen=True, slots=True)
class Aged:
    """The records of a class in `rows`: those of which `where` is true, by the `moments` that their age can be counted from.

    `whose` are the columns that name the customers concerned; there are none where nobody is.
    """

    rows: Any
    moments: Mapping[str, sa.ColumnElement[Any]]
    whose: tuple[sa.ColumnElement[Any], ...] = ()
    where: tuple[sa.ColumnElement[bool], ...] = ()
    shown: tuple[sa.ColumnElement[Any], ...] = ()

    @property
    def held(self) -> sa.ColumnElement[bool]:
        return _on_hold(*self.whose) if self.whose else sa.false()

    def due(self, moment: str) -> Statement:
        """A batch of those whose time has run out, locked; those that a turn has locked are for the next run."""
        at = self.moments[moment]
        columns = self.shown or (self.rows.c.id,)
        found = sa.select(*columns).where(at < _BEFORE, ~self.held, *self.where).order_by(at).limit(_LIMIT)
        return compiled(found.with_for_update(skip_locked=True, of=self.rows))

    def left(self, moment: str) -> Statement:
        """How many are past their time, held and not, and the moment of the oldest that is not held."""
        at = self.moments[moment]
        held, late = sa.and_(at < _BEFORE, self.held), sa.and_(at < _BEFORE, ~self.held)
        return compiled(
            sa.select(
                sa.func.count().filter(held).label("held"),
                sa.func.count().filter(late).label("late"),
                sa.func.min(at).filter(~self.held).label("oldest"),
            )
            .select_from(self.rows)
            .where(*self.where)
        )


def _plain(rows: sa.Table, **moments: sa.ColumnElement[Any]) -> Aged:
    """Rows of a customer that are removed as they stand."""
    return Aged(rows, moments, (rows.c.conversation_id,))


def _now_in(stages: Iterable[str]) -> sa.ColumnElement[bool]:
    """The application's last stage is one of these; `_entered` is when it came there."""
    return sa.exists().where(
        _passage.c.application == _application.c.id, _passage.c.left_at.is_(None), among(_passage.c.stage, stages)
    )


_entered: Final = (
    sa.select(sa.func.max(_passage.c.entered_at))
    .where(_passage.c.application == _application.c.id, _passage.c.left_at.is_(None))
    .scalar_subquery()
)
_given_up: Final = sa.select(sa.func.max(_job_event.c.at)).where(_job_event.c.job_id == _job.c.id).scalar_subquery()
_staff: Final = sa.or_(
    _conversation.c.role != "customer",
    sa.exists().where(_manager.c.conversation_id == _conversation.c.id),
    sa.exists().where(_agent.c.conversation_id == _conversation.c.id),
)
_customer: Final = sa.and_(~_staff, sa.func.length(_conversation.c.key) > 0)


def _none_of(rows: sa.Table, *where: sa.ColumnElement[bool], column: str = "conversation_id") -> sa.ColumnElement[bool]:
    return ~sa.exists().where(rows.c[column] == _conversation.c.id, *where)


_APPLICATION: Final = (_application.c.id, _application.c.reference, _application.c.quote, _application.c.answers)
_HANDED_IN: Final = _application.c.reference.is_not(None)
_OPEN_LEAD: Final = among(_lead.c.status, OPEN_STATUSES)
_NOTHING_LEFT: Final = (
    _none_of(_application), _none_of(_quote), _none_of(_assessment), _none_of(_page), _none_of(_lead),
    _none_of(_appointment), _none_of(_field_lead), _none_of(_inbox), _none_of(_outbox), _none_of(_outbox, column="subject"),
)  # fmt: skip


def _applications(moment: str, at: sa.ColumnElement[Any], *where: sa.ColumnElement[bool]) -> Aged:
    return Aged(_application, {moment: at}, (_application.c.conversation_id,), where, _APPLICATION)


AGED: Final[Mapping[str, Aged]] = {
    "inbox": Aged(_inbox, {"heard": _inbox.c.at}, (_inbox.c.conversation_id,), shown=(_inbox.c.key.label("id"),)),
    "messages": Aged(_outbox, {"shown": _outbox.c.created_at}, (_outbox.c.conversation_id, _outbox.c.subject)),
    "quotes": Aged(
        _quote,
        {
            "shown": _quote.c.created_at,
            "shown_or_kept": sa.func.greatest(_quote.c.created_at, _quote.c.kept_at, type_=_MOMENT),
        },
        (_quote.c.conversation_id,),
        (~sa.exists().where(_application.c.quote == _quote.c.id),),
    ),
    "results": _plain(_assessment, told=_assessment.c.created_at),
    "files": _plain(_page, received=_page.c.received_at),
    "drafts": _applications("confirmed", _application.c.created_at, ~_HANDED_IN),
    "declined": _applications("declined", _entered, _HANDED_IN, _now_in(_DECLINED)),
    "ended": _applications("ended", _entered, _HANDED_IN, _now_in(_ENDED)),
    "screenings": Aged(
        _screening, {"looked": _screening.c.at}, (_screening.c.conversation_id,), shown=(_screening.c.number.label("id"),)
    ),
    "hashes": Aged(
        _fingerprint,
        {"given": _fingerprint.c.at},
        (_fingerprint.c.conversation_id,),
        shown=(_fingerprint.c.conversation_id, _fingerprint.c.kind, _fingerprint.c.digest),
    ),
    "early_events": Aged(
        _event,
        {"received": _event.c.received_at},
        where=(~sa.exists().where(_application.c.reference == _event.c.reference),),
        shown=(_event.c.number.label("id"), _event.c.payload.label("sealed")),
    ),
    "leads": Aged(
        _lead,
        {"closed": sa.func.coalesce(_lead.c.closed_at, _lead.c.created_at, type_=_MOMENT)},
        (_lead.c.conversation_id,),
        (~_OPEN_LEAD,),
    ),
    "appointments": _plain(_appointment, over=_appointment.c.ends_at),
    "field_leads": Aged(
        _field_lead,
        {"link_over": _field_lead.c.expires_at},
        (_field_lead.c.conversation_id,),
        (_field_lead.c.state != "agreed",),
        (_field_lead.c.id, _field_lead.c.entry.label("sealed")),
    ),
    "agreed_field_leads": Aged(
        _field_lead,
        {"entered": _field_lead.c.created_at},
        (_field_lead.c.conversation_id,),
        (_field_lead.c.state == "agreed",),
        (_field_lead.c.id, _field_lead.c.entry.label("sealed")),
    ),
    "jobs": Aged(
        _job,
        {"given_up": _given_up},
        (sa.cast(_job.c.args.op("->>")("conversation"), sa.BigInteger),),
        (sa.cast(_job.c.status, sa.Text).in_([sa.literal_column(f"'{one}'") for one in ("failed", "cancelled", "aborted")]),),
    ),
    "given_up_calls": Aged(
        _letter,
        {"settled": _letter.c.settled_at},
        (_letter.c.conversation_id,),
        (_letter.c.settled_at.is_not(None),),
        (_letter.c.number.label("id"),),
    ),
    "failures": _plain(_failure, noted=_failure.c.at),
    "steps": _plain(_milestone, taken=_milestone.c.at),
    "sign_ins": Aged(_access, {"over": _access.c.expires_at}, shown=(_access.c.hash.label("id"),)),
    "forms": Aged(
        _conversation,
        {"last_contact": _conversation.c.updated_at},
        (_conversation.c.id,),
        (
            _customer,
            sa.or_(_conversation.c.cleared_at.is_(None), _conversation.c.cleared_at <= _conversation.c.updated_at),
            _none_of(_application),
            _none_of(_lead, _OPEN_LEAD),
        ),
        tuple(_conversation.c[name] for name in ("id", "key", "address_hash", "state")),
    ),
    "people": Aged(
        _conversation,
        {"last_contact": _conversation.c.updated_at},
        (_conversation.c.id,),
        (_customer, *_NOTHING_LEFT),
        (_conversation.c.id, _conversation.c.key),
    ),
}  # fmt: skip
