from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.conversation.ports import Conversation, UnitOfWork
from bot.dialogs.events import Said
from tests.unit.handoff.office import CHANNEL, Office

LI, CHEN, ZHOU = "1", "101", "102"


async def test_of_two_managers_who_accept_at_once_one_wins_and_the_other_is_told(bureau: Office) -> None:
    await bureau.manager(CHEN, "陈立")
    await bureau.manager(ZHOU, "周宁")
    for number in range(6):
        customer = f"{number}"
        await bureau.customer(customer)
        await bureau.say(customer, "人工")
        for manager in (CHEN, ZHOU):
            await bureau.say(manager, "/leads")
        accept = bureau.button(CHEN, "desk.accept")
        notices = await asyncio.gather(bureau.press(CHEN, accept), bureau.press(ZHOU, accept))
        won = [notice for notice in notices if notice and notice.startswith("接到了")]
        lost = [notice for notice in notices if notice in {"陈立 先接手了。", "周宁 先接手了。"}]
        assert (len(won), len(lost)) == (1, 1)
        winner, loser = (CHEN, ZHOU) if notices[0] in won else (ZHOU, CHEN)
        assert "已接手" in bureau.chat(loser)[-1].html
        await bureau.say(winner, "/return")
        await bureau.run_jobs()


async def test_many_customers_and_managers_at_once_lose_no_lead_and_give_none_twice(bureau: Office) -> None:
    customers, managers = [f"{number}" for number in range(1, 9)], [f"{number}" for number in range(101, 104)]
    for manager in managers:
        await bureau.manager(manager, f"M{manager}", capacity=1)
    for customer in customers:
        await bureau.customer(customer)
    await asyncio.gather(*(bureau.say(customer, "人工") for customer in customers))
    await bureau.run_jobs()
    leads = [await bureau.only_lead(customer) for customer in customers]
    assert sorted(lead.status for lead in leads) == ["offered"] * 3 + ["requested"] * 5
    accepts = [f"m.accept.{lead.id}" for lead in leads]
    presses = (bureau.press(manager, token) for token in accepts for manager in managers)
    lists = (bureau.say(manager, "/leads") for manager in managers)
    await asyncio.wait_for(asyncio.gather(*presses, *lists), 30)
    leads = [await bureau.only_lead(customer) for customer in customers]
    holders = [lead.manager for lead in leads if lead.manager is not None]
    assert [lead.status for lead in leads].count("accepted") == len(set(holders)) == len(holders) == 3


async def test_accepting_and_expiring_at_once_end_in_one_of_the_two(bureau: Office) -> None:
    await bureau.manager(CHEN, "陈立")
    await bureau.customer(LI)
    await bureau.say(LI, "人工")
    accept = bureau.button(CHEN, "desk.accept")
    bureau.clock.advance(timedelta(days=5))
    notice, _ = await asyncio.gather(bureau.press(CHEN, accept), bureau.run_jobs())
    await bureau.run_jobs()
    held = (await bureau.state(LI)).state.held_by
    assert held == ("bot" if notice == bureau.says("desk.notice.gone") else "manager")


async def test_words_that_cross_in_both_directions_wait_for_nobody(bureau: Office) -> None:
    await bureau.manager(CHEN, "陈立")
    await bureau.customer(LI)
    await bureau.say(LI, "人工")
    await bureau.press(CHEN, bureau.button(CHEN, "desk.accept"))
    await bureau.run_jobs()
    bureau.clear(LI)
    bureau.clear(CHEN)
    words = [bureau.say(who, f"{who}:{number}") for number in range(15) for who in (LI, CHEN)]
    await asyncio.wait_for(asyncio.gather(*words), 30)
    for reader, writer in ((LI, CHEN), (CHEN, LI)):
        heard = [message.html.rpartition("\n")[2] for message in bureau.chat(reader)]
        assert heard == [f"{writer}:{number}" for number in range(15)]


