from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from bot.simulator.client import Phone, SimulatorClient, SimulatorError
from bot.simulator.server import create_simulator, running
from bot.simulator.world import BotAccounts
from tests.integration.simulator.conftest import BotHand, Rig, button


async def test_the_state_tells_bots_users_faults_and_the_counter(rig: Rig, phone: Phone) -> None:
    state = await rig.simulator.state()
    assert state["bots"] == [{"id": 4242, "username": "tillwise_bot", "name": "Tillwise", "webhook": None}]
    assert state["users"] == [
        {
            "id": phone.id, "first_name": "Mei", "last_name": None, "username": None, "language_code": "en",
            "phone": "+8613912345678", "role": "customer", "blocked": False,
        }
    ]  # fmt: skip
    assert not any(fault["on"] for fault in state["faults"].values())
    assert state["seq"] == rig.world.journal.seq


async def test_a_deep_link_sends_start_with_its_payload_to_the_bot_it_names(
    rig: Rig, bot: BotHand, phone: Phone
) -> None:
    await phone.open("https://t.me/Tillwise_bot?start=partner-7")
    await phone.open("tg://resolve?domain=tillwise_bot&start=qr_1")
    message = [update["message"] for update in await bot.updates()]
    assert [one["text"] for one in message] == ["/start partner-7", "/start qr_1"]
    assert message[0]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    for link in ("https://t.me/nobody_bot?start=x", "https://example.org/", "https://t.me/tillwise_bot?start=a+b"):
        with pytest.raises(SimulatorError):
            await phone.open(link)


async def test_a_contact_of_ones_own_carries_the_user_id_and_another_does_not(bot: BotHand, phone: Phone) -> None:
    await phone.contact()
    await phone.contact("+8613700000000", own=False)
    own, other = (update["message"]["contact"] for update in await bot.updates())
    assert (own["phone_number"], own["user_id"]) == ("+8613912345678", phone.id)
    assert (other["phone_number"], "user_id" in other) == ("+8613700000000", False)


async def test_a_reply_keyboard_is_shown_shares_the_contact_and_hides_after_one_use(bot: BotHand, phone: Phone) -> None:
    keyboard = {"keyboard": [[{"text": "Share", "request_contact": True}, "No"]], "one_time_keyboard": True}
    await bot.send(phone, reply_markup=keyboard)
    shown = (await phone.chat()).keyboard
    assert shown is not None
    assert shown["rows"] == [
        [
            {"text": "Share", "request_contact": True, "request_location": False},
            {"text": "No", "request_contact": False, "request_location": False},
        ]
    ]
    await phone.press_keyboard("Share")
    assert (await bot.updates())[0]["message"]["contact"]["user_id"] == phone.id
    assert (await phone.chat()).keyboard is None
    with pytest.raises(SimulatorError, match="no such button"):
        await phone.press_keyboard("Share")


async def test_a_reply_keyboard_stays_until_the_bot_takes_it_away(bot: BotHand, phone: Phone) -> None:
    await bot.send(phone, reply_markup={"keyboard": [["Yes"]]})
    await phone.press_keyboard("Yes")
    assert (await bot.updates())[0]["message"]["text"] == "Yes"
    assert (await phone.chat()).keyboard is not None
    await bot.send(phone, reply_markup={"remove_keyboard": True})
    assert (await phone.chat()).keyboard is None


async def test_a_corrected_message_comes_as_edited_message(bot: BotHand, phone: Phone) -> None:
    said = (await phone.text("5000"))["message_id"]
    await phone.edit(said, "50000")
    update = (await bot.updates())[1]
    assert (update["edited_message"]["text"], "edit_date" in update["edited_message"]) == ("50000", True)
    assert (await phone.chat()).messages[-1].edits == ("5000",)
    sent = await bot.send(phone)
    with pytest.raises(SimulatorError):
        await phone.edit(sent, "not mine")


