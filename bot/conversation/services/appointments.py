"""Appointments and branches, as customers find, book, move and call them off."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.conversation.diary import Diary, Wish
from bot.conversation.rendering import trimmed
from bot.conversation.services.call import Call, Result
from bot.core.values import Text, Value, Values
from bot.handoff.appointments import KINDS, Appointment
from bot.handoff.branches import Branch, nearest
from bot.handoff.hours import hours_text

LISTED: Final = 5
"""Appointments and branches that are listed at once."""


async def begin_call_back(call: Call) -> Result:
    """A call-back may be booked: `offered` where somebody can keep one, `kept` where one is booked, else `none`."""
    diary = _diary(call)
    if any(one.kind == "call_back" for one in await diary.upcoming(call.conversation.id)):
        return Result("kept", _NEW)
    slots = await diary.slots(Wish(call.conversation.id, "call_back", call.locale))
    return Result("offered" if slots else "none", {**_NEW, "appointment_kind": "call_back"})


async def begin_branch(call: Call) -> Result:
    """An appointment in the chosen branch is to be booked."""
    return Result("offered", {"appointment": None, "appointment_kind": "branch"})


async def begin_visit(call: Call) -> Result:
    """A visit at the customer's own place is to be booked."""
    return Result("offered", {**_NEW, "appointment_kind": "visit"})


async def offer_slots(call: Call) -> Result:
    """Times to choose from, as `slot_1` and so on, named in `slot_names`; `slots_after` says from when on to look."""
    after = call.values.get("slots_after")
    wish = await _wish(call)
    diary = _diary(call)
    slots = await diary.slots(wish, after if isinstance(after, datetime) else None) if wish else ()
    if wish is None or not slots:
        return Result("none", {})
    numbered: dict[str, Value] = {f"slot_{number}": slot for number, slot in enumerate(slots, start=1)}
    names = tuple(f"s{number}" for number in range(1, len(slots) + 1))
    more: Values = {
        "slots_for": Text(f"slots.for.{wish.kind}"),
        "slot_names": names,
        "slots_day": slots[0],
        "slots_weekday": await diary.weekday(wish, slots[0]),
        "slots_after": await diary.next_day(wish, slots[-1]),
    }
    return Result("found", {**numbered, **more})


async def book_appointment(call: Call) -> Result:
    """The chosen time is booked, and both sides are told; `taken` where somebody was quicker."""
    wish = await _wish(call)
    slot = call.values.get(f"slot_{call.text('slot').removeprefix('s')}")
    if wish is None or not isinstance(slot, datetime):
        return Result("none", {})
    booked = await _diary(call).book(wish, slot)
    return Result("booked" if booked else "taken", {})


async def list_appointments(call: Call) -> Result:
    """What the customer has booked: a line for each, and their names as `appointment_names`."""
    diary = _diary(call)
    found = (await diary.upcoming(call.conversation.id))[:LISTED]
    lines = tuple([trimmed(await _line(diary, one), call.content.texts) for one in found])
    names = tuple(f"a{number}" for number in range(1, len(found) + 1))
    return Result("found" if found else "none", {"appointment_lines": lines, "appointment_names": names})


async def open_appointment(call: Call) -> Result:
    """The appointment that was chosen by its number in the list."""
    diary = _diary(call)
    found = await diary.upcoming(call.conversation.id)
    number = call.text("appointment_chosen").removeprefix("a")
    if not number.isdecimal() or not 1 <= int(number) <= len(found):
        return Result("none", {})
    one = found[int(number) - 1]
    values: Values = {"appointment": str(one.id), "appointment_kind": one.kind, "branch": one.place}
    return Result("found", {**values, "appointment_line": trimmed(await _line(diary, one), call.content.texts)})


async def cancel_appointment(call: Call) -> Result:
    """The customer calls an appointment off, and both sides are told."""
    one = await _meant(call)
    done = one is not None and await _diary(call).cancel(one)
    return Result("cancelled" if done else "none", {})


async def list_branches(call: Call) -> Result:
    """The lender's branches."""
    names = tuple(call.content.branches)[: 2 * LISTED]
    return Result("found" if names else "none", {"branch_names": names})


async def nearest_branches(call: Call) -> Result:
    """The branches by their distance from where the customer is, which goes no further than this call."""
    latitude, longitude = call.values.get("latitude"), call.values.get("longitude")
    if not isinstance(latitude, Decimal) or not isinstance(longitude, Decimal):
        return Result("none", {})
    found = nearest(call.content.branches.values(), (float(latitude), float(longitude)))[: 2 * LISTED]
    lines = tuple(Text("branches.near.line", _distance(branch, km)) for branch, km in found)
    names = tuple(branch.id for branch, _ in found)
    return Result("placed", {"answer": Text("branches.near", {"lines": lines}), "branch_names": names})


def _distance(branch: Branch, km: float) -> Values:
    far = Text("branches.near.close") if km < 1 else Text("branches.near.km", {"km": round(km)})
    return {"name": Text(f"branch.{branch.id}.name"), "far": far}


async def show_branch(call: Call) -> Result:
    """Where a branch is, when it is open, and what can be done there."""
    branch = call.content.branches.get(call.text("branch"))
    if branch is None:
        return Result("none", {})
    card = Text("branch.card", _branch_values(branch, call.now))
    return Result("found", {"branch_card": trimmed(card, call.content.texts), "branch_map": branch.map_link})


_NEW: Final[Values] = {"appointment": None, "branch": None}


def _branch_values(branch: Branch, now: datetime) -> Values:
    opening = branch.hours.next_opening(now)
    state = Text("branch.open") if branch.hours.is_open(now) else Text("branch.opens", {"when": opening})
    return {
        "name": Text(f"branch.{branch.id}.name"),
        "address": Text(f"branch.{branch.id}.address"),
        "hours": hours_text(branch.hours),
        "phone": branch.phone,
        "does": tuple(Text(f"branch.does.{code}") for code in branch.does),
        "state": state,
    }


async def _line(diary: Diary, appointment: Appointment) -> Text:
    manager = await diary.manager_of(appointment)
    return Text("appointments.line", await diary.told(appointment, manager))


async def _wish(call: Call) -> Wish | None:
    """What is to be booked, or to be booked otherwise; None where it makes no sense any more."""
    kind = next((one for one in KINDS if one == call.text("appointment_kind")), None)
    if kind is None:
        return None
    wish = Wish(call.conversation.id, kind, call.locale, place=call.text("branch") or None)
    if not call.text("appointment"):
        return wish
    before = await _meant(call)
    return replace(wish, instead_of=before) if before and before.state == "booked" else None


async def _meant(call: Call) -> Appointment | None:
    """The customer's own appointment that the flow passes."""
    number = call.text("appointment")
    found = await call.work.appointments.get(int(number)) if number.isdecimal() else None
    return found if found and found.conversation == call.conversation.id else None


def _diary(call: Call) -> Diary:
    return Diary(call.work, call.content, call.now)
