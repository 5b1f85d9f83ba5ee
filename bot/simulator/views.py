"""What the control API shows: persons, chats, messages and changes as plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.simulator.events import Event
from bot.simulator.files import Media
from bot.simulator.rich import rich_text
from bot.simulator.world import Bot, Chat, Person, Post, World


def person_view(world: World, person: Person) -> dict[str, Any]:
    """A person; `blocked` tells whether any bot is blocked."""
    chats = (bot.chats.get(person.id) for bot in world.bots.values())
    return {
        "id": person.id, "first_name": person.first_name, "last_name": person.last_name, "username": person.username,
        "language_code": person.language_code, "phone": person.phone, "role": person.role,
        "blocked": any(chat.blocked for chat in chats if chat is not None),
    }  # fmt: skip


def bot_view(bot: Bot) -> dict[str, Any]:
    """A bot and where its updates go."""
    webhook = bot.webhook.url if bot.webhook is not None else None
    return {"id": bot.id, "username": bot.username, "name": bot.user.first_name, "webhook": webhook}


def state_view(world: World) -> dict[str, Any]:
    """Everything but the chats."""
    return {
        "bots": [bot_view(bot) for bot in world.bots.values()],
        "users": [person_view(world, person) for person in world.people.values()],
        "faults": world.faults.view(),
        "limits": world.limits.view(),
        "seq": world.journal.seq,
    }


def message_view(post: Post) -> dict[str, Any]:
    """A message as a phone shows it, with what it showed before."""
    content = post.content
    return {
        "id": post.id,
        "seq": post.seq,
        "from": "bot" if post.by_bot else "user",
        "date": post.date.isoformat(),
        "text": rich_text(content.rich) if content.rich else content.text or "",
        "html": content.html(),
        "rich": list(content.rich),
        "buttons": _buttons(post),
        "media": _media(content.media),
        "contact": _contact(post),
        "location": content.location.to_dict() if content.location is not None else None,
        "reply_to": post.reply_to.id if post.reply_to is not None else None,
        "thread": post.thread,
        "edited": post.rewritten.isoformat() if post.rewritten is not None else None,
        "edits": list(post.history),
        "deleted": post.deleted,
        "pinned": post.pinned,
        "forwarded": post.origin is not None,
        "reactions": list(post.reactions),
    }


def _buttons(post: Post) -> list[list[dict[str, str]]]:
    rows = post.markup.inline_keyboard if post.markup is not None else ()
    return [[_button(button) for button in row] for row in rows]


def _button(button: Any) -> dict[str, str]:
    if button.callback_data is not None:
        return {"text": button.text, "data": str(button.callback_data)}
    address = button.url or (button.web_app.url if button.web_app is not None else None)
    return {"text": button.text, "url": address} if address else {"text": button.text}


def _media(media: Media | None) -> dict[str, Any] | None:
    if media is None:
        return None
    file = media.file
    url = f"/simulator/files/{file.file_id}"
    return {"kind": media.kind, "url": url, "name": file.name, "size": file.size, "mime": file.mime}


def _contact(post: Post) -> dict[str, Any] | None:
    contact = post.content.contact
    if contact is None:
        return None
    names = {"first_name": contact.first_name, "last_name": contact.last_name}
    return {"phone": contact.phone_number, **names, "own": contact.user_id == post.chat.person.id}


def keyboard_view(keyboard: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A reply keyboard, or the wish for a reply (which has no rows)."""
    if keyboard is None:
        return None
    return {
        "rows": [[_key(key) for key in row] for row in keyboard.get("keyboard", [])],
        "placeholder": keyboard.get("input_field_placeholder"),
        "one_time": keyboard.get("one_time_keyboard", False),
        "resize": keyboard.get("resize_keyboard", False),
        "persistent": keyboard.get("is_persistent", False),
        "force_reply": keyboard.get("force_reply", False),
    }


def _key(key: Mapping[str, Any]) -> dict[str, Any]:
    asks = ("request_contact", "request_location")
    return {"text": key["text"], **{ask: bool(key.get(ask)) for ask in asks}}


def chat_view(world: World, chat: Chat | None, after: int) -> dict[str, Any]:
    """A chat: the messages that changed after `after`, its reply keyboard and topics, and answers to presses."""
    if chat is None:
        return {"messages": [], "keyboard": None, "topics": [], "answers": [], "seq": world.journal.seq}
    changed = (post for post in chat.posts.values() if post.seq > after and post.content.service is None)
    return {
        "messages": [message_view(post) for post in changed],
        "keyboard": keyboard_view(chat.keyboard),
        "topics": [{"id": topic.id, "name": topic.name, "closed": topic.closed} for topic in chat.topics.values()],
        "answers": [answer for answer in chat.answers if answer["seq"] > after],
        "seq": world.journal.seq,
    }


def event_view(world: World, event: Event) -> dict[str, Any]:
    """A change as pages get it."""
    view = {"seq": event.seq, "type": event.type, "user": event.user, **event.details}
    if event.type == "keyboard":
        view["keyboard"] = keyboard_view(event.details["keyboard"])
    match event.subject:
        case Post() as post:
            return view | {"message": message_view(post)}
        case Person() as person:
            return view | {"profile": person_view(world, person)}
        case Bot() as bot:
            return view | {"account": bot_view(bot)}
        case _:
            return view
