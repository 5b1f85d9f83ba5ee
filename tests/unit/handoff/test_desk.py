from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.values import Text
from bot.dialogs.events import Shared
from bot.handoff import invitations
from bot.handoff.availability import WeeklyHours
from bot.handoff.hours import hours_text, parse_week
from tests.unit.handoff.office import Office

LI, WANG, CHEN, ZHOU = "1", "2", "101", "102"


@pytest.fixture
async def waiting(office: Office) -> Office:
    """Two managers are there, and a customer has asked for a person."""
    await office.manager(CHEN, "陈立")
    await office.manager(ZHOU, "Zoe", "en")
    await office.customer(LI)
    await office.say(LI, "人工")
    return office


@pytest.fixture
async def talking(waiting: Office) -> Office:
    """The customer has been told that Chen is there."""
    await waiting.press(CHEN, waiting.button(CHEN, "desk.accept"))
    await waiting.run_jobs()
    for person in (LI, CHEN, ZHOU):
        waiting.clear(person)
    return waiting


# Offering


async def test_whoever_asks_for_a_person_is_offered_to_one_manager_at_a_time(waiting: Office) -> None:
    assert waiting.has_button(CHEN, "desk.accept")
    assert not waiting.has_button(ZHOU, "desk.accept")
    assert waiting.says("handoff.requested") in waiting.words(LI)


async def test_an_offer_says_what_is_wanted_but_not_by_whom(waiting: Office) -> None:
    offer = waiting.chat(CHEN)[-1].html
    assert "客户要找人" in offer
    assert "个体工商户" in offer
    assert "人工" not in offer.replace("客户要找人", "")


async def test_each_manager_is_spoken_to_in_a_language_of_theirs(waiting: Office) -> None:
    await waiting.say(CHEN, "/away")
    assert "asked for a person" in waiting.chat(ZHOU)[-1].html


async def test_asking_again_brings_no_second_offer(waiting: Office) -> None:
    before = len(waiting.chat(CHEN))
    await waiting.say(LI, "人工")
    await waiting.run_jobs()
    assert len(waiting.chat(CHEN)) == before


def desk_hours(office: Office) -> Text:
    hours = office.desk._content().targets.hours
    assert hours is not None
    return hours_text(hours)


async def test_with_nobody_there_the_customer_is_told_when(office: Office) -> None:
    await office.customer(LI)
    await office.say(LI, "人工")
    assert office.says("handoff.when_away", position=1) in office.words(LI)


async def test_with_nobody_there_the_bot_serves_on(office: Office) -> None:
    await office.customer(LI)
    await office.say(LI, "人工")
    await office.later(timedelta(hours=1))
    office.clear(LI)
    await office.say(LI, "/help")
    assert office.says("help") in office.words(LI)


async def test_a_lead_that_waits_is_offered_to_a_manager_who_joins(office: Office) -> None:
    await office.customer(LI)
    await office.say(LI, "人工")
    await office.manager(CHEN, "陈立")
    assert office.has_button(CHEN, "desk.accept")


async def test_a_lead_that_waits_is_offered_to_a_manager_who_comes_on_duty(office: Office) -> None:
    await office.manager(CHEN, "陈立")
    await office.say(CHEN, "/away")
    await office.customer(LI)
    await office.say(LI, "人工")
    await office.run_jobs()
    assert not office.has_button(CHEN, "desk.accept")
    await office.say(CHEN, "/back")
    await office.run_jobs()
    assert office.has_button(CHEN, "desk.accept")


async def test_a_lead_that_waits_is_offered_to_a_manager_who_becomes_free(office: Office) -> None:
    await office.manager(CHEN, "陈立", capacity=1)
    for customer in (LI, WANG):
        await office.customer(customer)
    await office.say(LI, "人工")
    await office.press(CHEN, office.button(CHEN, "desk.accept"))
    await office.run_jobs()
    await office.say(WANG, "人工")
    await office.run_jobs()
    assert not office.has_button(CHEN, "desk.accept")
    await office.say(CHEN, "/return")
    await office.run_jobs()
    assert office.has_button(CHEN, "desk.accept")


# Accepting


