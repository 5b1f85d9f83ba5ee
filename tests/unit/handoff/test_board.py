from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from bot.handoff.overview import Overview
from tests.unit.handoff.office import Office

LI, WANG, CHEN, LIN = "1", "2", "101", "102"


async def _overview(office: Office) -> Overview:
    async with office.storage.work() as work:
        return await office.desk.board(work).overview(office.clock.now())


async def test_the_queue_tells_who_waits_how_long_and_who_is_asked(office: Office) -> None:
    await office.manager(CHEN, "陈立", capacity=1)
    await office.manager(LIN, "林主任", supervisor=True)
    await office.say(LIN, "/away")
    for customer in (LI, WANG):
        await office.customer(customer)
        await office.say(customer, "人工")
        office.clock.advance(timedelta(minutes=1))
    board = await _overview(office)
    assert [(one.position, one.waited.ran, one.waited.level) for one in board.waiting] == [
        (1, timedelta(minutes=2), "fine"),
        (2, timedelta(minutes=1), "fine"),
    ]
    assert [one.asked and one.asked.name for one in board.waiting] == ["陈立", None]
    assert [(one.manager.name, one.presence, one.load) for one in board.people] == [
        ("陈立", "there", 1),
        ("林主任", "away", 0),
    ]


async def test_a_leads_history_tells_who_was_asked_why_and_what_became_of_it(office: Office) -> None:
    await office.manager(CHEN, "陈立")
    await office.manager(LIN, "Zoe", "en")
    await office.customer(LI)
    await office.say(LI, "人工")
    await office.later(timedelta(minutes=2))
    await office.press(LIN, office.button(LIN, "desk.accept"))
    await office.run_jobs()
    await office.say(LIN, "/return")
    lead = 0
    conversation = await office.state(LI)
    async with office.storage.work() as work:
        lead = (await work.leads.of_conversation(conversation.id))[0].id
        history = await office.desk.board(work).history(lead)
    assert [(one.rung, one.reason, one.outcome) for one in history] == [
        ("skill", "skill: language", "timed_out"),
        ("round_robin", "round_robin", "returned"),
    ]


async def test_the_figures_tell_half_nine_in_ten_and_the_share_in_time(office: Office) -> None:
    await office.manager(CHEN, "陈立")
    since = office.clock.now()
    for number in range(4):
        await office.customer(f"{number}")
        await office.say(f"{number}", "人工")
        await office.later(timedelta(minutes=1 if number < 3 else 7))
        lead = await office.only_lead(f"{number}")
        await office.press(CHEN, f"m.accept.{lead.id}")
        await office.run_jobs()
        await office.say(CHEN, "/return")
        await office.run_jobs()
    async with office.storage.work() as work:
        found = await office.desk.board(work).figures(since, office.clock.now())
    assert (found.asked, found.met, found.within, found.share) == (4, 4, 3, Fraction(3, 4))
    assert (found.p50, found.p90) == (timedelta(minutes=1), timedelta(minutes=7))
