import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from bot.core.errors import SettingsError
from bot.web.health import Figures, health_routes
from bot.web.telegram import TelegramWebhook, at
from tests.integration.telegram.telegram_double import until
from tests.integration.telegram.updates import Turns, press, typed

SECRET = {"X-Telegram-Bot-Api-Secret-Token": "hook-secret"}


@asynccontextmanager
async def serving(turns: Turns, figures: Figures | None = None) -> AsyncIterator[httpx.AsyncClient]:
    async def database() -> None:
        if turns.down:
            raise ConnectionRefusedError

    hook = TelegramWebhook(turns.intake().feed, "hook-secret")
    others = Starlette(routes=health_routes({"database": database}, figures or Figures()))
    config = uvicorn.Config(at("/telegram", hook, others), log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    port = listener.getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield client
    server.should_exit = True
    await task


async def test_an_update_is_answered_once_its_turn_is_committed() -> None:
    turns = Turns()
    async with serving(turns) as telegram:
        answer = await telegram.post("/telegram", json=typed("hello"), headers=SECRET)

    assert (answer.status_code, answer.content) == (200, b"")
    assert turns.texts() == ["hello"]


async def test_a_press_is_answered_in_the_reply() -> None:
    async with serving(Turns(notice="Done")) as telegram:
        answer = await telegram.post("/telegram", json=press(), headers=SECRET)

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"method": "answerCallbackQuery", "callback_query_id": "991", "text": "Done"}


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"X-Telegram-Bot-Api-Secret-Token": "guess"}, 403)])
async def test_without_the_secret_nothing_is_taken(headers: dict[str, str], status: int) -> None:
    turns = Turns()
    async with serving(turns) as anybody:
        answer = await anybody.post("/telegram", json=typed("hello"), headers=headers)

    assert answer.status_code == status
    assert turns.taken == []


async def test_while_the_database_is_down_telegram_is_told_to_send_it_again() -> None:
    turns = Turns(down=True)
    raw = typed("hello")
    async with serving(turns) as telegram:
        refused = await telegram.post("/telegram", json=raw, headers=SECRET)
        turns.down = False
        taken = await telegram.post("/telegram", json=raw, headers=SECRET)
        again = await telegram.post("/telegram", json=raw, headers=SECRET)

    assert [refused.status_code, taken.status_code, again.status_code] == [503, 200, 200]
    assert turns.texts() == ["hello"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"message": {}}', b"\xff"])
async def test_what_is_no_update_is_refused(body: bytes) -> None:
    async with serving(Turns()) as anybody:
        answer = await anybody.post("/telegram", content=body, headers=SECRET)

    assert answer.status_code == 400


async def test_a_body_that_is_too_large_is_not_read_to_its_end() -> None:
    async with serving(Turns()) as anybody:
        answer = await anybody.post("/telegram", content=b"x" * (1024 * 1024 + 1), headers=SECRET)

    assert answer.status_code == 413


async def test_only_posts_are_taken() -> None:
    async with serving(Turns()) as anybody:
        assert (await anybody.get("/telegram", headers=SECRET)).status_code == 405


async def test_a_webhook_without_a_secret_cannot_be_opened() -> None:
    with pytest.raises(SettingsError, match="BOT_WEBHOOK_SECRET"):
        TelegramWebhook(Turns().intake().feed, "")


async def test_fifty_taps_at_once_are_each_taken_and_each_answered() -> None:
    turns = Turns()
    async with serving(turns) as telegram:
        answers = await asyncio.gather(*(telegram.post("/telegram", json=press(), headers=SECRET) for _ in range(50)))

    assert [answer.json()["method"] for answer in answers] == ["answerCallbackQuery"] * 50
    assert len(turns.taken) == 50


async def test_ready_means_that_every_part_answers() -> None:
    turns = Turns()
    async with serving(turns) as operator:
        ready = await operator.get("/health/ready")
        turns.down = True
        failing = await operator.get("/health/ready")
        alive = await operator.get("/health/live")

    assert (ready.status_code, ready.json()) == (200, {"database": "ok"})
    assert (failing.status_code, failing.json()) == (503, {"database": "failing"})
    assert alive.status_code == 200


async def test_figures_are_counted_without_naming_anybody() -> None:
    figures = Figures()
    figures.turn("telegram", "taken", 0.004)
    figures.message("telegram", "sent")
    figures.failure("telegram.send")
    async with serving(Turns(), figures) as operator:
        text = (await operator.get("/metrics")).text

    assert 'tillwise_turns_total{channel="telegram",outcome="taken"} 1.0' in text
    assert 'tillwise_messages_total{channel="telegram",outcome="sent"} 1.0' in text
    assert 'tillwise_failures_total{where="telegram.send"} 1.0' in text
    assert 'tillwise_turn_seconds_bucket{le="0.005"} 1.0' in text
