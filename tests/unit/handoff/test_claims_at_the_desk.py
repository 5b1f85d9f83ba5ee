"""What a manager writes is looked at before it leaves: warned of, held, decided on, in its order, and never lost."""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.ports import Conversation, UnitOfWork
from bot.dialogs.events import Edited
from bot.handoff.checked import Checked
from tests.unit.handoff.office import Office

CUSTOMER, MANAGER, BOSS, OTHER = "1", "101", "102", "103"


async def talking(office: Office, *, supervisor: bool = True) -> int:
    """A customer with a manager, and supervisors who are not asked for customers."""
    await office.manager(MANAGER, "王敏", capacity=3)
    if supervisor:
        for address, name in ((BOSS, "林主任"), (OTHER, "周主任")):
            await office.manager(
                address, name, supervisor=True, capacity=1, languages=frozenset(("en",)), catch_all=True
            )
    await office.customer(CUSTOMER)
    await office.say(CUSTOMER, "人工")
    await office.run_jobs()
    await office.press(MANAGER, office.button(MANAGER, "desk.accept"))
    await office.run_jobs()
    for address in (CUSTOMER, MANAGER, BOSS, OTHER):
        office.clear(address)
    return (await office.only_lead(CUSTOMER)).id


async def kept(office: Office) -> list[Checked]:
    conversation = await office.state(CUSTOMER)
    async with office.storage.work() as work:
        return list(await work.checked.of_conversation(conversation.id))


async def audited(office: Office) -> list[str]:
    conversation = await office.state(CUSTOMER)
    async with office.storage.work() as work:
        return [act.name for act in await work.acts(conversation.id) if act.name.startswith("claim.")]


async def test_words_without_a_claim_go_at_once(office: Office) -> None:
    await talking(office)
    await office.say(MANAGER, "您好，年利率以报价为准")
    assert "年利率以报价为准" in office.words(CUSTOMER)
    assert await kept(office) == []


async def test_a_warning_says_why_and_the_manager_sends_all_the_same_or_writes_anew(office: Office) -> None:
    await talking(office)
    await office.say(MANAGER, "我们利率最低")
    assert "利率最低" not in office.words(CUSTOMER)
    assert office.says("claim.superlative", words="利率最低") in office.words(MANAGER)
    token = office.button(MANAGER, "desk.claim.send_anyway")
    await office.press(MANAGER, token)
    assert "我们利率最低" in office.words(CUSTOMER)
    assert await office.press(MANAGER, token) == office.says("desk.notice.decided_already")

    await office.say(MANAGER, "全网第一")
    await office.press(MANAGER, office.button(MANAGER, "desk.claim.rewrite"))
    assert "<code>全网第一</code>" in office.words(MANAGER)
    assert "全网第一" not in office.words(CUSTOMER)
    assert [one.state for one in await kept(office)] == ["sent", "withdrawn"]
    assert await audited(office) == ["claim.warned", "claim.sent_anyway", "claim.warned", "claim.withdrawn"]


async def test_held_words_wait_for_a_supervisor_and_what_follows_waits_behind_them(office: Office) -> None:
    await talking(office)
    await office.say(MANAGER, "您放心，包过")
    await office.say(MANAGER, "请把执照发来")
    assert office.words(CUSTOMER) == office.says("handoff.checking", name="王敏")
    for address in (BOSS, OTHER):
        assert "您放心，包过" in office.words(address)
    await office.press(BOSS, office.button(BOSS, "desk.claim.approve"))
    checked, first, second = office.chat(CUSTOMER)
    assert checked.html == office.says("handoff.checked", name="王敏")
    assert "您放心，包过" in first.html
    assert "请把执照发来" in second.html
    assert not office.has_button(OTHER, "desk.claim.approve")
    assert "林主任" in office.words(OTHER)
    assert "林主任" in office.words(MANAGER)
    assert [one.state for one in await kept(office)] == ["sent", "sent"]


