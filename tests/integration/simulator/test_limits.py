from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.simulator.client import Phone
from bot.testing.clock import FixedClock
from tests.integration.simulator.conftest import BotHand, Rig, button

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)


async def test_callback_data_may_have_64_bytes_and_no_more(bot: BotHand, phone: Phone) -> None:
    await bot.send(phone, reply_markup=button("ok", "中" * 21 + "x"))
    refused = await bot.refusal("sendMessage", chat_id=phone.id, text="x", reply_markup=button("no", "中" * 22))
    assert refused == (400, "Bad Request: BUTTON_DATA_INVALID")


async def test_a_text_may_have_4096_characters_after_its_tags_are_read(bot: BotHand, phone: Phone) -> None:
    await bot.send(phone, "<b>" + "中" * 4096 + "</b>", parse_mode="HTML")
    refused = await bot.refusal("sendMessage", chat_id=phone.id, text="a" * 4097)
    assert refused == (400, "Bad Request: message is too long")


async def test_a_caption_may_have_1024_characters(rig: Rig, bot: BotHand, phone: Phone) -> None:
    file = {"document": ("a.txt", b"a")}
    await bot.do("sendDocument", files=file, chat_id=phone.id, caption="a" * 1024)
    body = await bot.ask("sendDocument", files=file, chat_id=phone.id, caption="a" * 1025)
    assert body["description"] == "Bad Request: message caption is too long"


@pytest.mark.parametrize(("text", "reason"), [("", "message text is empty"), (" \n ", "text must be non-empty")])
async def test_a_message_needs_words(bot: BotHand, phone: Phone, text: str, reason: str) -> None:
    assert await bot.refusal("sendMessage", chat_id=phone.id, text=text) == (400, f"Bad Request: {reason}")


async def test_html_that_does_not_parse_is_refused_over_http_and_nothing_is_sent(bot: BotHand, phone: Phone) -> None:
    refused = await bot.refusal("sendMessage", chat_id=phone.id, text="中<b>x", parse_mode="HTML")
    reason = "can't parse entities: Can't find end tag corresponding to start tag \"b\""
    assert refused == (400, f"Bad Request: {reason}")
    assert [message.by_bot for message in (await phone.chat()).messages] == [False]


def table(rows: int = 1, columns: int = 1, words: str = "x") -> dict[str, Any]:
    cell = {"align": "left", "valign": "top", "text": words}
    return {"blocks": [{"type": "table", "cells": [[cell] * columns] * rows}]}


@pytest.mark.parametrize(
    ("rich", "reason"),
    [
        ({}, "rich message must be non-empty"),
        ({"blocks": []}, "rich message must be non-empty"),
        ({"blocks": [{"type": "divider"}]}, "rich message must be non-empty"),
        ({"blocks": [{"type": "map"}]}, "can't parse InputRichMessage: unsupported block type 'map'"),
        ({"blocks": [{"type": "paragraph", "text": {"type": "sound"}}]}, "can't parse InputRichMessage: unsupported rich text"),
        ({"html": "<p>x</p>"}, "the simulator reads rich messages as blocks only"),
        (table(columns=21), "RICH_MESSAGE_TABLE_TOO_WIDE"),
        (table(rows=500), "RICH_MESSAGE_TOO_MANY_BLOCKS"),
        (table(words="字" * 32_769), "rich message is too long"),
        ({"blocks": [{"type": "table", "cells": [[{"text": "x"}]]}]}, "can't parse InputRichMessage: a cell needs align and valign"),
    ],
)  # fmt: skip
async def test_a_rich_message_is_held_to_its_limits(bot: BotHand, phone: Phone, rich: Any, reason: str) -> None:
    assert await bot.refusal("sendRichMessage", chat_id=phone.id, rich_message=rich) == (400, f"Bad Request: {reason}")


async def test_the_largest_table_is_taken(bot: BotHand, phone: Phone) -> None:
    sent = await bot.do("sendRichMessage", chat_id=phone.id, rich_message=table(rows=499, columns=20))
    assert len(sent["rich_message"]["blocks"][0]["cells"]) == 499
    assert len((await phone.chat()).last.tables[0]) == 499


