import asyncio
from typing import Any

import pytest

from bot.gateways.telegram.limits import Rate
from bot.gateways.telegram.sender import Pace
from tests.integration.telegram.shop import Mode, said, street
from tests.integration.telegram.telegram_double import until, words

TEXTS = [f"line {number}" for number in range(8)]
FAULTS: list[dict[str, Any]] = [
    {"too_many_requests": {"count": 2, "methods": ["sendMessage"], "retry_after": 1}},
    {"server_error": {"count": 4, "methods": ["sendMessage"]}},
    {"server_error": {"count": 3, "methods": ["getUpdates"]}},
    {"repeat_update": 4},
]
both = pytest.mark.parametrize("mode", ["polling", "webhook"])


@both
async def test_what_is_said_is_answered_in_order(mode: Mode) -> None:
    async with street(mode) as s:
        customer = await s.customer()
        for text in TEXTS:
            await customer.do("text", text=text)

        await customer.sees(*TEXTS)


@both
@pytest.mark.parametrize("faults", FAULTS, ids=str)
async def test_whatever_telegram_does_nothing_is_lost_doubled_or_out_of_order(
    mode: Mode, faults: dict[str, Any]
) -> None:
    async with street(mode) as s:
        customer = await s.customer()
        await customer.do("start")
        await customer.sees("Shall we begin?")
        await s.faults(**faults)
        for text in TEXTS:
            await customer.do("text", text=text)

        await customer.sees("Shall we begin?", *TEXTS)


@both
async def test_updates_out_of_order_are_each_taken_once(mode: Mode) -> None:
    async with street(mode) as s:
        customer = await s.customer()
        await s.faults(disorder={"count": 2, "hold": 0.1})
        for text in TEXTS:
            await customer.do("text", text=text)
        chat = await customer.chat_when(lambda chat: len(said(chat)) >= len(TEXTS))

        assert sorted(said(chat)) == TEXTS


@both
async def test_a_press_changes_the_message_and_is_answered(mode: Mode) -> None:
    async with street(mode) as s:
        customer = await s.customer()
        await customer.do("start")
        await customer.sees("Shall we begin?")
        await customer.do("press", message_id=2, text="Yes")
        await customer.sees("Pressed 1")

        assert await customer.answers(1) == ["Noted"]


@both
async def test_fifty_taps_are_all_answered_and_end_in_one_message(mode: Mode) -> None:
    async with street(mode, Pace(Rate(20, burst=3), Rate(0), catch_up=0)) as s:
        customer = await s.customer()
        await customer.do("start")
        await customer.sees("Shall we begin?")
        await asyncio.gather(*(customer.do("press", message_id=2, data="yes", stale=True) for _ in range(50)))
        await customer.sees("Pressed 50")

        assert await customer.answers(50) == ["Noted"] * 50
        await until(lambda: s.shop.outbox.open() == [])


async def test_an_answer_lost_on_its_way_costs_at_most_a_message_twice() -> None:
    async with street(within=1) as s:
        customer = await s.customer()
        await customer.do("start")
        await customer.sees("Shall we begin?")
        await s.faults(timeout={"count": 1, "methods": ["sendMessage"], "seconds": 5})
        await customer.do("text", text="once")
        await customer.do("text", text="after")

        await customer.sees("Shall we begin?", "once", "once", "after")


async def test_an_edit_whose_answer_was_lost_is_found_done() -> None:
    async with street(within=1) as s:
        customer = await s.customer()
        await customer.do("start")
        await customer.sees("Shall we begin?")
        await s.faults(timeout={"count": 1, "methods": ["editMessageText"], "seconds": 5})
        await customer.do("press", message_id=2, text="Yes")
        await customer.do("text", text="after")
        await customer.sees("Pressed 1", "after")

        assert s.shop.failures == []


async def test_one_press_under_two_update_ids_is_answered_twice() -> None:
    async with street() as s:
        customer = await s.customer()
        await customer.do("start")
        await customer.sees("Shall we begin?")
        await s.faults(press_again=1)
        await customer.do("press", message_id=2, text="Yes")

        await customer.sees("Pressed 2")


async def test_who_blocks_the_bot_is_noted_and_costs_no_further_call() -> None:
    async with street() as s:
        customer = await s.customer()
        await customer.do("start")
        await customer.sees("Shall we begin?")
        await customer.do("block")
        assert s.shop.sender is not None
        s.shop.sender.deliver(s.shop.outbox.post(words("one", chat=customer.id), words("two", chat=customer.id)))
        await s.shop.sender.flush()
        lost = list(s.shop.lost)
        await customer.do("unblock")
        await until(lambda: len(s.shop.reached) == 2)

        assert lost == [customer.id]
        assert set(s.shop.outbox.failed.values()) == {"unreachable"}
        assert s.shop.reached == [False, True]


