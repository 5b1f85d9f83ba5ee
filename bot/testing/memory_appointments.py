"""Appointments in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.errors import StateError
from bot.handoff.appointments import Appointment, State
from bot.testing.memory_tables import Transaction


class MemoryAppointments:
    """See `Appointments`. `add` raises `StateError` for a seat that is taken."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._rows = transaction.appointments

    async def lock(self) -> None:
        """See `Appointments.lock`."""
        await self._transaction.lock("appointments")

    async def booked(self, begin: datetime, end: datetime) -> tuple[Appointment, ...]:
        """See `Appointments.booked`."""
        found = [
            one for one in self._rows.rows() if one.state == "booked" and one.begins_at < end and begin < one.ends_at
        ]
        return tuple(sorted(found, key=lambda one: (one.begins_at, one.id)))

    async def add(self, appointment: Appointment) -> Appointment:
        """See `Appointments.add`."""
        seat = (appointment.resource, appointment.seat, appointment.begins_at)
        if any((one.resource, one.seat, one.begins_at) == seat for one in self._rows.rows() if one.state == "booked"):
            raise StateError("this seat is taken")
        added = replace(appointment, id=next(self._transaction.tables.numbers))
        self._rows.put(added.id, added)
        return added

    async def get(self, appointment: int) -> Appointment | None:
        """See `Appointments.get`."""
        await self._transaction.lock(("appointment", appointment))
        return self._rows.get(appointment)

    async def close(self, appointment: int, state: State, sequence: int) -> None:
        """See `Appointments.close`."""
        known = self._rows.get(appointment)
        if known is not None:
            self._rows.put(appointment, replace(known, state=state, sequence=sequence))

    async def of_customer(self, conversation: int) -> tuple[Appointment, ...]:
        """See `Appointments.of_customer`."""
        found = [one for one in self._rows.rows() if one.conversation == conversation]
        return tuple(sorted(found, key=lambda one: (one.begins_at, one.id)))
