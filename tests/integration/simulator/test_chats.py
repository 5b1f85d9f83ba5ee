from __future__ import annotations

from typing import Any

import httpx
import pytest

from bot.simulator.client import Phone, SimulatorClient, SimulatorError
from bot.simulator.server import create_simulator, running
from bot.simulator.world import BotAccounts
from tests.integration.simulator.conftest import BotHand, Rig, button


async def test_a_topic_of_a_private_chat_is_created_written_to_renamed_and_deleted(bot: BotHand, phone: Phone) -> None:
    topic = await bot.do("createForumTopic", chat_id=phone.id, name="Application R-1")
    thread = topic["message_thread_id"]
    sent = await bot.do("sendMessage", chat_id=phone.id, text="in topic", message_thread_id=thread)
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (thread, True)
    await phone.text("answer", thread=thread)
    assert (await bot.updates())[0]["message"]["message_thread_id"] == thread
    await bot.do("editForumTopic", chat_id=phone.id, message_thread_id=thread, name="Approved")
    chat = await phone.chat()
    assert chat.topics == ({"id": thread, "name": "Approved", "closed": False},)
    assert [message.thread for message in chat.messages] == [None, thread, thread]
    await bot.do("deleteForumTopic", chat_id=phone.id, message_thread_id=thread)
    chat = await phone.chat()
    assert (chat.topics, [message.deleted for message in chat.messages]) == ((), [False, True, True])


async def test_a_topic_that_is_not_there_is_refused_and_closing_is_for_supergroups(bot: BotHand, phone: Phone) -> None:
    topic = (await bot.do("createForumTopic", chat_id=phone.id, name="t"))["message_thread_id"]
    refusals = [
        await bot.refusal("sendMessage", chat_id=phone.id, text="x", message_thread_id=9_999),
        await bot.refusal("editForumTopic", chat_id=phone.id, message_thread_id=9_999, name="x"),
        await bot.refusal("createForumTopic", chat_id=phone.id, name=" "),
        await bot.refusal("closeForumTopic", chat_id=phone.id, message_thread_id=topic),
    ]
    assert [description for _, description in refusals] == [
        "Bad Request: message thread not found",
        "Bad Request: TOPIC_ID_INVALID",
        "Bad Request: name must be non-empty",
        "Bad Request: the chat is not a supergroup forum",
    ]


async def test_a_bot_without_topics_has_none() -> None:
    app = create_simulator(accounts=BotAccounts(topics=False))
    async with running(app) as url, httpx.AsyncClient() as http:
        hand = BotHand(http, url)
        assert (await hand.do("getMe"))["has_topics_enabled"] is False
        phone = await SimulatorClient(url, http).join("Mei")
        await phone.start()
        refused = await hand.refusal("createForumTopic", chat_id=phone.id, name="t")
        assert refused == (400, "Bad Request: the chat is not a forum")


async def test_a_message_is_copied_without_and_forwarded_with_its_author(rig: Rig, bot: BotHand, phone: Phone) -> None:
    manager = await rig.simulator.join("Manager", role="manager")
    await manager.start()
    said = (await phone.text("please help"))["message_id"]
    copied = await bot.do("copyMessage", chat_id=manager.id, from_chat_id=phone.id, message_id=said)
    forwarded = await bot.do("forwardMessage", chat_id=manager.id, from_chat_id=phone.id, message_id=said)
    assert set(copied) == {"message_id"}
    assert forwarded["forward_origin"]["sender_user"]["id"] == phone.id
    seen = (await manager.chat()).messages[1:]
    assert [(message.text, message.raw["forwarded"]) for message in seen] == [
        ("please help", False),
        ("please help", True),
    ]
    missing: dict[str, Any] = {"chat_id": manager.id, "from_chat_id": phone.id, "message_id": 9_999}
    assert (await bot.refusal("copyMessage", **missing))[1] == "Bad Request: message to copy not found"
    assert (await bot.refusal("forwardMessage", **missing))[1] == "Bad Request: message to forward not found"


async def test_deleted_messages_are_gone_for_the_bot_and_marked_on_the_phone(bot: BotHand, phone: Phone) -> None:
    first, second = await bot.send(phone, "one"), await bot.send(phone, "two")
    theirs = (await phone.text("mine"))["message_id"]
    assert await bot.do("deleteMessage", chat_id=phone.id, message_id=theirs) is True
    assert await bot.do("deleteMessages", chat_id=phone.id, message_ids=[first, second, 9_999]) is True
    assert [message.deleted for message in (await phone.chat()).messages] == [False, True, True, True]
    assert (await bot.refusal("deleteMessage", chat_id=phone.id, message_id=first))[0] == 400