async def test_a_manager_who_writes_while_the_customer_ends_the_chat_reaches_nobody_else(bureau: Office) -> None:
    await bureau.manager(CHEN, "陈立")
    await bureau.customer(LI)
    await bureau.say(LI, "人工")
    await bureau.press(CHEN, bureau.button(CHEN, "desk.accept"))
    await bureau.run_jobs()
    bureau.clear(LI)
    await asyncio.gather(bureau.say(LI, "/bot"), bureau.say(CHEN, "最后一句"))
    await bureau.run_jobs()
    reached = "最后一句" in bureau.words(LI)
    told = [key for key in ("desk.nobody", "desk.not_with_you") if bureau.says(key) in bureau.words(CHEN)]
    assert len(told) == (0 if reached else 1)
    assert (await bureau.state(LI)).state.held_by == "bot"


async def test_a_lead_opened_while_a_manager_comes_on_duty_unseen_by_either_is_offered_afterwards(
    bureau: Office,
) -> None:
    await bureau.manager(CHEN, "陈立")
    await bureau.say(CHEN, "/away")
    await bureau.customer(LI)
    now = bureau.clock.now()
    async with bureau.storage.work() as asking, bureau.storage.work() as coming:
        customer, manager = await _opened(asking, "asking", LI), await _opened(coming, "coming", CHEN)
        outcome, _ = await bureau.desk.request(asking, customer, "asked", {}, now)
        back = Said(now, "/back")
        await bureau.desk.take(coming, manager, back, None, now)
        await coming.commit(manager, back, ())
        await asking.commit(customer, Said(now, "人工"), ())
    assert outcome == "nobody"
    await bureau.run_jobs()
    assert bureau.has_button(CHEN, "desk.accept")


async def _opened(work: UnitOfWork, key: str, address: str) -> Conversation:
    conversation = await work.open(key, CHANNEL, address)
    assert conversation is not None
    return conversation


async def test_a_whole_talk_goes_both_ways_and_back_to_the_bot(bureau: Office) -> None:
    await bureau.manager(CHEN, "陈立")
    await bureau.customer(LI)
    await bureau.say(LI, "人工")
    await bureau.press(CHEN, bureau.button(CHEN, "desk.accept"))
    await bureau.say(CHEN, "您好")
    await bureau.run_jobs()
    assert bureau.chat(LI)[-1].html == "<b>陈立</b>\n您好"
    await bureau.attach(LI, "photo", "file-1", "执照")
    assert bureau.chat(CHEN)[-1].outgoing.relayed is not None
    await bureau.press(CHEN, bureau.button(CHEN, "desk.return"))
    await bureau.run_jobs()
    assert bureau.says("handoff.back") in bureau.words(LI)


async def test_held_words_wait_sealed_and_go_with_what_waits_behind_them(bureau: Office) -> None:
    await bureau.manager(CHEN, "陈立")
    await bureau.manager(ZHOU, "周青", supervisor=True, catch_all=True, languages=frozenset(("en",)))
    await bureau.customer(LI)
    await bureau.say(LI, "人工")
    await bureau.run_jobs()
    await bureau.press(CHEN, bureau.button(CHEN, "desk.accept"))
    await bureau.run_jobs()
    await bureau.say(CHEN, "您放心，包过")
    await bureau.say(CHEN, "请把执照发来")
    assert "包过" not in bureau.words(LI)
    conversation = await bureau.state(LI)
    async with bureau.storage.work() as work:
        held, behind = await work.checked.of_conversation(conversation.id)
        assert (held.state, held.text, held.found[0].claim, behind.state) == (
            "held", "您放心，包过", "guaranteed_approval", "queued",
        )  # fmt: skip
        assert await work.checked.held() == (held,)
    await bureau.press(ZHOU, bureau.button(ZHOU, "desk.claim.approve"))
    assert bureau.words(LI).index("包过") < bureau.words(LI).index("执照")
    async with bureau.storage.work() as work:
        assert await work.checked.pending(held.lead) == ()
