"""Numbers that must not stand in a chat, taken out of what is typed before anything else sees it.

A resident identity number (GB 11643) and a bank card's number belong into the lender's own form. They are recognised by
their form, so that a slip of a digit does not keep them: 18 digits with a day of birth in the middle; 16 to 19 digits that
satisfy Luhn's check. A business's unified social credit code, of 18 characters
too, begins with a 9 and is left.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from stdnum import luhn

from bot.dialogs.events import Attached, Event, Said

Kind: TypeAlias = Literal["identity", "bank_card"]
MASK: Final = "•••"
_LONG: Final = re.compile(r"(?<![0-9A-Za-z])\d(?:[ \-]?\d){14,18}(?:[ \-]?[Xx])?(?![0-9A-Za-z])")
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
    return event


def _masked(text: str) -> tuple[str, Kind | None]:
    found: list[Kind] = []

    def mask(match: re.Match[str]) -> str:
        kind = _kind(re.sub(r"[ \-]", "", match.group()).upper())
        if kind is None:
            return match.group()
        found.append(kind)
        return MASK

    plain = unicodedata.normalize("NFKC", text)
    masked = _LONG.sub(mask, plain)
    return (masked, found[0]) if found else (text, None)


def _kind(number: str) -> Kind | None:
    if _RESIDENT.fullmatch(number):
        return "identity"
    return "bank_card" if _CARD.fullmatch(number) and luhn.is_valid(number) else None
