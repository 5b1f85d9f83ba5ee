"""What a supervisor sees of the desk at one moment: who waits, who is there, who talks with whom. Pure.

Customers have numbers here and no names: `lead 12`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from bot.core.values import Text
from bot.handoff.checked import Checked
from bot.handoff.records import Assignment, Lead, Manager
from bot.handoff.routing import Seat
from bot.handoff.scoring import Score
from bot.handoff.service_level import Figures, Targets, elapsed

LOOK_BACK: Final = timedelta(days=7)
"""How far the figures of the page reach back."""

FEWEST: Final = 5
"""Below so many customers their times are not told: one of them would be recognised."""

Presence = Literal["there", "off_hours", "away", "invited"]
Author = Literal["customer", "manager"]


@dataclass(frozen=True, slots=True)
class Waited:
    """A clock that counts working time: `ran` by now, and whether it `runs` now.

    It is late from `late` on, and from `overdue` on supervisors are called.
    """

    ran: timedelta
    runs: bool
    late: timedelta
    overdue: timedelta

    @property
    def level(self) -> Literal["fine", "late", "overdue"]:
        """How bad it is by now."""
        return "overdue" if self.ran >= self.overdue else "late" if self.ran >= self.late else "fine"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A customer who waits, at `position` from 1, and the manager who is asked, with the end of the time to accept."""

    position: int
    lead: Lead
    score: Score
    waited: Waited
    asked: Manager | None = None
    asked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A manager: where, until when not (`back_at`), the leads held and on offer by number."""

    manager: Manager
    presence: Presence
    back_at: datetime | None
    holds: tuple[int, ...]
    asked: tuple[int, ...]

    @property
    def load(self) -> int:
        """Customers held or on offer."""
        return len(self.holds) + len(self.asked)


@dataclass(frozen=True, slots=True)
class Spoke:
    """Whose words were the last in a chat, and when."""

    author: Author
    at: datetime


@dataclass(frozen=True, slots=True)
class Chat:
    """A customer with a manager. `stage` is the application's, where there is one; `last` the last word of either."""

    lead: Lead
    manager: Manager
    stage: str | None
    last: Spoke | None


@dataclass(frozen=True, slots=True)
class HeldWords:
    """A manager's words that wait for a supervisor until `until`, with the reasons in words."""

    message: Checked
    manager: Manager
    reasons: tuple[Text, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """The desk at the moment `at`. `opens_at` is when it opens, where it is closed."""

    at: datetime
    opens_at: datetime | None
    is_open: bool
    waiting: tuple[Waiting, ...]
    people: tuple[Person, ...]
    chats: tuple[Chat, ...]
    figures: Figures
    targets: Targets
    held: tuple[HeldWords, ...] = ()

    def room(self) -> tuple[Person, ...]:
        """Those who can be given a customer: joined, and with room; on duty first."""
        able = [one for one in self.people if one.presence != "invited" and one.load < one.manager.profile.capacity]
        return tuple(sorted(able, key=lambda one: (one.presence != "there", one.load, one.manager.id)))

    @property
    def tells_times(self) -> bool:
        """Whether there are customers enough for their times to be told."""
        return self.figures.due >= FEWEST


@dataclass(frozen=True, slots=True)
class Known:
    """What an overview is made of: open leads and open assignments oldest first, all managers, the figures.

    `stages` and `spoken` go by the number of the customer's conversation.
    """

    leads: Sequence[Lead]
    given: Sequence[Assignment]
    managers: Sequence[Manager]
    stages: Mapping[int, str]
    spoken: Mapping[int, Spoke]
    figures: Figures


def overview(known: Known, targets: Targets, score: Callable[[Lead], Score], now: datetime) -> Overview:
    """The desk as a supervisor sees it."""
    managers = {manager.id: manager for manager in known.managers}
    open_now = targets.is_open(now)
    return Overview(
        at=now,
        opens_at=None if open_now or targets.hours is None else targets.hours.next_opening(now),
        is_open=open_now,
        waiting=_waiting(known, managers, targets, score, now),
        people=tuple(_person(manager, known, now) for manager in known.managers),
        chats=tuple(_chats(known, managers)),
        figures=known.figures,
        targets=targets,
    )


def _waiting(
    known: Known, managers: Mapping[int, Manager], targets: Targets, score: Callable[[Lead], Score], now: datetime
) -> tuple[Waiting, ...]:
    given = {one.lead: one for one in known.given if one.accepted_at is None}
    waits = [lead for lead in known.leads if lead.status in ("requested", "offered")]
    return tuple(
        Waiting(
            position,
            lead,
            score(lead),
            waited(lead, targets, now),
            managers.get(given[lead.id].manager) if lead.id in given else None,
            given[lead.id].offered_at + targets.accept_within if lead.id in given else None,
        )
        for position, lead in enumerate(waits, 1)
    )


def waited(lead: Lead, targets: Targets, now: datetime) -> Waited:
    """How long a customer has waited for a person, in working time."""
    ran = elapsed(targets.hours, lead.created_at, now)
    return Waited(ran, targets.is_open(now), targets.first_touch_within, targets.supervisor_after)


def _person(manager: Manager, known: Known, now: datetime) -> Person:
    holds = tuple(
        lead.id for lead in known.leads if lead.manager == manager.id and lead.status in ("accepted", "active")
    )
    asked = tuple(one.lead for one in known.given if one.manager == manager.id and one.accepted_at is None)
    presence = _presence(manager, now)
    hours = manager.profile.hours
    back_at = hours.next_opening(now) if hours is not None and presence == "off_hours" else None
    return Person(manager, presence, back_at, holds, asked)


def _presence(manager: Manager, now: datetime) -> Presence:
    if manager.conversation is None:
        return "invited"
    if Seat(manager).there(now):
        return "there"
    return "off_hours" if manager.on_duty else "away"


def _chats(known: Known, managers: Mapping[int, Manager]) -> Iterable[Chat]:
    for lead in known.leads:
        manager = managers.get(lead.manager) if lead.manager is not None else None
        if manager is not None and lead.status in ("accepted", "active"):
            yield Chat(lead, manager, known.stages.get(lead.conversation), known.spoken.get(lead.conversation))