async def test_a_reply_carries_the_message_it_answers(bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone, "question")
    await phone.text("answer", reply_to=sent)
    assert (await bot.updates())[0]["message"]["reply_to_message"]["text"] == "question"
    with pytest.raises(SimulatorError, match="no such message"):
        await phone.text("answer", reply_to=9_999)


async def test_a_person_who_blocked_can_only_come_back_by_start(bot: BotHand, phone: Phone) -> None:
    await phone.block()
    with pytest.raises(SimulatorError, match="blocked"):
        await phone.text("hello")
    await phone.start()
    kinds = [next(iter(set(update) - {"update_id"})) for update in await bot.updates()]
    assert kinds == ["my_chat_member", "my_chat_member", "message"]


async def test_wait_returns_at_once_with_what_is_newer_and_empty_after_its_time(bot: BotHand, phone: Phone) -> None:
    nothing = await phone.wait(0.05)
    assert nothing.messages == ()
    waiting = asyncio.create_task(phone.wait(30))
    sent = await bot.send(phone, "news")
    assert [message.id for message in (await waiting).messages] == [sent]


async def test_wait_does_not_wake_for_another_chat(rig: Rig, bot: BotHand, phone: Phone) -> None:
    other = await rig.simulator.join("Other")
    await other.start()
    await bot.send(other, "not for Mei")
    assert (await phone.wait(0.05)).messages == ()


async def test_the_phone_waits_for_texts_labels_edits_and_answers(bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone, "choose", reply_markup=button("Yes", "1"))
    message = await phone.wait_for("Yes")
    assert (message.id, message.labels) == (sent, ("Yes",))
    pressed = await phone.press(message, "Yes")
    await bot.do("answerCallbackQuery", callback_query_id=pressed["callback_id"], text="noted")
    assert (await phone.wait_for_answer())["text"] == "noted"
    await bot.do("editMessageText", chat_id=phone.id, message_id=sent, text="chosen")
    assert (await phone.wait_for(lambda one: one.text == "chosen")).id == sent
    with pytest.raises(SimulatorError, match="did not do what was waited for"):
        await phone.wait_for("chosen", seconds=0.05)


async def test_every_change_is_pushed_once_and_in_order(rig: Rig, bot: BotHand, phone: Phone) -> None:
    begin = rig.world.journal.seq
    sent = await bot.send(phone, "one", reply_markup=button("a", "1"))
    await bot.do("sendChatAction", chat_id=phone.id, action="typing")
    pressed = await phone.press(sent, "a")
    await bot.do("answerCallbackQuery", callback_query_id=pressed["callback_id"], text="noted", show_alert=True)
    await bot.do("editMessageText", chat_id=phone.id, message_id=sent, text="two")
    await bot.do("createForumTopic", chat_id=phone.id, name="t")
    await bot.do("deleteMessage", chat_id=phone.id, message_id=sent)
    await rig.simulator.set_faults(blocked=1)
    events = await collected(rig.simulator, begin, 7)
    assert [event["type"] for event in events] == [
        "message", "typing", "callback_answer", "edit", "topic", "delete", "faults",
    ]  # fmt: skip
    assert [event["seq"] for event in events] == list(range(begin + 1, begin + 8))
    assert (events[2]["text"], events[2]["alert"]) == ("noted", True)
    assert {event["user"] for event in events[:-1]} == {phone.id}
    assert events[0]["message"]["id"] == sent


