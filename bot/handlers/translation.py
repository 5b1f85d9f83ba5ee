"""Telegram's messages and presses as events.

Of an edited message only new words count: a place that moves on, or a changed poll, says nothing to the bot. Messages about the
chat itself (pinned, renamed …) say nothing either.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from aiogram.types import CallbackQuery, Message

from bot.dialogs.events import Attached, AttachmentKind, Edited, Event, Opened, Pressed, Said, Shared

_OTHER = (
    "audio",
    "video_note",
    "poll",
    "dice",
    "game",
    "story",
    "paid_media",
    "checklist",
    "live_photo",
    "rich_message",
)
_KINDS: Final[dict[str, AttachmentKind]] = {
    "photo": "photo",
    "voice": "voice",
    "video": "video",
    "sticker": "sticker",
    "location": "location",
    "animation": "other",  # before the `document` that comes with it
    "document": "document",
    **dict.fromkeys(_OTHER, "other"),
}
"""By the message's field that holds the content, the first that is set. A venue comes with a `location`."""
_UNWORDED: Final = ("sticker", "location", "other")
"""Kinds that carry no words of their own, or whose file is not passed on as one."""

_START = re.compile(r"/start(?:@\w+)?(?:\s+(\S{1,64}))?\s*")


def message_event(message: Message, at: datetime) -> Event | None:
    """What a message means; None: nothing to the bot."""
    if message.text is not None:
        return _typed(message, message.text, at)
    if message.contact is not None:
        return _contact(message, at)
    return _attachment(message, at)


def edit_event(message: Message, at: datetime) -> Edited | None:
    """What a changed message means; None: nothing to the bot."""
    number = str(message.message_id)
    if message.text is not None:
        return Edited(at, message.text, number)
    sent = _attachment(message, at)
    if sent is None or sent.kind in _UNWORDED:
        return None
    return Edited(at, sent.caption or "", number, sent.kind, sent.file)


def press_event(query: CallbackQuery, at: datetime) -> Pressed:
    """What a press means; a button without a token is one the bot never made, and is taken as stale."""
    message = None if query.message is None else str(query.message.message_id)
    return Pressed(at, query.data or "", message, query.id)


def _typed(message: Message, text: str, at: datetime) -> Event:
    start = _START.fullmatch(text)
    if start is not None:
        return Opened(at, start[1], str(message.message_id))
    return Said(at, text, str(message.message_id), reply_to=_answered(message), thread=_thread(message))


def _thread(message: Message) -> str | None:
    """The topic that the message was written in. A thread that is no topic is one of answers, and means nothing more."""
    return str(message.message_thread_id) if message.is_topic_message and message.message_thread_id else None


def _answered(message: Message) -> str | None:
    """The message that this one answers. In a topic one that answers none is said to answer what opened the topic."""
    topic = message.message_thread_id if message.is_topic_message else None
    answered = message.reply_to_message.message_id if message.reply_to_message else None
    return str(answered) if answered is not None and answered != topic else None


def _contact(message: Message, at: datetime) -> Event | None:
    contact, sender = message.contact, message.from_user
    if contact is None or sender is None:
        return None
    own = contact.user_id is not None and contact.user_id == sender.id
    number, answered = _international(contact.phone_number), _answered(message)
    return Shared(at, number, own, str(message.message_id), reply_to=answered, thread=_thread(message))


def _international(number: str) -> str:
    """Telegram gives the country code first, with or without a plus, blanks and strokes."""
    digits = "".join(one for one in number if one.isdecimal())
    return "+" + digits.removeprefix("00")


def _attachment(message: Message, at: datetime) -> Attached | None:
    content = next((content for content in _KINDS if getattr(message, content, None) is not None), None)
    if content is None:
        return None
    held = getattr(message, content)
    name = getattr(held, "file_name", None)
    number = str(message.message_id)
    caption, place = message.caption, _place(message)
    handle, answered = _handle(content, message), _answered(message)
    return Attached(at, _KINDS[content], handle, name, caption, number, place, answered, _thread(message))


def _place(message: Message) -> tuple[float, float] | None:
    location = message.location
    return None if location is None else (location.latitude, location.longitude)


def _handle(content: str, message: Message) -> str | None:
    """A file's own handle, of a photo's sizes the largest; for what no method sends by its file: the message, to be copied."""
    if _KINDS[content] in {"location", "other"}:
        return f"{message.chat.id}:{message.message_id}"
    held = message.photo[-1] if message.photo else getattr(message, content)
    return getattr(held, "file_id", None)
