"""Formatted text: Telegram's HTML in and out, entities, trimming, and the entities Telegram finds by itself.

Offsets and lengths of entities count UTF-16 code units, as https://core.telegram.org/api/entities says; the offsets in
"can't parse entities" errors count bytes of UTF-8. Both are kept here and nowhere else. The tags, their nesting and
the words of the errors follow the parser of the public server (https://github.com/tdlib/td, MessageEntity.cpp).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from telegram import MessageEntity, User

from bot.simulator.errors import bad_request

SIMPLE_TAGS: Final = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
}  # fmt: skip
SUPPORTED_TAGS: Final = frozenset({*SIMPLE_TAGS, "a", "pre", "code", "blockquote", "tg-emoji"})
NAMED_REFERENCES: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

_SPECIAL = re.compile(r"[<&]")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-zA-Z]+));?")
_TAG_NAME = re.compile(r"[^\s>]*")
_SPACES = re.compile(r"\s*")
_ATTRIBUTE_NAME = re.compile(r"[^\s=>/\"']*")
_NAME_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_USER_LINK = re.compile(r"tg://user\?id=(\d+)$")
_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,:;!?)»”’])"
    r"|(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<mention>(?<![\w@])@[A-Za-z]\w{2,31}\b)"
    r"|(?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z]\w{2,31})?(?![\w/]))"
    r"|(?P<hashtag>(?<![\w#])#(?=\w*[^\W\d])\w{1,255})",
)
_HTML_TAGS: Final = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code", "blockquote": "blockquote",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text and its entities, sorted by offset."""

    text: str
    entities: tuple[MessageEntity, ...] = ()


def utf16_length(text: str) -> int:
    """The length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(slots=True)
class _Open:
    tag: str
    argument: str
    offset: int
    piece: int  # the index in `pieces` where the tag's own text begins


@dataclass(slots=True)
class _Reader:
    """One reading of an HTML text; `at` is the place reached, `length` what was written so far in UTF-16 units."""

    source: str
    at: int = 0
    length: int = 0
    pieces: list[str] = field(default_factory=list)
    opened: list[_Open] = field(default_factory=list)
    entities: list[MessageEntity] = field(default_factory=list)

    def read(self) -> Formatted:
        while special := _SPECIAL.search(self.source, self.at):
            self._write(self.source[self.at : special.start()])
            self.at = special.start()
            if special.group() == "&":
                self._reference()
            elif self.source.startswith("</", self.at):
                self._end_tag()
            else:
                self._start_tag()
        self._write(self.source[self.at :])
        if self.opened:
            raise _unparsable(f'Can\'t find end tag corresponding to start tag "{self.opened[-1].tag}"')
        return Formatted("".join(self.pieces), in_order(self.entities))

    def _write(self, text: str) -> None:
        if text:
            self.pieces.append(text)
            self.length += utf16_length(text)

    def _reference(self) -> None:
        decoded, self.at = _decoded_reference(self.source, self.at)
        self._write(decoded)

    def _start_tag(self) -> None:
        begin = self.at
        name = self._matched(_TAG_NAME, begin + 1).lower()
        if self.at == len(self.source):
            raise self._error("Unclosed start tag", begin)
        if name not in SUPPORTED_TAGS:
            raise self._error(f'Unsupported start tag "{name}"', begin)
        argument = self._argument(name, begin)
        if name == "span" and argument != "spoiler":
            raise self._error('Tag "span" must have class "tg-spoiler"', begin)
        self.opened.append(_Open(name, argument, self.length, len(self.pieces)))

    def _argument(self, tag: str, begin: int) -> str:
        argument = ""
        for name, value in self._attributes(tag, begin):
            argument = _argument_of(tag, name, value) or argument
        return argument

    def _attributes(self, tag: str, begin: int) -> Iterator[tuple[str, str]]:
        """The attributes up to the tag's `>`, which is read as well."""
        while True:
            self._matched(_SPACES, self.at)
            if self.source.startswith(">", self.at):
                self.at += 1
                return
            name = self._matched(_ATTRIBUTE_NAME, self.at)
            if not name:
                raise self._error(f'Empty attribute name in the tag "{tag}"', begin)
            self._matched(_SPACES, self.at)
            yield name, self._value(tag, begin) if self.source.startswith("=", self.at) else ""
            if self.at >= len(self.source):
                raise self._error(f'Unclosed start tag "{tag}"', begin)

    def _value(self, tag: str, begin: int) -> str:
        self._matched(_SPACES, self.at + 1)
        quote = self.source[self.at : self.at + 1]
        if not quote:
            raise self._error(f'Unclosed start tag "{tag}"', begin)
        value = self._quoted(quote, begin) if quote in "'\"" else self._token()
        if self.at >= len(self.source):
            raise self._error("Unclosed start tag", begin)
        return value

    def _quoted(self, quote: str, begin: int) -> str:
        end = self.source.find(quote, self.at + 1)
        if end < 0:
            raise self._error("Unclosed start tag", begin)
        value, self.at = self.source[self.at + 1 : end], end + 1
        return _REFERENCE.sub(lambda match: _decoded_reference(match.group(), 0)[0], value)

    def _token(self) -> str:
        begin = self.at
        value = self._matched(_NAME_TOKEN, begin).lower()
        if self.at < len(self.source) and not (self.source[self.at].isspace() or self.source[self.at] == ">"):
            raise self._error("Unexpected end of name token", begin)
        return value

    def _end_tag(self) -> None:
        begin = self.at
        if not self.opened:
            raise self._error("Unexpected end tag", begin)
        name = self._matched(_TAG_NAME, begin + 2).lower()
        self._matched(_SPACES, self.at)
        if not self.source.startswith(">", self.at):
            raise self._error("Unclosed end tag", begin)
        self.at += 1
        expected = self.opened[-1].tag
        if name and name != expected:
            raise self._error("Unmatched end tag", begin, f', expected "</{expected}>", found "</{name}>"')
        self._close(self.opened.pop())

    def _close(self, opened: _Open) -> None:
        if self.length > opened.offset:
            text = "".join(self.pieces[opened.piece :])
            self._add(opened, opened.offset, self.length - opened.offset, text)

    def _add(self, opened: _Open, offset: int, length: int, text: str) -> None:
        if opened.tag in ("pre", "code"):
            self.entities.append(self._code(opened, offset, length))
        elif entity := _entity(opened, offset, length, text):
            self.entities.append(entity)

    def _code(self, opened: _Open, offset: int, length: int) -> MessageEntity:
        """`<pre><code class="language-x">` is one block of code in a language; each tag alone is what it says."""
        inner = self._whole_inner(offset, length)
        if opened.tag == "pre" and inner is not None and inner.type == "code" and inner.language:
            self.entities.pop()
            return MessageEntity("pre", offset, length, language=inner.language)
        return MessageEntity(opened.tag, offset, length, language=opened.argument or None)

    def _whole_inner(self, offset: int, length: int) -> MessageEntity | None:
        """The entity closed last, if it covers exactly this stretch."""
        last = self.entities[-1] if self.entities else None
        return last if last is not None and (last.offset, last.length) == (offset, length) else None

    def _matched(self, pattern: re.Pattern[str], start: int) -> str:
        match = pattern.match(self.source, start)
        self.at = match.end() if match else start
        return match.group() if match else ""

    def _error(self, text: str, place: int, rest: str = "") -> Exception:
        return _unparsable(f"{text} at byte offset {len(self.source[:place].encode())}{rest}")


