"""A third reading of the Bot API: what the simulator answers and delivers is parsed by aiogram's own models."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputRichBlockParagraph,
    InputRichBlockTable,
    InputRichMessage,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
    RichBlockTableCell,
    RichTextBold,
)

from bot.simulator.client import Phone
from tests.integration.simulator.conftest import PNG, TOKEN, Rig


@pytest.fixture
async def client(rig: Rig) -> AsyncIterator[Bot]:
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(rig.url)))
    async with bot:
        yield bot


async def test_results_of_all_kinds_are_understood(client: Bot, phone: Phone) -> None:
    me = await client.get_me()
    assert (me.username, me.has_topics_enabled) == ("tillwise_bot", True)
    buttons = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="是", callback_data="y")]])
    sent = await client.send_message(phone.id, "<b>你好</b>", parse_mode="HTML", reply_markup=buttons)
    assert sent.html_text == "<b>你好</b>"
    assert sent.reply_markup is not None
    assert sent.reply_markup.inline_keyboard[0][0].callback_data == "y"
    photo = await client.send_photo(phone.id, BufferedInputFile(PNG, "card.png"), caption="card")
    assert photo.photo is not None
    file = await client.get_file(photo.photo[-1].file_id)
    assert file.file_path is not None
    downloaded = await client.download_file(file.file_path)
    assert downloaded is not None
    assert downloaded.read() == PNG
    assert (await client.get_chat(phone.id)).first_name == "Mei"
    topic = await client.create_forum_topic(phone.id, "Case")
    threaded = await client.send_message(phone.id, "x", message_thread_id=topic.message_thread_id)
    assert threaded.is_topic_message
    assert (await client.get_webhook_info()).pending_update_count == 0


async def test_a_rich_message_is_understood_and_changed(client: Bot, phone: Phone) -> None:
    cell = RichBlockTableCell(align="right", valign="middle", text=RichTextBold(text="5"))
    rich = InputRichMessage(
        blocks=[InputRichBlockParagraph(text="words"), InputRichBlockTable(cells=[[cell]], caption="c")]
    )
    sent = await client.send_rich_message(phone.id, rich)
    assert sent.rich_message is not None
    assert [block.type for block in sent.rich_message.blocks] == ["paragraph", "table"]
    shorter = InputRichMessage(blocks=[InputRichBlockTable(cells=[[cell]])])
    edited = await client.edit_message_text(chat_id=phone.id, message_id=sent.message_id, rich_message=shorter)
    assert isinstance(edited, Message)
    assert edited.rich_message is not None
    assert len(edited.rich_message.blocks) == 1
    plain = await client.edit_message_text("plain", chat_id=phone.id, message_id=sent.message_id)
    assert isinstance(plain, Message)
    assert (plain.text, plain.rich_message) == ("plain", None)


async def test_updates_of_all_kinds_are_understood(client: Bot, phone: Phone) -> None:
    buttons = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="a", callback_data="1")]])
    sent = await client.send_message(phone.id, "choose", reply_markup=buttons)
    ask = ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text="Share", request_contact=True)]])
    await client.send_message(phone.id, "phone?", reply_markup=ask)
    said = (await phone.text("/help 你好", reply_to=sent.message_id))["message_id"]
    await phone.edit(said, "changed")
    await phone.press(sent.message_id, "a")
    await phone.press_keyboard("Share")
    await phone.location(31.2, 121.5)
    await phone.sticker()
    await phone.file("a.pdf", b"%PDF", caption="mine")
    await phone.file("a.png", PNG, kind="photo")
    await phone.file("a.ogg", b"OggS", kind="voice")
    await phone.block()
    updates = await client.get_updates()
    kinds = [update.event_type for update in updates]
    assert kinds == ["message", "edited_message", "callback_query", *["message"] * 6, "my_chat_member"]
    contents = [update.message.content_type for update in updates if update.message is not None]
    assert contents == ["text", "contact", "location", "sticker", "document", "photo", "voice"]


async def test_refusals_become_its_own_errors(rig: Rig, client: Bot, phone: Phone) -> None:
    sent = await client.send_message(phone.id, "x")
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await client.edit_message_text("x", chat_id=phone.id, message_id=sent.message_id)
    await rig.simulator.set_faults(too_many_requests={"count": 1, "retry_after": 4})
    with pytest.raises(TelegramRetryAfter) as flood:
        await client.send_message(phone.id, "x")
    assert flood.value.retry_after == 4
    await rig.simulator.set_faults(deactivated=1)
    with pytest.raises(TelegramForbiddenError, match="user is deactivated"):
        await client.send_message(phone.id, "x")