async def test_accepting_has_one_winner(waiting: Office) -> None:
    accept = waiting.button(CHEN, "desk.accept")
    assert await waiting.press(CHEN, accept) == "接到了：客户 " + accept.rpartition(".")[2]
    assert await waiting.press(ZHOU, accept) == "陈立 was first."


async def test_the_others_are_told_who_took_the_lead(waiting: Office) -> None:
    await waiting.say(ZHOU, "/leads")
    await waiting.press(CHEN, waiting.button(CHEN, "desk.accept"))
    assert "<b>陈立</b> has taken it" in waiting.chat(ZHOU)[-1].html
    assert not waiting.has_button(ZHOU, "desk.accept")


async def test_the_winner_sees_the_card_with_the_last_words_in_place_of_the_offer(waiting: Office) -> None:
    before = len(waiting.chat(CHEN))
    await waiting.press(CHEN, waiting.button(CHEN, "desk.accept"), "55")
    card = waiting.chat(CHEN)[before - 1]
    assert "客户：人工" in card.html
    assert card.outgoing.target == "55"
    assert waiting.has_button(CHEN, "desk.return")


async def test_pressing_accept_twice_changes_nothing(waiting: Office) -> None:
    accept = waiting.button(CHEN, "desk.accept")
    await waiting.press(CHEN, accept)
    before = len(waiting.posted)
    assert await waiting.press(CHEN, accept) == waiting.says("desk.notice.yours")
    assert len(waiting.posted) == before


async def test_the_customer_sees_name_role_and_hours(waiting: Office) -> None:
    await waiting.press(CHEN, waiting.button(CHEN, "desk.accept"))
    await waiting.run_jobs()
    told = waiting.says("handoff.joined", name="陈立", role="高级客户经理", hours="9:00–18:00", languages="中文")
    assert told in waiting.words(LI)


async def test_a_manager_holds_no_more_customers_than_there_is_room_for(office: Office) -> None:
    await office.manager(CHEN, "陈立", capacity=2)
    for customer in ("2", "3", "4"):
        await office.customer(customer)
        await office.say(customer, "人工")
    first, second = (message.tokens for message in office.chat(CHEN)[-2:])
    for tokens in (first, second):
        assert (await office.press(CHEN, next(iter(tokens.values()))) or "").startswith("接到了")
    third = await office.only_lead("4")
    assert await office.press(CHEN, f"m.accept.{third.id}") == office.says("desk.notice.busy", count=2)
    assert (await office.only_lead("4")).status == "requested"


async def test_who_passes_is_not_told_of_the_lead_again(waiting: Office) -> None:
    accept = waiting.button(CHEN, "desk.accept")
    assert await waiting.press(CHEN, waiting.button(CHEN, "desk.pass")) == waiting.says("desk.notice.why")
    assert await waiting.press(CHEN, waiting.button(CHEN, "pass_reason.busy")) == waiting.says("desk.notice.passed")
    await waiting.press(ZHOU, accept)
    assert "你没有接" in waiting.chat(CHEN)[-1].html


async def test_a_press_that_names_no_lead_is_answered(waiting: Office) -> None:
    for token in ("m.accept.999", "m.accept.", "m.accept.99999999999999999999", "x", ""):
        assert await waiting.press(CHEN, token) == waiting.says("desk.notice.gone")


# Waiting


async def test_who_does_not_accept_within_two_minutes_is_followed_by_the_next_manager(waiting: Office) -> None:
    await waiting.later(timedelta(seconds=119))
    assert waiting.has_button(CHEN, "desk.accept")
    await waiting.later(timedelta(seconds=1))
    assert "已转给下一位" in waiting.chat(CHEN)[-1].html
    assert not waiting.has_button(CHEN, "desk.accept")
    assert waiting.has_button(ZHOU, "desk.accept")


async def test_who_turns_a_lead_down_is_followed_by_the_next_manager_at_once(waiting: Office) -> None:
    await waiting.press(CHEN, waiting.button(CHEN, "desk.pass"))
    await waiting.press(CHEN, waiting.button(CHEN, "desk.back_to"))
    assert not waiting.has_button(ZHOU, "desk.accept")
    await waiting.press(CHEN, waiting.button(CHEN, "desk.pass"))
    await waiting.press(CHEN, waiting.button(CHEN, "pass_reason.language"))
    assert waiting.has_button(ZHOU, "desk.accept")


