"""Routing on several processes at once, and on one that is killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections import Counter
from itertools import count
from typing import Final, Literal

import pytest

from bot.conversation.ports import Job
from bot.dialogs.events import Said
from bot.storage.database import Database
from bot.storage.keys import PersonKeys, made_beside
from bot.storage.master_keys import MasterKeys
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock
from tests.conftest import MASTER_KEY
from tests.unit.handoff.office import CHANNEL, Office, office

LI, CHEN = "1", "101"
CAPACITIES: Final = {"101": 3, "102": 2, "103": 1}
_spawning: Final = multiprocessing.get_context("forkserver")


async def _bureau(database: Database, owner: str) -> Office:
    async def no_jobs() -> list[Job]:
        return []

    return await office(PostgresStorage(database, FixedClock(), owner=owner), FixedClock(), no_jobs)


async def _opened(url: str, master_key: str) -> Database:
    """The test's database with the test's keys, in a process that has neither."""
    return Database(url, keys=PersonKeys(await made_beside(url), MasterKeys([master_key])))


def ask(url: str, master_key: str, customers: tuple[str, ...]) -> None:
    """A process in which all of these customers ask for a person at once."""

    async def run() -> None:
        async with await _opened(url, master_key) as database:
            bureau = await _bureau(database, f"process {os.getpid()}")
            bureau._updates = count(os.getpid() * 1_000_000)
            await asyncio.gather(*(bureau.say(customer, "人工") for customer in customers))

    asyncio.run(run())


def accept(url: str, master_key: str, lead: int, dies: Literal["before", "after"]) -> None:
    """A process in which the manager accepts, and that is killed before or after the commit, and sends nothing."""

    async def run() -> None:
        async with await _opened(url, master_key) as database:
            bureau = await _bureau(database, f"process {os.getpid()}")
            async with bureau.storage.work() as work:
                conversation = await work.open("accepting", CHANNEL, CHEN)
                assert conversation is not None
                pressed = Said(bureau.clock.now(), "")
                await work.assignments.lock()
                found = await work.leads.get(lead)
                manager = await work.managers.by_conversation(conversation.id)
                assert found is not None
                assert manager is not None
                await bureau.desk._leads(work, bureau.clock.now()).accept(found, manager, None)
                if dies == "after":
                    await work.commit(conversation, pressed, ())
                os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(run())


async def test_twenty_leads_on_two_processes_reach_three_managers_within_their_limits_and_none_twice(
    database: Database,
) -> None:
    bureau = await _bureau(database, "here")
    for address, capacity in CAPACITIES.items():
        await bureau.manager(address, f"M{address}", capacity=capacity)
    customers = tuple(f"{number}" for number in range(1, 21))
    for customer in customers:
        await bureau.customer(customer)
    processes = [_spawning.Process(target=ask, args=(database.url, MASTER_KEY, customers[half::2])) for half in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        await asyncio.to_thread(process.join, 60)
        assert process.exitcode == 0
    leads = [await bureau.only_lead(customer) for customer in customers]
    async with bureau.storage.work() as work:
        given = await work.assignments.open()
        capacities = {manager.id: manager.profile.capacity for manager in await work.managers.all()}
    assert Counter(lead.status for lead in leads) == {"offered": 6, "requested": 14}
    assert Counter(one.manager for one in given) == capacities
    assert {one.lead for one in given} == {lead.id for lead in leads if lead.status == "offered"}
    assert len({one.lead for one in given}) == 6


@pytest.mark.parametrize("dies", ["before", "after"])
async def test_a_process_killed_while_a_manager_accepts_has_done_all_of_it_or_nothing(
    database: Database, dies: Literal["before", "after"]
) -> None:
    bureau = await _bureau(database, "here")
    await bureau.manager(CHEN, "陈立")
    await bureau.customer(LI)
    await bureau.say(LI, "人工")
    lead = await bureau.only_lead(LI)
    process = _spawning.Process(target=accept, args=(database.url, MASTER_KEY, lead.id, dies))
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode == -signal.SIGKILL
    after = await bureau.only_lead(LI)
    async with bureau.storage.work() as work:
        (given,) = await work.assignments.of_lead(lead.id)
    jobs = await database.pool.fetchval("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'lead-joined'")
    unsent = await database.pool.fetchval(
        "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND slot = $1", f"lead{lead.id}"
    )
    if dies == "before":
        assert (after.status, given.accepted_at, jobs) == ("offered", None, 0)
        assert await bureau.press(CHEN, bureau.button(CHEN, "desk.accept"))
        assert (await bureau.only_lead(LI)).status == "accepted"
    else:
        assert (after.status, given.accepted_at is not None, given.outcome, jobs) == ("accepted", True, None, 1)
        assert unsent >= 1
        assert await bureau.press(CHEN, bureau.button(CHEN, "desk.accept")) == bureau.says("desk.notice.yours")
