"""To whom a waiting lead goes: the ladder, first match wins. Pure; see docs/algorithms/routing.md.

1. `owner`: the manager whom the customer had before;
2. `backup`: who stands in for that one;
3. `account`: who looks after the customer's park or partner;
4. `skill`: who fits best by segment, industry, language and region;
5. `round_robin`: anybody else who is there;
6. `catch_all`: who takes what nobody else can.

On every rung only those count who have joined, are on duty in their hours, have room, and were not asked in vain just now.
Between several on one rung turns are taken, weighted by free capacity.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final, Literal, TypeAlias, get_args

from bot.handoff.records import Manager, Rung

Obstacle = Literal["nobody_joined", "off_duty", "full", "asked"]
SKILLS: Final = ("segment", "industry", "language", "region")
_FIELDS: Final = {"segment": "segments", "industry": "industries", "region": "regions"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What routing knows of a lead: `skills` by name, the `account` (park or partner), and the `owner`'s number.

    `passed` are the managers who are not asked, because they turned it down or let their time run out just now.
    """

    segment: str | None = None
    industry: str | None = None
    language: str | None = None
    region: str | None = None
    account: str | None = None
    owner: int | None = None
    passed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Seat:
    """A manager at the moment: `load` counts customers held or on offer, `recent` those assigned within the window."""

    manager: Manager
    load: int = 0
    recent: int = 0

    @property
    def free(self) -> int:
        """Customers whom the manager can still take."""
        return max(self.manager.profile.capacity - self.load, 0)

    def there(self, now: datetime) -> bool:
        """Whether the manager has joined and is on duty in working hours."""
        manager = self.manager
        return manager.conversation is not None and manager.on_duty and manager.profile.is_open(now)


@dataclass(frozen=True, slots=True)
class Assigned:
    """The manager who is asked: on which `rung`, and by which skills (`matched`). `instead_of` is the owner who cannot."""

    manager: Manager
    rung: Rung
    matched: tuple[str, ...] = ()
    instead_of: int | None = None

    @property
    def reason(self) -> str:
        """The rung with the skills that decided, such as `skill: segment, language`."""
        return f"{self.rung}: {', '.join(self.matched)}" if self.matched else self.rung


@dataclass(frozen=True, slots=True)
class Waits:
    """Nobody can be asked, and what it is that stands in the way: the least of the obstacles that somebody has."""

    obstacle: Obstacle


Route: TypeAlias = Assigned | Waits


def route(wanted: Wanted, seats: Iterable[Seat], now: datetime) -> Route:
    """Who is asked next, or why nobody is."""
    known = tuple(seats)
    able = {seat.manager.id: seat for seat in known if obstacle(wanted, seat, now) is None}
    if not able:
        found = {obstacle(wanted, seat, now) for seat in known}
        return Waits(next((one for one in reversed(get_args(Obstacle)) if one in found), "nobody_joined"))
    return _owners(wanted, known, able) or _by_rung(wanted, tuple(able.values()))


def obstacle(wanted: Wanted, seat: Seat, now: datetime) -> Obstacle | None:
    """Why this manager cannot be asked now."""
    if seat.manager.conversation is None:
        return "nobody_joined"
    if not seat.there(now):
        return "off_duty"
    if not seat.free:
        return "full"
    return "asked" if seat.manager.id in wanted.passed else None


def speaks(manager: Manager, language: str | None) -> bool:
    """Whether the manager reads the language; its region does not matter, and an unknown language is everybody's."""
    return language is None or _base(language) in _languages(manager)


def _owners(wanted: Wanted, seats: Collection[Seat], able: dict[int, Seat]) -> Assigned | None:
    owner = next((seat.manager for seat in seats if seat.manager.id == wanted.owner), None)
    if owner is None:
        return None
    if owner.id in able:
        return Assigned(owner, "owner")
    backup = able.get(owner.profile.backup) if owner.profile.backup is not None else None
    return Assigned(backup.manager, "backup", instead_of=owner.id) if backup else None


def _by_rung(wanted: Wanted, able: Collection[Seat]) -> Assigned:
    """The rungs below the owner's; an owner who cannot is named."""
    ordinary = tuple(seat for seat in able if not seat.manager.profile.catch_all)
    theirs = tuple(
        seat for seat in able if wanted.account and wanted.account.casefold() in seat.manager.profile.accounts
    )
    if theirs:
        return Assigned(_turn(theirs), "account", instead_of=wanted.owner)
    if not ordinary:
        return Assigned(_turn(able), "catch_all", instead_of=wanted.owner)
    fitting = tuple(seat for seat in ordinary if _specialist(wanted, seat.manager))
    if fitting:
        best = max(len(_matched(wanted, seat.manager)) for seat in fitting)
        chosen = _turn(tuple(seat for seat in fitting if len(_matched(wanted, seat.manager)) == best))
        return Assigned(chosen, "skill", _matched(wanted, chosen), wanted.owner)
    least = min(len(_missed(wanted, seat.manager)) for seat in ordinary)
    chosen = _turn(tuple(seat for seat in ordinary if len(_missed(wanted, seat.manager)) == least))
    return Assigned(chosen, "round_robin", instead_of=wanted.owner)


def _specialist(wanted: Wanted, manager: Manager) -> bool:
    return bool(_matched(wanted, manager)) and not _missed(wanted, manager)


def _matched(wanted: Wanted, manager: Manager) -> tuple[str, ...]:
    """The skills wanted that the manager names."""
    return tuple(skill for skill in SKILLS if _has(wanted, manager, skill) is True)


def _missed(wanted: Wanted, manager: Manager) -> tuple[str, ...]:
    """The skills in which the manager names others than the one wanted."""
    return tuple(skill for skill in SKILLS if _has(wanted, manager, skill) is False)


def _has(wanted: Wanted, manager: Manager, skill: str) -> bool | None:
    """Whether the manager names what is wanted; None where nothing is wanted, or nothing named."""
    value: str | None = getattr(wanted, skill)
    if value is None:
        return None
    if skill == "language":
        return speaks(manager, value)
    named: frozenset[str] = getattr(manager.profile, _FIELDS[skill])
    return value.casefold() in named if named else None


def _turn(seats: Collection[Seat]) -> Manager:
    """Whose turn it is: the highest quotient of free capacity and the odd number that counts those had (Sainte-Laguë)."""
    return max(
        seats, key=lambda seat: (Fraction(seat.free, 2 * seat.recent + 1), -seat.recent, -seat.manager.id)
    ).manager


def _languages(manager: Manager) -> frozenset[str]:
    return frozenset(map(_base, (manager.language, *manager.profile.languages)))


def _base(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()
