"""One call of a method: who calls, with what, and the chat and message it is about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from telegram import MessageEntity

from bot.simulator.arguments import Arguments
from bot.simulator.errors import bad_request, forbidden
from bot.simulator.limits import SOURCE_BYTES
from bot.simulator.markup import Formatted, from_html, in_order, tidy
from bot.simulator.wire import typed
from bot.simulator.world import Bot, Chat, Post, World


@dataclass(frozen=True, slots=True)
class Call:
    """A method call as its handler sees it."""

    world: World
    bot: Bot
    arguments: Arguments

    def chat(self, name: str = "chat_id", *, writes: bool = True) -> Chat:
        """The chat that the argument names; raises when the bot cannot find it or may not write to it."""
        given = self.arguments.text(name)
        if not given:
            raise bad_request(f"{name} is empty")
        chat = self.bot.chats.get(self.arguments.integer(name))
        if chat is None or not chat.started:
            raise bad_request("chat not found")
        if chat.blocked and writes:
            raise forbidden("bot was blocked by the user")
        return chat

    def post(self, chat: Chat, purpose: str, name: str = "message_id") -> Post:
        """The message that the argument names; `purpose` is Telegram's word in "message to … not found"."""
        if not self.arguments.text(name):
            raise bad_request("message identifier is not specified")
        post = chat.post(self.arguments.integer(name))
        if post is None:
            raise bad_request(f"message to {purpose} not found")
        return post

    def formatted(self, name: str, entities_name: str) -> Formatted:
        """A text argument with its formatting, parsed, trimmed and with links found; may be empty."""
        source = self.arguments.text(name)
        if len(source.encode()) > SOURCE_BYTES:
            raise bad_request("text is too long")
        mode = self.arguments.text("parse_mode").lower()
        if mode == "html":
            return tidy(from_html(source))
        if mode not in ("", "none"):
            raise bad_request("unsupported parse_mode")
        return tidy(Formatted(source, self._given_entities(entities_name)))

    def _given_entities(self, name: str) -> tuple[MessageEntity, ...]:
        given = self.arguments.json(name, "message entities") or []
        return in_order(typed(MessageEntity, one, "MessageEntity") for one in given)


Method = Callable[[Call], Any | Awaitable[Any]]
Methods = Mapping[str, Method]
