"""The lender's branches: where they are, when they are open, what can be done there. Their words are texts of their own. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.handoff.availability import WeeklyHours
from bot.handoff.hours import read_hours
from bot.products.reading import Section

EARTH_RADIUS_KM: Final = 6371.0088


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch. `latitude` and `longitude` are WGS 84 degrees; `does` are codes of what can be done there.

    `phone` is written for people; `at_once` is how many appointments it keeps at a time.
    """

    id: str
    hours: WeeklyHours
    latitude: float
    longitude: float
    phone: str
    does: tuple[str, ...]
    at_once: int = 1

    @property
    def map_link(self) -> str:
        """The address of a map with the branch on it."""
        return f"https://www.openstreetmap.org/?mlat={self.latitude}&mlon={self.longitude}#map=17/{self.latitude}/{self.longitude}"


def parse_branches(documents: Mapping[str, Any]) -> Mapping[str, Branch]:
    """The branches by id, one file each. Raises `ContentError` with file, field and remedy."""
    return {branch.id: branch for branch in (_branch(name, document) for name, document in documents.items())}


def branch_keys(branch: Branch) -> tuple[str, ...]:
    """The texts that a branch needs."""
    named = (f"branch.{branch.id}.name", f"branch.{branch.id}.address")
    return (*named, *(f"branch.does.{code}" for code in branch.does))


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """How far two places, each latitude and longitude in degrees, are apart as the crow flies (haversine)."""
    (north, east), (other_north, other_east) = (tuple(map(math.radians, place)) for place in (one, other))
    half = math.sin((other_north - north) / 2) ** 2
    half += math.cos(north) * math.cos(other_north) * math.sin((other_east - east) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def nearest(branches: Iterable[Branch], place: tuple[float, float]) -> tuple[tuple[Branch, float], ...]:
    """The branches, each with its distance in kilometres, the nearest first."""
    measured = ((branch, distance_km((branch.latitude, branch.longitude), place)) for branch in branches)
    return tuple(sorted(measured, key=lambda pair: (pair[1], pair[0].id)))


def _branch(file: str, document: object) -> Branch:
    section = Section(document, file)
    identity = section.code("branch")
    if f"{identity}.yaml" != file:
        section.refuse("branch", f"it differs from the file's name; name the file {identity}.yaml")
    place = section.section("map")
    branch = Branch(
        id=identity,
        hours=read_hours(section.section("hours")),
        latitude=float(place.number("latitude", "-90", "90")),
        longitude=float(place.number("longitude", "-180", "180")),
        phone=section.text("phone"),
        does=section.texts("does"),
        at_once=section.optional("at_once", lambda field: section.whole(field, 1, 50), 1),
    )
    place.done()
    section.done()
    return branch