async def test_who_goes_off_duty_is_followed_by_the_next_manager_at_once(waiting: Office) -> None:
    await waiting.say(CHEN, "/away")
    assert waiting.has_button(ZHOU, "desk.accept")


async def test_a_lead_all_have_let_go_by_waits_and_whoever_can_be_asked_again_is(waiting: Office) -> None:
    await waiting.later(timedelta(minutes=2))
    await waiting.later(timedelta(minutes=2))
    assert (await waiting.only_lead(LI)).status == "requested"
    await waiting.later(timedelta(minutes=8))
    assert waiting.has_button(CHEN, "desk.accept")


async def test_whoever_comes_too_late_may_still_take_a_customer_who_waits(waiting: Office) -> None:
    accept = waiting.button(CHEN, "desk.accept")
    await waiting.later(timedelta(minutes=3))
    await waiting.press(CHEN, accept)
    assert (await waiting.only_lead(LI)).status == "accepted"
    assert "已接手" in waiting.chat(ZHOU)[-1].html or "has taken it" in waiting.chat(ZHOU)[-1].html


async def test_a_customer_for_whom_nobody_has_come_hears_it_with_the_place_in_the_queue(waiting: Office) -> None:
    await waiting.later(timedelta(minutes=5))
    delayed = waiting.says("handoff.delayed", when=Text("handoff.when_free", {"position": 1}))
    assert waiting.words(LI).count(delayed) == 1


async def test_supervisors_are_called_after_a_quarter_of_an_hour_and_may_take_the_customer(waiting: Office) -> None:
    await waiting.manager("103", "林主任", supervisor=True, catch_all=True)
    for _ in range(7):
        await waiting.later(timedelta(minutes=2))
    assert "还没有人接" not in waiting.words("103")
    await waiting.later(timedelta(minutes=1))
    assert "等了 15 分钟还没有人接" in waiting.words("103")
    await waiting.press("103", waiting.button("103", "desk.accept"))
    assert (await waiting.only_lead(LI)).status == "accepted"


async def test_a_lead_nobody_accepts_for_two_working_days_is_closed_and_everybody_is_told(waiting: Office) -> None:
    accept = waiting.button(CHEN, "desk.accept")
    await waiting.say(CHEN, "/away")
    await waiting.say(ZHOU, "/away")
    await waiting.later(timedelta(days=1))
    assert (await waiting.only_lead(LI)).status == "requested"
    await waiting.later(timedelta(days=2))
    assert "抱歉，客户经理这会儿都忙" in waiting.words(LI)
    assert "没有人及时接" in waiting.words(CHEN)
    assert await waiting.press(CHEN, accept) == waiting.says("desk.notice.gone")


async def test_clocks_stand_still_while_the_desk_is_closed(office: Office) -> None:
    await office.manager("103", "林主任", supervisor=True)
    await office.say("103", "/away")
    await office.customer(LI)
    office.clock.advance(timedelta(minutes=59))  # a minute to closing time
    await office.say(LI, "人工")
    await office.later(timedelta(hours=14))
    assert "抱歉让您久等了" not in office.words(LI)
    await office.later(timedelta(hours=1, minutes=5))
    assert "抱歉让您久等了" in office.words(LI)
    assert "还没有人接" not in office.words("103")
    await office.later(timedelta(minutes=10))
    assert "还没有人接" in office.words("103")


async def test_a_lead_that_was_accepted_is_nobody_elses_any_more(talking: Office) -> None:
    await talking.later(timedelta(days=5))
    assert (await talking.only_lead(LI)).status == "active"
    assert talking.words(LI) == ""
    assert not talking.has_button(ZHOU, "desk.accept")


