"""The aiogram router: each kind of update becomes an event, the event is taken, a press is answered. Nothing else.

Handlers are registered without filters, one for each kind of update: a filter tried for every update costs more than the
`if` it stands for, and one that is not `async` runs in a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from aiogram import Router
from aiogram.types import CallbackQuery, Chat, ChatMemberUpdated, Message, User

from bot.conversation.incoming import Incoming, Reach, Take
from bot.core.clock import Clock
from bot.dialogs.events import Event
from bot.handlers.translation import edit_event, message_event, press_event

CHANNEL: Final = "telegram"
_NOTICE_LIMIT: Final = 200

Reply: TypeAlias = dict[str, Any]
"""A Bot API call with its `method`, as a webhook's reply has it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the handlers are handed: the use cases, the clock, and whose updates these are."""

    bot_id: int
    take: Take
    reach: Reach
    clock: Clock

    def incoming(self, update_id: int, address: int, event: Event, person: User | None) -> Incoming:
        """The event with what the turn must know about where it comes from."""
        key = f"{CHANNEL}:{self.bot_id}:{update_id}"
        if person is None:
            return Incoming(key, CHANNEL, str(address), event)
        return Incoming(key, CHANNEL, str(address), event, person.language_code, person.full_name)


def private_chats() -> Router:
    """A new router for chats with one person; whatever happens in groups and channels is left alone."""
    router = Router(name="private chats")
    router.message.register(on_message)
    router.edited_message.register(on_edit)
    router.callback_query.register(on_press)
    router.my_chat_member.register(on_membership)
    return router


async def on_message(message: Message, update_id: int, desk: Desk) -> None:
    """Something was typed, shared or sent."""
    if not _private(message.chat):
        return
    event = message_event(message, desk.clock.now())
    if event is not None:
        await desk.take(desk.incoming(update_id, message.chat.id, event, message.from_user))


async def on_edit(edited_message: Message, update_id: int, desk: Desk) -> None:
    """A message was changed."""
    if not _private(edited_message.chat):
        return
    event = edit_event(edited_message, desk.clock.now())
    if event is not None:
        await desk.take(desk.incoming(update_id, edited_message.chat.id, event, edited_message.from_user))


async def on_press(query: CallbackQuery, update_id: int, desk: Desk) -> Reply:
    """A button was pressed. Every press is answered, else the customer's button keeps spinning."""
    chat = query.from_user.id if query.message is None else query.message.chat.id
    if query.message is not None and not _private(query.message.chat):
        return press_answer(query.id)
    event = press_event(query, desk.clock.now())
    taken = await desk.take(desk.incoming(update_id, chat, event, query.from_user))
    return press_answer(query.id, taken.acknowledgement)


async def on_membership(change: ChatMemberUpdated, desk: Desk) -> None:
    """The customer blocked the bot, or came back."""
    if _private(change.chat):
        await desk.reach(CHANNEL, str(change.chat.id), change.new_chat_member.status not in {"kicked", "left"})


def press_answer(query: str, notice: str | None = None) -> Reply:
    """The call that answers a press."""
    answer = {"method": "answerCallbackQuery", "callback_query_id": query}
    return answer | {"text": notice[:_NOTICE_LIMIT]} if notice else answer


def _private(chat: Chat) -> bool:
    return chat.type == "private"
