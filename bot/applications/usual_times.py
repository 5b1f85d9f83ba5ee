"""How long a stage usually takes: from our own history where there is enough of it, else as configured.

Two figures a stage, since one would promise too much: half of the applications that passed it were through within the
median, four in five within the 80th percentile. Behind the second one an application is late, and we apologise.

The history is a list of passages: a stage was entered, and left for another. It is worked out from the events of an
application as a whole, so one that comes late corrects it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeAlias

from bot.applications.stages import RULES, Actor, Stage
from bot.core.errors import ContentError

FILE: Final = "usual_times.yaml"
ENOUGH: Final = 20
"""Applications that must have passed a stage before their times are told."""

LOOK_BACK: Final = timedelta(days=180)
"""How old a passage may be to count: a lender gets faster or slower."""

_DURATION: Final = re.compile(r"([1-9]\d{0,3}) (hour|day)s?")


@dataclass(frozen=True, slots=True)
class UsualTime:
    """Half are through within `half`, four in five within `most`; `of` is how many it is taken from, 0 where configured."""

    half: timedelta
    most: timedelta
    of: int = 0


UsualTimes: TypeAlias = Mapping[Stage, UsualTime]
NO_TIMES: Final[UsualTimes] = {}


@dataclass(frozen=True, slots=True)
class Passage:
    """A stage that an application was in: `left_at` is None while it is there."""

    stage: Stage
    entered_at: datetime
    left_at: datetime | None


class StageTimes(Protocol):
    """What our own history says."""

    async def of(self, product: str) -> UsualTimes:
        """The times of those stages that at least `ENOUGH` applications for the product have passed."""
        ...


def acted_in(stage: Stage) -> bool:
    """Whether somebody other than the customer acts in the stage, so that it can be late."""
    return RULES[stage].actor is not Actor.CUSTOMER


def parse_usual_times(document: Any) -> UsualTimes:
    """The configured times. Raises `ContentError`."""
    if not isinstance(document, Mapping):
        raise ContentError(f"{FILE}: the whole file: write stages, each with `half` and `most`")
    awaited = {str(stage) for stage in Stage if stage is not Stage.DRAFT and acted_in(stage)}
    for name in document:
        if name not in awaited:
            raise ContentError(f"{FILE}: {name}: nobody is waited for in this stage; use {', '.join(sorted(awaited))}")
    if missing := awaited - document.keys():
        raise ContentError(f"{FILE}: {min(missing)}: it is missing; add it")
    return {Stage(name): _time(name, times) for name, times in document.items()}


def _time(name: str, times: Any) -> UsualTime:
    if not isinstance(times, Mapping) or times.keys() != {"half", "most"}:
        raise ContentError(f"{FILE}: {name}: write `half` and `most`, such as {{half: 4 hours, most: 1 day}}")
    half, most = (_duration(f"{name}.{field}", times[field]) for field in ("half", "most"))
    if most < half:
        raise ContentError(f"{FILE}: {name}: `most` is shorter than `half`; four in five take longer than half of all")
    return UsualTime(half, most)


def _duration(place: str, words: Any) -> timedelta:
    found = _DURATION.fullmatch(words) if isinstance(words, str) else None
    if found is None:
        raise ContentError(f"{FILE}: {place}: this is no duration; write one such as 4 hours or 2 days")
    return int(found[1]) * (timedelta(hours=1) if found[2] == "hour" else timedelta(days=1))