@pytest.mark.parametrize("locale", ["zh", "en"])
async def test_with_nobody_on_duty_the_customer_is_told_when_and_served_on_and_met_then(
    office: Office, locale: str
) -> None:
    await office.manager(CHEN, "陈立", locale, hours=WeeklyHours(parse_week("Mo-Fr 09:00-12:00,14:00-18:00")))
    await office.customer(LI, locale)
    await office.later(timedelta(hours=2))
    await office.say(LI, "人工" if locale == "zh" else "person")
    opens = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
    assert office.says("handoff.when_open", locale, time=opens, hours=desk_hours(office)) in office.words(LI)
    assert not office.has_button(CHEN, "desk.accept")
    await office.later(timedelta(hours=14))
    assert office.has_button(CHEN, "desk.accept")


async def test_over_a_public_holiday_the_customer_is_told_the_day_after_it(office: Office) -> None:
    office.clock.advance(datetime(2026, 9, 30, 12, 0, tzinfo=UTC) - office.clock.now())
    hours = WeeklyHours(parse_week("Mo-Fr 09:00-18:00"), country="CN")
    await office.manager(CHEN, "陈立", hours=hours)
    await office.customer(LI)
    await office.say(LI, "人工")
    opens = hours.next_opening(office.clock.now())
    assert opens is not None
    assert opens.date() == date(2026, 10, 8)
    assert office.says("handoff.when_open", time=opens, hours=desk_hours(office)) in office.words(LI)


async def test_while_all_are_taken_each_customer_hears_the_place_in_the_queue(office: Office) -> None:
    await office.manager(CHEN, "陈立", capacity=1)
    for number, customer in enumerate((LI, WANG, "3")):
        await office.customer(customer)
        await office.say(customer, "人工")
        if number == 0:
            await office.press(CHEN, office.button(CHEN, "desk.accept"))
            await office.run_jobs()
        else:
            assert office.says("handoff.when_free", position=number) in office.words(customer)


# Coming back


async def _talked(office: Office, customer: str, manager: str) -> None:
    """The customer has talked to this manager, and the chat is over."""
    await office.say(customer, "人工" if office.languages[customer] == "zh" else "person")
    await office.press(manager, office.button(manager, "desk.accept"))
    await office.run_jobs()
    await office.say(manager, "/return")
    await office.run_jobs()
    office.clear(customer)


@pytest.mark.parametrize("locale", ["zh", "en"])
async def test_a_returning_customer_reaches_the_same_manager(office: Office, locale: str) -> None:
    await office.manager(CHEN, "陈立", locale)
    await office.customer(LI, locale)
    await _talked(office, LI, CHEN)
    for number in range(3):
        await office.manager(f"20{number}", f"N{number}", locale)
    await office.say(LI, "人工" if locale == "zh" else "person")
    await office.press(CHEN, office.button(CHEN, "desk.accept"))
    await office.run_jobs()
    who = {"name": "陈立", "role": "高级客户经理", "hours": "9:00–18:00"}
    assert office.says("handoff.joined_again", locale, **who) in office.words(LI)


@pytest.mark.parametrize("locale", ["zh", "en"])
async def test_while_the_own_manager_is_away_the_backup_comes_and_the_change_is_announced(
    office: Office, locale: str
) -> None:
    await office.manager(ZHOU, "Zoe", "en" if locale == "zh" else "zh")  # by language nobody would be asked second
    backup = (await office.manager_at(ZHOU)).id
    await office.manager(CHEN, "陈立", locale, backup=backup)
    await office.customer(LI, locale)
    await _talked(office, LI, CHEN)
    await office.manager("103", "Other", locale)
    await office.say(CHEN, "/away")
    await office.say(LI, "人工" if locale == "zh" else "person")
    await office.press(ZHOU, office.button(ZHOU, "desk.accept"))
    await office.run_jobs()
    reads = Text(f"tongue.{office.languages[ZHOU]}")
    who = {"name": "Zoe", "role": "高级客户经理", "hours": "9:00–18:00", "languages": reads, "before": "陈立"}
    assert office.says("handoff.joined_instead", locale, **who) in office.words(LI)


