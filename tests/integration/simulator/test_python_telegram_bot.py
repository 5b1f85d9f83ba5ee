"""The proof that the simulator is a Bot API: python-telegram-bot's own client and its conversations work against it."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    KeyboardButton,
    ReactionTypeEmoji,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Conflict, EndPointNotFound, Forbidden, InvalidToken, RetryAfter
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    filters,
)
from telegram.warnings import PTBUserWarning

from bot.simulator.client import Phone
from tests.integration.simulator.conftest import PNG, TOKEN, Rig, Webhook, serving

AMOUNT, PURPOSE, PHONE = range(3)
Context = ContextTypes.DEFAULT_TYPE
AnyApplication = Application[Any, Any, Any, Any, Any, Any]


@pytest.fixture
async def client(rig: Rig) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, base_url=f"{rig.url}/bot", base_file_url=f"{rig.url}/file/bot") as client:
        yield client


async def test_its_client_sends_edits_copies_and_deletes(client: Bot, phone: Phone) -> None:
    buttons = InlineKeyboardMarkup(
        [[InlineKeyboardButton("Yes", callback_data="y"), InlineKeyboardButton("Site", url="https://x.cn")]]
    )
    sent = await client.send_message(
        phone.id, "<b>Hi</b> & <i>you</i>".replace("&", "&amp;"), ParseMode.HTML, reply_markup=buttons
    )
    assert sent.text_html == "<b>Hi</b> &amp; <i>you</i>"
    assert sent.reply_markup == buttons
    edited = await client.edit_message_text("new", phone.id, sent.message_id)
    assert (edited.text, edited.reply_markup) == ("new", None)  # type: ignore[union-attr]  # True is for inline messages
    copied = await client.copy_message(phone.id, phone.id, sent.message_id)
    forwarded = await client.forward_message(phone.id, phone.id, sent.message_id)
    assert forwarded.forward_origin is not None
    assert await client.delete_message(phone.id, copied.message_id)
    assert [message.deleted for message in (await phone.chat()).messages] == [False, False, True, False]


async def test_its_client_understands_every_refusal(
    rig: Rig, client: Bot, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # otherwise its own error warns of its own future
    sent = await client.send_message(phone.id, "x")
    with pytest.raises(BadRequest, match="Message is not modified"):
        await sent.edit_text("x")
    with pytest.raises(BadRequest, match="Chat not found"):
        await client.send_message(1, "x")
    await rig.simulator.set_faults(too_many_requests={"count": 1, "retry_after": 3})
    with pytest.raises(RetryAfter) as flood:
        await client.send_message(phone.id, "x")
    assert flood.value.retry_after == timedelta(seconds=3)
    await phone.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await client.send_message(phone.id, "x")
    with pytest.raises(EndPointNotFound):
        await client.do_api_request("sendTelepathy")
    await client.set_webhook("http://127.0.0.1:9/")
    with pytest.raises(Conflict):
        await client.get_updates()
    with pytest.raises(InvalidToken):
        async with Bot("4242:wrong", base_url=f"{rig.url}/bot"):
            pass


async def test_its_client_moves_files_both_ways(client: Bot, phone: Phone) -> None:
    await phone.file("licence.pdf", b"%PDF licence", mime="application/pdf")
    (update,) = await client.get_updates()
    assert update.message is not None
    assert update.message.document is not None
    file = await update.message.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"%PDF licence"
    photo = await client.send_photo(phone.id, PNG, caption="card", filename="card.png")
    assert photo.photo[0].width == 2
    again = await client.send_photo(phone.id, photo.photo[0].file_id)
    assert again.photo == photo.photo
    voice = await client.send_voice(phone.id, b"OggS", duration=1)
    assert voice.voice is not None
    document = InputMediaDocument(b"terms", filename="terms.txt", caption="terms")
    replaced = await client.edit_message_media(document, phone.id, photo.message_id)
    assert replaced.document.file_name == "terms.txt"  # type: ignore[union-attr]  # True is for inline messages


async def test_its_client_does_the_rest(client: Bot, phone: Phone) -> None:
    assert await client.set_my_commands([BotCommand("help", "Help")])
    assert await client.get_my_commands() == (BotCommand("help", "Help"),)
    assert await client.set_my_description("What I do")
    assert (await client.get_my_description()).description == "What I do"
    assert await client.send_chat_action(phone.id, ChatAction.TYPING)
    sent = await client.send_message(
        phone.id, "phone?", reply_markup=ReplyKeyboardMarkup([[KeyboardButton("Share", request_contact=True)]])
    )
    assert await sent.pin()
    assert await sent.set_reaction(ReactionTypeEmoji("👍"))
    assert (await client.get_chat(phone.id)).pinned_message == sent
    assert (await client.send_contact(phone.id, "+861", "Branch")).contact is not None
    assert (await client.send_location(phone.id, 31.2, 121.5)).location is not None
    topic = await client.create_forum_topic(phone.id, "Case 1")
    threaded = await client.send_message(phone.id, "in topic", message_thread_id=topic.message_thread_id)
    assert threaded.is_topic_message
    assert await client.edit_forum_topic(phone.id, topic.message_thread_id, "Case 1: done")
    assert await client.delete_forum_topic(phone.id, topic.message_thread_id)
    info = await client.get_webhook_info()
    assert (info.url, info.pending_update_count) == ("", 0)


async def begin(update: Update, context: Context) -> int:
    assert update.message is not None
    await update.message.reply_text("How much?")
    return AMOUNT


async def amount(update: Update, context: Context) -> int:
    assert update.message is not None
    assert context.user_data is not None
    context.user_data["amount"] = update.message.text
    buttons = [
        [InlineKeyboardButton("Stock", callback_data="stock"), InlineKeyboardButton("Oven", callback_data="oven")]
    ]
    await update.message.reply_html(
        f"<b>{update.message.text}</b> for what?", reply_markup=InlineKeyboardMarkup(buttons)
    )
    return PURPOSE


async def no_amount(update: Update, context: Context) -> int:
    assert update.message is not None
    await update.message.reply_text("A number, please")
    return AMOUNT


async def purpose(update: Update, context: Context) -> int:
    query = update.callback_query
    assert query is not None
    assert context.user_data is not None
    await query.answer("Noted")
    await query.edit_message_text(f"{context.user_data['amount']} for {query.data}")
    ask = ReplyKeyboardMarkup([[KeyboardButton("Share", request_contact=True)]], one_time_keyboard=True)
    await context.bot.send_message(query.from_user.id, "Your phone?", reply_markup=ask)
    return PHONE


async def contact(update: Update, context: Context) -> int:
    assert update.message is not None
    assert update.message.contact is not None
    await update.message.reply_text(
        f"We call {update.message.contact.phone_number}", reply_markup=ReplyKeyboardRemove()
    )
    return int(ConversationHandler.END)


def conversation_bot(rig: Rig, *, polls: bool) -> AnyApplication:
    builder = ApplicationBuilder().token(TOKEN).base_url(f"{rig.url}/bot").base_file_url(f"{rig.url}/file/bot")
    application = (builder if polls else builder.updater(None)).build()
    words = filters.TEXT & ~filters.COMMAND
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PTBUserWarning)  # it advises on presses in conversations, which are meant here
        application.add_handler(
            ConversationHandler(
                entry_points=[CommandHandler("start", begin)],
                states={
                    AMOUNT: [MessageHandler(filters.Regex(r"^\d+$"), amount), MessageHandler(words, no_amount)],
                    PURPOSE: [CallbackQueryHandler(purpose)],
                    PHONE: [MessageHandler(filters.CONTACT, contact)],
                },
                fallbacks=[CommandHandler("start", begin)],
            )
        )
    return application


@contextlib.asynccontextmanager
async def polling(rig: Rig) -> AsyncIterator[None]:
    application = conversation_bot(rig, polls=True)
    async with application:
        assert application.updater is not None
        await application.start()
        await application.updater.start_polling(timeout=2)
        yield
        await application.updater.stop()
        await application.stop()


@contextlib.asynccontextmanager
async def hooked(rig: Rig) -> AsyncIterator[None]:
    application = conversation_bot(rig, polls=False)

    async def receive(request: Request) -> Response:
        assert request.headers["X-Telegram-Bot-Api-Secret-Token"] == "only-us"
        update = Update.de_json(orjson.loads(await request.body()), application.bot)
        await application.update_queue.put(update)
        return Response()

    hook = Webhook()
    async with serving(Starlette(routes=[Route("/hook", receive, methods=["POST"])])) as url, application:
        hook.url = f"{url}/hook"
        await application.start()
        await application.bot.set_webhook(hook.url, secret_token="only-us")
        yield
        await application.bot.delete_webhook()
        await application.stop()


@pytest.mark.parametrize("connected", [polling, hooked])
async def test_a_conversation_written_with_it_runs_from_start_to_end(rig: Rig, connected: Any) -> None:
    phone = await rig.simulator.join("Mei", language="en", phone="+8613912345678")
    async with connected(rig):
        await phone.start()
        await phone.wait_for("How much?")
        await phone.text("a lot")
        await phone.wait_for("A number, please")
        await phone.text("50000")
        question = await phone.wait_for("50000 for what?")
        assert question.html == "<b>50000</b> for what?"
        pressed = await phone.press(question, "Oven")
        assert (await phone.wait_for_answer(pressed["callback_id"]))["text"] == "Noted"
        assert (await phone.wait_for("50000 for oven")).id == question.id
        await phone.wait_for("Your phone?")
        await phone.press_keyboard("Share")
        await phone.wait_for("We call +8613912345678")
        assert (await phone.chat()).keyboard is None