def _unparsable(text: str) -> Exception:
    return bad_request(f"can't parse entities: {text}")


def _decoded_reference(source: str, place: int) -> tuple[str, int]:
    """The character that the reference at `place` stands for, and where it ends; a lone `&` stands for itself."""
    match = _REFERENCE.match(source, place)
    decoded = _character(match) if match else ""
    return (decoded, match.end()) if match and decoded else ("&", place + 1)


def _character(reference: re.Match[str]) -> str:
    hexadecimal, decimal, name = reference.groups()
    if name:
        return NAMED_REFERENCES.get(name, "")
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code <= 0xDFFF else ""


def _argument_of(tag: str, name: str, value: str) -> str:
    match (tag, name):
        case ("a", "href") | ("tg-emoji", "emoji-id"):
            return value
        case ("code", "class"):
            return value.removeprefix("language-") if value.startswith("language-") else ""
        case ("span", "class"):
            return value.removeprefix("tg-") if value.startswith("tg-") else ""
        case ("blockquote", "expandable"):
            return "expandable"
        case _:
            return ""


def _entity(opened: _Open, offset: int, length: int, text: str) -> MessageEntity | None:
    match opened.tag:
        case "a":
            return _link(opened.argument or text, offset, length)
        case "blockquote":
            kind = "expandable_blockquote" if opened.argument else "blockquote"
            return MessageEntity(kind, offset, length)
        case "tg-emoji":
            if not opened.argument.isdecimal():
                raise _unparsable("Invalid custom emoji identifier specified")
            return MessageEntity("custom_emoji", offset, length, custom_emoji_id=opened.argument)
        case tag:
            return MessageEntity(SIMPLE_TAGS[tag], offset, length)


def _link(address: str, offset: int, length: int) -> MessageEntity | None:
    if user := _USER_LINK.match(address):
        mentioned = User(int(user.group(1)), "", is_bot=False)
        return MessageEntity("text_mention", offset, length, user=mentioned)
    checked = checked_url(address)
    return MessageEntity("text_link", offset, length, url=checked) if checked else None


