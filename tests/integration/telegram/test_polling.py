import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.gateways.telegram.account import UPDATES
from bot.handlers.polling import Polling
from bot.handlers.routers import Reply
from tests.integration.telegram.telegram_double import BLOCKED, Fault, World, flood, until, world
from tests.integration.telegram.updates import Turns, press, typed


@asynccontextmanager
async def polling(w: World, turns: Turns) -> AsyncIterator[asyncio.Task[None]]:
    loop = Polling(w.client, turns.intake().feed, wait=1, pause=0.01)
    task = asyncio.create_task(loop.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


def offsets(w: World) -> list[int | None]:
    return [params.get("offset") for method, params in w.api.calls if method == "getUpdates"]


async def test_updates_are_taken_in_order_and_then_acknowledged() -> None:
    turns = Turns()
    async with world() as w:
        w.api.updates = [typed(str(number)) for number in range(20)]
        last = w.api.updates[-1]["update_id"]
        async with polling(w, turns):
            await until(lambda: offsets(w)[-1:] == [last + 1])

    assert turns.texts() == [str(number) for number in range(20)]
    assert set(offsets(w)) == {None, last + 1}


async def test_only_the_kinds_of_update_the_bot_takes_are_asked_for() -> None:
    async with world() as w, polling(w, Turns()):
        await until(lambda: w.api.calls)

    assert w.api.calls[0][1]["allowed_updates"] == [*UPDATES]


async def test_a_press_is_answered_by_a_call() -> None:
    async with world() as w:
        w.api.updates = [press()]
        async with polling(w, Turns(notice="Done")):
            await until(lambda: "answerCallbackQuery" in w.api.methods())

    assert ("answerCallbackQuery", {"callback_query_id": "991", "text": "Done"}) in w.api.calls


async def test_a_press_too_old_to_be_answered_is_taken_all_the_same() -> None:
    turns = Turns()
    async with world() as w:
        w.api.fail("answerCallbackQuery", Fault(400, "Bad Request: query is too old"))
        w.api.updates = [press(), typed("next")]
        async with polling(w, turns):
            await until(lambda: len(turns.taken) == 2)


async def test_while_the_database_is_down_nothing_is_acknowledged_and_afterwards_nothing_is_lost_or_doubled() -> None:
    turns = Turns(down=True)
    async with world() as w:
        w.api.updates = [typed(str(number), chat=7 + number % 2) for number in range(6)]
        last = w.api.updates[-1]["update_id"]
        async with polling(w, turns):
            await until(lambda: len(offsets(w)) >= 3)
            while_down = set(offsets(w))
            turns.down = False
            await until(lambda: offsets(w)[-1] == last + 1)

    assert while_down == {None}
    assert [turns.texts(7), turns.texts(8)] == [["0", "2", "4"], ["1", "3", "5"]]


async def test_the_pause_grows_while_failures_go_on() -> None:
    async with world() as w:
        w.api.fail("getUpdates", *[Fault()] * 100)
        async with polling(w, Turns()):
            await asyncio.sleep(0.3)

    assert 3 <= len(w.api.calls) <= 6


@pytest.mark.parametrize(
    "fault", [Fault(), flood(0.01), BLOCKED, Fault(409, "Conflict: terminated by other getUpdates")]
)
async def test_polling_survives_whatever_telegram_answers(fault: Fault) -> None:
    turns = Turns()
    async with world() as w:
        w.api.fail("getUpdates", fault)
        w.api.updates = [typed("hello")]
        async with polling(w, turns):
            await until(lambda: turns.texts() == ["hello"])


async def test_an_update_repeated_by_telegram_has_the_same_key() -> None:
    turns = Turns()
    async with world() as w:
        once = typed("hello")
        w.api.updates = [once, once]
        async with polling(w, turns):
            await until(lambda: len(offsets(w)) > 1)

    assert turns.texts() == ["hello"]
    assert turns.counted == ["taken", "taken"]


async def test_an_update_that_always_fails_holds_up_the_others_only_for_a_moment() -> None:
    turns = Turns(bug=RuntimeError())
    async with world() as w:
        w.api.updates = [typed("poison")]
        async with polling(w, turns):
            await until(lambda: turns.failures)
            turns.bug = None
            w.api.updates.append(typed("hello"))
            await until(lambda: turns.texts() == ["hello"])


async def test_one_chats_turn_does_not_wait_for_anothers() -> None:
    begun: list[int] = []
    both = asyncio.Event()

    async def feed(raw: Mapping[str, Any]) -> Reply | None:
        begun.append(raw["message"]["chat"]["id"])
        if len(begun) == 2:
            both.set()
        await both.wait()
        return None

    async with world() as w:
        w.api.updates = [typed("a", chat=7), typed("b", chat=8)]
        task = asyncio.create_task(Polling(w.client, feed, wait=1).run())
        await asyncio.wait_for(both.wait(), 5)
        task.cancel()
        await asyncio.wait([task])

    assert begun == [7, 8]


async def test_being_ended_finishes_the_turn_under_way() -> None:
    begun, go_on, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def feed(raw: Mapping[str, Any]) -> Reply | None:
        begun.set()
        await go_on.wait()
        finished.set()
        return None

    async with world() as w:
        w.api.updates = [typed("hello")]
        task = asyncio.create_task(Polling(w.client, feed, wait=1).run())
        await asyncio.wait_for(begun.wait(), 5)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.wait([task])

    assert finished.is_set()
    assert task.cancelled()
