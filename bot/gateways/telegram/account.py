"""The bot's own account: who it is, and how its updates reach it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.gateways.telegram.delivery import Caller
from bot.gateways.telegram.errors import Misconfigured, ServerFailed

UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update the bot takes."""


@dataclass(frozen=True, slots=True)
class Account:
    """A bot as Telegram knows it; `username` makes its links, `https://t.me/<username>?start=…`.

    `topics`: its private chats may have topics, which its owner switches on with @BotFather.
    """

    id: int
    username: str
    topics: bool = False


async def account(client: Caller) -> Account:
    """Who the token belongs to. Raises `Misconfigured` when it belongs to nobody, or Telegram cannot be asked."""
    try:
        me = await client.call("getMe")
    except Misconfigured as error:
        raise Misconfigured(f"the Bot API server at BOT_TELEGRAM_API does not know BOT_TOKEN ({error})") from error
    except ServerFailed as error:
        raise Misconfigured(f"the Bot API server at BOT_TELEGRAM_API cannot be reached ({error})") from error
    return Account(int(me["id"]), str(me["username"]), bool(me.get("has_topics_enabled")))


async def take_by_webhook(client: Caller, url: str, secret: str, connections: int = 100) -> None:
    """Have updates brought to `url`, with `secret` in the header, over at most so many connections (1 to 100)."""
    hook = {"url": url, "secret_token": secret, "max_connections": connections, "allowed_updates": UPDATES}
    await client.call("setWebhook", hook)


async def take_by_polling(client: Caller) -> None:
    """Have updates kept for `getUpdates`; those that wait are kept too."""
    await client.call("deleteWebhook", {"drop_pending_updates": False})


async def offer_commands(client: Caller, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Show commands, as (name, description), in the channel's menu; by language, of which "" is for all others."""
    for language, listed in commands.items():
        menu = [{"command": name, "description": words} for name, words in listed]
        await client.call("setMyCommands", {"commands": menu} | ({"language_code": language} if language else {}))
