"""An agent enters an owner in the chat, the owner decides on the own phone: whole turns on storage in memory."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.core.errors import ContentError
from bot.growth.field_agents import AgentLink, FieldAgent
from bot.growth.field_leads import parse_field_leads, without_numbers
from bot.handoff.invitations import hashed
from bot.testing.clock import FixedClock
from bot.testing.memory import MemoryStorage
from bot.testing.memory_tables import Tables
from tests.unit.handoff.office import Office, in_memory

AGENT, OWNER, OTHER, CHEN = "301", "1", "2", "101"
LI = FieldAgent(7, "李明", "field", datetime(2026, 3, 1, tzinfo=UTC), invitation=hashed("secret"))
NOTE = "摊位客流不错，想换冰柜"


def tables(office: Office) -> Tables:
    assert isinstance(office.storage, MemoryStorage)
    return office.storage.tables


async def market_day(clock: FixedClock, *places: str) -> Office:
    """An agent who has joined, and a manager on duty."""
    office = await in_memory(clock)
    for number, place in enumerate(places or ("北市场",)):
        code = f"{number:016x}"
        tables(office).agent_links[code] = AgentLink(code, LI, place)
    await office.manager(CHEN, "陈立")
    office.languages[AGENT] = "zh"
    await office.open(AGENT, "field-secret")
    return office


async def enter(office: Office, note: str = NOTE) -> str:
    """The agent enters an owner; the payload of the owner's link."""
    for words in ("/new", "农户", "买饲料", "20万元", note):
        await office.say(AGENT, words)
    await office.press(AGENT, office.button(AGENT, "field_lead.confirm"))
    return str(re.findall(r"start=(lead-[A-Za-z0-9_-]+)", office.words(AGENT))[-1])


async def opened(office: Office, payload: str, owner: str = OWNER) -> None:
    office.languages[owner] = "zh"
    await office.open(owner, payload)


async def test_who_agrees_becomes_a_lead_of_agent_and_place_with_what_was_entered(clock: FixedClock) -> None:
    office = await market_day(clock)
    assert "李明" in office.words(AGENT)
    await opened(office, await enter(office))
    shown = office.words(OWNER)
    for words in ("李明", "北市场", "饲料", "200,000", NOTE):
        assert words in shown
    assert office.has_button(OWNER, "button.agree")
    assert not office.has_button(CHEN, "desk.accept")
    await office.press(OWNER, office.button(OWNER, "button.agree"))
    assert "来自：李明 · 北市场" in office.words(CHEN)
    await office.press(CHEN, office.button(CHEN, "desk.accept"))
    await office.run_jobs()
    office.clear(CHEN)
    await office.press(CHEN, f"m.more.{(await office.only_lead(OWNER)).id}")
    assert NOTE in office.words(CHEN).partition("最近的对话")[0]
    lead = await office.only_lead(OWNER)
    assert (lead.reason, lead.facts["purpose"], lead.facts["may_contact"]) == ("field", "feed", True)
    told = office.words(AGENT)
    assert "店主打开了" in told and "店主同意了" in told  # noqa: PT018 -- one thing: the agent has heard of both
    (arrived,) = [one for one in tables(office).milestones.values() if one.name == "arrived"]
    assert arrived.values == {"channel": "field", "detail": "北市场", "agent": 7}


async def test_nothing_of_an_owner_is_there_before_the_link_is_opened(clock: FixedClock) -> None:
    office = await market_day(clock)
    await enter(office)
    (lead,) = tables(office).field_leads.values()
    assert (lead.state, lead.conversation, set(lead.entry)) == ("open", None, {"segment", "purpose", "amount", "note"})
    assert lead.expires_at - lead.created_at == timedelta(hours=48)


async def test_the_code_is_a_picture_for_the_owners_phone_and_only_its_hash_is_kept(clock: FixedClock) -> None:
    office = await market_day(clock)
    payload = await enter(office)
    (document,) = [m.outgoing.document for m in office.chat(AGENT) if m.outgoing.document]
    assert document.media_type == "image/png"
    assert Image.open(BytesIO(document.content)).size[0] >= 250
    (lead,) = tables(office).field_leads.values()
    assert lead.code == hashed(payload.removeprefix("lead-"))


