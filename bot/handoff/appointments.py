"""Appointments: a call back, a visit to a branch, a manager's visit in the field. Pure, but for the port that keeps them.

An appointment takes a seat of a resource for a while: a manager has one seat, a branch as many as it serves customers at once.
Two booked appointments never have the same seat at the same time. It is moved by closing it as `moved` and booking another with
the same `uid` and the next `sequence`, so that a calendar changes its entry and does not get a second one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final, Literal, Protocol, get_args

from bot.handoff.availability import WeeklyHours
from bot.products.reading import Section

FILE: Final = "appointments.yaml"

Kind = Literal["call_back", "branch", "visit"]
State = Literal["booked", "cancelled", "moved", "kept", "missed"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Appointment:
    """A customer (`conversation`) meets the lender from `begins_at` to `ends_at`.

    `resource` is what it takes a `seat` of, `place` the id of the branch, None where it has none. `manager` is who keeps it.
    `language` is the one that the customer is told in.
    """

    id: int
    uid: str
    kind: Kind
    conversation: int
    resource: str
    begins_at: datetime
    ends_at: datetime
    language: str
    created_at: datetime
    manager: int | None = None
    place: str | None = None
    seat: int = 0
    sequence: int = 0
    state: State = "booked"


@dataclass(frozen=True, slots=True)
class KindRules:
    """How long an appointment of a kind takes, and how long before it has to be booked."""

    length: timedelta
    lead: timedelta


@dataclass(frozen=True, slots=True)
class AppointmentRules:
    """The authored rules: each kind, how many times are offered, when to remind."""

    kinds: Mapping[Kind, KindRules]
    offered: int
    remind_before: timedelta


class Appointments(Protocol):
    """Keeps appointments."""

    async def lock(self) -> None:
        """Wait until nobody else is booking, and keep others waiting to the end of this transaction."""
        ...

    async def booked(self, begin: datetime, end: datetime) -> tuple[Appointment, ...]:
        """All that are booked and touch the time from `begin` to `end`, the earliest first."""
        ...

    async def add(self, appointment: Appointment) -> Appointment:
        """Keep a new one (its `id` is given here). Its seat must be free."""
        ...

    async def get(self, appointment: int) -> Appointment | None:
        """The appointment, locked for this transaction."""
        ...

    async def close(self, appointment: int, state: State, sequence: int) -> None:
        """It is no longer booked: cancelled, moved, kept or missed."""
        ...

    async def of_customer(self, conversation: int) -> tuple[Appointment, ...]:
        """All of a customer, the earliest first."""
        ...


def resource_of(kind: Kind, manager: int | None, place: str | None) -> str:
    """What an appointment takes a seat of."""
    return f"branch:{place}" if kind == "branch" else f"manager:{manager}"


def free_seat(booked: Iterable[Appointment], resource: str, seats: int, begin: datetime, end: datetime) -> int | None:
    """The lowest seat of the resource that nobody has in that time; None where all are taken."""
    taken = {one.seat for one in booked if one.resource == resource and one.begins_at < end and begin < one.ends_at}
    return next((seat for seat in range(seats) if seat not in taken), None)


def offered_slots(  # noqa: PLR0913 -- what decides, each given by name
    hours: WeeklyHours,
    rules: KindRules,
    booked: tuple[Appointment, ...],
    resources: Mapping[str, int],
    *,
    after: datetime,
    count: int,
) -> tuple[datetime, ...]:
    """Times on the first day behind `after` with any free for one of the resources (each with its seats), spread over the day."""

    def free(slot: datetime) -> bool:
        end = slot + rules.length
        return any(free_seat(booked, one, seats, slot, end) is not None for one, seats in resources.items())

    open_slots = filter(free, hours.every_slot(after, rules.length))
    first = next(open_slots, None)
    if first is None:
        return ()
    day = hours.local_day(first)
    return spread((first, *takewhile(lambda slot: hours.local_day(slot) == day, open_slots)), count)


def spread(slots: tuple[datetime, ...], count: int) -> tuple[datetime, ...]:
    """Of many times `count`, evenly apart, the first and the last among them."""
    if len(slots) <= count:
        return slots
    if count == 1:
        return slots[:1]
    return tuple(slots[place * (len(slots) - 1) // (count - 1)] for place in range(count))


def parse_appointments(document: object, file: str = FILE) -> AppointmentRules:
    """The rules as authored. Raises `ContentError` with file, field and remedy."""
    section = Section(document, file)
    kinds = section.section("kinds")
    rules = AppointmentRules(
        kinds=dict(_kinds(kinds)),
        offered=section.whole("offered", 1, 6),
        remind_before=timedelta(minutes=section.whole("remind_before_minutes", 5, 7 * 24 * 60)),
    )
    kinds.done()
    section.done()
    return rules


def _kinds(section: Section) -> Iterator[tuple[Kind, KindRules]]:
    for kind in KINDS:
        one = section.section(kind)
        yield (
            kind,
            KindRules(
                length=timedelta(minutes=one.whole("minutes", 5, 8 * 60)),
                lead=timedelta(minutes=one.whole("lead_minutes", 0, 30 * 24 * 60)),
            ),
        )
        one.done()
