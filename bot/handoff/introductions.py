"""Who an account manager is, as customers are told: name, role, hours, the languages they read, and a card for the address book. Pure."""

from __future__ import annotations

from typing import Final

import phonenumbers

from bot.core.errors import ContentError
from bot.core.values import Text, Values
from bot.handoff.availability import WeeklyHours
from bot.handoff.hours import hours_text, parse_week
from bot.handoff.records import Manager, Photo

ROLES: Final = ("account_manager", "senior_account_manager", "team_lead")
"""Roles that each customer reads in their own language; any other words are shown as they are."""

MOST_BYTES: Final = 1_000_000
_KINDS: Final = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def introduction(manager: Manager) -> Values:
    """What customers are told of a manager, as the values of texts; what is not known is None."""
    languages = (manager.language, *sorted(manager.profile.languages - {manager.language}))
    return {
        "name": manager.name,
        "role": Text(f"role.{manager.role}") if manager.role in ROLES else manager.role,
        "hours": _hours(manager),
        "languages": _strung(languages),
        "phone": _spaced(manager.profile.phone) if manager.profile.phone else None,
    }


def photo_of(content: bytes) -> Photo:
    """A photo that is a JPEG or a PNG. Raises `ContentError` with the remedy."""
    kind = next((kind for mark, kind in _KINDS.items() if content.startswith(mark)), None)
    if kind is None:
        raise ContentError("this is neither a JPEG nor a PNG; save the photo as one")
    if len(content) > MOST_BYTES:
        raise ContentError(f"the photo has more than {MOST_BYTES // 1_000_000} MB; make it smaller")
    return Photo(kind, content)


def vcard(name: str, role: str, lender: str, phone: str) -> str:
    """The card for an address book (vCard 4.0, RFC 6350)."""
    lines = ("BEGIN:VCARD", "VERSION:4.0", "FN:" + _escaped(name), "ORG:" + _escaped(lender), "TITLE:" + _escaped(role))
    return "\r\n".join((*lines, f"TEL;VALUE=uri;TYPE=work:tel:{phone}", "END:VCARD", ""))


def _hours(manager: Manager) -> Text | str:
    """By the profile where it says when the manager is there; else as the operator wrote it, a week in each customer's words."""
    if manager.profile.hours is not None:
        return hours_text(manager.profile.hours)
    try:
        return hours_text(WeeklyHours(parse_week(manager.hours)))
    except ValueError:
        return manager.hours


def _spaced(phone: str) -> str:
    try:
        return phonenumbers.format_number(phonenumbers.parse(phone), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return phone


def _strung(languages: tuple[str, ...]) -> Text:
    first, *others = languages
    strung = Text(f"tongue.{first}")
    for other in others:
        strung = Text("hours.and_times", {"first": strung, "second": Text(f"tongue.{other}")})
    return strung


def _escaped(words: str) -> str:
    for mark in "\\,;":
        words = words.replace(mark, f"\\{mark}")
    return words.replace("\n", "\\n")
