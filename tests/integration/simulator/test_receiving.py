from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from bot.simulator.client import Phone, SimulatorClient
from bot.simulator.server import create_simulator, running
from tests.integration.simulator.conftest import BotHand, Rig, Webhook, button, until


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


async def first_event(simulator: SimulatorClient) -> dict[str, Any] | None:
    return await anext(simulator.events(), None)


async def test_updates_stay_until_an_offset_acknowledges_them(bot: BotHand, phone: Phone) -> None:
    for text in "abc":
        await phone.text(text)
    updates = await bot.updates(limit=2)
    assert texts(updates) == ["a", "b"]
    assert texts(await bot.updates()) == ["a", "b", "c"]
    assert texts(await bot.updates(offset=updates[0]["update_id"] + 1)) == ["b", "c"]
    assert texts(await bot.updates()) == ["b", "c"]


async def test_a_negative_offset_keeps_the_last_updates_and_forgets_the_rest(bot: BotHand, phone: Phone) -> None:
    for text in "abc":
        await phone.text(text)
    assert texts(await bot.updates(offset=-2)) == ["b", "c"]
    assert texts(await bot.updates()) == ["b", "c"]


async def test_a_long_poll_answers_as_soon_as_something_comes(bot: BotHand, phone: Phone) -> None:
    poll = asyncio.create_task(bot.updates(timeout=30))
    begin = time.monotonic()
    await phone.text("now")
    assert texts(await poll) == ["now"]
    assert time.monotonic() - begin < 5


async def test_a_long_poll_ends_empty_after_its_time(bot: BotHand, phone: Phone) -> None:
    assert await bot.updates(timeout=1) == []


async def test_a_second_poll_ends_the_first_with_409(rig: Rig, bot: BotHand, phone: Phone) -> None:
    polls = rig.world.main_bot().polls
    first = asyncio.create_task(bot.refusal("getUpdates", timeout=30))
    await until(lambda: rig.world.main_bot().polls > polls)
    second = asyncio.create_task(bot.updates(timeout=30))
    code, description = await first
    assert code == 409
    assert description.startswith("Conflict: terminated by other getUpdates request")
    await phone.text("end")
    assert texts(await second) == ["end"]


async def test_only_the_kinds_asked_for_come_until_asked_anew(bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone, reply_markup=button("a", "1"))
    await bot.updates(allowed_updates=["callback_query"])
    await phone.text("unheard")
    await phone.press(sent, "a")
    assert [set(update) for update in await bot.updates()] == [{"update_id", "callback_query"}]
    await bot.updates(allowed_updates=[])
    await phone.text("heard")
    assert "message" in (await bot.updates())[-1]


async def test_a_webhook_gets_updates_in_order_with_its_secret(bot: BotHand, phone: Phone, webhook: Webhook) -> None:
    await bot.do("setWebhook", url=webhook.url, secret_token="s3cret_-")
    for number in range(20):
        await phone.text(str(number))
    assert texts(await webhook.until(20)) == [str(number) for number in range(20)]
    assert set(webhook.secrets) == {"s3cret_-"}


async def test_what_waited_before_the_webhook_was_set_is_delivered_unless_dropped(
    bot: BotHand, phone: Phone, webhook: Webhook
) -> None:
    await phone.text("dropped")
    await bot.do("setWebhook", url=webhook.url, drop_pending_updates=True)
    await bot.do("deleteWebhook")
    await phone.text("kept")
    await bot.do("setWebhook", url=webhook.url)
    assert texts(await webhook.until(1)) == ["kept"]


async def test_a_failed_delivery_is_repeated_and_later_updates_of_the_chat_wait(
    rig: Rig, bot: BotHand, phone: Phone, webhook: Webhook
) -> None:
    webhook.answers = [Response(status_code=500), Response(status_code=503)]
    await bot.do("setWebhook", url=webhook.url)
    await phone.text("first")
    await phone.text("second")
    assert texts(await webhook.until(4)) == ["first", "first", "first", "second"]
    info = await bot.do("getWebhookInfo")
    assert info["last_error_message"].startswith("Wrong response from the webhook: 503")


async def test_a_webhook_that_cannot_be_reached_keeps_its_updates(rig: Rig, bot: BotHand, phone: Phone) -> None:
    await bot.do("setWebhook", url="http://127.0.0.1:9/nobody")
    await phone.text("kept")
    webhook = rig.world.main_bot().webhook
    await until(lambda: webhook is not None and webhook.last_error_message)
    assert (await bot.do("getWebhookInfo"))["pending_update_count"] == 1
    await bot.do("deleteWebhook")
    assert texts(await bot.updates()) == ["kept"]


