"""What a lender says has happened to an application: CloudEvents 1.0 in JSON, read into one typed, frozen value.

An event is known by its `source` and `id` together; `sequence` is the lender's own counter per application and the
only order that counts, since events arrive late, twice and in any order. The counter travels as the CloudEvents
extension attribute `sequence`, the application's reference as `subject`.

A type, a stage, a document or a reason that this version does not know is no error: lenders' systems grow. Such an
event is kept, and what is not known in it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from bot.applications.stages import Stage
from bot.core.errors import GatewayError
from bot.core.values import Money, Months, Rate

STAGE_CHANGED: Final = "org.tillwise.application.stage-changed.v1"
DELAYED: Final = "org.tillwise.application.delayed.v1"
FORM_FILLED: Final = "org.tillwise.application.form-filled.v1"
OURS: Final = "tillwise"
"""The source of what the lender has not told by an event: its receipt, and its answers to our calls."""

DECLINE_REASONS: Final = (
    "turnover_too_low",
    "time_in_business",
    "existing_debt",
    "repayment_history",
    "unverified_documents",
    "purpose_not_covered",
    "amount_too_high",
    "outside_area",
)
MAIN_REASONS: Final = 4

_MOST_ITEMS: Final = 20
_LONGEST_NAME: Final = 200
_LONGEST_LINK: Final = 500
_Item = TypeVar("_Item")


class Malformed(GatewayError):  # noqa: N818 — named for what is true of the body
    """A body is not an event of the agreed form; the text names the field, never its content."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the lender is ready to lend: amount, term and contract rate per year; `valid_until` is its last day."""

    amount: Money
    months: Months
    rate: Rate
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Instalment:
    """The payment that falls due next."""

    due: date
    amount: Money


@dataclass(frozen=True, slots=True)
class EventData:
    """What an event says; what it does not say is None or empty.

    `missing` are document ids, `reasons` ids of the main reasons of a decline, at most four, `expected_at` the time by
    which a lender that is late now expects to end the stage. `appointment` is the day of a visit or of a registration,
    `signing_url` the lender's page of the contract, `instalment` the payment that falls due next.
    """

    stage: Stage | None = None
    missing: tuple[str, ...] = ()
    offer: Offer | None = None
    reasons: tuple[str, ...] = ()
    expected_at: datetime | None = None
    appointment: date | None = None
    signing_url: str | None = None
    instalment: Instalment | None = None


NO_DATA: Final = EventData()


@dataclass(frozen=True, slots=True)
class LenderEvent:
    """One thing that happened, as told by a lender. `time` is aware and in UTC."""

    source: str
    id: str
    type: str
    reference: str
    sequence: int
    time: datetime
    data: EventData = NO_DATA

    @property
    def key(self) -> tuple[str, str]:
        """What makes two deliveries the same event."""
        return self.source, self.id

    @property
    def understood(self) -> bool:
        """Whether this version knows what the event says; what it does not know is kept for staff."""
        return self.type in (DELAYED, FORM_FILLED) or (self.type == STAGE_CHANGED and self.data.stage is not None)

    @property
    def order(self) -> tuple[int, datetime, str, str]:
        """Sorts events as the lender meant them; time and key only separate equal counters."""
        return self.sequence, self.time, self.source, self.id


def parse(body: bytes) -> LenderEvent:
    """The event in a CloudEvents 1.0 JSON body. Raises `Malformed`."""
    try:
        event = JSONFormat().read(_complete, body)
    except (BaseCloudEventException, ValueError, TypeError, AttributeError, RecursionError):
        raise Malformed("the body is not a CloudEvents 1.0 event in JSON") from None
    return LenderEvent(
        source=_name(event.get_source(), "source"),
        id=_name(event.get_id(), "id"),
        type=_name(event.get_type(), "type"),
        reference=_name(event.get_subject(), "subject"),
        sequence=_sequence(event.get_extension("sequence")),
        time=_utc(event.get_time()),
        data=_data(event.get_type(), event.get_data()),
    )


def _complete(attributes: dict[str, Any], data: dict[str, Any] | str | bytes | None) -> BaseCloudEvent:
    """The library would invent an id, a version and a time of its own; an event without them is not one."""
    if absent := {"specversion", "id", "time"} - attributes.keys():
        raise ValueError(f"no {min(absent)}")
    return CloudEvent(attributes, data)


def _data(kind: str, data: object) -> EventData:
    if kind not in (STAGE_CHANGED, DELAYED):
        return NO_DATA
    if not isinstance(data, Mapping):
        raise Malformed("data is not an object")
    if kind == DELAYED:
        return EventData(expected_at=_read(datetime.fromisoformat, data.get("expected_at"), "data.expected_at", _utc))
    return stage_data(data)