async def test_the_own_manager_stays_the_own_one_after_a_backup_stood_in(office: Office) -> None:
    await test_while_the_own_manager_is_away_the_backup_comes_and_the_change_is_announced(office, "zh")
    await office.say(ZHOU, "/return")
    await office.say(CHEN, "/back")
    await office.run_jobs()
    await office.say(LI, "人工")
    assert office.has_button(CHEN, "desk.accept")


async def test_a_supervisor_gives_a_customer_to_another_manager_for_good_and_the_change_is_announced(
    talking: Office,
) -> None:
    lead, zoe = await talking.only_lead(LI), await talking.manager_at(ZHOU)
    assert await talking.reassign(lead.id, zoe.id)
    await talking.run_jobs()
    assert "现在起由<b>Zoe</b>" in talking.words(LI)
    assert "主管已转给 <b>Zoe</b>" in talking.words(CHEN)
    await talking.say(LI, "还在吗")
    assert "还在吗" in talking.words(ZHOU)
    await talking.say(ZHOU, "/return")
    await talking.run_jobs()
    talking.clear(ZHOU)
    await talking.say(LI, "人工")
    assert talking.has_button(ZHOU, "desk.accept")


async def test_a_supervisor_cannot_give_a_customer_to_somebody_who_has_no_room(talking: Office) -> None:
    await talking.customer(WANG)
    await talking.say(WANG, "人工")
    lead = await talking.only_lead(WANG)
    assert not await talking.reassign(lead.id, (await talking.manager_at(CHEN)).id)
    assert not await talking.reassign(lead.id, 999_999)


# Talking


async def test_words_go_both_ways_headed_by_whose_they_are(talking: Office) -> None:
    lead = await talking.only_lead(LI)
    await talking.say(LI, "需要 <抵押> 吗？")
    await talking.say(CHEN, "不需要 & 放心")
    assert talking.chat(CHEN)[-1].html == f"<b>客户 {lead.id}</b>\n需要 &lt;抵押&gt; 吗？"
    assert talking.chat(LI)[-1].html == "<b>陈立</b>\n不需要 &amp; 放心"


async def test_the_bot_is_silent_while_a_person_talks(talking: Office) -> None:
    await talking.say(LI, "你好")
    await talking.say(LI, "30万")
    assert talking.chat(LI) == []


async def test_other_managers_hear_nothing_of_the_chat(talking: Office) -> None:
    await talking.say(LI, "你好")
    await talking.say(CHEN, "您好")
    assert talking.chat(ZHOU) == []


async def test_files_go_both_ways_with_their_words(talking: Office) -> None:
    await talking.attach(LI, "photo", "file-1", "营业执照")
    await talking.attach(CHEN, "document", "file-2")
    to_manager, to_customer = talking.chat(CHEN)[-1], talking.chat(LI)[-1]
    assert (to_manager.outgoing.relayed.kind, to_manager.outgoing.relayed.file) == ("photo", "file-1")  # type: ignore[union-attr]
    assert "营业执照" in to_manager.html
    assert (to_customer.outgoing.relayed.kind, to_customer.outgoing.relayed.file) == ("document", "file-2")  # type: ignore[union-attr]
    assert to_customer.html == "<b>陈立</b>"


async def test_a_shared_contact_reaches_the_manager(talking: Office) -> None:
    await talking.take(LI, Shared(talking.clock.now(), "+8613800138000", True))
    assert "+8613800138000" in talking.chat(CHEN)[-1].html


async def test_what_cannot_be_passed_on_is_said(talking: Office) -> None:
    await talking.attach(LI, "other", None)
    assert "转发不了" in talking.chat(CHEN)[-1].html
    talking.clear(CHEN)
    await talking.attach(CHEN, "other", None)
    assert talking.chat(CHEN)[-1].html == talking.says("desk.cannot_pass_on")
    assert talking.chat(LI) == []


async def test_what_a_manager_writes_with_no_customer_goes_nowhere_and_says_so(waiting: Office) -> None:
    await waiting.say(CHEN, "您好")
    assert waiting.chat(CHEN)[-1].html == waiting.says("desk.nobody")
    assert "您好" not in waiting.words(LI)


