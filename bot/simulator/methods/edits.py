"""Editing messages in place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from telegram import InlineKeyboardMarkup

from bot.simulator.errors import bad_request, not_modified
from bot.simulator.files import KINDS
from bot.simulator.keyboards import read_keyboards
from bot.simulator.methods.call import Call, Methods
from bot.simulator.methods.messages import caption, rich_content, text_content
from bot.simulator.methods.uploads import read_media
from bot.simulator.world import Content, Post, World


def _editable(call: Call) -> Post:
    chat = call.chat()
    post = call.post(chat, "edit")
    if not post.by_bot or post.content.service is not None or post.origin is not None:
        raise bad_request("message can't be edited")
    return post


def _edit(call: Call, post: Post, content: Content) -> Any:
    markup = read_keyboards(call.arguments).inline
    if post.content.same(content) and _plain(post.markup) == _plain(markup):
        raise not_modified()
    rewrite(call.world, post, content, markup)
    return post.typed()


def _plain(markup: InlineKeyboardMarkup | None) -> Any:
    return markup.to_dict() if markup is not None else None


def rewrite(world: World, post: Post, content: Content, markup: InlineKeyboardMarkup | None) -> None:
    """Give a message new content and buttons, keeping what it showed before."""
    now = world.clock.now()
    if not post.content.same(content):
        post.history.append(post.content.html())
        post.rewritten = now
    post.former_data.update(post.callback_data().values())
    post.content, post.markup, post.edit_date = content, markup, now
    world.record("edit", post.chat, post)


def edit_message_text(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#editmessagetext as documented."""
    post = _editable(call)
    content = rich_content(call) or text_content(call)
    if (post.content.text is None and not post.content.rich) or post.content.media is not None:
        raise bad_request("there is no text in the message to edit")
    return _edit(call, post, content)


def edit_message_caption(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#editmessagecaption as documented."""
    post = _editable(call)
    if post.content.media is None:
        raise bad_request("there is no caption in the message to edit")
    return _edit(call, post, replace(post.content, **caption(call, "MEDIA_CAPTION_TOO_LONG")))


def edit_message_reply_markup(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#editmessagereplymarkup as documented."""
    post = _editable(call)
    return _edit(call, post, post.content)


async def edit_message_media(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#editmessagemedia as documented."""
    post = _editable(call)
    given = call.arguments.json("media", "input media")
    if not isinstance(given, dict) or given.get("type") not in KINDS:
        raise bad_request("can't parse InputMedia: type must be non-empty")
    media = await read_media(call, given["type"], str(given.get("media", "")))
    if post.content.media is None and (post.content.text is not None or post.content.rich):
        raise bad_request("there is no media in the message to edit")
    fields = {name: given[name] for name in ("caption", "parse_mode", "caption_entities") if name in given}
    described = Call(call.world, call.bot, call.arguments.with_values(fields))
    return _edit(call, post, Content(media=media, **caption(described, "MEDIA_CAPTION_TOO_LONG")))


METHODS: Methods = {
    "editmessagetext": edit_message_text,
    "editmessagecaption": edit_message_caption,
    "editmessagereplymarkup": edit_message_reply_markup,
    "editmessagemedia": edit_message_media,
}
