"""Appointments where it matters that they are rows: bookings at once, and what the database itself refuses."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from asyncpg.exceptions import UniqueViolationError

from bot.conversation.ports import Conversation, UnitOfWork
from bot.handoff.appointments import Appointment
from bot.storage.database import Database
from tests.unit.handoff.office import Office

MANAGERS = ("101", "102")
EVENING = datetime(2026, 11, 30, 20, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


async def test_of_eight_customers_who_want_one_time_of_two_managers_two_get_it_and_none_is_lost(
    bureau: Office, database: Database
) -> None:
    for number, manager in enumerate(MANAGERS):
        await bureau.manager(manager, f"M{number}")
        await bureau.say(manager, "/away")
    bureau.clock.advance(EVENING - bureau.clock.now())
    customers = [str(number) for number in range(1, 9)]
    for customer in customers:
        await bureau.customer(customer)
        await bureau.say(customer, "人工")
    presses = [(customer, bureau.chat(customer)[-1].tokens["09:00"]) for customer in customers]
    await asyncio.wait_for(asyncio.gather(*(bureau.press(*press) for press in presses)), 60)
    booked = await database.pool.fetch("SELECT manager_id, begins_at, seat FROM appointment WHERE state = 'booked'")
    assert len(booked) == len({tuple(row) for row in booked}) == len(MANAGERS)
    told = [customer for customer in customers if "约好了" in bureau.words(customer)]
    others = [customer for customer in customers if bureau.says("slots.taken") in bureau.words(customer)]
    assert len(told) == len(MANAGERS)
    assert sorted(told + others, key=int) == customers


async def test_moving_and_calling_off_at_once_end_in_one_of_the_two(bureau: Office, database: Database) -> None:
    await bureau.manager(MANAGERS[0], "陈立")
    await bureau.say(MANAGERS[0], "/away")
    bureau.clock.advance(EVENING - bureau.clock.now())
    await bureau.customer("1")
    await bureau.say("1", "人工")
    await bureau.press("1", bureau.chat("1")[-1].tokens["09:00"])
    cancel = bureau.button(MANAGERS[0], "desk.appointment.cancel")
    await bureau.say("1", "/appointments")
    await bureau.say("1", "第1个")
    await bureau.say("1", "改时间")
    later = bureau.chat("1")[-1].tokens["15:00"]
    await asyncio.wait_for(asyncio.gather(bureau.press("1", later), bureau.press(MANAGERS[0], cancel)), 30)
    states = sorted(row["state"] for row in await database.pool.fetch("SELECT state FROM appointment"))
    assert states in (["cancelled"], ["booked", "moved"])


async def test_the_database_itself_refuses_a_seat_that_is_taken(bureau: Office) -> None:
    await bureau.customer("1")
    begins = bureau.clock.now() + timedelta(days=1)

    async def twice(work: UnitOfWork, conversation: Conversation) -> None:
        one = Appointment(
            0, "u1", "branch", conversation.id, "branch:b", begins, begins + timedelta(hours=1), "zh", bureau.clock.now()
        )  # fmt: skip
        assert (await work.appointments.add(one)).id > 0
        await work.appointments.add(one)

    with pytest.raises(UniqueViolationError):
        await bureau.within("1", twice)