async def test_both_sides_are_kept_in_the_customers_transcript(talking: Office) -> None:
    talking.clock.advance(timedelta(seconds=1))
    await talking.say(LI, "问一下")
    talking.clock.advance(timedelta(seconds=1))
    await talking.say(CHEN, "请说")
    customer = await talking.state(LI)
    async with talking.storage.work() as work:
        lines = await work.transcript(customer.id, 2)
    assert [(line.author, line.text) for line in lines] == [("customer", "问一下"), ("manager", "陈立\n请说")]


# Between accepting and the customer's hearing of it


async def test_what_the_manager_writes_at_once_comes_after_who_it_is(waiting: Office) -> None:
    before = len(waiting.chat(LI))
    await waiting.press(CHEN, waiting.button(CHEN, "desk.accept"))
    await waiting.say(CHEN, "您好")
    await waiting.attach(CHEN, "photo", "file-3", "名片")
    assert len(waiting.chat(LI)) == before
    await waiting.run_jobs()
    told, greeting, photo = waiting.chat(LI)[before:]
    assert "<b>陈立</b>（高级客户经理）" in told.html
    assert greeting.html == "<b>陈立</b>\n您好"
    assert (photo.html, photo.outgoing.relayed.file) == ("<b>陈立</b>\n名片", "file-3")  # type: ignore[union-attr]


async def test_what_the_customer_wrote_to_the_bot_meanwhile_is_shown_to_the_manager(waiting: Office) -> None:
    await waiting.press(CHEN, waiting.button(CHEN, "desk.accept"))
    waiting.clear(CHEN)
    waiting.clock.advance(timedelta(seconds=1))
    await waiting.say(LI, "还在吗")
    await waiting.run_jobs()
    assert "客户：还在吗" in waiting.words(CHEN)
    assert "客户：人工" not in waiting.words(CHEN)


async def test_a_customer_given_back_before_hearing_of_the_manager_still_gets_the_words(waiting: Office) -> None:
    await waiting.press(CHEN, waiting.button(CHEN, "desk.accept"))
    await waiting.say(CHEN, "请稍等")
    await waiting.say(CHEN, "/return")
    await waiting.run_jobs()
    assert "<b>陈立</b>\n请稍等" in waiting.words(LI)
    assert (await waiting.state(LI)).state.held_by == "bot"


async def test_a_customer_whom_nobody_holds_any_more_gets_the_bot_back(talking: Office) -> None:
    lead = await talking.only_lead(LI)

    await talking.within("staff", lambda work, _: work.leads.save(replace(lead, status="returned")))
    await talking.say(LI, "有人吗")
    await talking.run_jobs()
    assert talking.says("handoff.back") in talking.words(LI)


# Giving back


async def test_giving_back_brings_the_bot_back_where_it_was(office: Office) -> None:
    await office.manager(CHEN, "陈立")
    await office.customer(LI)
    await office.say(LI, "/apply")
    question = office.chat(LI)[-1].html
    await office.say(LI, "/human")
    await office.press(CHEN, office.button(CHEN, "desk.accept"))
    await office.run_jobs()
    office.clear(LI)
    assert await office.press(CHEN, office.button(CHEN, "desk.return")) == office.says("desk.notice.returned")
    await office.run_jobs()
    assert [message.html for message in office.chat(LI)] == [office.says("handoff.back"), question]


async def test_the_return_command_gives_back(talking: Office) -> None:
    await talking.say(CHEN, "/return")
    assert "已把" in talking.words(CHEN)
    await talking.say(CHEN, "还在吗")
    assert talking.chat(CHEN)[-1].html == talking.says("desk.nobody")


async def test_only_the_holder_can_give_back(talking: Office) -> None:
    lead = await talking.only_lead(LI)
    assert await talking.press(ZHOU, f"m.return.{lead.id}") == talking.says("desk.notice.not_yours", "en")
    assert (await talking.only_lead(LI)).status == "active"


async def test_the_customer_can_end_the_chat(talking: Office) -> None:
    await talking.say(LI, "/bot")
    await talking.run_jobs()
    assert "结束了对话" in talking.words(CHEN)
    assert (await talking.state(LI)).state.held_by == "bot"


# Joining