async def test_an_older_server_does_not_know_rich_messages(rig: Rig, bot: BotHand, phone: Phone) -> None:
    await rig.simulator.set_limits(rich_messages=False)
    sent = await bot.send(phone)
    given: dict[str, Any] = {"chat_id": phone.id, "rich_message": table()}
    assert await bot.refusal("sendRichMessage", **given) == (404, "Not Found: method not found")
    edited = await bot.refusal("editMessageText", message_id=sent, **given)
    assert edited == (400, "Bad Request: message text is empty")


async def test_an_edit_that_changes_nothing_is_refused(bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone, "<b>same</b>", parse_mode="HTML", reply_markup=button("a", "1"))
    edit: dict[str, Any] = {"chat_id": phone.id, "message_id": sent, "reply_markup": button("a", "1")}
    again = await bot.refusal("editMessageText", text="<b>same</b>", parse_mode="HTML", **edit)
    assert again == (400, NOT_MODIFIED)
    assert await bot.refusal("editMessageReplyMarkup", **edit) == (400, NOT_MODIFIED)


async def test_an_edit_without_buttons_takes_them_off(bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone, reply_markup=button("a", "1"))
    edited = await bot.do("editMessageReplyMarkup", chat_id=phone.id, message_id=sent)
    assert "reply_markup" not in edited
    assert (await phone.chat()).last.buttons == ()


async def test_only_the_bots_own_message_of_the_right_kind_can_be_edited(bot: BotHand, phone: Phone) -> None:
    theirs = (await phone.text("mine"))["message_id"]
    text = await bot.send(phone)
    photo = await bot.do("sendDocument", files={"document": ("a.txt", b"a")}, chat_id=phone.id, caption="c")
    edit = {"chat_id": phone.id, "text": "x", "caption": "x"}
    reasons = [
        (await bot.refusal("editMessageText", message_id=theirs, **edit))[1],
        (await bot.refusal("editMessageText", message_id=9_999, **edit))[1],
        (await bot.refusal("editMessageText", message_id=photo["message_id"], **edit))[1],
        (await bot.refusal("editMessageCaption", message_id=text, **edit))[1],
    ]
    assert reasons == [
        "Bad Request: message can't be edited",
        "Bad Request: message to edit not found",
        "Bad Request: there is no text in the message to edit",
        "Bad Request: there is no caption in the message to edit",
    ]


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("deleteMessage", "message to delete not found"),
        ("pinChatMessage", "message to pin not found"),
        ("setMessageReaction", "message to react not found"),
    ],
)
async def test_a_message_that_is_not_there_is_named_in_the_refusal(
    bot: BotHand, phone: Phone, method: str, reason: str
) -> None:
    assert await bot.refusal(method, chat_id=phone.id, message_id=9_999) == (400, f"Bad Request: {reason}")


async def test_a_reply_to_a_message_that_is_gone_needs_leave_to_be_sent_without(bot: BotHand, phone: Phone) -> None:
    gone = {"message_id": 9_999}
    refused = await bot.refusal("sendMessage", chat_id=phone.id, text="x", reply_parameters=gone)
    assert refused == (400, "Bad Request: message to be replied not found")
    await bot.send(phone, reply_parameters={**gone, "allow_sending_without_reply": True})


async def test_a_bot_cannot_write_first(rig: Rig, bot: BotHand) -> None:
    stranger = await rig.simulator.join("Stranger")
    assert await bot.refusal("sendMessage", chat_id=stranger.id, text="x") == (400, "Bad Request: chat not found")
    assert await bot.refusal("sendMessage", text="x") == (400, "Bad Request: chat_id is empty")


async def test_a_person_who_blocked_the_bot_is_out_of_reach_until_unblocking(bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone)
    await phone.block()
    blocked = (403, "Forbidden: bot was blocked by the user")
    assert await bot.refusal("sendMessage", chat_id=phone.id, text="x") == blocked
    assert await bot.refusal("editMessageText", chat_id=phone.id, message_id=sent, text="x") == blocked
    await phone.unblock()
    await bot.send(phone)
    changes = [update["my_chat_member"]["new_chat_member"]["status"] for update in await bot.updates()]
    assert changes == ["kicked", "member"]


