"""What the lender keeps of an application, and how its stages follow one another there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from bot.applications.events import DELAYED, FORM_FILLED, STAGE_CHANGED
from bot.applications.stages import DECISIONS, FINAL, RULES, Stage, may_follow, usual_next
from bot.products.repayment import METHODS, Loan, schedule

VISIT_IN: Final = timedelta(days=2)
OFFER_STANDS: Final = timedelta(days=14)
SOURCE: Final = "urn:rivergate-microfinance:loan-origination"
DEMO_RATE: Final = Decimal("0.072")

_Name = Annotated[str, Field(min_length=1, max_length=200)]


class Amount(BaseModel):
    """Money as it travels: the value is a decimal in a string, in units of the currency."""

    model_config = ConfigDict(frozen=True)
    value: Annotated[Decimal, Field(gt=0, lt=10**10, max_digits=12, decimal_places=2)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Signal(BaseModel):
    """Something that is worth a second look in an application."""

    model_config = ConfigDict(frozen=True)
    code: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,63}$")]
    outcome: Literal["ask", "manual_review"]


class Submitted(BaseModel):
    """An application as it was handed in."""

    model_config = ConfigDict(frozen=True)
    application: _Name
    product: _Name
    amount: Amount
    months: Annotated[int, Field(gt=0, le=600)]
    method: _Name
    rate: Annotated[Decimal, Field(ge=0, lt=1)] | None = None
    segment: _Name
    answers: dict[str, str]
    consents: Annotated[tuple[str, ...], Field(min_length=1)]
    callback_url: Annotated[str, Field(pattern="^https?://", max_length=500)] | None = None
    locale: _Name
    signals: tuple[Signal, ...] = ()
    not_given: tuple[_Name, ...] = ()


class Terms(BaseModel):
    """What the lender is ready to lend."""

    model_config = ConfigDict(frozen=True)
    amount: Amount
    months: int
    rate: Decimal
    valid_until: date | None = None


class Received(BaseModel):
    """A document that has come: what it is, how many pages, their size in bytes, and what makes them the same."""

    model_config = ConfigDict(frozen=True)
    document: str
    digest: str
    size: int
    pages: int = 1
    at: datetime


class Corrected(BaseModel):
    """Answers that were put right after submission: which, by which key, and what makes them the same."""

    model_config = ConfigDict(frozen=True)
    key: str
    fields: tuple[str, ...]
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """An event on its way to the bot: its id and its body, ready to be signed; `acknowledged` once it was taken."""

    id: str
    body: str
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One application at the lender. `letters` are all events sent or to be sent, `sequence` that of the last one.

    `page` is the address under which customers reach the lender; `accepted` and `review_requested` are what the customer
    has wished, `form_link` the end and the id of the newest link to the form that was opened, `withdrawn_by_customer` tells a withdrawal of theirs from one that the lender has noted by itself.
    """

    reference: str
    submitted: Submitted
    stage: Stage
    submitted_at: datetime
    updated_at: datetime
    sequence: int = 0
    missing: tuple[str, ...] = ()
    terms: Terms | None = None
    decision: Stage | None = None
    reasons: tuple[str, ...] = ()
    letters: tuple[Letter, ...] = ()
    received: tuple[Received, ...] = ()
    page: str = ""
    appointment: date | None = None
    accepted: bool = False
    review_requested: bool = False
    withdrawn_by_customer: bool = False
    form_filled_at: datetime | None = None
    form_link: tuple[datetime, str] | None = None
    corrected: tuple[Corrected, ...] = ()

    @property
    def next_stages(self) -> tuple[Stage, ...]:
        """The stages that one step may lead to, the usual one first."""
        first = self.onward
        return tuple(dict.fromkeys((first, *RULES[self.stage].then))) if first else ()

    @property
    def onward(self) -> Stage | None:
        """The usual next stage. Papers checked after an approval lead on to the contract, not to a second review."""
        if self.stage is Stage.DOCS_CHECK and self.decision is Stage.APPROVED:
            return Stage.SIGNING
        return usual_next(self.stage)


def enter(record: Record, stage: Stage, now: datetime, **details: Any) -> Record:
    """`record` in `stage`; `details` may name `missing`, `terms`, `reasons` and `appointment`.

    Where a detail is needed and absent, it is as the customer asked, or what a lender would most likely say.
    """
    filled = _filled(record, stage, now, details)
    return replace(
        record,
        stage=stage,
        updated_at=now,
        sequence=record.sequence + 1,
        missing=filled.get("missing", ()),
        reasons=filled.get("reasons", ()),
        terms=filled.get("terms", record.terms),
        decision=stage if stage in DECISIONS else record.decision,
        appointment=filled.get("appointment"),
        accepted=record.accepted and stage not in DECISIONS,
        review_requested=record.review_requested and stage is Stage.DECLINED and record.stage is Stage.DECLINED,
    )