async def test_a_pinned_message_shows_in_the_chat_and_can_be_unpinned(bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone)
    await bot.do("pinChatMessage", chat_id=phone.id, message_id=sent)
    assert (await bot.do("getChat", chat_id=phone.id))["pinned_message"]["message_id"] == sent
    await bot.do("unpinChatMessage", chat_id=phone.id)
    assert "pinned_message" not in await bot.do("getChat", chat_id=phone.id)
    assert (await bot.refusal("unpinChatMessage", chat_id=phone.id))[1] == "Bad Request: message to unpin not found"


async def test_a_reaction_is_one_of_telegrams_emoji(bot: BotHand, phone: Phone) -> None:
    said = (await phone.text("thanks"))["message_id"]
    react: dict[str, Any] = {"chat_id": phone.id, "message_id": said}
    await bot.do("setMessageReaction", reaction=[{"type": "emoji", "emoji": "👍"}], **react)
    assert (await phone.chat()).messages[-1].raw["reactions"] == ["👍"]
    refused = await bot.refusal("setMessageReaction", reaction=[{"type": "emoji", "emoji": "🧾"}], **react)
    assert refused == (400, "Bad Request: REACTION_INVALID")
    await bot.do("setMessageReaction", **react)
    assert (await phone.chat()).messages[-1].raw["reactions"] == []


async def test_an_edit_keeps_what_was_there_before(bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone, "<b>one</b>", parse_mode="HTML")
    edited = await bot.do("editMessageText", chat_id=phone.id, message_id=sent, text="two")
    assert (edited["text"], "edit_date" in edited) == ("two", True)
    message = (await phone.chat()).last
    assert (message.text, message.edits) == ("two", ("<b>one</b>",))
    assert message.raw["edited"] is not None


async def test_a_button_that_is_gone_can_be_pressed_by_a_slow_phone_only(bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone, reply_markup=button("a", "once"))
    await bot.do("editMessageReplyMarkup", chat_id=phone.id, message_id=sent)
    with pytest.raises(SimulatorError, match="no such button"):
        await phone.press(sent, data="once")
    await phone.press(sent, data="once", stale=True)
    assert (await bot.updates())[0]["callback_query"]["data"] == "once"
    with pytest.raises(SimulatorError, match="no such button"):
        await phone.press(sent, data="never", stale=True)


async def test_a_press_on_a_deleted_message_carries_an_inaccessible_message(bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone, reply_markup=button("a", "1"))
    await bot.do("deleteMessage", chat_id=phone.id, message_id=sent)
    await phone.press(sent, data="1", stale=True)
    assert (await bot.updates())[0]["callback_query"]["message"]["date"] == 0


async def test_contact_and_location_from_the_bot_show_on_the_phone(bot: BotHand, phone: Phone) -> None:
    await bot.do("sendContact", chat_id=phone.id, phone_number="+8610", first_name="Branch")
    await bot.do("sendLocation", chat_id=phone.id, latitude=31.2, longitude=121.5)
    contact, place = (message.raw for message in (await phone.chat()).messages[1:])
    assert (contact["contact"]["phone"], contact["contact"]["own"]) == ("+8610", False)
    assert place["location"] == {"latitude": 31.2, "longitude": 121.5}


async def test_the_profile_remembers_commands_and_descriptions_by_language(bot: BotHand) -> None:
    commands = [{"command": "help", "description": "帮助"}]
    await bot.do("setMyCommands", commands=commands, language_code="zh")
    assert await bot.do("getMyCommands", language_code="zh") == commands
    assert await bot.do("getMyCommands") == []
    await bot.do("setMyDescription", description="我帮小店借到合适的钱", language_code="zh")
    assert await bot.do("getMyDescription", language_code="zh") == {"description": "我帮小店借到合适的钱"}
    assert await bot.do("getMyDescription") == {"description": ""}
    assert await bot.do("getMyName") == {"name": "Tillwise"}
    refused = await bot.refusal("setMyCommands", commands=[{"command": "Hülp", "description": "x"}])
    assert refused == (400, "Bad Request: BOT_COMMAND_INVALID")
