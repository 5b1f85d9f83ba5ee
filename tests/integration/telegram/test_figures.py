"""Tables and charts on a customer's phone: sent, changed in place, and in words where the server does not show them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.conversation.ports import Key, Outgoing
from bot.core.figures import Figure
from bot.figures.worded import Worded, WordedChart, WordedTable
from bot.figures.wording import worded
from bot.simulator.files import picture_size
from tests.integration.telegram.shop import BUTTON, Customer, Street, street
from tests.integration.telegram.telegram_double import words
from tests.unit.figures.samples import SHAPES, TEXTS, schedule

LONG = "字" * 1025


def shown(figure: Figure, locale: str = "zh") -> Worded:
    return worded(figure, TEXTS, locale)


CHART, OTHER, TABLE = shown(SHAPES["level12"]), shown(SHAPES["bullet9"]), shown(schedule())


@asynccontextmanager
async def phone() -> AsyncIterator[tuple[Street, Customer]]:
    """A customer who has started the bot and been greeted."""
    async with street() as s:
        customer = await s.customer()
        await customer.do("start")
        await customer.sees("Shall we begin?")
        yield s, customer


async def deliver(s: Street, *messages: Outgoing) -> None:
    assert s.shop.sender is not None
    s.shop.sender.deliver(s.shop.outbox.post(*messages))
    await s.shop.sender.flush()


async def seen(customer: Customer) -> list[dict[str, Any]]:
    """What the bot has shown behind the greeting, as it stands now."""
    return [one for one in (await customer.chat())["messages"][2:] if not one["deleted"]]


async def size_of(s: Street, message: dict[str, Any]) -> tuple[int, int]:
    """Width and height of the picture in a message."""
    return picture_size((await s.http.get(message["media"]["url"])).content) or (0, 0)


def note(customer: Customer, text: str, figure: Worded | None = None, **more: Any) -> Outgoing:
    return words(text, chat=customer.id, slot="figure", figure=figure, **more)


async def test_a_chart_is_a_picture_with_the_words_and_buttons_beneath() -> None:
    async with phone() as (s, customer):
        await deliver(s, note(customer, "<b>So</b> much a month", CHART, keys=BUTTON))
        (message,) = await seen(customer)

        assert message["media"]["kind"] == "photo"
        assert message["html"] == "<b>So</b> much a month"
        assert [[one["text"] for one in row] for row in message["buttons"]] == [["Yes"]]
        width, height = await size_of(s, message)
        assert width == 1080
        assert height == pytest.approx(950, abs=60)


async def test_telegram_is_given_one_picture_once() -> None:
    async with phone() as (s, customer):
        other = await s.customer()
        await other.do("start")
        await other.sees("Shall we begin?")
        await deliver(s, note(customer, "one", CHART))
        await deliver(s, words("two", chat=other.id, figure=CHART))
        here, there = (await seen(customer))[-1], (await seen(other))[-1]

        assert here["media"]["url"] == there["media"]["url"]
        assert (here["text"], there["text"]) == ("one", "two")


async def test_a_picture_that_telegram_has_lost_is_uploaded_again() -> None:
    async with phone() as (s, customer):
        await deliver(s, note(customer, "one", CHART))
        await s.forget_files()
        await deliver(s, words("two", chat=customer.id, figure=CHART))

        assert (await seen(customer))[-1]["media"]["kind"] == "photo"
        assert s.shop.failures == []


async def test_an_answered_question_keeps_its_picture_and_loses_its_buttons() -> None:
    async with phone() as (s, customer):
        await deliver(s, note(customer, "which?", CHART, keys=BUTTON))
        before = (await seen(customer))[-1]
        await deliver(s, note(customer, "which? Yes", CHART, edit=True))
        (after,) = await seen(customer)

        assert (after["id"], after["media"]["url"]) == (before["id"], before["media"]["url"])
        assert (after["text"], after["buttons"]) == ("which? Yes", [])


async def test_a_chart_that_is_worked_out_anew_takes_the_place_of_the_one_before() -> None:
    async with phone() as (s, customer):
        await deliver(
            s,
            note(customer, "12 months", CHART, keys=BUTTON),
            note(customer, "9 months", OTHER, keys=BUTTON, edit=True),
        )
        (message,) = await seen(customer)

        assert message["text"] == "9 months"
        assert (await size_of(s, message))[1] == pytest.approx(700, abs=60)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(("before", "after"), [(None, CHART), (CHART, None), (TABLE, CHART), (CHART, TABLE)])
async def test_words_do_not_become_a_picture_nor_a_picture_words(
    before: Worded | None, after: Worded | None, restarted: bool
) -> None:
    async with phone() as (s, customer):
        await deliver(s, note(customer, "before", before, keys=BUTTON))
        if restarted:
            s.restart()
        await deliver(s, note(customer, "after", after, edit=True))
        (message,) = await seen(customer)

        assert message["text"].startswith("after")
        assert (message["media"] is not None) == isinstance(after, WordedChart)
        assert message["buttons"] == []


async def test_after_a_restart_a_picture_is_still_changed_in_place() -> None:
    async with phone() as (s, customer):
        await deliver(s, note(customer, "before", CHART, keys=BUTTON))
        first = (await seen(customer))[-1]["id"]
        s.restart()
        await deliver(s, note(customer, "after", CHART, edit=True))
        (message,) = await seen(customer)

        assert (message["id"], message["text"]) == (first, "after")


async def test_words_too_long_for_a_caption_stand_beneath_the_picture() -> None:
    async with phone() as (s, customer):
        await deliver(s, note(customer, LONG, CHART, keys=BUTTON))
        picture, text = await seen(customer)

        assert (picture["media"]["kind"], picture["text"], picture["buttons"]) == ("photo", "", [])
        assert (text["text"], len(text["buttons"])) == (LONG, 1)


async def test_long_words_beneath_a_picture_are_changed_alone_and_go_with_it() -> None:
    async with phone() as (s, customer):
        await deliver(s, note(customer, LONG, CHART, keys=BUTTON))
        before = [one["id"] for one in await seen(customer)]
        await deliver(s, note(customer, f"{LONG}。", CHART, edit=True))
        assert [one["id"] for one in await seen(customer)] == before
        await deliver(s, note(customer, f"{LONG}！", OTHER, edit=True))
        picture, text = await seen(customer)

        assert picture["media"] is not None
        assert text["text"] == f"{LONG}！"
        assert picture["id"] not in before


async def test_a_table_is_a_rich_message_that_is_changed_in_place() -> None:
    async with phone() as (s, customer):
        await deliver(s, note(customer, "<b>All</b> of it\n\nin rows", TABLE, keys=BUTTON))
        (message,) = await seen(customer)
        table = message["rich"][-1]

        assert message["html"] == "<b>All</b> of it\n\nin rows"
        assert [cell["text"] for cell in table["cells"][0]] == [
            "期",
            "还款日",
            "应还 ¥",
            "本金 ¥",
            "利息 ¥",
            "剩余本金 ¥",
        ]
        assert [cell["align"] for cell in table["cells"][1]] == ["left", "left", *["right"] * 4]
        assert len(table["cells"]) == 13
        assert len(message["buttons"]) == 1

        await deliver(s, note(customer, "done", TABLE, edit=True), note(customer, "closed", edit=True))
        (closed,) = await seen(customer)
        assert (closed["id"], closed["text"], closed["rich"], closed["buttons"]) == (message["id"], "closed", [], [])


async def test_a_server_without_rich_messages_gets_tables_as_text_and_is_asked_once() -> None:
    async with phone() as (s, customer):
        await s.limits(rich_messages=False)
        await deliver(s, note(customer, "rows", TABLE, keys=BUTTON))
        await s.limits(rich_messages=True)
        await deliver(s, words("more rows", chat=customer.id, figure=TABLE))
        first, second = await seen(customer)

        assert (first["rich"], second["rich"]) == ([], [])
        assert first["text"].startswith("rows\n\n还款计划\n\n期 1\n还款日 2026/12/1 · 应还 ¥ 8,661.90")
        assert len(first["buttons"]) == 1
        assert s.shop.failures == []


async def test_an_older_server_that_is_to_change_a_message_into_a_table_gets_text() -> None:
    async with phone() as (s, customer):
        await s.limits(rich_messages=False)
        await deliver(s, note(customer, "busy"), note(customer, "rows", TABLE, edit=True))
        (message,) = await seen(customer)

        assert message["text"].startswith("rows\n\n还款计划")


async def test_tables_may_be_text_by_choice() -> None:
    async with phone() as (s, customer):
        s.restart(rich=False)
        await deliver(s, note(customer, "rows", TABLE))

        assert (await seen(customer))[-1]["rich"] == []


async def test_a_table_that_telegram_refuses_is_sent_as_text_and_told_to_staff() -> None:
    async with phone() as (s, customer):
        await deliver(s, note(customer, "rows", WordedTable((), (), (), "no columns")))
        (message,) = await seen(customer)

        assert message["rich"] == []
        assert [failure.where for failure in s.shop.failures] == ["telegram.send"]


async def test_a_schedule_of_years_arrives_whole() -> None:
    async with phone() as (s, customer):
        long = shown(schedule(60))
        await deliver(s, note(customer, "rows", long))
        assert len((await seen(customer))[-1]["rich"][-1]["cells"]) == 61

        s.restart(rich=False)
        await deliver(s, words("rows", chat=customer.id, figure=long, keys=BUTTON))
        _, *parts = await seen(customer)
        assert len(parts) > 1
        assert "期 1\n" in parts[0]["text"]
        assert "期 60\n" in parts[-1]["text"]
        assert [len(part["buttons"]) for part in parts] == [0] * (len(parts) - 1) + [1]


async def test_what_telegram_holds_back_is_sent_when_it_may_be() -> None:
    async with phone() as (s, customer):
        await s.faults(too_many_requests={"count": 1, "methods": ["sendPhoto", "sendRichMessage"], "retry_after": 1})
        await deliver(s, note(customer, "one", CHART), words("two", chat=customer.id, figure=TABLE))

        assert [one["text"].split("\n")[0] for one in await seen(customer)] == ["one", "two"]
        assert s.shop.failures == []


async def test_a_customer_who_has_blocked_the_bot_gets_no_picture() -> None:
    async with phone() as (s, customer):
        await customer.do("block")
        await deliver(s, note(customer, "one", CHART))

        assert s.shop.lost == [customer.id]
        assert set(s.shop.outbox.failed.values()) == {"unreachable"}


async def test_a_chart_that_cannot_be_drawn_is_told_in_words() -> None:
    async with phone() as (s, customer):
        broken = WordedChart("columns", "Title", (), ("a",), note="So it is.", ticks=(("high", "¥1"),))  # type: ignore[arg-type]
        await deliver(s, note(customer, "words", broken, keys=((Key("Yes", "yes"),),)))
        (message,) = await seen(customer)

        assert message["text"] == "words\n\nTitle\nSo it is."
        assert len(message["buttons"]) == 1
        assert "cannot be drawn" in s.shop.failures[0].error
