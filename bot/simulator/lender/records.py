"""What the lender keeps of an application, and how its stages follow one another there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field

from bot.applications.events import DELAYED, STAGE_CHANGED
from bot.applications.stages import DECISIONS, FINAL, RULES, Stage, may_follow, usual_next

SOURCE: Final = "urn:rivergate-microfinance:loan-origination"
DEMO_RATE: Final = Decimal("0.072")

_Name = Annotated[str, Field(min_length=1, max_length=200)]


class Amount(BaseModel):
    """Money as it travels: the value is a decimal in a string, in units of the currency."""

    model_config = ConfigDict(frozen=True)
    value: Annotated[Decimal, Field(gt=0, lt=10**10, max_digits=12, decimal_places=2)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


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


class Terms(BaseModel):
    """What the lender is ready to lend."""

    model_config = ConfigDict(frozen=True)
    amount: Amount
    months: int
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Letter:
    """An event on its way to the bot: its id and its body, ready to be signed; `acknowledged` once it was taken."""

    id: str
    body: str
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One application at the lender. `letters` are all events sent or to be sent, `sequence` that of the last one."""

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
    received: tuple[str, ...] = field(default=())

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
    """`record` in `stage`; `details` may name `missing`, `terms` and `reasons`.

    Where a detail is needed and absent, it is as the customer asked, or what a lender would most likely say.
    """
    filled = _filled(record, stage, details)
    return replace(
        record,
        stage=stage,
        updated_at=now,
        sequence=record.sequence + 1,
        missing=filled.get("missing", ()),
        reasons=filled.get("reasons", ()),
        terms=filled.get("terms", record.terms),
        decision=stage if stage in DECISIONS else record.decision,
    )


def _filled(record: Record, stage: Stage, details: dict[str, Any]) -> dict[str, Any]:
    match stage:
        case Stage.DOCS_MISSING:
            return {"missing": record.missing or ("bank_statements",)} | details
        case Stage.APPROVED:
            return {"terms": terms(record)} | details
        case Stage.COUNTER_OFFER:
            lower = (record.submitted.amount.value * Decimal("0.8")).quantize(Decimal("0.01"))
            return {"terms": terms(record, lower)} | details
        case Stage.DECLINED:
            return {"reasons": ("turnover_too_low",)} | details
        case _:
            return details


def terms(record: Record, amount: Decimal | None = None, months: int | None = None) -> Terms:
    """An offer at the rate quoted; what is not given is as the customer asked for it."""
    asked = record.submitted
    return Terms(
        amount=Amount(value=amount or asked.amount.value, currency=asked.amount.currency),
        months=months or asked.months,
        rate=asked.rate if asked.rate is not None else DEMO_RATE,
    )


def reachable(record: Record, stage: Stage) -> bool:
    """Whether the lender may say `stage` now."""
    return record.stage not in FINAL and may_follow(record.stage, stage)


def stage_letter(record: Record, event_id: str) -> Letter:
    """The event that tells the stage a record has just entered."""
    data: dict[str, Any] = {"stage": record.stage}
    if record.missing:
        data["missing"] = record.missing
    if record.terms and record.stage in (Stage.APPROVED, Stage.COUNTER_OFFER):
        data["offer"] = record.terms.model_dump(mode="json")
    if record.reasons:
        data["reasons"] = record.reasons
    return _letter(record, event_id, STAGE_CHANGED, record.updated_at, data)


def delay_letter(record: Record, event_id: str, now: datetime, expected_at: datetime) -> Letter:
    """The event that tells that the present stage takes until `expected_at`."""
    return _letter(record, event_id, DELAYED, now, {"expected_at": expected_at})


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
