"""What customers and managers see of appointments, played in whole turns on storage in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from bot.conversation.ports import Conversation, UnitOfWork
from bot.core.errors import ContentError
from bot.dialogs.inputs import normalise, times_of_day
from bot.handoff.appointments import parse_appointments, spread
from bot.handoff.availability import WeeklyHours
from bot.handoff.branches import distance_km, nearest, parse_branches
from bot.handoff.hours import parse_week
from bot.publishing.content import with_days
from bot.publishing.sources import read_documents
from bot.testing.memory import MemoryStorage
from tests.unit.handoff.office import Office

LI, WANG, CHEN, ZHOU = "1", "2", "101", "102"
BEIJING = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 11, 30, 20, 0, tzinfo=BEIJING)


def entry(office: Office, address: str) -> Any:
    """The calendar file that came last, as its method and its entry."""
    documents = [m.outgoing.document for m in office.chat(address) if m.outgoing.document is not None]
    calendar = Calendar.from_ical(documents[-1].content)
    return str(calendar["method"]), calendar.walk("VEVENT")[0]


async def choose(office: Office, address: str, label: str) -> None:
    """Press the newest button with this label."""
    await office.press(address, next(m.tokens[label] for m in reversed(office.chat(address)) if label in m.tokens))


async def off_hours(office: Office, *managers: str) -> None:
    """Monday evening: the managers have gone, and a customer asks for a person."""
    for number, name in enumerate(managers):
        address = (CHEN, ZHOU)[number]
        await office.manager(address, name)
        await office.say(address, "/away")
    office.clock.advance(EVENING - office.clock.now())
    await office.customer(LI)
    await office.say(LI, "人工")


async def test_off_hours_the_customer_is_told_when_and_chooses_a_time_to_be_called_back(office: Office) -> None:
    await off_hours(office, "陈立")
    told = office.words(LI)
    assert "工作日 9:00–12:00、14:00–18:00" in told
    assert "2026年12月1日 09:00上班" in told
    assert [label for label in office.chat(LI)[-1].tokens if ":" in label] == ["09:00", "11:00", "15:00", "17:30"]

    await choose(office, LI, "11:00")
    method, event = entry(office, LI)
    assert method == "PUBLISH"
    assert event.decoded("dtstart") == datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=30)
    assert entry(office, CHEN)[1]["uid"] == event["uid"]
    assert "新预约：回电" in office.words(CHEN)


async def test_another_day_pages_on_over_the_weekend(office: Office) -> None:
    await off_hours(office, "陈立")
    days = []
    for _ in range(6):
        await office.say(LI, "换一天")
        days.append(office.chat(LI)[-1].html)
    assert "2026年12月4日" in days[2]
    assert "2026年12月7日" in days[3]


async def test_a_time_is_never_given_twice_and_who_comes_late_is_offered_others(office: Office) -> None:
    await off_hours(office, "陈立")
    await office.customer(WANG)
    await office.say(WANG, "人工")
    await choose(office, LI, "09:00")
    await choose(office, WANG, "09:00")
    assert office.says("slots.taken") in office.words(WANG)
    assert "09:00" not in office.chat(WANG)[-1].tokens
    assert "09:30" in office.chat(WANG)[-1].tokens


async def test_with_two_managers_two_customers_may_have_the_same_time(office: Office) -> None:
    await off_hours(office, "陈立", "周宁")
    await office.customer(WANG)
    await office.say(WANG, "人工")
    await choose(office, LI, "09:00")
    await choose(office, WANG, "09:00")
    assert "新预约" in office.words(CHEN)
    assert "新预约" in office.words(ZHOU)


async def test_both_are_reminded_and_at_its_time_the_customer_comes_to_the_manager(office: Office) -> None:
    await off_hours(office, "陈立")
    await choose(office, LI, "09:00")
    for address in (LI, CHEN):
        office.clear(address)
    await office.later(datetime(2026, 12, 1, 8, 0, tzinfo=BEIJING) - office.clock.now())
    assert "提醒：回电" in office.words(LI)
    assert "快到时间了：回电" in office.words(CHEN)
    assert not office.has_button(CHEN, "desk.accept")
    await office.later(timedelta(hours=1))
    await office.press(CHEN, office.button(CHEN, "desk.accept"))
    await office.run_jobs()
    assert "陈立" in office.words(LI)


async def test_a_customer_moves_an_appointment_and_both_calendars_follow(office: Office) -> None:
    await off_hours(office, "陈立")
    await choose(office, LI, "09:00")
    before = entry(office, LI)[1]
    await office.say(LI, "/appointments")
    await office.say(LI, "第1个")
    await office.say(LI, "改时间")
    await choose(office, LI, "15:00")
    for address in (LI, CHEN):
        after = entry(office, address)[1]
        assert after["uid"] == before["uid"]
        assert after["sequence"] == before["sequence"] + 1
        assert after.decoded("dtstart") == datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
    office.clear(LI)
    await office.later(datetime(2026, 12, 1, 9, 0, tzinfo=BEIJING) - office.clock.now())
    assert "提醒" not in office.words(LI)  # the time that was given up is nobody's any more


async def test_a_customer_calls_it_off_and_the_manager_is_told(office: Office) -> None:
    await off_hours(office, "陈立")
    await choose(office, LI, "09:00")
    uid = entry(office, LI)[1]["uid"]
    await office.say(LI, "/appointments")
    await office.say(LI, "第1个")
    await office.say(LI, "取消预约")
    for address in (LI, CHEN):
        method, event = entry(office, address)
        assert (method, event["uid"], event["status"], int(event["sequence"])) == ("CANCEL", uid, "CANCELLED", 1)
    office.clear(LI)
    await office.say(LI, "/appointments")
    assert office.says("appointments.none") in office.words(LI)


async def test_a_manager_moves_it_calls_it_off_and_the_customer_is_told(office: Office) -> None:
    await off_hours(office, "陈立")
    await choose(office, LI, "09:00")
    await office.press(CHEN, office.button(CHEN, "desk.appointment.move"))
    token = office.chat(CHEN)[-1].tokens["15:00"]
    assert await office.press(CHEN, token) == office.says("desk.notice.booked")
    assert "改好了：回电" in office.words(LI)
    assert await office.press(CHEN, token) == office.says("desk.notice.no_times")
    await office.press(CHEN, office.button(CHEN, "desk.appointment.cancel"))
    assert "已取消：回电" in office.words(LI)


async def test_a_manager_books_a_visit_with_the_customer_who_is_held_and_sees_it_today(office: Office) -> None:
    await office.manager(CHEN, "陈立")
    await office.customer(LI)
    await office.say(LI, "人工")
    await office.press(CHEN, office.button(CHEN, "desk.accept"))
    await office.run_jobs()
    await office.say(CHEN, "/book")
    await office.press(CHEN, office.button(CHEN, "appointment.kind.visit"))
    times = [token for label, token in office.chat(CHEN)[-1].tokens.items() if ":" in label]
    assert await office.press(CHEN, times[0]) == office.says("desk.notice.booked")
    assert "约好了：上门拜访" in office.words(LI)
    begins = entry(office, LI)[1].decoded("dtstart")
    office.clear(CHEN)
    await office.later(begins - office.clock.now() - timedelta(minutes=30))
    await office.say(CHEN, "/today")
    assert "上门拜访" in office.words(CHEN)
    notice = await office.press(CHEN, office.button(CHEN, "desk.appointment.kept"))
    assert notice == office.says("desk.notice.noted")


async def test_another_managers_buttons_do_nothing(office: Office) -> None:
    await off_hours(office, "陈立", "周宁")
    await choose(office, LI, "09:00")
    keeper, other = (CHEN, ZHOU) if "新预约" in office.words(CHEN) else (ZHOU, CHEN)
    notice = await office.press(other, office.button(keeper, "desk.appointment.cancel"))
    assert notice == office.says("desk.notice.gone")


async def test_a_branch_is_found_and_an_appointment_booked_there(office: Office) -> None:
    await office.manager(CHEN, "陈立")
    office.clock.advance(EVENING - office.clock.now())
    await office.customer(LI)
    await office.say(LI, "网点")
    await office.say(LI, "江畔网点")
    card = office.chat(LI)[-1].html
    assert "上海市浦东新区江畔路88号" in card
    assert "工作日 9:00–17:00；周六 9:30–12:00，公众假期除外" in card
    assert "现在休息，2026年12月1日 09:00 开门" in card
    await office.say(LI, "预约这里")
    await choose(office, LI, "09:00")
    _, event = entry(office, LI)
    assert "江畔网点" in event["location"]
    assert event["geo"].to_ical() == "31.2397;121.4998"
    assert "网点预约" in office.words(CHEN)


async def test_the_nearest_branch_stands_first_with_its_distance_and_the_location_is_kept_nowhere(
    office: Office,
) -> None:
    await office.customer(LI)
    await office.say(LI, "网点")
    await office.attach(LI, "location", None, place=(31.3102, 121.4487))
    told = office.chat(LI)[-1]
    assert told.html.index("北市场网点，约 1 公里") < told.html.index("江畔网点，约 9 公里")
    assert next(iter(told.tokens)) == "北市场网点"
    assert isinstance(office.storage, MemoryStorage)
    kept = repr((office.storage.tables.inbox, office.storage.tables.conversations, office.storage.tables.milestones))
    assert "31.31" not in kept
    await office.say(LI, "1")
    assert "上海市宝山区北市场街12号" in office.chat(LI)[-1].html


async def test_a_location_elsewhere_is_answered_and_changes_nothing(office: Office) -> None:
    await office.customer(LI)
    await office.attach(LI, "location", None, place=(31.3102, 121.4487))
    assert office.says("attached.location") in office.chat(LI)[-1].html


async def test_who_has_an_account_manager_is_offered_the_managers_own_hours(office: Office) -> None:
    await office.manager(CHEN, "陈立", hours=WeeklyHours(parse_week("Mo-Su 19:00-20:30")))
    await office.manager(ZHOU, "周宁")
    await office.customer(LI)
    await office.customer(WANG)
    owner = await office.manager_at(CHEN)

    async def owned(work: UnitOfWork, found: Conversation) -> None:
        await work.assignments.own(found.id, owner.id, office.clock.now())

    await office.within(LI, owned)
    office.clock.advance(EVENING - office.clock.now())
    for address, times in ((LI, ["19:00", "19:30", "20:00"]), (WANG, ["09:00", "11:00", "15:00", "17:30"])):
        await office.say(address, "约回电")
        offered = [label for label in office.chat(address)[-1].tokens if ":" in label]
        assert offered == times
    await office.say(LI, "7点半")
    assert entry(office, LI)[1].decoded("dtstart") == datetime(2026, 12, 1, 11, 30, tzinfo=UTC)
    assert "新预约：回电" in office.words(CHEN)


@pytest.mark.parametrize("words", ["09:00", "9:00", "9点", "上午九点", "９：００", "9 am", "3"])
async def test_a_typed_time_is_its_button(office: Office, words: str) -> None:
    await off_hours(office, "陈立")
    await office.say(LI, words)
    hour = 7 if words == "3" else 1  # a bare number is the number of a button first
    assert entry(office, LI)[1].decoded("dtstart") == datetime(2026, 12, 1, hour, 0, tzinfo=UTC)


async def test_a_time_that_is_not_offered_books_nothing(office: Office) -> None:
    await off_hours(office, "陈立")
    office.clear(LI)
    await office.say(LI, "8点")
    assert "约好了" not in office.words(LI)
    assert "09:00" in office.chat(LI)[-1].tokens


async def test_from_finding_nobody_a_branch_or_a_visit_is_a_press_away(office: Office) -> None:
    await off_hours(office, "陈立")
    for way, shows in (("去网点", "branches.which"), ("请客户经理上门", "slots.for.visit")):
        await office.say(LI, "约回电")
        await office.say(LI, "网点或上门")
        await office.say(LI, way)
        assert office.says(shows) in office.chat(LI)[-1].html


@given(st.integers(0, 23), st.integers(0, 59))
def test_a_time_on_the_clock_is_read_as_itself(hour: int, minute: int) -> None:
    for words in (f"{hour:02}:{minute:02}", f"{hour}点{minute:02}分", f"{hour}.{minute:02}"):
        assert times_of_day(words)[0] == hour * 60 + minute


@given(st.text())
def test_whatever_is_typed_is_read_without_an_error(words: str) -> None:
    assert all(0 <= minutes < 24 * 60 for minutes in times_of_day(normalise(words)))


async def test_who_is_forgotten_has_no_appointments_and_the_manager_is_told(office: Office) -> None:
    await off_hours(office, "陈立")
    await choose(office, LI, "09:00")
    await office.say(LI, "/delete")
    for _ in range(2):
        await office.press(LI, next(token for token in office.chat(LI)[-1].tokens.values() if token))
    assert "预约取消了" in office.words(CHEN)


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"offered": 9}, "appointments.yaml: offered: write a number from 1 to 6"),
        ({"hours": {"week": "Mo-Fr 09:00-18:00"}}, "appointments.yaml: hours: this field is not known"),
        ({"kinds": {}}, "appointments.yaml: kinds.call_back: add this field"),
    ],
)
def test_a_slip_in_the_rules_is_told(change: dict[str, Any], remedy: str) -> None:
    document = {**with_days(read_documents()["appointments"]), **change}
    with pytest.raises(ContentError) as error:
        parse_appointments(document)
    assert str(error.value).startswith(remedy)


def test_a_slip_in_a_branch_is_told() -> None:
    document = read_documents()["branches"]["riverside.yaml"]
    with pytest.raises(ContentError) as error:
        parse_branches({"riverside.yaml": {**document, "map": {"latitude": 121, "longitude": 31}}})
    assert str(error.value) == "riverside.yaml: map.latitude: write a number from -90 to 90"


def test_distances_are_as_the_crow_flies_and_the_nearest_comes_first() -> None:
    assert round(distance_km((31.2304, 121.4737), (39.9042, 116.4074))) == 1067  # Shanghai to Beijing
    found = nearest(parse_branches(read_documents()["branches"]).values(), (31.30, 121.45))
    assert [branch.id for branch, _ in found] == ["north_market", "riverside"]


@given(st.integers(1, 40), st.integers(1, 6))
def test_times_are_spread_in_order_with_the_first_among_them(many: int, count: int) -> None:
    slots = tuple(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(many))
    found = spread(slots, count)
    assert len(found) == min(many, count)
    assert found[0] == slots[0]
    assert list(found) == sorted(set(found))
