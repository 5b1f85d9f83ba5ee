from __future__ import annotations

import time

import httpx
import pytest

from bot.simulator.arguments import Arguments
from bot.simulator.client import Phone, SimulatorError
from bot.simulator.methods import perform
from tests.integration.simulator.conftest import BotHand, Rig, Webhook, button


async def test_too_many_requests_comes_with_its_seconds_as_often_as_asked_for(
    rig: Rig, bot: BotHand, phone: Phone
) -> None:
    await rig.simulator.set_faults(too_many_requests={"count": 2, "retry_after": 7})
    for _ in range(2):
        body = await bot.ask("sendMessage", chat_id=phone.id, text="x")
        assert (body["error_code"], body["parameters"]) == (429, {"retry_after": 7})
    await bot.send(phone)


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        ("blocked", (403, "Forbidden: bot was blocked by the user")),
        ("deactivated", (403, "Forbidden: user is deactivated")),
        ("server_error", (502, "Bad Gateway")),
    ],
)
async def test_a_refusal_on_purpose_sends_nothing(
    rig: Rig, bot: BotHand, phone: Phone, fault: str, refusal: tuple[int, str]
) -> None:
    await rig.simulator.set_faults(**{fault: 1})
    assert await bot.refusal("sendMessage", chat_id=phone.id, text="x") == refusal
    assert [message.by_bot for message in (await phone.chat()).messages] == [False]


async def test_not_modified_on_purpose_meets_edits_only(rig: Rig, bot: BotHand, phone: Phone) -> None:
    await rig.simulator.set_faults(not_modified=True)
    sent = await bot.send(phone)
    code, description = await bot.refusal("editMessageText", chat_id=phone.id, message_id=sent, text="new")
    assert (code, description.startswith("Bad Request: message is not modified")) == (400, True)


async def test_a_timeout_comes_after_the_message_was_delivered(rig: Rig, bot: BotHand, phone: Phone) -> None:
    await rig.simulator.set_faults(timeout=1)
    url = f"{rig.url}/bot{bot.token}/sendMessage"
    with pytest.raises(httpx.ReadTimeout):
        await rig.http.post(url, json={"chat_id": phone.id, "text": "delivered"}, timeout=0.3)
    assert (await phone.wait_for("delivered")).by_bot


async def test_a_timeout_nobody_waits_out_ends_in_504(rig: Rig, bot: BotHand, phone: Phone) -> None:
    await rig.simulator.set_faults(timeout={"count": 1, "seconds": 0.05})
    assert await bot.refusal("sendMessage", chat_id=phone.id, text="delivered") == (504, "Gateway Timeout")
    assert (await phone.chat()).last.text == "delivered"


async def test_a_repeated_update_keeps_its_id_in_polling(rig: Rig, bot: BotHand, phone: Phone) -> None:
    await rig.simulator.set_faults(repeat_update=1)
    update = (await phone.text("once"))["update_id"]
    assert [one["update_id"] for one in await bot.updates()] == [update]
    assert [one["update_id"] for one in await bot.updates(offset=update + 1)] == [update]
    assert await bot.updates(offset=update + 1) == []


async def test_a_repeated_update_keeps_its_id_on_a_webhook(
    rig: Rig, bot: BotHand, phone: Phone, webhook: Webhook
) -> None:
    await bot.do("setWebhook", url=webhook.url)
    await rig.simulator.set_faults(repeat_update=1)
    await phone.text("once")
    first, second = await webhook.until(2)
    assert first == second


async def test_one_press_comes_under_two_update_ids(rig: Rig, bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone, reply_markup=button("a", "1"))
    await rig.simulator.set_faults(press_again=1)
    pressed = await phone.press(sent, "a")
    first, second = await bot.updates()
    assert second["update_id"] == first["update_id"] + 1
    assert first["callback_query"] == second["callback_query"]
    assert first["callback_query"]["id"] == pressed["callback_id"]


async def test_disorder_swaps_an_update_with_the_next_in_polling_and_loses_none(
    rig: Rig, bot: BotHand, phone: Phone
) -> None:
    await rig.simulator.set_faults(disorder={"count": 1, "hold": 30})
    await phone.text("first")
    assert await bot.updates() == []
    await phone.text("second")
    updates = await bot.updates(limit=1)
    assert [one["message"]["text"] for one in updates] == ["second"]
    late = await bot.updates(offset=updates[0]["update_id"] + 1)
    assert [one["message"]["text"] for one in late] == ["first"]
    assert late[0]["update_id"] < updates[0]["update_id"]


async def test_disorder_reaches_a_webhook_and_a_held_update_comes_by_itself(
    rig: Rig, bot: BotHand, phone: Phone, webhook: Webhook
) -> None:
    await bot.do("setWebhook", url=webhook.url)
    await rig.simulator.set_faults(disorder={"count": 1, "hold": 0.05})
    await phone.text("alone")
    assert (await webhook.until(1))[0]["message"]["text"] == "alone"


async def test_a_fault_can_be_narrowed_to_methods_and_persons(rig: Rig, bot: BotHand, phone: Phone) -> None:
    other = await rig.simulator.join("Other")
    await other.start()
    await rig.simulator.set_faults(blocked={"users": [other.id]}, server_error={"methods": ["getMe"], "status": 500})
    await bot.send(phone)
    assert (await bot.refusal("sendMessage", chat_id=other.id, text="x"))[0] == 403
    assert await bot.refusal("getMe") == (500, "Internal Server Error")


async def test_a_probability_strikes_some_calls_and_spares_others(rig: Rig, bot: BotHand, phone: Phone) -> None:
    await rig.simulator.set_faults(server_error={"probability": 0.5})
    sent = [(await bot.ask("sendChatAction", chat_id=phone.id, action="typing"))["ok"] for _ in range(40)]
    assert 8 < sent.count(True) < 32
    assert (await rig.simulator.state())["faults"]["server_error"]["struck"] == sent.count(False)


async def test_setting_faults_anew_clears_the_others_and_an_unknown_one_is_refused(rig: Rig) -> None:
    await rig.simulator.set_faults(blocked=True, timeout=2)
    view = await rig.simulator.set_faults(timeout={"count": 2, "seconds": 1})
    assert [kind for kind, fault in view.items() if fault["on"]] == ["timeout"]
    with pytest.raises(SimulatorError, match="there is no fault 'gremlins'"):
        await rig.simulator.set_faults(gremlins=1)
    with pytest.raises(SimulatorError, match="has no setting colour"):
        await rig.simulator.set_faults(timeout={"colour": 1})


async def test_a_view_of_the_faults_can_be_put_back_as_it_is(rig: Rig) -> None:
    view = await rig.simulator.set_faults(blocked={"count": 3, "users": [1]})
    assert await rig.simulator.set_faults(**view) == view


async def test_handling_a_message_takes_well_under_two_milliseconds_of_cpu(
    rig: Rig, bot: BotHand, phone: Phone
) -> None:
    keyboard = {
        "inline_keyboard": [[{"text": f"选项 {number}", "callback_data": f"f:1:{number}"}] for number in range(5)]
    }
    arguments = Arguments(
        {"chat_id": phone.id, "text": "<b>你好</b>，请选择：", "parse_mode": "HTML", "reply_markup": keyboard}
    )
    spent = []
    for _ in range(5):
        begin = time.process_time()
        for _ in range(50):
            await perform(rig.world, rig.world.main_bot(), "sendMessage", arguments)
        spent.append((time.process_time() - begin) / 50)
    assert min(spent) < 0.002