async def test_refused_words_stay_unsent_and_free_what_waits_behind_them(office: Office) -> None:
    await talking(office)
    await office.say(MANAGER, "先交500元手续费")
    await office.say(MANAGER, "明天十点我给您打电话")
    await office.press(OTHER, office.button(OTHER, "desk.claim.refuse"))
    assert "手续费" not in office.words(CUSTOMER)
    assert office.says("handoff.not_sent", name="王敏") in office.words(CUSTOMER)
    assert "明天十点" in office.words(CUSTOMER)
    assert office.says("desk.notice.decided_already") == await office.press(
        BOSS, f"m.approve.{(await kept(office))[0].id}"
    )
    assert [one.state for one in await kept(office)] == ["refused", "sent"]


async def test_who_wrote_it_may_take_it_back_and_nobody_but_a_supervisor_decides(office: Office) -> None:
    await talking(office)
    await office.say(MANAGER, "包过")
    number = (await kept(office))[0].id
    assert await office.press(MANAGER, f"m.approve.{number}") == office.says("desk.notice.not_yours_to_decide")
    assert await office.press(BOSS, f"m.take_back.{number}") == office.says("desk.notice.not_yours")
    await office.press(MANAGER, office.button(MANAGER, "desk.claim.take_back"))
    assert [one.state for one in await kept(office)] == ["withdrawn"]
    assert not office.has_button(BOSS, "desk.claim.approve")


async def test_what_nobody_decides_on_in_time_goes_back(office: Office) -> None:
    await talking(office)
    await office.say(MANAGER, "包过")
    await office.say(MANAGER, "在吗")
    await office.later(timedelta(minutes=16))
    assert [one.state for one in await kept(office)] == ["undecided", "sent"]
    assert "在吗" in office.words(CUSTOMER)
    assert "包过" not in office.words(CUSTOMER)
    assert await audited(office) == ["claim.held", "claim.undecided"]


async def test_giving_back_sends_what_may_go_and_keeps_what_was_stopped(office: Office) -> None:
    lead = await talking(office)
    await office.say(MANAGER, "包过")
    await office.say(MANAGER, "再见")
    await office.press(MANAGER, f"m.return.{lead}")
    assert "再见" in office.words(CUSTOMER)
    assert "包过" not in office.words(CUSTOMER)
    assert [one.state for one in await kept(office)] == ["undelivered", "sent"]
    assert await office.press(BOSS, f"m.approve.{(await kept(office))[0].id}") == office.says(
        "desk.notice.decided_already"
    )


async def test_without_another_supervisor_held_words_are_refused_at_once(office: Office) -> None:
    await talking(office, supervisor=False)
    await office.say(MANAGER, "包过")
    assert [one.state for one in await kept(office)] == ["refused"]
    assert office.chat(CUSTOMER) == []


async def test_captions_are_looked_at_too_and_the_file_comes_with_them(office: Office) -> None:
    await talking(office)
    await office.attach(MANAGER, "photo", "file:1", caption="轉到我的帳戶")
    assert "帳戶" not in office.words(CUSTOMER)
    await office.press(BOSS, office.button(BOSS, "desk.claim.approve"))
    relayed = office.chat(CUSTOMER)[-1].outgoing.relayed
    assert relayed is not None
    assert relayed.kind == "photo"


async def test_an_erased_customer_leaves_nothing_of_it(office: Office) -> None:
    await talking(office)
    await office.say(MANAGER, "包过")
    conversation = await office.state(CUSTOMER)

    async def erase(work: UnitOfWork, _: Conversation) -> None:
        await work.erase(conversation.id, office.clock.now())

    await office.within("staff", erase)
    assert await kept(office) == []


async def test_a_change_is_looked_at_as_new_words_are_and_changes_what_waits(office: Office) -> None:
    await talking(office)
    await office.say(MANAGER, "您好")
    said = office.chat(CUSTOMER)[-1].slot.partition(".")[2]
    await office.take(MANAGER, Edited(office.clock.now(), "包过", said))
    assert "包过" not in office.words(CUSTOMER)
    await office.take(MANAGER, Edited(office.clock.now(), "审批以机构决定为准", said))
    assert [one.state for one in await kept(office)] == ["withdrawn"]
    assert "以机构决定为准" in office.words(CUSTOMER)
    assert len([one for one in office.chat(CUSTOMER) if one.slot.endswith(f".{said}")]) == 1
