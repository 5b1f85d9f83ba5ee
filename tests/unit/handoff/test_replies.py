"""What answers what, and what was changed afterwards, between a customer's chat and a manager's."""

from __future__ import annotations

import pytest

from bot.conversation.ports import Outgoing
from tests.unit.handoff.office import Office
from tests.unit.handoff.test_addressing import CHEN, CUSTOMERS, Desk

LI = CUSTOMERS[0]


@pytest.fixture
async def desk(office: Office) -> Desk:
    """A manager who has one customer, with nothing on the screens."""
    made = Desk(office, office.storage)  # type: ignore[arg-type]  # in memory
    await made.begin()
    await made.comes(LI)
    await made.delivered()
    for person in (LI, CHEN):
        office.clear(person)
    return made


def last(desk: Desk, address: str) -> Outgoing:
    return [out for out in desk.office.posted if out.address == address][-1]


def place_of(out: Outgoing) -> str:
    """The message that a copy is of."""
    return out.slot.partition(".")[2]


def number_of(desk: Desk, out: Outgoing) -> str:
    """The channel's id of what was sent."""
    kept = desk.storage.tables.outbox.values()
    return str(next(item.message_id for item in kept if item.message == out))


async def test_a_reply_to_a_copy_answers_the_message_itself_on_both_sides(desk: Desk) -> None:
    await desk.office.say(LI, "月底前能放款吗？")
    await desk.delivered()
    asked = last(desk, CHEN)
    await desk.office.reply(CHEN, "要看材料齐不齐", number_of(desk, asked))
    await desk.delivered()
    answer = last(desk, LI)
    assert answer.answers == place_of(asked)
    await desk.office.reply(LI, "还缺什么？", number_of(desk, answer))
    assert last(desk, CHEN).answers == place_of(answer)


async def test_a_reply_to_ones_own_message_answers_its_copy_on_both_sides(desk: Desk) -> None:
    await desk.office.say(LI, "想问丰收贷")
    await desk.delivered()
    asked = last(desk, CHEN)
    await desk.office.reply(LI, "二十万那种", place_of(asked))
    assert last(desk, CHEN).answers_slot == asked.slot
    await desk.delivered()
    await desk.office.reply(CHEN, "丰收贷是秋后还", number_of(desk, last(desk, CHEN)))
    await desk.delivered()
    said = last(desk, LI)
    await desk.office.reply(CHEN, "利息按天算", place_of(said))
    assert last(desk, LI).answers_slot == said.slot


async def test_a_change_of_the_customers_changes_the_managers_copy_and_its_file_stays(desk: Desk) -> None:
    await desk.office.say(LI, "想借20万")
    place = place_of(last(desk, CHEN))
    await desk.office.edit(LI, "想借12万", place)
    (copy,) = desk.office.chat(CHEN)
    assert "想借12万" in copy.html
    await desk.office.attach(LI, "photo", "file-1", "执照")
    await desk.office.edit(LI, "营业执照", "7", "photo", "file-1")
    out = last(desk, CHEN)
    assert (out.edit, out.relayed and out.relayed.file, "营业执照" in out.html) == (True, "file-1", True)


async def test_what_was_said_to_the_bot_and_changed_later_says_nothing_to_the_manager(desk: Desk) -> None:
    await desk.office.edit(LI, "人工客服", "1")
    assert desk.office.chat(CHEN) == []


async def test_a_change_of_the_managers_changes_what_the_customer_reads(desk: Desk) -> None:
    await desk.office.say(CHEN, "利率7.2%")
    place = place_of(last(desk, LI))
    await desk.office.edit(CHEN, "年利率7.2%（单利）", place)
    (said,) = desk.office.chat(LI)
    assert "年利率7.2%（单利）" in said.html
    assert "陈立" in said.html


async def test_words_that_wait_for_their_customer_go_as_they_were_changed(desk: Desk) -> None:
    await desk.comes(CUSTOMERS[1])
    await desk.delivered()
    await desk.writes(LI)
    await desk.office.say(CHEN, "明天来")
    asked = desk.office.chat(CHEN)[-1]
    place = asked.slot.partition(".")[2]
    await desk.office.edit(CHEN, "后天来", place)
    asked = desk.office.chat(CHEN)[-1]
    assert "后天来" in asked.html
    await desk.office.press(CHEN, next(iter(asked.tokens.values())))
    assert "后天来" in desk.office.words(LI)
    assert "明天来" not in desk.office.words(LI)


async def test_a_change_behind_the_end_of_the_talk_reaches_nobody_and_is_told(desk: Desk) -> None:
    await desk.office.say(CHEN, "利率7.2%")
    place = place_of(last(desk, LI))
    await desk.closes(LI)
    await desk.delivered()
    await desk.office.edit(CHEN, "利率6.9%", place)
    assert "6.9" not in desk.office.words(LI)
    assert desk.office.says("desk.not_changed") in desk.office.words(CHEN)
    await desk.office.edit(LI, "改一下", "1")
    assert "改一下" not in desk.office.words(CHEN)