async def test_who_does_not_agree_leaves_nothing_behind(clock: FixedClock) -> None:
    office = await market_day(clock)
    await opened(office, await enter(office))
    await office.press(OWNER, office.button(OWNER, "button.refuse"))
    (lead,) = tables(office).field_leads.values()
    assert (lead.state, lead.entry, lead.conversation) == ("refused", {}, None)
    assert NOTE not in office.words(OWNER)
    conversation = await office.state(OWNER)
    kept = [one.message.html for one in tables(office).outbox.values() if one.message.conversation == conversation.id]
    assert not any(NOTE in html or "李明" in html for html in kept)
    assert "饲料" not in repr(conversation.state) and NOTE not in repr(conversation.state)  # noqa: PT018
    assert not tables(office).leads
    assert not [one for one in tables(office).milestones.values() if one.name == "arrived"]
    assert "没有同意" in office.words(AGENT)
    assert office.says("welcome.language") in office.words(OWNER)


async def test_a_link_opens_for_one_person_only_and_again_for_the_same(clock: FixedClock) -> None:
    office = await market_day(clock)
    payload = await enter(office)
    await opened(office, payload)
    await opened(office, payload, OTHER)
    assert office.says("field_lead.gone") in office.words(OTHER)
    assert NOTE not in office.words(OTHER)
    await opened(office, payload)
    await office.press(OWNER, office.button(OWNER, "button.agree"))
    await opened(office, payload)
    assert office.says("field_lead.gone") in office.words(OWNER)
    assert office.words(AGENT).count("店主打开了") == 1


async def test_the_agent_cannot_agree_instead_of_the_owner(clock: FixedClock) -> None:
    office = await market_day(clock)
    payload = await enter(office)
    office.clear(AGENT)
    await office.open(AGENT, payload)
    assert office.says("field_lead.gone") in office.words(AGENT)
    (lead,) = tables(office).field_leads.values()
    assert lead.state == "open"


@pytest.mark.parametrize("seen", [False, True])
async def test_a_link_ends_with_its_time_and_what_was_entered_with_it(clock: FixedClock, seen: bool) -> None:
    office = await market_day(clock)
    payload = await enter(office)
    if seen:
        await opened(office, payload)
    await office.later(timedelta(hours=48))
    (lead,) = tables(office).field_leads.values()
    assert (lead.state, lead.entry, lead.conversation) == ("expired", {}, None)
    assert "已过期" in office.words(AGENT)
    assert NOTE not in office.words(OWNER)
    if seen:
        await office.press(OWNER, office.button(OWNER, "button.agree"))
    else:
        await opened(office, payload)
    assert office.says("field_lead.gone") in office.words(OWNER)
    assert not tables(office).leads


async def test_numbers_in_free_words_are_covered_before_anything_is_kept(clock: FixedClock) -> None:
    office = await market_day(clock)
    await enter(office, "老板电话 138 0013 8000，很热情")
    (lead,) = tables(office).field_leads.values()
    assert lead.entry["note"] == "老板电话 •••，很热情"
    assert "1380013" not in repr((await office.state(AGENT)).state.known).replace(" ", "")


async def test_an_agent_sees_every_link_and_how_it_stands(clock: FixedClock) -> None:
    office = await market_day(clock, "北市场", "春季展会")
    await office.say(AGENT, "/new")
    await office.say(AGENT, "春季展会")
    for words in ("农户", "买饲料", "20万元", NOTE):
        await office.say(AGENT, words)
    await office.press(AGENT, office.button(AGENT, "field_lead.confirm"))
    await office.say(AGENT, "/mine")
    assert "春季展会，还没打开" in office.chat(AGENT)[-1].html
    assert "met_note" not in {k for k, v in (await office.state(AGENT)).state.known.items() if v is not None}


async def test_who_is_no_agent_enters_nothing(clock: FixedClock) -> None:
    office = await market_day(clock)
    await office.customer(OTHER)
    await office.say(OTHER, "/new")
    assert office.says("field_agent.none") in office.words(OTHER)
    await office.open(OTHER, "field-secret")
    assert office.words(OTHER).count(office.says("field_agent.none")) == 2


async def test_what_the_owner_has_said_stands_before_what_an_agent_has_entered(clock: FixedClock) -> None:
    office = await market_day(clock)
    await office.customer(OWNER)
    await opened(office, await enter(office))
    await office.press(OWNER, office.button(OWNER, "button.agree"))
    lead = await office.only_lead(OWNER)
    assert (lead.facts["segment"], lead.facts["purpose"]) == ("sole_trader", "feed")


@given(st.text(), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text())
def test_no_mobile_number_is_left_in_words(before: str, number: str, behind: str) -> None:
    assert number not in without_numbers(f"{before} {number} {behind}", "CN")


def test_a_slip_in_the_rules_is_told() -> None:
    with pytest.raises(ContentError, match="valid_hours"):
        parse_field_leads({"valid_hours": 0, "at_once": 20})


def test_amounts_and_counts_are_left() -> None:
    words = "想要20万，做了12年，月流水 150000"
    assert without_numbers(words, "CN") == words