async def collected(simulator: SimulatorClient, after: int, number: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        async for event in simulator.events(after):
            events.append(event)
            if len(events) == number:
                break
    return events


async def test_a_page_that_lost_its_stream_goes_on_after_the_last_event_it_saw(
    rig: Rig, bot: BotHand, phone: Phone
) -> None:
    seen = rig.world.journal.seq
    await bot.send(phone, "missed")
    headers = {"Last-Event-ID": str(seen)}
    async with rig.http.stream("GET", f"{rig.url}/simulator/events", headers=headers) as stream:
        lines = [line async for line in _until_data(stream)]
    assert lines[-2] == f"id: {seen + 1}"
    assert orjson.loads(lines[-1].removeprefix("data: "))["message"]["text"] == "missed"


async def _until_data(stream: httpx.Response) -> Any:
    async for line in stream.aiter_lines():
        yield line
        if line.startswith("data: "):
            return


async def test_the_journal_can_be_followed_while_it_grows(rig: Rig, bot: BotHand, phone: Phone) -> None:
    following = asyncio.create_task(collected(rig.simulator, rig.world.journal.seq, 3))
    for text in "abc":
        await bot.send(phone, text)
    assert [event["message"]["text"] for event in await following] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("request_line", "body", "status"),
    [
        ("POST users", {"language_code": "en"}, 400),
        ("POST users", {"first_name": "A", "language_code": "english!"}, 400),
        ("POST users/{id}/text", {"text": " "}, 400),
        ("POST users/{id}/text", {"text": "a" * 4097}, 400),
        ("POST users/{id}/press", {"message_id": 9_999, "data": "x"}, 404),
        ("POST users/1/text", {"text": "x"}, 404),
        ("GET users/1/chat", None, 404),
        ("POST users/{id}/start", {"payload": "not allowed"}, 400),
        ("PUT limits", {"speed": 1}, 400),
    ],
)
async def test_what_cannot_be_done_is_refused_with_a_reason(
    rig: Rig, phone: Phone, request_line: str, body: Any, status: int
) -> None:
    method, path = request_line.format(id=phone.id).split()
    answer = await rig.http.request(method, f"{rig.url}/simulator/{path}", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]


async def test_a_refusal_does_not_repeat_what_was_typed(rig: Rig, phone: Phone) -> None:
    answer = await rig.http.post(
        f"{rig.url}/simulator/users", json={"first_name": "A", "language_code": "+8613912345678"}
    )
    assert "13912345678" not in answer.text


async def test_before_a_bot_connects_chats_are_empty_and_writing_is_refused() -> None:
    async with running(create_simulator()) as url, httpx.AsyncClient() as http:
        simulator = SimulatorClient(url, http)
        phone = await simulator.join("Early")
        assert (await phone.chat()).messages == ()
        with pytest.raises(SimulatorError, match="409: no bot is connected yet"):
            await phone.start()
        waiting = asyncio.create_task(simulator.wait_for_bot())
        await BotHand(http, url).do("getMe")
        assert (await waiting)["username"] == "tillwise_bot"


async def test_bots_have_their_own_chats_with_one_person(rig: Rig, bot: BotHand, phone: Phone) -> None:
    second = BotHand(rig.http, rig.url, "77:second")
    assert (await second.do("getMe"))["username"] == "tillwise_77_bot"
    other = phone.with_bot(77)
    await other.text("for the second")
    assert await bot.updates() == []
    assert (await second.updates())[0]["message"]["text"] == "for the second"
    await second.send(other, "hello")
    assert [message.text for message in (await phone.chat()).messages] == ["/start"]


async def test_only_configured_tokens_are_let_in() -> None:
    accounts = BotAccounts(username="shop_bot", tokens=frozenset({"1:good"}), usernames={1: "corner_bot"})
    async with running(create_simulator(accounts=accounts)) as url, httpx.AsyncClient() as http:
        assert (await BotHand(http, url, "1:good").do("getMe"))["username"] == "corner_bot"
        assert await BotHand(http, url, "2:bad").refusal("getMe") == (401, "Unauthorized")


async def test_the_page_is_served_from_its_folder(tmp_path: Any) -> None:
    (tmp_path / "index.html").write_text("<title>phone</title>")
    async with running(create_simulator(page=tmp_path)) as url, httpx.AsyncClient() as http:
        assert (
            (await http.get(f"{url}/")).text
            == (await http.get(f"{url}/static/index.html")).text
            == "<title>phone</title>"
        )
