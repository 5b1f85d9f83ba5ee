"""python-telegram-bot's objects as the JSON that Telegram sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import orjson
from telegram import TelegramObject

from bot.simulator.errors import bad_request

Typed = TypeVar("Typed", bound=TelegramObject)

# python-telegram-bot writes these as false where Telegram leaves them out.
_ONLY_WHEN_TRUE: Final = (
    "channel_chat_created", "delete_chat_photo", "group_chat_created", "supergroup_chat_created",
)  # fmt: skip
_NESTED: Final = ("message", "edited_message", "reply_to_message", "callback_query", "pinned_message")


def wire(value: object) -> Any:
    """The result of a method as plain JSON values; lists and mappings may hold typed objects."""
    match value:
        case TelegramObject():
            return _pruned(value.to_dict())
        case list() | tuple():
            return [wire(item) for item in value]
        case Mapping():
            return {key: wire(item) for key, item in value.items()}
        case _:
            return value


def typed(kind: type[Typed], given: Any, what: str) -> Typed:
    """What a bot sent as JSON, as a typed object; raises the API's "can't parse" error where it is none."""
    try:
        return kind.de_json(given, None)
    except (TypeError, ValueError, KeyError, AttributeError):
        raise bad_request(f"can't parse {what}") from None


def encoded(value: object) -> bytes:
    """The JSON of plain values, as bytes."""
    return orjson.dumps(value)


def _pruned(plain: dict[str, Any]) -> dict[str, Any]:
    for name in _ONLY_WHEN_TRUE:
        if plain.get(name) is False:
            del plain[name]
    for name in _NESTED:
        if isinstance(inner := plain.get(name), dict):
            _pruned(inner)
    return plain