async def test_an_unknown_method_and_a_malformed_token_are_told_apart(rig: Rig, bot: BotHand) -> None:
    assert await bot.refusal("sendTelepathy") == (404, "Not Found: method not found")
    stranger = BotHand(rig.http, rig.url, "nonsense")
    assert await stranger.refusal("getMe") == (401, "Unauthorized: invalid token specified")
    impostor = BotHand(rig.http, rig.url, "4242:another-secret")
    assert await impostor.refusal("getMe") == (401, "Unauthorized")


async def test_a_press_can_be_answered_for_a_while_and_with_200_characters(
    clock: FixedClock, bot: BotHand, phone: Phone
) -> None:
    sent = await bot.send(phone, reply_markup=button("a", "1"))
    pressed = (await phone.press(sent, "a"))["callback_id"]
    too_long = await bot.refusal("answerCallbackQuery", callback_query_id=pressed, text="a" * 201)
    assert too_long == (400, "Bad Request: MESSAGE_TOO_LONG")
    assert await bot.do("answerCallbackQuery", callback_query_id=pressed, text="noted", show_alert=True) is True
    clock.advance(timedelta(minutes=5))
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await bot.refusal("answerCallbackQuery", callback_query_id=pressed) == (400, too_old)
    assert await bot.refusal("answerCallbackQuery", callback_query_id="1") == (400, too_old)


async def test_a_message_older_than_two_days_cannot_be_deleted(clock: FixedClock, bot: BotHand, phone: Phone) -> None:
    sent = await bot.send(phone)
    clock.advance(timedelta(hours=49))
    refused = await bot.refusal("deleteMessage", chat_id=phone.id, message_id=sent)
    assert refused == (400, "Bad Request: message can't be deleted for everyone")


async def test_flood_control_lets_a_burst_through_and_then_about_one_message_a_second(
    clock: FixedClock, rig: Rig, bot: BotHand, phone: Phone
) -> None:
    await rig.simulator.set_limits(flood_control=True)
    for _ in range(3):
        await bot.send(phone)
    body = await bot.ask("sendMessage", chat_id=phone.id, text="x")
    assert body == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    clock.advance(timedelta(seconds=1))
    await bot.send(phone)


async def test_flood_control_counts_each_chat_for_itself_and_thirty_a_second_in_all(rig: Rig, bot: BotHand) -> None:
    phones = [await rig.simulator.join(f"Customer {number}") for number in range(12)]
    for phone in phones:
        await phone.start()
    await rig.simulator.set_limits(flood_control=True)
    sent = [(await bot.ask("sendMessage", chat_id=phone.id, text="x"))["ok"] for phone in phones for _ in range(3)]
    assert sent.count(True) == 30


async def test_a_webhook_must_be_https_when_the_limits_say_so(rig: Rig, bot: BotHand) -> None:
    assert await bot.refusal("setWebhook", url="nonsense") == (400, "Bad Request: invalid webhook URL specified")
    await rig.simulator.set_limits(https_only=True)
    refused = await bot.refusal("setWebhook", url="http://127.0.0.1:1/")
    assert refused == (400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("{", "can't parse reply keyboard markup JSON object"),
        ("[]", "object expected as reply markup"),
        (
            {"inline_keyboard": [{"text": "a"}]},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        (
            {"inline_keyboard": [[{"text": "a"}]]},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"inline_keyboard": [[{"text": "a", "url": "no"}]]},
            "inline keyboard button URL 'no' is invalid: Wrong HTTP URL",
        ),
    ],
)
async def test_a_keyboard_that_is_none_is_refused(bot: BotHand, phone: Phone, markup: Any, reason: str) -> None:
    refused = await bot.refusal("sendMessage", chat_id=phone.id, text="x", reply_markup=markup)
    assert refused == (400, f"Bad Request: {reason}")