def checked_url(address: str) -> str:
    """The address as Telegram keeps it, or an empty string when it takes it for no address at all."""
    address = address.strip()
    if re.match(r"(https?|tg|ton|tonsite)://[^\s/]", address):
        return address
    if re.match(r"[\w-]+(\.[\w-]+)+([/:?#]\S*)?$", address):
        return f"http://{address}"
    return ""


def from_html(source: str) -> Formatted:
    """The text and entities of Telegram's HTML; raises the API's "can't parse entities" error with its byte offset."""
    return _Reader(source).read() if _SPECIAL.search(source) else Formatted(source)


def in_order(entities: Iterable[MessageEntity]) -> tuple[MessageEntity, ...]:
    """Entities by place, an outer one before those inside it."""
    return tuple(sorted(entities, key=lambda entity: (entity.offset, -entity.length)))


def tidy(formatted: Formatted) -> Formatted:
    """The text without blank ends, its entities moved along, and links, mentions, tags and commands found."""
    trimmed = _trimmed(formatted)
    found = _found(trimmed)
    return Formatted(trimmed.text, in_order((*trimmed.entities, *found))) if found else trimmed


def _trimmed(formatted: Formatted) -> Formatted:
    text = formatted.text.rstrip()
    first = formatted.entities[0].offset if formatted.entities else len(text)
    start = next((place for place, mark in enumerate(text[:first]) if mark not in " \n"), min(first, len(text)))
    if len(text) == len(formatted.text) and not start:
        return formatted
    text = text[start:]
    size = utf16_length(text)
    return Formatted(text, tuple(_moved(formatted.entities, start, size)))


def _moved(entities: Iterable[MessageEntity], back: int, size: int) -> Iterator[MessageEntity]:
    for entity in entities:
        offset = entity.offset - back
        length = min(entity.length, size - offset)
        if length > 0:
            yield _placed(entity, offset, length)


def _placed(entity: MessageEntity, offset: int, length: int) -> MessageEntity:
    return MessageEntity(
        entity.type, offset, length, url=entity.url, user=entity.user, language=entity.language,
        custom_emoji_id=entity.custom_emoji_id,
    )  # fmt: skip


def _found(formatted: Formatted) -> list[MessageEntity]:
    text = formatted.text
    if not any(mark in text for mark in "/@#"):
        return []
    taken = [(e.offset, e.offset + e.length) for e in formatted.entities if e.type in ("code", "pre", "text_link")]
    found = []
    for match in _FOUND.finditer(text):
        offset, length = utf16_length(text[: match.start()]), utf16_length(match.group())
        if not any(begin < offset + length and offset < end for begin, end in taken):
            found.append(MessageEntity(str(match.lastgroup), offset, length))
    return found


def to_html(text: str, entities: Sequence[MessageEntity]) -> str:
    """The text as HTML that a page may show as it is: everything escaped, only Telegram's own tags, safe addresses."""
    if not entities:
        return html.escape(text, quote=False)
    units = text.encode("utf-16-le", "surrogatepass")
    return _span(units, in_order(entities), 0, len(units) // 2)


def _span(units: bytes, entities: Sequence[MessageEntity], begin: int, end: int) -> str:
    pieces, at, rest = [], begin, list(entities)
    while rest:
        entity, rest = rest[0], rest[1:]
        stop = min(entity.offset + entity.length, end)
        inner = [other for other in rest if other.offset < stop]
        rest = rest[len(inner) :]
        pieces.append(_escaped(units, at, entity.offset))
        pieces.append(_tagged(entity, _span(units, inner, entity.offset, stop), units))
        at = stop
    pieces.append(_escaped(units, at, end))
    return "".join(pieces)


def _escaped(units: bytes, begin: int, end: int) -> str:
    return html.escape(units[2 * begin : 2 * end].decode("utf-16-le", "surrogatepass"), quote=False)


def _tagged(entity: MessageEntity, inner: str, units: bytes) -> str:
    if tag := _HTML_TAGS.get(entity.type):
        return f"<{tag}>{inner}</{tag}>"
    match entity.type:
        case "pre":
            return f"<pre>{inner}</pre>"
        case "spoiler":
            return f'<span class="tg-spoiler">{inner}</span>'
        case "expandable_blockquote":
            return f"<blockquote expandable>{inner}</blockquote>"
        case "text_link" | "url":
            return _anchor(entity.url or _plain(entity, units), inner)
        case _:
            return inner


def _plain(entity: MessageEntity, units: bytes) -> str:
    return units[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le", "surrogatepass")


def _anchor(address: str, inner: str) -> str:
    safe = html.escape(checked_url(address))
    return f'<a href="{safe}">{inner}</a>' if safe else inner
