"""What a person does in a chat with a bot: writes, presses, shares, blocks. Each act becomes an update for the bot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from telegram import CallbackQuery, ChatMemberUpdated, Contact, InaccessibleMessage, Location

from bot.simulator.errors import ControlError
from bot.simulator.files import Kind, Media, Upload, picture_size
from bot.simulator.limits import CAPTION_LENGTH, START_PAYLOAD_LENGTH, TEXT_LENGTH
from bot.simulator.markup import Formatted, tidy
from bot.simulator.methods.chats import membership
from bot.simulator.world import Bot, Chat, Content, Person, Post, World

_PAYLOAD = re.compile(rf"[A-Za-z0-9_-]{{0,{START_PAYLOAD_LENGTH}}}$")
# The smallest lossless WebP: one pixel (https://developers.google.com/speed/webp/docs/riff_container).
STICKER: Final = bytes.fromhex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700")


@dataclass(frozen=True, slots=True)
class Hand:
    """A person acting in a chat."""

    world: World
    chat: Chat

    def start(self, payload: str = "") -> dict[str, Any]:
        """Press START, perhaps from a deep link; also the way back after a block."""
        if not _PAYLOAD.match(payload):
            raise ControlError("a payload has up to 64 characters A-Z, a-z, 0-9, _ and -")
        if self.chat.blocked:
            self.unblock()
        return self.say(f"/start {payload}".strip())

    def say(self, text: str, reply_to: int | None = None, thread: int | None = None) -> dict[str, Any]:
        """Write a message."""
        formatted = tidy(Formatted(text))
        if not formatted.text or len(formatted.text) > TEXT_LENGTH:
            raise ControlError(f"a message has 1 to {TEXT_LENGTH} characters")
        return self._send(Content(formatted.text, formatted.entities), reply_to, thread)

    def share_contact(self, phone: str | None = None, *, own: bool = True) -> dict[str, Any]:
        """Share a phone number: one's own, as the contact button does, or somebody else's from the address book."""
        person = self.chat.person
        self._use_keyboard_once()
        if own:
            contact = Contact(phone or person.phone, person.first_name, person.last_name, user_id=person.id)
        else:
            contact = Contact(phone or "+8613900000000", "Friend")
        return self._send(Content(contact=contact))

    def share_location(self, latitude: float = 31.2304, longitude: float = 121.4737) -> dict[str, Any]:
        """Share a place, in degrees; Shanghai unless said otherwise."""
        return self._send(Content(location=Location(longitude=longitude, latitude=latitude)))

    def send_sticker(self) -> dict[str, Any]:
        """Send a sticker."""
        return self.send_file("sticker", Upload("sticker.webp", "image/webp", STICKER))

    def send_file(self, kind: Kind, upload: Upload, caption: str = "", thread: int | None = None) -> dict[str, Any]:
        """Send a file; a photo must be a picture."""
        if not upload.content:
            raise ControlError("the file is empty")
        if kind == "photo" and picture_size(upload.content) is None:
            raise ControlError("a photo is a PNG, JPEG, GIF or WebP")
        formatted = tidy(Formatted(caption[:CAPTION_LENGTH]))
        media = Media(self.world.files.add(kind, upload))
        return self._send(Content(formatted.text or None, formatted.entities, media), thread=thread)

    def press_keyboard(self, label: str) -> dict[str, Any]:
        """Press a button of the reply keyboard: sends its label, or shares what the button asks for."""
        button = self._keyboard_button(label)
        self._use_keyboard_once()
        if button.get("request_contact"):
            return self.share_contact()
        if button.get("request_location"):
            return self.share_location()
        return self.say(label)

    def _keyboard_button(self, label: str) -> dict[str, Any]:
        rows = (self.chat.keyboard or {}).get("keyboard", [])
        for button in (button for row in rows for button in row):
            if button["text"] == label:
                return dict(button)
        raise ControlError("the reply keyboard has no such button", 409)

    def _use_keyboard_once(self) -> None:
        if (self.chat.keyboard or {}).get("one_time_keyboard"):
            self.world.set_keyboard(self.chat, None)

    def press(self, message_id: int, data: str | None, label: str | None, *, stale: bool = False) -> dict[str, Any]:
        """Press a button under a message, by its data or its label.

        `stale` lets a button be pressed that was there once and is gone by now, as a slow phone does.
        """
        self._check_not_blocked()
        post = self.chat.posts.get(message_id)
        if post is None or (post.deleted and not stale):
            raise ControlError("there is no such message", 404)
        query = self.world.new_query(self.chat, _pressed(post, data, label, stale=stale))
        typed = CallbackQuery(
            query.id, self.chat.person.user, chat_instance=str(self.chat.bot.id ^ self.chat.person.id), data=query.data,
            message=InaccessibleMessage(self.chat.person.chat, post.id) if post.deleted else post.typed(),
        )  # fmt: skip
        update_id = self._update("callback_query", typed)
        if self.world.faults.strike("press_again", user=self.chat.person.id):
            self._update("callback_query", typed)
        return {"callback_id": query.id, "update_id": update_id, "seq": self.world.journal.seq}

    def edit(self, message_id: int, text: str) -> dict[str, Any]:
        """Correct one's own message, or the words below one's own file."""
        self._check_not_blocked()
        post = self.chat.post(message_id)
        if post is None or post.by_bot or (post.content.text is None and post.content.media is None):
            raise ControlError("there is no such message of one's own", 404)
        formatted = tidy(Formatted(text))
        most = TEXT_LENGTH if post.content.media is None else CAPTION_LENGTH
        if not formatted.text or len(formatted.text) > most:
            raise ControlError(f"a message has 1 to {most} characters")
        post.history.append(post.content.html())
        post.content = Content(formatted.text, formatted.entities, post.content.media)
        post.edit_date = post.rewritten = self.world.clock.now()
        self.world.record("edit", self.chat, post)
        return self._told(post, self._update("edited_message", post.typed()))

    def block(self) -> dict[str, Any]:
        """Block the bot: it cannot write any more."""
        return self._set_blocked(blocked=True)

    def unblock(self) -> dict[str, Any]:
        """Let the bot write again."""
        return self._set_blocked(blocked=False)

    def _set_blocked(self, *, blocked: bool) -> dict[str, Any]:
        if self.chat.blocked == blocked:
            return {"blocked": blocked}
        self.chat.blocked = blocked
        person = self.chat.person
        change = ChatMemberUpdated(
            person.chat, person.user, self.world.clock.now(), membership(self.chat, blocked=not blocked),
            membership(self.chat, blocked=blocked),
        )  # fmt: skip
        self.world.journal.record("user", person.id, person)
        return {"blocked": blocked, "update_id": self._update("my_chat_member", change)}

    def _send(self, content: Content, reply_to: int | None = None, thread: int | None = None) -> dict[str, Any]:
        self._check_not_blocked()
        if thread is not None and thread not in self.chat.topics:
            raise ControlError("there is no such topic", 404)
        replied = self.chat.post(reply_to)
        if reply_to is not None and replied is None:
            raise ControlError("there is no such message to reply to", 404)
        self.chat.started = True
        post = self.world.add_post(self.chat, by_bot=False, content=content, reply_to=replied, thread=thread)
        return self._told(post, self._update("message", post.typed()))

    def _check_not_blocked(self) -> None:
        if self.chat.blocked:
            raise ControlError("this user has blocked the bot", 409)

    def _update(self, kind: str, content: Any) -> int:
        return self.chat.bot.updates.put(kind, self.chat.person.id, content)

    def _told(self, post: Post, update_id: int) -> dict[str, Any]:
        return {"message_id": post.id, "update_id": update_id, "seq": post.seq}


def _pressed(post: Post, data: str | None, label: str | None, *, stale: bool) -> str:
    shown = post.callback_data()
    if label is not None and label in shown:
        return shown[label]
    if data is not None and (data in shown.values() or (stale and data in post.former_data)):
        return data
    raise ControlError("the message has no such button", 409)


def opened_link(world: World, person: Person, link: str) -> dict[str, Any]:
    """Open `https://t.me/<username>?start=<payload>` (or its `tg:` form), which sends the matching /start."""
    parts = urlsplit(link)
    query = parse_qs(parts.query)
    if parts.scheme == "tg":
        username = query.get("domain", [""])[0]
    elif parts.hostname in ("t.me", "telegram.me"):
        username = parts.path.strip("/")
    else:
        raise ControlError("this is no link to a bot")
    return Hand(world, world.chat(_bot_named(world, username), person)).start(query.get("start", [""])[0])


def _bot_named(world: World, username: str) -> Bot:
    for bot in world.bots.values():
        if bot.username.lower() == username.lower():
            return bot
    raise ControlError("there is no bot of this name", 404)
