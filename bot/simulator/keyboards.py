"""Keyboards sent with a message: read, limited and refused as the API does (https://core.telegram.org/bots/api#inlinekeyboardmarkup)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar

from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from bot.simulator.arguments import Arguments
from bot.simulator.errors import bad_request
from bot.simulator.limits import CALLBACK_DATA_BYTES
from bot.simulator.markup import checked_url
from bot.simulator.wire import typed, wire

ROW_BUTTONS: Final = 12  # further ones are silently left out by the server
BUTTONS: Final = 300
Button = TypeVar("Button")


@dataclass(frozen=True, slots=True)
class Keyboards:
    """What `reply_markup` asks for: buttons under the message, or a change of the person's reply keyboard.

    `reply` is the new reply keyboard in Telegram's JSON, or None; it counts only where `replaces_reply` says so.
    """

    inline: InlineKeyboardMarkup | None = None
    reply: dict[str, Any] | None = None
    replaces_reply: bool = False


def read_keyboards(arguments: Arguments) -> Keyboards:
    """The keyboards of a call; raises the API's error for buttons it would refuse."""
    markup = arguments.json("reply_markup", "reply keyboard markup")
    match markup:
        case None:
            return Keyboards()
        case {"inline_keyboard": list(rows)} if rows:
            return Keyboards(inline=_inline(rows))
        case {"keyboard": list(rows)} if rows:
            return Keyboards(reply=_reply(markup, rows), replaces_reply=True)
        case {"remove_keyboard": True}:
            return Keyboards(replaces_reply=True)
        case {"force_reply": True}:
            forced = ForceReply(input_field_placeholder=markup.get("input_field_placeholder"))
            return Keyboards(reply=wire(forced), replaces_reply=True)
        case dict():
            return Keyboards()
        case _:
            raise bad_request("object expected as reply markup")


def _inline(rows: list[Any]) -> InlineKeyboardMarkup | None:
    field = 'field "inline_keyboard" of the InlineKeyboardMarkup'
    kept = _rows(rows, field, "inline keyboard button", _inline_button)
    return InlineKeyboardMarkup(kept) if kept else None


def _reply(markup: Mapping[str, Any], rows: list[Any]) -> dict[str, Any] | None:
    kept = _rows(rows, 'field "keyboard"', "keyboard button", _reply_button)
    options = (
        "resize_keyboard", "one_time_keyboard", "selective", "input_field_placeholder", "is_persistent",
    )  # fmt: skip
    given = {name: markup[name] for name in options if name in markup}
    return wire(ReplyKeyboardMarkup(kept, **given)) if kept else None


def _rows(rows: list[Any], field: str, what: str, read: Callable[[Any], Button | None]) -> list[list[Button]]:
    left, kept = BUTTONS, []
    for row in rows:
        if not isinstance(row, list):
            raise bad_request(f"{field} must be an Array of Arrays")
        buttons = (button for item in row if (button := _button(item, what, read)) is not None)
        if taken := list(islice(buttons, min(ROW_BUTTONS, left))):
            kept.append(taken)
            left -= len(taken)
    return kept


def _button(item: Any, what: str, read: Callable[[Any], Button | None]) -> Button | None:
    if isinstance(item, dict) and not isinstance(item.get("text"), str):
        raise bad_request(f"can't parse {what}: Can't find field \"text\"")
    return read(item)


def _inline_button(item: Any) -> InlineKeyboardButton | None:
    if not isinstance(item, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not item["text"]:
        return None
    if not set(item) - {"text", "style", "icon_custom_emoji_id"} or item.get("callback_data") == "":
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(str(item.get("callback_data", "")).encode()) > CALLBACK_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if (url := item.get("url")) and not checked_url(url):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return typed(InlineKeyboardButton, item, "inline keyboard button")


def _reply_button(item: Any) -> KeyboardButton | None:
    if isinstance(item, str):
        return KeyboardButton(item) if item else None
    if not isinstance(item, dict):
        raise bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object")
    return typed(KeyboardButton, item, "keyboard button") if item["text"] else None
