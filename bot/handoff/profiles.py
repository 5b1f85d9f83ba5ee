"""What an account manager knows and can take on: skills, named accounts, capacity, hours, backup. Written by operators as a file.

A skill that names nothing is no restriction: who names no segment serves them all. Regions decide who serves a customer and
nothing else; no score reads them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.handoff.availability import WeeklyHours
from bot.handoff.hours import read_hours, written
from bot.products.reading import Section

USUAL_CAPACITY: Final = 3
"""Customers whom a manager serves at once, where the profile does not say."""

MOST_CAPACITY: Final = 50
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}")
SEGMENTS: Final = ("sole_trader", "small_company", "farmer", "flexible_worker")


@dataclass(frozen=True, slots=True)
class Profile:
    """What routing reads of a manager.

    `accounts` are the parks and partners whose customers are this manager's. `capacity` counts customers at once, those on offer
    too. Without `hours` the manager is there whenever on duty. `backup` is the number of the manager who stands in. A
    `supervisor` hears of leads that wait too long; whoever is `catch_all` is asked only when nobody else can be.
    `phone` is a number at work that customers may have, in international form.
    """

    segments: frozenset[str] = frozenset()
    industries: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    capacity: int = USUAL_CAPACITY
    hours: WeeklyHours | None = field(default=None)
    backup: int | None = None
    supervisor: bool = False
    catch_all: bool = False
    phone: str | None = None

    def is_open(self, at: datetime) -> bool:
        """Whether the manager works at the moment `at` by the hours."""
        return self.hours is None or self.hours.is_open(at)


def parse_profile(document: object, file: str = "profile") -> Profile:
    """The profile that a file says. Raises `ContentError` with file, field and remedy."""
    section = Section(document, file)
    profile = Profile(
        segments=_names(section, "segments", SEGMENTS),
        industries=_names(section, "industries"),
        languages=_names(section, "languages"),
        regions=_names(section, "regions"),
        accounts=_names(section, "accounts"),
        capacity=section.optional("capacity", lambda name: section.whole(name, 1, MOST_CAPACITY), USUAL_CAPACITY),
        hours=section.optional("hours", lambda name: read_hours(section.section(name)), None),
        backup=section.optional("backup", lambda name: section.whole(name, 1), None),
        supervisor=section.optional("supervisor", section.flag, False),
        catch_all=section.optional("catch_all", section.flag, False),
        phone=section.optional("phone", lambda name: _phone(section, name), None),
    )
    section.done()
    return profile


def written_profile(profile: Profile) -> Mapping[str, Any]:
    """The profile as `parse_profile` reads it, JSON-ready, without what is as usual."""
    document: dict[str, Any] = {
        name: sorted(getattr(profile, name))
        for name in ("segments", "industries", "languages", "regions", "accounts")
        if getattr(profile, name)
    }
    if profile.capacity != USUAL_CAPACITY:
        document["capacity"] = profile.capacity
    if profile.hours is not None:
        document["hours"] = written(profile.hours)
    if profile.backup is not None:
        document["backup"] = profile.backup
    if profile.phone is not None:
        document["phone"] = profile.phone
    document |= {name: True for name in ("supervisor", "catch_all") if getattr(profile, name)}
    return document


def _phone(section: Section, field_name: str) -> str:
    written = "".join(section.text(field_name).split())
    if not _PHONE.fullmatch(written):
        section.refuse(field_name, "write the number with its country, such as +86 21 5555 0101")
    return written


def _names(section: Section, field_name: str, allowed: Sequence[str] | None = None) -> frozenset[str]:
    none: tuple[str, ...] = ()
    names = section.optional(field_name, lambda name: section.texts(name, allowed), none)
    return frozenset(map(str.casefold, names))
