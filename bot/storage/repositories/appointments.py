"""Appointments."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.handoff.appointments import Appointment, State
from bot.storage.rows import AppointmentRow, table
from bot.storage.sql import Executor, Statement, among, compiled, given, insertion

_appointment: Final = table(AppointmentRow)
_BOOKED: Final = among(_appointment.c.state, ("booked",))
_IN_ORDER: Final = (_appointment.c.begins_at, _appointment.c.id)

# One lock for all: bookings are rare and short, and one lock cannot be taken in two orders.
_LOCK: Final = Statement("SELECT pg_advisory_xact_lock(hashtext('appointment'))")
_ADD: Final = compiled(insertion(_appointment).returning(_appointment.c.id))
_GET: Final = compiled(
    sa.select(_appointment).where(_appointment.c.id == given(_appointment.c.id)).with_for_update(key_share=True)
)
_CLOSE: Final = compiled(
    sa.update(_appointment)
    .where(_appointment.c.id == given(_appointment.c.id))
    .values(state=given(_appointment.c.state), sequence=given(_appointment.c.sequence))
)
_BETWEEN: Final = compiled(
    sa.select(_appointment)
    .where(_BOOKED)
    .where(_appointment.c.begins_at < given(_appointment.c.begins_at, "until"))
    .where(_appointment.c.ends_at > given(_appointment.c.ends_at, "since"))
    .order_by(*_IN_ORDER)
)
_OF_CUSTOMER: Final = compiled(
    sa.select(_appointment)
    .where(_appointment.c.conversation_id == given(_appointment.c.conversation_id))
    .order_by(*_IN_ORDER)
)


class PostgresAppointments:
    """See `Appointments`."""

    __slots__ = ("_on",)

    def __init__(self, on: Executor) -> None:
        self._on = on

    async def lock(self) -> None:
        """See `Appointments.lock`."""
        await _LOCK.value(self._on)

    async def booked(self, begin: datetime, end: datetime) -> tuple[Appointment, ...]:
        """See `Appointments.booked`."""
        return tuple(map(_appointment_of, await _BETWEEN.rows(self._on, since=begin, until=end)))

    async def add(self, appointment: Appointment) -> Appointment:
        """See `Appointments.add`."""
        number = await _ADD.value(
            self._on,
            uid=appointment.uid,
            kind=appointment.kind,
            conversation_id=appointment.conversation,
            manager_id=appointment.manager,
            resource=appointment.resource,
            seat=appointment.seat,
            place=appointment.place,
            begins_at=appointment.begins_at,
            ends_at=appointment.ends_at,
            language=appointment.language,
            sequence=appointment.sequence,
            state=appointment.state,
            created_at=appointment.created_at,
        )
        return replace(appointment, id=number)

    async def get(self, appointment: int) -> Appointment | None:
        """See `Appointments.get`."""
        row = await _GET.row(self._on, id=appointment)
        return row and _appointment_of(row)

    async def close(self, appointment: int, state: State, sequence: int) -> None:
        """See `Appointments.close`."""
        await _CLOSE.run(self._on, id=appointment, state=state, sequence=sequence)

    async def of_customer(self, conversation: int) -> tuple[Appointment, ...]:
        """See `Appointments.of_customer`."""
        return tuple(map(_appointment_of, await _OF_CUSTOMER.rows(self._on, conversation_id=conversation)))


def _appointment_of(row: Any) -> Appointment:
    return Appointment(
        id=row["id"],
        uid=row["uid"],
        kind=row["kind"],
        conversation=row["conversation_id"],
        resource=row["resource"],
        begins_at=row["begins_at"],
        ends_at=row["ends_at"],
        language=row["language"],
        created_at=row["created_at"],
        manager=row["manager_id"],
        place=row["place"],
        seat=row["seat"],
        sequence=row["sequence"],
        state=row["state"],
    )