def stage_data(data: Mapping[str, Any]) -> EventData:
    """What an event, or an answer of the lender's, says of a stage. Raises `Malformed`."""
    return EventData(
        stage=_stage(data.get("stage")),
        missing=_names(data.get("missing"), "data.missing"),
        offer=_optional(_offer, data.get("offer"), "data.offer"),
        reasons=_names(data.get("reasons"), "data.reasons")[:MAIN_REASONS],
        appointment=_optional(_day, data.get("appointment"), "data.appointment"),
        signing_url=_optional(_link, data.get("signing_url"), "data.signing_url"),
        instalment=_optional(_instalment, data.get("next_instalment"), "data.next_instalment"),
    )


def status_event(answer: Mapping[str, Any]) -> LenderEvent:
    """The lender's answer about an application, as the event that it stands for. Raises `Malformed`.

    It carries the lender's own counter, so it takes its place among the events whether those come or not; an event with
    the same counter comes after it and says more.
    """
    sequence = _sequence(answer.get("sequence"))
    return LenderEvent(
        source=OURS,
        id=f"status-{sequence}",
        type=STAGE_CHANGED,
        reference=_name(answer.get("reference"), "reference"),
        sequence=sequence,
        time=_read(datetime.fromisoformat, answer.get("updated_at"), "updated_at", _utc),
        data=stage_data(answer),
    )


def _stage(name: object) -> Stage | None:
    """The stage of this name, or None when a newer lender has one that is not known here."""
    try:
        return Stage(_name(name, "data.stage"))
    except ValueError:
        return None


def _offer(offer: object, field: str) -> Offer:
    if not isinstance(offer, Mapping):
        raise Malformed(f"{field} is not an offer")
    return Offer(
        amount=_money(offer.get("amount"), f"{field}.amount"),
        months=Months(_months(offer.get("months"))),
        rate=Rate(_decimal(offer.get("rate"), f"{field}.rate")),
        valid_until=_optional(_day, offer.get("valid_until"), f"{field}.valid_until"),
    )


def _instalment(instalment: object, field: str) -> Instalment:
    if not isinstance(instalment, Mapping):
        raise Malformed(f"{field} is not an instalment")
    return Instalment(
        due=_day(instalment.get("due"), f"{field}.due"), amount=_money(instalment.get("amount"), f"{field}.amount")
    )


def _money(amount: object, field: str) -> Money:
    if not isinstance(amount, Mapping):
        raise Malformed(f"{field} is not an amount")
    return Money(
        _decimal(amount.get("value"), f"{field}.value"),
        _name(amount.get("currency"), f"{field}.currency"),
    )


def _day(value: object, field: str) -> date:
    return _read(date.fromisoformat, value, field, lambda read: read)


def _link(value: object, field: str) -> str:
    """An address that a browser opens; nothing else may stand under a button."""
    if isinstance(value, str) and len(value) <= _LONGEST_LINK and value.isprintable() and " " not in value:
        parts = urlsplit(value)
        if parts.scheme in ("https", "http") and parts.hostname:
            return value
    raise Malformed(f"{field} is not an address")


def _optional(read: Callable[[object, str], _Item], value: object, field: str) -> _Item | None:
    return None if value is None else read(value, field)


def _sequence(value: object) -> int:
    """The counter: decimal digits, as the CloudEvents extension has it, or a JSON integer."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18:
        return value
    raise Malformed("sequence is not a counter")


def _months(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 600:
        return value
    raise Malformed("data.offer.months is not a number of months")


def _decimal(value: object, field: str) -> Decimal:
    """A decimal number in a string: JSON's own numbers lose cents on the way."""
    number = _read(Decimal, value, field, lambda read: read)
    if not number.is_finite() or not 0 <= number < 10**12:
        raise Malformed(f"{field} is out of range")
    return number


def _read(reader: Callable[[str], _Item], value: object, field: str, then: Callable[[_Item], _Item]) -> _Item:
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        raise Malformed(f"{field} is not a string of fitting length")
    try:
        return then(reader(value))
    except (ValueError, InvalidOperation):
        raise Malformed(f"{field} cannot be read") from None


def _utc(time: datetime | None) -> datetime:
    if time is None or time.tzinfo is None:
        raise Malformed("a time has no zone")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise Malformed("a time is out of range") from None


def _name(value: object, field: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME or not value.isprintable():
        raise Malformed(f"{field} is not a name of fitting length")
    return value


def _names(value: object, field: str) -> tuple[str, ...]:
    """A list of ids in its own order, each once."""
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MOST_ITEMS:
        raise Malformed(f"{field} is not a list of fitting length")
    return tuple(dict.fromkeys(_name(item, field) for item in value))
