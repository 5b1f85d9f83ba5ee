"""A conversation as staff may read it: what was heard and what was told, merged by time. Pure.

A press is told by the label of its button; a message that was edited stands once, at its first place and as it was
edited last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Final

from bot.conversation.ports import Outgoing, TranscriptLine
from bot.dialogs.events import Attached, Edited, Event, Opened, Pressed, Said, Shared
from bot.figures.worded import as_text

_TAG: Final = re.compile(r"</?(?:b|i|code|blockquote)>")


@dataclass(frozen=True, slots=True)
class Heard:
    """An event that was taken."""

    at: datetime
    event: Event


@dataclass(frozen=True, slots=True)
class Told:
    """A message that was posted."""

    at: datetime
    message: Outgoing


def lines_of(
    heard: Sequence[Heard], told: Sequence[Told], limit: int, *, every: bool = False
) -> tuple[TranscriptLine, ...]:
    """The last `limit` lines, oldest first; both arguments are given oldest first. `every` text of a message is a line."""
    labels = {key.token: key.label for item in told for row in item.message.keys for key in row}
    said = [
        TranscriptLine(item.at, "customer", text) for item in heard if (text := _words(item.event, labels)) is not None
    ]
    lines = sorted([*said, *_told(told, every=every)], key=lambda line: line.at)
    return tuple(lines[-limit:]) if limit > 0 else ()


def _told(told: Sequence[Told], *, every: bool) -> list[TranscriptLine]:
    """A line for each message that stands in the chat."""
    lines: list[TranscriptLine] = []
    places: dict[str, int] = {}
    for item in told:
        message = item.message
        text = _plain(message)
        if message.edit and message.slot in places and not every:
            place = places[message.slot]
            lines[place] = TranscriptLine(lines[place].at, message.author, text, message.release)
        else:
            places[message.slot] = len(lines)
            lines.append(TranscriptLine(item.at, message.author, text, message.release))
    return lines


def _plain(message: Outgoing) -> str:
    text = unescape(_TAG.sub("", message.html))
    if message.figure:
        return f"{text}\n{as_text(message.figure)}"
    if message.document:
        return f"{text} [{message.document.name}]".strip()
    return text or (f"[{message.relayed.kind}]" if message.relayed else "")


def _words(event: Event, labels: dict[str, str]) -> str | None:
    """What the customer did in words, or None for what they did not do."""
    match event:
        case Opened():
            return "/start"
        case Said(text=text):
            return text
        case Pressed(token=token):
            return labels.get(token)
        case Shared(phone=phone):
            return phone
        case Edited(text=text):
            return f"✎ {text}"
        case Attached(kind=kind, caption=caption):
            return f"[{kind}] {caption}" if caption else f"[{kind}]"
        case _:
            return None
