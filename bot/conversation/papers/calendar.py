"""An appointment as a calendar file (RFC 5545, RFC 5546): the same `UID` through every change, and a `SEQUENCE` that rises.

A booking and a change are published (`METHOD:PUBLISH`), a cancellation is a `METHOD:CANCEL`. Nobody is named as attendee: the file
goes to the two who meet, and holds nothing of the one that the other does not know.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from icalendar import Calendar, Event, vCalAddress, vGeo, vText

from bot.conversation.ports import Document
from bot.handoff.appointments import Appointment

PRODUCT: Final = "-//Tillwise//Appointments//EN"
NAME: Final = "appointment.ics"
NO_MAIL: Final = "mailto:appointments@tillwise.invalid"
"""Calendars want an organizer's address; the reserved domain says that no mail gets there."""


def calendar_file(  # noqa: PLR0913 -- what an entry says, each given by name
    appointment: Appointment,
    *,
    summary: str,
    organizer: str,
    where: str,
    now: datetime,
    place: tuple[float, float] | None = None,
) -> Document:
    """The file, with words for people in `summary` and `where`; `place` is latitude and longitude where there are some."""
    cancelled = appointment.state == "cancelled"
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    event = Event()
    event.add("uid", f"{appointment.uid}@tillwise")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", appointment.begins_at)
    event.add("dtend", appointment.ends_at)
    event.add("summary", summary)
    event.add("location", where)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    host = vCalAddress(NO_MAIL)
    host.params["cn"] = vText(organizer)
    event["organizer"] = host
    if place is not None:
        event["geo"] = vGeo(place)
    calendar.add_component(event)
    return Document(NAME, "text/calendar", calendar.to_ical())