async def test_an_invitation_makes_a_manager_of_whoever_comes_by_it(office: Office) -> None:
    code = await office.invite("陈立")
    await office.open(CHEN, invitations.payload(code))
    assert (await office.state(CHEN)).role == "manager"
    assert office.says("desk.welcome", name="陈立") in office.words(CHEN)


async def test_an_invitation_works_once(office: Office) -> None:
    code = await office.invite("陈立")
    await office.open(CHEN, invitations.payload(code))
    await office.open(LI, invitations.payload(code))
    assert (await office.state(LI)).role == "customer"


async def test_an_unknown_code_makes_nobody_a_manager(office: Office) -> None:
    await office.open(LI, "join-guess")
    assert (await office.state(LI)).role == "customer"


async def test_a_manager_who_comes_by_another_invitation_leaves_it_unused(office: Office) -> None:
    await office.manager(CHEN, "陈立")
    code = await office.invite("Zoe", "en")
    await office.open(CHEN, invitations.payload(code))
    await office.open(ZHOU, invitations.payload(code))
    assert (await office.state(ZHOU)).role == "manager"


async def test_a_customer_who_becomes_a_manager_is_no_longer_offered(waiting: Office) -> None:
    await waiting.open(LI, invitations.payload(await waiting.invite("李")))
    assert "客户不再等了" in waiting.chat(CHEN)[-1].html


# Commands


async def test_leads_shows_who_waits_and_lets_the_manager_accept(waiting: Office) -> None:
    waiting.clear(CHEN)
    await waiting.say(CHEN, "/leads")
    assert waiting.says("desk.list", count=1) in waiting.words(CHEN)
    assert waiting.has_button(CHEN, "desk.accept")


async def test_leads_shows_the_customer_who_is_held(talking: Office) -> None:
    await talking.say(CHEN, "/leads@rivergate_bot")
    assert "客户要找人" in talking.words(CHEN)
    assert talking.has_button(CHEN, "desk.return")
    assert (await talking.only_lead(LI)).status == "active"


async def test_leads_says_when_nobody_waits(office: Office) -> None:
    await office.manager(CHEN, "陈立")
    await office.say(CHEN, "/leads")
    assert office.chat(CHEN)[-1].html == office.says("desk.list_empty")


async def test_a_manager_who_is_away_is_asked_no_more(office: Office) -> None:
    await office.manager(CHEN, "陈立")
    await office.say(CHEN, "/away")
    await office.customer(LI)
    await office.say(LI, "人工")
    assert not office.has_button(CHEN, "desk.accept")


@pytest.mark.parametrize("command", ["/help", "/HELP", "/start"])
async def test_help_is_there(office: Office, command: str) -> None:
    await office.manager(CHEN, "陈立")
    await office.say(CHEN, command)
    assert office.chat(CHEN)[-1].html == office.says("desk.help", name="陈立")


async def test_a_mistyped_command_does_not_reach_the_customer(talking: Office) -> None:
    await talking.say(CHEN, "/retrun")
    assert talking.chat(CHEN)[-1].html == talking.says("desk.unknown_command")
    assert talking.chat(LI) == []


# Unreachable


async def test_the_manager_is_told_that_the_customer_cannot_be_reached(talking: Office) -> None:
    await talking.within(LI, lambda work, found: talking.desk.unreachable(work, found, talking.clock.now()))
    assert "收不到消息了" in talking.words(CHEN)


async def test_a_waiting_lead_of_a_customer_who_is_gone_is_withdrawn(waiting: Office) -> None:
    await waiting.within(LI, lambda work, found: waiting.desk.unreachable(work, found, waiting.clock.now()))
    assert "客户不再等了" in waiting.chat(CHEN)[-1].html


async def test_a_manager_who_cannot_be_reached_gives_the_customer_back(talking: Office) -> None:
    await talking.within(CHEN, lambda work, found: talking.desk.unreachable(work, found, talking.clock.now()))
    await talking.run_jobs()
    assert talking.says("handoff.back") in talking.words(LI)
    await talking.say(LI, "人工")
    assert not talking.has_button(CHEN, "desk.accept")
    assert talking.has_button(ZHOU, "desk.accept")
