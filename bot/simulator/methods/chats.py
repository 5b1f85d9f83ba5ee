"""What a bot does in a chat besides sending: answering presses, chat actions, pins, reactions, looking at the chat."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from telegram import AcceptedGiftTypes, ChatFullInfo, ChatMemberBanned, ChatMemberMember, ReactionTypeEmoji
from telegram.constants import ZERO_DATE, ReactionEmoji

from bot.simulator.errors import bad_request
from bot.simulator.limits import CALLBACK_ANSWER_LENGTH
from bot.simulator.methods.call import Call, Methods
from bot.simulator.world import Chat, Post

EMOJI: Final = frozenset(str(emoji.value) for emoji in ReactionEmoji)
ACTIONS: Final = frozenset({
    "cancel", "typing", "record_video", "upload_video", "record_audio", "record_voice", "upload_audio", "upload_voice",
    "upload_photo", "upload_document", "choose_sticker", "pick_up_location", "find_location", "record_video_note",
    "upload_video_note",
})  # fmt: skip


def answer_callback_query(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#answercallbackquery as documented."""
    query = call.bot.queries.get(call.arguments.text("callback_query_id"))
    text = call.arguments.text("text")
    patience = timedelta(seconds=call.world.limits.callback_seconds)
    if query is None or call.world.clock.now() - query.at > patience:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(text) > CALLBACK_ANSWER_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    answer: dict[str, Any] = {
        "text": text or None,
        "alert": call.arguments.flag("show_alert"),
        "url": call.arguments.text("url") or None,
    }
    seq = call.world.record("callback_answer", query.chat, callback_id=query.id, **answer)
    query.chat.answers.append({"callback_id": query.id, "seq": seq, **answer})
    return True


def send_chat_action(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#sendchataction as documented."""
    action = call.arguments.text("action").lower()
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    call.world.record("typing", call.chat(), action=action)
    return True


def pin_chat_message(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#pinchatmessage as documented."""
    chat = call.chat()
    _set_pinned(call, call.post(chat, "pin"), pinned=True)
    return True


def unpin_chat_message(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#unpinchatmessage — without a message id, the one pinned last."""
    chat = call.chat()
    if call.arguments.has("message_id"):
        _set_pinned(call, call.post(chat, "unpin"), pinned=False)
        return True
    pinned = [post for post in chat.posts.values() if post.pinned and not post.deleted]
    if not pinned:
        raise bad_request("message to unpin not found")
    _set_pinned(call, pinned[-1], pinned=False)
    return True


def unpin_all_chat_messages(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#unpinallchatmessages as documented."""
    for post in call.chat().posts.values():
        if post.pinned:
            _set_pinned(call, post, pinned=False)
    return True


def _set_pinned(call: Call, post: Post, *, pinned: bool) -> None:
    post.pinned = pinned
    call.world.record("edit", post.chat, post)


def set_message_reaction(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#setmessagereaction — a bot may set one emoji."""
    chat = call.chat()
    post = call.post(chat, "react")
    wanted = call.arguments.json("reaction", "reaction types") or []
    if not isinstance(wanted, list):
        raise bad_request("expected an Array of ReactionType")
    if len(wanted) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    post.reactions = tuple(_emoji(one) for one in wanted)
    call.world.record("edit", chat, post)
    return True


def _emoji(reaction: Any) -> str:
    if not isinstance(reaction, dict) or reaction.get("type") != "emoji" or reaction.get("emoji") not in EMOJI:
        raise bad_request("REACTION_INVALID")
    return ReactionTypeEmoji(reaction["emoji"]).emoji


def get_chat(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#getchat as documented."""
    chat = call.chat(writes=False)
    person = chat.person
    gifts = AcceptedGiftTypes(*[True] * 5)
    pinned = next((post for post in reversed(chat.posts.values()) if post.pinned and not post.deleted), None)
    return ChatFullInfo(
        id=person.id, type="private", accent_color_id=person.id % 7, max_reaction_count=11, accepted_gift_types=gifts,
        username=person.username, first_name=person.first_name, last_name=person.last_name,
        active_usernames=[person.username] if person.username else None,
        pinned_message=pinned.typed() if pinned is not None else None,
    )  # fmt: skip


def membership(chat: Chat, *, blocked: bool) -> ChatMemberMember | ChatMemberBanned:
    """The bot's place in a person's private chat: a member, or shut out by a block."""
    return ChatMemberBanned(chat.bot.user, ZERO_DATE) if blocked else ChatMemberMember(chat.bot.user)


METHODS: Methods = {
    "answercallbackquery": answer_callback_query,
    "sendchataction": send_chat_action,
    "pinchatmessage": pin_chat_message,
    "unpinchatmessage": unpin_chat_message,
    "unpinallchatmessages": unpin_all_chat_messages,
    "setmessagereaction": set_message_reaction,
    "getchat": get_chat,
}
