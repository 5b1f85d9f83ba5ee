"""Neutral messages as Bot API calls.

One message may take several calls, carried out in order. The `main` one is the message that the slot names from then on,
so it carries the buttons: the last part of a long text, or the message itself before the contact button. Telegram lets
a message carry either buttons or the contact button, and one with the contact button can never be edited: so that button
comes with a small message of its own.

A chart is a picture with the words as its caption; words that are too long for one stand in a message beneath it, which carries the
buttons. A table is a rich message where the server offers those, else text. Words, with or without a table, are changed into each
other in place, and so is a picture; words never become a picture, nor a picture words: then the old message goes and a new one comes.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from bot.conversation.ports import Document, Key, Outgoing, Relayed
from bot.figures import narrow
from bot.figures.worded import WordedChart, WordedTable, as_text, digest
from bot.gateways.telegram import rich
from bot.gateways.telegram.errors import Rejected
from bot.gateways.telegram.uploads import Upload

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
DATA_LIMIT: Final = 64
TOPIC_LIMIT: Final = 128
CONTACT_PROMPT: Final = "👇"
CONTACT_DONE: Final = "✓"

_OF_NEW: Final = ("disable_notification", "reply_parameters", "message_thread_id")
"""What only a new message can have."""

_REPLACED: Final = ("photo", "document", "video")
"""Kinds of files that can be put in the place of one another."""

_PICTURES: Final = ("image/png", "image/jpeg")
_CAPTIONED = {"photo": "sendPhoto", "document": "sendDocument", "voice": "sendVoice", "video": "sendVideo"}
_FILES = _CAPTIONED | {"sticker": "sendSticker"}
_NO_PREVIEW = {"is_disabled": True}
_ATOM = re.compile(r"<[^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|\w+);|.", re.DOTALL)
_TAG = re.compile(r"<(/?)(\w+)[^<>]*>")
_BREAKS: Final = (("\n\n",), ("\n",), ("。", "！", "？", ". ", "! ", "? "), (" ", "，", "、"))


@dataclass(frozen=True, slots=True)
class Call:
    """A Bot API call. With `main` its result is the message that the slot names from then on; `contact` asks for a contact.

    A `picture` is yet to be put in, by `showing`.
    """

    method: str
    params: dict[str, Any]
    main: bool = False
    contact: bool = False
    picture: WordedChart | None = None


Form: TypeAlias = Literal["words", "captioned", "beneath"]
"""Words; a picture with the words as its caption; words beneath a picture of its own."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A message as it stands in its chat, by its id. `form` is None where it is not known.

    `picture` tells which picture it shows, `above` is the id of the message that does where it is not the same.
    """

    message: str
    form: Form | None = None
    picture: str | None = None
    above: str | None = None


def form_of(message: Outgoing) -> Form:
    """The form in which a message is shown."""
    if not isinstance(message.figure, WordedChart):
        return "words"
    return "captioned" if visible(message.html) <= CAPTION_LIMIT else "beneath"


def becomes(standing: Standing, message: Outgoing) -> bool:
    """Whether the message that stands there can be changed into this one, as far as is known."""
    if standing.form is None:
        return form_of(message) != "beneath"
    same = standing.form == form_of(message)
    return same and (standing.form != "beneath" or standing.picture == _picture(message))


def standing_as(message: Outgoing, number: str, above: str | None = None) -> Standing:
    """What stands in the chat once `message` has been shown under this id."""
    return Standing(number, form_of(message), _picture(message), above)


def _picture(message: Outgoing) -> str | None:
    return digest(message.figure) if isinstance(message.figure, WordedChart) else None


def render(message: Outgoing, standing: Standing | None = None, *, rich_messages: bool = False) -> tuple[Call, ...]:
    """The calls that show `message`; where one is `standing` that it can become, by changing that.

    Raises `Rejected` for what Telegram would not take.
    """
    if message.document is not None:
        return (_document(message, message.document),)
    match message.figure:
        case WordedChart() as chart:
            return (*_charted(message, chart, standing), *_contact(message))
        case WordedTable() as table if rich_messages and rich.fits(message.html, table):
            return (_tabled(message, table, standing), *_contact(message))
        case WordedTable():
            return render(without_figure(message), standing)
    if message.relayed is not None:
        return _relay(message, message.relayed, standing)
    return (*_worded(message, standing), *_contact(message))


def without_figure(message: Outgoing) -> Outgoing:
    """The message with its figure told in words."""
    match message.figure:
        case WordedTable() as table:
            told = narrow.html(table)
        case WordedChart() as chart:
            told = html.escape(as_text(chart), quote=False)
        case None:
            return message
    return replace(message, html="\n\n".join(filter(None, (message.html, told))), figure=None)


def showing(call: Call, picture: str | Upload) -> dict[str, Any]:
    """The parameters of a call with its picture put in: the file that Telegram has of it, or one that goes with the call."""
    if call.method != "editMessageMedia":
        return call.params | {"photo": picture}
    if isinstance(picture, str):
        return call.params | {"media": call.params["media"] | {"media": picture}}
    return call.params | {"media": call.params["media"] | {"media": "attach://picture"}, "picture": picture}


def plain(call: Call) -> Call:
    """The same without any markup, for when Telegram cannot read the markup."""
    params = _without_markup(call.params)
    if "media" in params:
        params["media"] = _without_markup(params["media"])
    return replace(call, params=params)


def _without_markup(params: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in params.items() if name != "parse_mode"}
    words = {name: html.unescape(_TAG.sub("", kept[name])) for name in ("text", "caption") if name in kept}
    return kept | words


def contact_done(address: str) -> Call:
    """Takes the contact button away; Telegram needs a message for that, which is then deleted."""
    params = {"chat_id": _chat(address), "text": CONTACT_DONE, "disable_notification": True}
    return Call("sendMessage", params | {"reply_markup": {"remove_keyboard": True}})


def create_topic(address: str, name: str) -> Call:
    """Opens a topic in a chat."""
    return Call("createForumTopic", {"chat_id": _chat(address), "name": name[:TOPIC_LIMIT]})


def rename_topic(address: str, thread: str, name: str) -> Call:
    """Names a topic anew."""
    params = {"chat_id": _chat(address), "message_thread_id": int(thread), "name": name[:TOPIC_LIMIT]}
    return Call("editForumTopic", params)


def delete_topic(address: str, thread: str) -> Call:
    """Deletes a topic with all of its messages."""
    return Call("deleteForumTopic", {"chat_id": _chat(address), "message_thread_id": int(thread)})


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


def _worded(message: Outgoing, standing: Standing | None) -> list[Call]:
    """The words in as many messages as they need; the last one carries the buttons."""
    texts = _texts(message)
    texts[-1] = replace(texts[-1], params=texts[-1].params | _buttons(message.keys), main=True)
    if standing is not None:
        texts[0] = _as_edit(texts[0], standing.message)
    return texts


def _tabled(message: Outgoing, table: WordedTable, standing: Standing | None) -> Call:
    """The words and the table in one rich message."""
    params = _to(message) | {"rich_message": rich.rich_message(message.html, table)} | _buttons(message.keys)
    call = Call("sendRichMessage", params, main=True)
    return call if standing is None else _as_edit(call, standing.message)


def _charted(message: Outgoing, chart: WordedChart, standing: Standing | None) -> tuple[Call, ...]:
    """The picture with its words."""
    if form_of(message) == "captioned":
        words = {"caption": message.html, "parse_mode": "HTML"} if message.html else {}
        return (_captioned(message, chart, standing, words),)
    if standing is not None:  # the picture above it is the same
        return tuple(_worded(message, standing))
    return (Call("sendPhoto", _to(message), picture=chart), *_worded(message, None))


def _captioned(message: Outgoing, chart: WordedChart, standing: Standing | None, words: dict[str, str]) -> Call:
    buttons = _buttons(message.keys)
    if standing is None:
        return Call("sendPhoto", _to(message) | words | buttons, main=True, picture=chart)
    there = {"chat_id": _chat(message.address), "message_id": int(standing.message)}
    if standing.picture == digest(chart):
        return Call("editMessageCaption", there | words | buttons, main=True)
    return Call("editMessageMedia", there | {"media": {"type": "photo"} | words} | buttons, main=True, picture=chart)


def _to(message: Outgoing) -> dict[str, Any]:
    """The chat a message goes to, the topic in it, and what it answers there; a campaign makes no sound."""
    quiet = {"disable_notification": True} if message.priority == "campaign" else {}
    thread = {} if message.thread is None else {"message_thread_id": int(message.thread)}
    return {"chat_id": _chat(message.address)} | thread | quiet | _answer(message)


def _answer(message: Outgoing) -> dict[str, Any]:
    """What a new message answers; where that is gone it is sent all the same."""
    if message.answers is None:
        return {}
    return {"reply_parameters": {"message_id": int(message.answers), "allow_sending_without_reply": True}}


def _texts(message: Outgoing) -> list[Call]:
    first, *others = split(message.html)
    unanswering = replace(message, answers=None)
    return [_text(message, first), *(_text(unanswering, part) for part in others)]


def _text(message: Outgoing, part: str) -> Call:
    words = {"text": part, "parse_mode": "HTML", "link_preview_options": _NO_PREVIEW}
    return Call("sendMessage", _to(message) | words)


def _as_edit(call: Call, target: str) -> Call:
    params = {name: value for name, value in call.params.items() if name not in _OF_NEW}
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
    params = _to(replace(message, answers=None)) | {"text": CONTACT_PROMPT, "disable_notification": True}
    return (Call("sendMessage", params | {"reply_markup": markup}, contact=True),)


def _relay(message: Outgoing, relayed: Relayed, standing: Standing | None) -> tuple[Call, ...]:
    """The file, with the words as its caption where it can have one, else behind them."""
    if standing is not None and relayed.kind in _CAPTIONED and visible(message.html) <= CAPTION_LIMIT:
        return (_relayed_anew(message, relayed, standing),)
    call = replace(_file(relayed), main=True)
    params = _to(message) | call.params | _buttons(message.keys)
    if not message.html:
        return (replace(call, params=params),)
    if relayed.kind in _CAPTIONED and visible(message.html) <= CAPTION_LIMIT:
        return (replace(call, params=params | {"caption": message.html, "parse_mode": "HTML"}),)
    return (*_texts(replace(message, answers=None)), replace(call, params=params))


def _relayed_anew(message: Outgoing, relayed: Relayed, standing: Standing) -> Call:
    """The file that stands there with other words, or another file of its kind."""
    there = {"chat_id": _chat(message.address), "message_id": int(standing.message)} | _buttons(message.keys)
    words = {"caption": message.html, "parse_mode": "HTML"}
    if relayed.kind not in _REPLACED:
        return Call("editMessageCaption", there | words, main=True)
    return Call("editMessageMedia", there | {"media": {"type": relayed.kind, "media": relayed.file} | words}, main=True)


def _document(message: Outgoing, document: Document) -> Call:
    """A file that the bot has made, with the words as its caption; a picture is seen at once."""
    params: dict[str, Any] = _to(message)
    if message.html:
        params |= {"caption": message.html, "parse_mode": "HTML"}
    upload = Upload(document.name, document.media_type, document.content)
    method, field = ("sendPhoto", "photo") if document.media_type in _PICTURES else ("sendDocument", "document")
    return Call(method, params | {field: upload} | _buttons(message.keys), main=True)


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