async def test_somebody_the_bot_cannot_find_is_unreachable() -> None:
    async with street() as s:
        assert s.shop.sender is not None
        s.shop.sender.deliver(s.shop.outbox.post(words("hello", chat=999)))
        await s.shop.sender.flush()

        assert s.shop.lost == [999]


@pytest.mark.parametrize("fault", ["blocked", "deactivated"])
async def test_telegrams_word_that_nobody_is_there_is_believed(fault: str) -> None:
    async with street() as s:
        customer = await s.customer()
        await s.faults(**{fault: {"count": 1}})
        await customer.do("text", text="hello")
        await until(lambda: s.shop.lost)

        assert s.shop.lost == [customer.id]


async def test_not_modified_counts_as_shown() -> None:
    async with street() as s:
        customer = await s.customer()
        await customer.do("start")
        await customer.sees("Shall we begin?")
        await s.faults(not_modified=1)
        await customer.do("press", message_id=2, text="Yes")
        await customer.do("text", text="after")
        await customer.sees("Shall we begin?", "after")

        assert s.shop.failures == []
        assert s.shop.outbox.failed == {}


async def test_within_telegrams_own_limits_nothing_is_refused() -> None:
    async with street(pace=Pace(Rate(8, burst=3), Rate(30, burst=20), catch_up=0)) as s:
        await s.limits(flood_control=True, chat_rate=10, chat_burst=4)
        customer = await s.customer()
        for text in TEXTS:
            await customer.do("text", text=text)
        await customer.sees(*TEXTS)

        assert await s.struck("too_many_requests") == 0


async def test_over_telegrams_limits_what_it_says_is_obeyed_and_everything_arrives() -> None:
    async with street() as s:
        await s.limits(flood_control=True, chat_rate=4, chat_burst=3)
        customer = await s.customer()
        for text in TEXTS[:6]:
            await customer.do("text", text=text)

        await customer.sees(*TEXTS[:6])


async def test_a_contact_is_asked_for_shared_and_the_button_taken_away() -> None:
    async with street() as s:
        customer = await s.customer()
        await customer.do("text", text="contact")
        await customer.sees("Your number?", "👇")
        asked = (await customer.chat())["keyboard"]
        await customer.do("contact", phone="+8613800138000")
        await customer.sees("Thank you, +8613800138000")

        assert asked is not None
        assert (await customer.chat())["keyboard"] is None


async def test_files_are_passed_on_without_being_looked_into() -> None:
    async with street() as s:
        customer, manager = await s.customer(), await s.customer()
        s.shop.manager = manager.id
        await manager.do("start")
        await manager.sees("Shall we begin?")
        sent = await s.http.post(
            f"/simulator/users/{customer.id}/file",
            files={"file": ("licence.pdf", b"%PDF-1.4", "application/pdf")},
            data={"kind": "document"},
        )
        sent.raise_for_status()
        await manager.sees("Shall we begin?", "")
        await customer.do("location", latitude=30.5, longitude=114.3)
        await manager.sees("Shall we begin?", "", "")
        _, document, place = (one for one in (await manager.chat())["messages"] if one["from"] == "bot")

        assert document["media"]["name"] == "licence.pdf"
        assert place["location"]["latitude"] == 30.5


async def test_long_words_arrive_whole_in_parts_telegram_takes() -> None:
    long = ["字" * 3000, "词" * 3000, "句" * 3000]
    async with street() as s:
        customer = await s.customer()
        await customer.do("start")
        await customer.sees("Shall we begin?")
        assert s.shop.sender is not None
        s.shop.sender.deliver(s.shop.outbox.post(words("\n\n".join(long), chat=customer.id)))

        await customer.sees("Shall we begin?", *long)


async def test_words_with_broken_markup_still_arrive() -> None:
    async with street() as s:
        customer = await s.customer()
        await customer.do("text", text="5 < 6 & <b>so on")
        await customer.sees("5 < 6 & so on")

        assert [one.where for one in s.shop.failures] == ["telegram.send"]


async def test_a_correction_of_what_was_said_is_no_new_answer() -> None:
    async with street() as s:
        customer = await s.customer()
        first = await customer.do("text", text="first")
        await customer.sees("first")
        await customer.do("edit", message_id=first["message_id"], text="changed")
        await customer.do("text", text="second")

        await customer.sees("first", "second")