async def test_chats_do_not_wait_for_each_other_on_a_webhook(
    rig: Rig, bot: BotHand, phone: Phone, webhook: Webhook
) -> None:
    other = await rig.simulator.join("Other")
    webhook.answers = [Response(status_code=500, headers={"Retry-After": "3600"})]
    await bot.do("setWebhook", url=webhook.url)
    await phone.text("stuck")
    await webhook.until(1)
    await other.start()
    assert texts(await webhook.until(2)) == ["stuck", "/start"]


@pytest.mark.parametrize("form", ["json", "urlencoded"])
async def test_a_method_in_the_webhooks_reply_is_carried_out(
    bot: BotHand, phone: Phone, webhook: Webhook, form: str
) -> None:
    reply: Response = JSONResponse({"method": "sendMessage", "chat_id": phone.id, "text": "in reply"})
    if form == "urlencoded":
        body = f"method=sendMessage&chat_id={phone.id}&text=in+reply"
        reply = Response(body, media_type="application/x-www-form-urlencoded")
    webhook.answers = [reply]
    await bot.do("setWebhook", url=webhook.url)
    await phone.text("hello")
    assert (await phone.wait_for("in reply")).by_bot


async def test_a_press_answered_in_the_webhooks_reply_reaches_the_phone(
    bot: BotHand, phone: Phone, webhook: Webhook
) -> None:
    sent = await bot.send(phone, reply_markup=button("a", "1"))
    await bot.do("setWebhook", url=webhook.url)
    rig_press = asyncio.create_task(phone.press(sent, "a"))
    query = (await webhook.until(1))[0]["callback_query"]["id"]
    await rig_press
    webhook.answers = [JSONResponse({"method": "answerCallbackQuery", "callback_query_id": query, "text": "noted"})]
    await phone.text("next")
    assert (await phone.wait_for_answer(query))["text"] == "noted"


async def test_a_reply_that_names_no_method_or_a_wrong_one_does_no_harm(
    bot: BotHand, phone: Phone, webhook: Webhook
) -> None:
    webhook.answers = [
        Response("ok"),
        JSONResponse({"method": "sendTelepathy"}),
        JSONResponse({"method": "deleteWebhook"}),
        JSONResponse(["nothing"]),
    ]
    await bot.do("setWebhook", url=webhook.url)
    for text in "abcde":
        await phone.text(text)
    assert texts(await webhook.until(5)) == list("abcde")
    assert (await bot.do("getWebhookInfo"))["pending_update_count"] == 0


async def test_polling_and_a_webhook_exclude_each_other(rig: Rig, bot: BotHand, phone: Phone, webhook: Webhook) -> None:
    polls = rig.world.main_bot().polls
    poll = asyncio.create_task(bot.ask("getUpdates", timeout=30))
    await until(lambda: rig.world.main_bot().polls > polls)
    await bot.do("setWebhook", url=webhook.url)
    assert (await poll)["description"] == "Conflict: terminated by setWebhook request"
    code, description = await bot.refusal("getUpdates")
    assert (code, description.startswith("Conflict: can't use getUpdates method while webhook is active")) == (
        409,
        True,
    )
    assert (await bot.do("getWebhookInfo"))["url"] == webhook.url
    await bot.do("deleteWebhook")
    assert await bot.updates() == []


async def test_the_server_stops_at_once_though_polls_waits_and_event_streams_are_open() -> None:
    begin = time.monotonic()
    app = create_simulator()
    async with running(app) as url:
        http = httpx.AsyncClient(timeout=60)
        hand, simulator = BotHand(http, url), SimulatorClient(url, http)
        phone = await simulator.join("Mei")
        poll = asyncio.create_task(hand.updates(timeout=50))
        waiting = asyncio.create_task(phone.wait(50))
        stream = asyncio.create_task(first_event(simulator))
        world = app.state.world
        await until(lambda: world.bots and world.journal.changed.watched and world.main_bot().updates.added.watched)
        await until(lambda: phone.id in world.main_bot().chats and world.main_bot().chats[phone.id].changed.watched)
    assert await poll == []
    assert (await waiting).messages == ()
    assert await stream is None
    await http.aclose()
    assert time.monotonic() - begin < 5
