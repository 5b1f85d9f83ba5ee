"""What a Bot API call can come to; the class says what is to be done about it.

`TelegramError`
├── `Unreachable`    the customer's doing: nothing gets through to this chat until they come back
├── `FloodControl`   wait for `retry_after` seconds
├── `NotModified`    the message is already as wanted: a success
├── `MessageGone`    the message to change is not there or cannot be changed: send anew
│   └── `OtherKind`  it is there, and is a picture where words were to be changed, or the other way round
├── `TopicGone`      the topic does not exist any more
├── `Migrated`       the chat has the new id `chat`
├── `Rejected`       ours: the request is wrong, and would be wrong again
├── `NotOffered`     the server is older than this method or kind of message, or the bot has no topics
├── `Misconfigured`  the operator's: token, server or webhook are not right
└── `ServerFailed`   Telegram's or the network's: the call may or may not have been carried out

Telegram quotes the message in some descriptions: what stands in quotes never enters an error's text.
"""
# ruff: noqa: N818 -- the names say what happened; `TelegramError` says that they are errors

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.core.errors import GatewayError


class TelegramError(GatewayError):
    """A Bot API call was not carried out, or it is not known whether it was."""


class Unreachable(TelegramError):
    """The bot is blocked, or the account or chat does not exist (any more)."""


class FloodControl(TelegramError):
    """Too many calls; Telegram takes no more for `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"too many requests: retry after {retry_after:g} s")
        self.retry_after = retry_after


class NotModified(TelegramError):
    """The message already has this text and these buttons."""


class MessageGone(TelegramError):
    """The message does not exist any more, or Telegram does not let it be changed."""


class OtherKind(MessageGone):
    """The message is a picture where words were to be changed, or the other way round."""


class TopicGone(TelegramError):
    """The topic was deleted, by its owner or with the chat's history."""


class Migrated(TelegramError):
    """The group became a supergroup, whose id is `chat`."""

    def __init__(self, chat: int) -> None:
        super().__init__("the chat has a new id")
        self.chat = chat


class Rejected(TelegramError):
    """The request is wrong, and would be refused again."""


class Unparsable(Rejected):
    """The markup of the text is wrong."""


class NotOffered(TelegramError):
    """The server is older than this method or kind of message, which it does not know or takes for an empty one."""


class Misconfigured(TelegramError):
    """The token is not valid, the address is no Bot API server, or another process takes this bot's updates."""


class ServerFailed(TelegramError):
    """No usable answer: an error of the server, of the network, or a time-out. The call may have been carried out."""


_UNREACHABLE = ("chat not found", "user is deactivated", "input_user_deactivated", "peer_id_invalid", "user not found")
_GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message to be edited",
    "message identifier is not specified",
    "message to delete not found",
)
_OTHER_KIND = tuple(f"there is no {part} in the message to edit" for part in ("text", "caption", "media"))
_TOPIC_GONE = ("message thread not found", "topic_id_invalid", "topic_deleted")
_NO_TOPICS = "the chat is not a forum"
_UNKNOWN_METHOD = "method not found"
_UNKNOWN_KIND = ("rich message must be non-empty", "message text is empty")
_QUOTED = re.compile(r'".*"', re.DOTALL)


def error_of(status: int, answer: Mapping[str, Any]) -> TelegramError:
    """The error that an answer with `ok: false` means."""
    code = int(answer.get("error_code") or status)
    said = _QUOTED.sub('"…"', str(answer.get("description") or "no description"))[:200]
    parameters: Mapping[str, Any] = answer.get("parameters") or {}
    match code:
        case 429:
            return FloodControl(float(parameters.get("retry_after") or 1))
        case 403:
            return Unreachable(said)
        case 404 if _UNKNOWN_METHOD in said.lower():
            return NotOffered(said)
        case 401 | 404 | 409:
            return Misconfigured(said)
        case _ if code >= 500:
            return ServerFailed(f"{code}: {said}")
    if (chat := parameters.get("migrate_to_chat_id")) is not None:
        return Migrated(int(chat))
    return _bad_request(said)


def _bad_request(said: str) -> TelegramError:
    lower = said.lower()
    if "message is not modified" in lower or "topic_not_modified" in lower:
        return NotModified(said)
    if any(words in lower for words in _OTHER_KIND):
        return OtherKind(said)
    if any(words in lower for words in _GONE):
        return MessageGone(said)
    if any(words in lower for words in _UNREACHABLE):
        return Unreachable(said)
    if any(words in lower for words in _TOPIC_GONE):
        return TopicGone(said)
    if _NO_TOPICS in lower or any(words in lower for words in _UNKNOWN_KIND):
        return NotOffered(said)
    if "can't parse entities" in lower:
        return Unparsable(said)
    return Rejected(said)
