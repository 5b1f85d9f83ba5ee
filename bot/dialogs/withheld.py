"""Numbers that must not stand in a chat, taken out of what is typed before anything else sees it.

A resident identity number (GB 11643) and a bank card's number belong into the lender's own form. They are recognised by
their form, so that a slip of a digit does not keep them: 18 digits with a day of birth in the middle; 16 to 19 digits that
satisfy Luhn's check. They may be full-width, and stand in groups as people write them: of a card all have the same length but the last,
or there are two. A business's unified social credit code, of 18 characters too, begins with a 9 and is left.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from stdnum import luhn

from bot.dialogs.events import Attached, Edited, Event, Said, Shared

Kind: TypeAlias = Literal["identity", "bank_card"]
MASK: Final = "•••"
_BETWEEN: Final = r"[\s.·_\-\u2010-\u2015\u200b]{0,3}"
_RUN: Final = re.compile(rf"\d(?:{_BETWEEN}\d){{14,}}(?:{_BETWEEN}[Xx](?![A-Za-z]))?")
_GROUP: Final = re.compile(r"\d+[Xx]?|[Xx]")
_LONGEST: Final = 19
_RESIDENT: Final = re.compile(r"[1-8]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_CARD: Final = re.compile(r"[2-6]\d{15,18}")


def without_numbers(event: Event) -> Event:
    """The event with such numbers masked; what was typed says which kind was withheld."""
    match event:
        case Said(text=text):
            masked, kind = _masked(text)
            return replace(event, text=masked, withheld=kind) if kind else event
        case Attached(caption=str(caption)):
            return replace(event, caption=_masked(caption)[0])
        case Edited(text=text):
            return replace(event, text=_masked(text)[0])
    return event


def _masked(text: str) -> tuple[str, Kind | None]:
    found: list[Kind] = []

    def mask(match: re.Match[str]) -> str:
        masked, kinds = _without(match.group())
        found.extend(kinds)
        return masked

    plain = unicodedata.normalize("NFKC", text)
    masked = _RUN.sub(mask, plain)
    return (masked, found[0]) if found else (text, None)


def _without(run: str) -> tuple[str, list[Kind]]:
    """A run of groups of digits with such numbers masked, each the longest that begins where it does."""
    groups, masked, kinds, done = list(_GROUP.finditer(run)), "", list[Kind](), 0
    start = 0
    while start < len(groups):
        kind, end = _longest(groups[start:])
        if kind:
            masked += run[done : groups[start].start()] + MASK
            done = groups[start + end - 1].end()
            kinds.append(kind)
        start += end
    return masked + run[done:], kinds


def _longest(groups: list[re.Match[str]]) -> tuple[Kind | None, int]:
    """The longest number that begins with the first group, and of how many groups it is; else None, and one group."""
    for count in range(min(len(groups), _LONGEST), 0, -1):
        parts = [group.group() for group in groups[:count]]
        if kind := _kind(parts):
            return kind, count
    return None, 1


def _kind(parts: list[str]) -> Kind | None:
    number = "".join(parts).upper()
    if _RESIDENT.fullmatch(number):
        return "identity"
    lengths = [len(part) for part in parts]
    grouped = len(parts) <= 2 or (len(set(lengths[:-1])) == 1 and lengths[-1] <= lengths[0])
    return "bank_card" if grouped and _CARD.fullmatch(number) and luhn.is_valid(number) else None


def without_words(event: Event) -> Event:
    """What an account manager did, without what it said: that is kept with the customer it was for, and goes with that one.

    Of a command its name stays.
    """
    match event:
        case Said(text=text):
            return replace(event, text=text.split(maxsplit=1)[0] if text.startswith("/") else "")
        case Shared():
            return replace(event, phone="")
        case Attached():
            return replace(event, file=None, name=None, caption=None)
        case Edited():
            return replace(event, text="", file=None)
    return event