def _filled(record: Record, stage: Stage, now: datetime, details: dict[str, Any]) -> dict[str, Any]:
    match stage:
        case Stage.SITE_VISIT:
            return {"appointment": now.date() + VISIT_IN} | details
        case Stage.DOCS_MISSING:
            return {"missing": record.missing or ("bank_statements",)} | details
        case Stage.APPROVED:
            return {"terms": terms(record)} | details
        case Stage.COUNTER_OFFER:
            lower = (record.submitted.amount.value * Decimal("0.8")).quantize(Decimal("0.01"))
            return {"terms": terms(record, lower, valid_until=now.date() + OFFER_STANDS)} | details
        case Stage.DECLINED:
            return {"reasons": ("turnover_too_low",)} | details
        case _:
            return details


def terms(
    record: Record,
    amount: Decimal | None = None,
    months: int | None = None,
    rate: Decimal | None = None,
    valid_until: date | None = None,
) -> Terms:
    """An offer at the rate quoted; what is not given is as the customer asked for it."""
    asked = record.submitted
    quoted = asked.rate if asked.rate is not None else DEMO_RATE
    return Terms(
        amount=Amount(value=amount or asked.amount.value, currency=asked.amount.currency),
        months=months or asked.months,
        rate=quoted if rate is None else rate,
        valid_until=valid_until,
    )


def reachable(record: Record, stage: Stage) -> bool:
    """Whether the lender may say `stage` now."""
    return record.stage not in FINAL and may_follow(record.stage, stage)


def details(record: Record) -> dict[str, Any]:
    """What there is to say about the stage a record is in, in events and in answers alike."""
    said: dict[str, Any] = {"stage": record.stage}
    if record.missing:
        said["missing"] = record.missing
    if record.terms and record.stage in (Stage.APPROVED, Stage.COUNTER_OFFER):
        said["offer"] = record.terms.model_dump(mode="json", exclude_none=True)
    if record.reasons:
        said["reasons"] = record.reasons
    if record.appointment:
        said["appointment"] = record.appointment
    if record.stage is Stage.SIGNING and record.page:
        said["signing_url"] = f"{record.page}/contracts/{record.reference}/{contract_key(record)}"
    if record.stage in (Stage.DISBURSED, Stage.REPAYING):
        said["next_instalment"] = next_instalment(record)
    return said


def contract_key(record: Record) -> str:
    """What makes the address of a contract hard to guess."""
    return hashlib.sha256(f"{record.reference}:{record.submitted.application}".encode()).hexdigest()[:32]


def agreed(record: Record) -> Terms:
    """The terms of the contract: those offered last, else as asked for."""
    return record.terms or terms(record)


def next_instalment(record: Record) -> dict[str, Any]:
    """The first payment of the contract's plan that is due after the last news; a revolving line is drawn in whole."""
    contract, method = agreed(record), record.submitted.method
    loan = Loan(contract.amount.value, contract.rate, contract.months, record.updated_at.date(), basis=360)
    row = schedule(method if method in METHODS and method != "grace_annuity" else "annuity", loan)[0]
    return {"due": row.due, "amount": {"value": f"{row.total:.2f}", "currency": contract.amount.currency}}


def stage_letter(record: Record, event_id: str) -> Letter:
    """The event that tells the stage a record has just entered."""
    return _letter(record, event_id, STAGE_CHANGED, record.updated_at, details(record))


def delay_letter(record: Record, event_id: str, now: datetime, expected_at: datetime) -> Letter:
    """The event that tells that the present stage takes until `expected_at`."""
    return _letter(record, event_id, DELAYED, now, {"expected_at": expected_at})


def form_letter(record: Record, event_id: str) -> Letter:
    """The event that tells that the customer has filled in the form; nothing of what was filled in."""
    return _letter(record, event_id, FORM_FILLED, record.updated_at, {"form": "identity_and_account"})


def _letter(record: Record, event_id: str, kind: str, now: datetime, data: dict[str, Any]) -> Letter:
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": kind,
        "subject": record.reference,
        "time": now,
        "sequence": f"{record.sequence:010d}",
        "datacontenttype": "application/json",
        "data": data,
    }
    return Letter(event_id, orjson.dumps(event, option=orjson.OPT_UTC_Z).decode())


def masked(answers: dict[str, str]) -> str:
    """The applicant's name, or else that of the business, as staff who only watch may see it: its first character."""
    name = answers.get("contact_name") or next((text for key, text in answers.items() if key.endswith("name")), "")
    return f"{name[0]}**" if name else "—"
