from __future__ import annotations

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.growth.field_agents import AgentLink, FieldAgent, code_in, new_code, payload
from bot.testing.clock import FixedClock
from bot.testing.memory import MemoryStorage
from tests.unit.handoff.office import Office, in_memory

LI, CHEN = "1", "101"
CODE = "0123456789abcdef"
LINK = AgentLink(CODE, FieldAgent(7, "李明", "field", datetime(2026, 3, 1, tzinfo=UTC)), "北市场")


async def office_with_agent(clock: FixedClock) -> Office:
    office = await in_memory(clock)
    assert isinstance(office.storage, MemoryStorage)
    office.storage.tables.agent_links[CODE] = LINK
    return office


def test_a_payload_fits_a_link_and_gives_its_code_back() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    for code in codes:
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload(code))
        assert code_in(payload(code)) == code_in(payload(code).upper()) == code


@given(st.text())
def test_what_is_no_agents_payload_has_no_code(words: str) -> None:
    code = code_in(words)
    assert code is None or re.fullmatch(r"[0-9a-f]{16}", code)


async def test_a_lead_of_whoever_came_by_the_code_shows_agent_and_place(clock: FixedClock) -> None:
    office = await office_with_agent(clock)
    await office.manager(CHEN, "陈立")
    office.languages[LI] = "zh"
    await office.open(LI, payload(CODE))
    await office.say(LI, "中文")
    await office.say(LI, "个体工商户")
    await office.say(LI, "人工")
    assert "来自：李明 · 北市场" in office.words(CHEN)


async def test_the_arrival_counts_for_the_agents_channel_and_place_without_a_name(clock: FixedClock) -> None:
    office = await office_with_agent(clock)
    await office.open(LI, payload(CODE))
    assert isinstance(office.storage, MemoryStorage)
    (arrived,) = [one for one in office.storage.tables.milestones.values() if one.name == "arrived"]
    assert arrived.values == {"channel": "field", "detail": "北市场", "agent": 7}


async def test_who_is_new_is_welcomed_as_anybody(clock: FixedClock) -> None:
    office = await office_with_agent(clock)
    await office.open(LI)
    plain = [message.html for message in office.chat(LI)]
    office.posted.clear()
    await office.open("2", payload(CODE))
    assert [message.html for message in office.chat("2")] == plain


async def test_a_code_that_is_not_known_attributes_nothing_to_anybody(clock: FixedClock) -> None:
    office = await office_with_agent(clock)
    await office.open(LI, payload("f" * 16))
    assert "found_by" not in (await office.state(LI)).state.known
