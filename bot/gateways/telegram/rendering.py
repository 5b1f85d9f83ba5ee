"""Neutral messages as Bot API calls.

One message may take several calls, carried out in order. The `main` one is the message that the slot names from then on,
so it carries the buttons: the last part of a long text, or the message itself before the contact button. Telegram lets
a message carry either buttons or the contact button, and one with the contact button can never be edited: so that button
comes with a small message of its own.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.conversation.ports import Document, Key, Outgoing, Relayed
from bot.gateways.telegram.errors import Rejected
from bot.gateways.telegram.uploads import Upload

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
DATA_LIMIT: Final = 64
CONTACT_PROMPT: Final = "👇"
CONTACT_DONE: Final = "✓"

_CAPTIONED = {"photo": "sendPhoto", "document": "sendDocument", "voice": "sendVoice", "video": "sendVideo"}
_FILES = _CAPTIONED | {"sticker": "sendSticker"}
_NO_PREVIEW = {"is_disabled": True}
_ATOM = re.compile(r"<[^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|\w+);|.", re.DOTALL)
_TAG = re.compile(r"<(/?)(\w+)[^<>]*>")
_BREAKS: Final = (("\n\n",), ("\n",), ("。", "！", "？", ". ", "! ", "? "), (" ", "，", "、"))


@dataclass(frozen=True, slots=True)
class Call:
    """A Bot API call. With `main` its result is the message that the slot names from then on; `contact` asks for a contact."""

    method: str
    params: dict[str, Any]
    main: bool = False
    contact: bool = False


def render(message: Outgoing, target: str | None = None) -> tuple[Call, ...]:
    """The calls that show `message`; with a `target`, by changing the message of that id.

    Raises `Rejected` for what Telegram would not take.
    """
    if message.document is not None:
        return (_document(message, message.document),)
    if message.relayed is not None:
        return _relay(message, message.relayed)
    texts = _texts(message)
    texts[-1] = replace(texts[-1], params=texts[-1].params | _buttons(message.keys), main=True)
    if target is not None:
        texts[0] = _as_edit(texts[0], target)
    return (*texts, *_contact(message))


def plain(call: Call) -> Call:
    """The same without any markup, for when Telegram cannot read the markup."""
    params = {name: value for name, value in call.params.items() if name != "parse_mode"}
    words = {name: html.unescape(_TAG.sub("", params[name])) for name in ("text", "caption") if name in params}
    return replace(call, params=params | words)


def contact_done(address: str) -> Call:
    """Takes the contact button away; Telegram needs a message for that, which is then deleted."""
    params = {"chat_id": _chat(address), "text": CONTACT_DONE, "disable_notification": True}
    return Call("sendMessage", params | {"reply_markup": {"remove_keyboard": True}})


def delete(address: str, message: str) -> Call:
    """Deletes a message."""
    return Call("deleteMessage", {"chat_id": _chat(address), "message_id": int(message)})


def split(text: str, limit: int = TEXT_LIMIT) -> tuple[str, ...]:
    """`text` in parts of at most `limit` visible UTF-16 units, cut between paragraphs or where that fails, as late as may be.

    Markup that is open at a cut is closed there and opened again behind it.
    """
    if 2 * len(text) <= limit or visible(text) <= limit:
        return (text,)
    parts: list[str] = []
    rest, opened = text, ""
    while _seen(rest):
        cut = _cut(rest, limit)
        part, rest = opened + rest[:cut].rstrip(), rest[cut:].lstrip()
        still = _open_tags(part)
        opened = "".join(still)
        parts.append(part + "".join(_TAG.sub(r"</\2>", tag) for tag in reversed(still)))
    return tuple(parts)


def visible(text: str) -> int:
    """How many UTF-16 units of `text` are seen, which is what Telegram limits."""
    return len(html.unescape(_TAG.sub("", text)).encode("utf-16-le")) // 2


def _cut(text: str, limit: int) -> int:
    reach = _reach(text, limit)
    if reach == len(text):
        return reach
    for separators in _BREAKS:
        cut = max(text.rfind(one, 0, reach) + len(one) if one in text[:reach] else 0 for one in separators)
        if _seen(text[:cut]) and text.rfind("<", 0, cut) <= text.rfind(">", 0, cut):
            return cut
    return reach


def _reach(text: str, limit: int) -> int:
    """The length of the longest beginning of `text` that keeps within `limit` and cuts no tag, entity or character."""
    end, seen = 0, 0
    for atom in _ATOM.finditer(text):
        seen += 0 if _TAG.fullmatch(atom[0]) else visible(atom[0])
        if seen > limit:
            break
        end = atom.end()
    return end


def _seen(text: str) -> bool:
    return bool(_TAG.sub("", text).strip())


def _open_tags(text: str) -> list[str]:
    opened: list[str] = []
    for tag in _TAG.finditer(text):
        if not tag[1]:
            opened.append(tag[0])
        elif opened:
            opened.pop()
    return opened


def _texts(message: Outgoing) -> list[Call]:
    return [_text(message, part) for part in split(message.html)]


def _text(message: Outgoing, part: str) -> Call:
    params: dict[str, Any] = {"chat_id": _chat(message.address), "text": part, "parse_mode": "HTML"}
    params["link_preview_options"] = _NO_PREVIEW
    if message.priority == "campaign":
        params["disable_notification"] = True
    return Call("sendMessage", params)


def _as_edit(call: Call, target: str) -> Call:
    params = {name: value for name, value in call.params.items() if name != "disable_notification"}
    return replace(call, method="editMessageText", params=params | {"message_id": int(target)})


def _buttons(keys: tuple[tuple[Key, ...], ...]) -> dict[str, Any]:
    if not keys:
        return {}
    return {"reply_markup": {"inline_keyboard": [[_button(key) for key in row] for row in keys]}}


def _button(key: Key) -> dict[str, str]:
    if key.url is not None:
        return {"text": key.label, "url": key.url}
    if not 1 <= len(key.token.encode()) <= DATA_LIMIT:
        raise Rejected(f"a button's token must have 1 to {DATA_LIMIT} bytes")
    return {"text": key.label, "callback_data": key.token}


def _contact(message: Outgoing) -> tuple[Call, ...]:
    if message.ask_contact is None:
        return ()
    button = {"text": message.ask_contact, "request_contact": True}
    markup = {"keyboard": [[button]], "resize_keyboard": True, "one_time_keyboard": True}
    params = {"chat_id": _chat(message.address), "text": CONTACT_PROMPT, "disable_notification": True}
    return (Call("sendMessage", params | {"reply_markup": markup}, contact=True),)


def _relay(message: Outgoing, relayed: Relayed) -> tuple[Call, ...]:
    """The file, with the words as its caption where it can have one, else behind them."""
    call = replace(_file(relayed), main=True)
    params = {"chat_id": _chat(message.address)} | call.params | _buttons(message.keys)
    if not message.html:
        return (replace(call, params=params),)
    if relayed.kind in _CAPTIONED and visible(message.html) <= CAPTION_LIMIT:
        return (replace(call, params=params | {"caption": message.html, "parse_mode": "HTML"}),)
    return (*_texts(message), replace(call, params=params))


def _document(message: Outgoing, document: Document) -> Call:
    """A file that the bot has made, with the words as its caption."""
    params: dict[str, Any] = {"chat_id": _chat(message.address)}
    if message.html:
        params |= {"caption": message.html, "parse_mode": "HTML"}
    upload = Upload(document.name, document.media_type, document.content)
    return Call("sendDocument", params | {"document": upload} | _buttons(message.keys), main=True)


def _file(relayed: Relayed) -> Call:
    if relayed.kind in _FILES:
        return Call(_FILES[relayed.kind], {relayed.kind: relayed.file})
    return Call("copyMessage", _copied(relayed.file))


def _copied(file: str) -> dict[str, Any]:
    """Where a message without a file of its own (a place, a round video …) is copied from: `<chat>:<message>`."""
    chat, _, message = file.partition(":")
    if not message.isdecimal():
        raise Rejected("this kind of attachment cannot be passed on")
    return {"from_chat_id": int(chat), "message_id": int(message)}


def _chat(address: str) -> int:
    return int(address)
