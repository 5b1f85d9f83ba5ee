from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.availability import WeeklyHours
from bot.handoff.hours import parse_week
from bot.handoff.profiles import Profile
from bot.handoff.records import Manager
from bot.handoff.routing import Assigned, Obstacle, Seat, Waits, Wanted, obstacle, route, speaks

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
NIGHT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
OFFICE_HOURS = WeeklyHours(parse_week("Mo-Fr 09:00-12:00,14:00-18:00"), country="CN")


def manager(
    number: int, language: str = "zh", *, on_duty: bool = True, joined: bool = True, **profile: object
) -> Manager:
    known = Profile(**({"capacity": 3} | profile))  # type: ignore[arg-type]
    here = number if joined else None
    return Manager(number, f"M{number}", "role", "hours", language, on_duty, here, profile=known)


def asked(wanted: Wanted, *seats: Seat | Manager, at: datetime = MONDAY) -> tuple[int, str]:
    found = route(wanted, [seat if isinstance(seat, Seat) else Seat(seat) for seat in seats], at)
    assert isinstance(found, Assigned)
    return found.manager.id, found.rung


def waits(wanted: Wanted, *seats: Seat | Manager, at: datetime = MONDAY) -> Obstacle:
    found = route(wanted, [seat if isinstance(seat, Seat) else Seat(seat) for seat in seats], at)
    assert isinstance(found, Waits)
    return found.obstacle


# The ladder


EVERYTHING = Wanted("farmer", "fruit", "zh", "sichuan", account="riverside", owner=1)
OWNER, BACKUP = manager(1, "en", backup=2), manager(2, "en")
NAMED = manager(3, "en", accounts=frozenset(("riverside",)))
SKILLED = manager(4, segments=frozenset(("farmer",)), industries=frozenset(("fruit",)))
ANYBODY, CATCH_ALL = manager(5, "en"), manager(6, catch_all=True)
LADDER = (OWNER, BACKUP, NAMED, SKILLED, ANYBODY, CATCH_ALL)
RUNGS = ("owner", "backup", "account", "skill", "round_robin", "catch_all")


@pytest.mark.parametrize("gone", range(6))
def test_the_first_rung_on_which_somebody_can_be_asked_wins(gone: int) -> None:
    seats = [replace(one, on_duty=place >= gone) for place, one in enumerate(LADDER)]
    assert asked(EVERYTHING, *seats) == (LADDER[gone].id, RUNGS[gone])


def test_the_backup_stands_in_for_an_owner_who_is_full() -> None:
    assert asked(Wanted(owner=1), Seat(OWNER, load=3), BACKUP, ANYBODY) == (2, "backup")


def test_whoever_takes_an_owners_place_is_assigned_instead_of_the_owner() -> None:
    for seats in ((BACKUP,), (NAMED,), (SKILLED,), (ANYBODY,), (CATCH_ALL,)):
        found = route(EVERYTHING, [Seat(replace(OWNER, on_duty=False)), *map(Seat, seats)], MONDAY)
        assert isinstance(found, Assigned)
        assert found.instead_of == 1


def test_the_best_fit_by_skill_wins_and_the_reason_names_the_skills() -> None:
    one = manager(1, segments=frozenset(("farmer",)))
    both = manager(2, segments=frozenset(("farmer",)), regions=frozenset(("sichuan",)))
    found = route(Wanted("farmer", language="zh", region="Sichuan"), (Seat(one), Seat(both)), MONDAY)
    assert isinstance(found, Assigned)
    assert (found.manager.id, found.reason) == (2, "skill: segment, language, region")


def test_who_names_other_skills_is_asked_only_by_turn() -> None:
    other = manager(1, segments=frozenset(("small_company",)))
    assert asked(Wanted("farmer", language="zh"), other) == (1, "round_robin")
    assert asked(Wanted("farmer", language="zh"), other, manager(2)) == (2, "skill")


def test_who_reads_the_customers_language_comes_before_who_does_not() -> None:
    assert asked(Wanted(language="en_US"), manager(1, "zh"), manager(2, "en-GB")) == (2, "skill")
    assert asked(Wanted(language="en"), manager(1, "zh"), manager(2, languages=frozenset(("en",)))) == (2, "skill")
    assert asked(Wanted(language="en"), manager(1, "zh")) == (1, "round_robin")


@pytest.mark.parametrize(("language", "reads"), [("zh-TW", True), ("en", False), (None, True)])
def test_an_unknown_language_is_everybodys_and_regions_of_one_do_not_matter(language: str | None, reads: bool) -> None:
    assert speaks(manager(1, "zh"), language) is reads


# Who cannot be asked


def test_what_stands_in_the_way_is_told_by_the_least_of_the_obstacles() -> None:
    out, off, full = manager(1, joined=False), manager(2, on_duty=False), Seat(manager(3), load=3)
    assert waits(Wanted()) == waits(Wanted(), out) == "nobody_joined"
    assert waits(Wanted(), out, off) == "off_duty"
    assert waits(Wanted(), out, off, full) == "full"
    assert waits(Wanted(passed=frozenset((4,))), out, off, full, manager(4)) == "asked"


@pytest.mark.parametrize(
    ("at", "there"),
    [
        (MONDAY, True),
        (datetime(2026, 11, 23, 5, 0, tzinfo=UTC), False),  # between two shifts
        (NIGHT, False),
        (datetime(2026, 10, 1, 2, 0, tzinfo=UTC), False),  # National Day, a Thursday
    ],
)
def test_hours_split_shifts_and_public_holidays_say_who_is_there(at: datetime, there: bool) -> None:
    seat = Seat(manager(1, hours=OFFICE_HOURS))
    assert (obstacle(Wanted(), seat, at) is None) is there


# Properties


seats = st.lists(
    st.builds(
        lambda number, capacity, load, recent, on_duty, joined, hours, catch_all, language: Seat(
            manager(
                number,
                language,
                on_duty=on_duty,
                joined=joined,
                capacity=capacity,
                hours=OFFICE_HOURS if hours else None,
                catch_all=catch_all,
            ),
            load,
            recent,
        ),
        st.integers(1, 30), st.integers(1, 4), st.integers(0, 5), st.integers(0, 9), *[st.booleans()] * 4,
        st.sampled_from(("zh", "en")),
    ),
    max_size=8,
    unique_by=lambda seat: seat.manager.id,
)  # fmt: skip
wants = st.builds(
    Wanted,
    st.sampled_from((None, "farmer")),
    language=st.sampled_from((None, "zh", "en")),
    owner=st.one_of(st.none(), st.integers(1, 30)),
    passed=st.frozensets(st.integers(1, 30), max_size=4),
)


@given(wants, seats, st.sampled_from((MONDAY, NIGHT)))
def test_nobody_is_asked_off_duty_over_capacity_or_again(wanted: Wanted, there: list[Seat], at: datetime) -> None:
    found = route(wanted, there, at)
    if isinstance(found, Waits):
        assert all(obstacle(wanted, seat, at) for seat in there)
        assert found.obstacle in {obstacle(wanted, seat, at) for seat in there} or not there
        return
    seat = next(seat for seat in there if seat.manager.id == found.manager.id)
    assert seat.load < seat.manager.profile.capacity
    assert seat.manager.on_duty
    assert seat.manager.conversation is not None
    assert seat.manager.profile.is_open(at)
    assert seat.manager.id not in wanted.passed


@given(wants, seats, st.randoms(use_true_random=False))
def test_the_order_in_which_managers_are_looked_at_decides_nothing(
    wanted: Wanted, there: list[Seat], how: object
) -> None:
    shuffled = list(there)
    how.shuffle(shuffled)  # type: ignore[attr-defined]
    assert route(wanted, there, MONDAY) == route(wanted, shuffled, MONDAY)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=3), st.integers(1, 60))
def test_turns_are_fair_by_weight_for_as_long_as_all_have_room(capacities: list[int], leads: int) -> None:
    """With up to three managers nobody ever has more, or less, than one lead beside the exact share."""
    had: Counter[int] = Counter()
    staff = [manager(number, capacity=capacity) for number, capacity in enumerate(capacities, start=1)]
    for _ in range(leads):
        found = route(Wanted(), [Seat(one, 0, had[one.id]) for one in staff], MONDAY)
        assert isinstance(found, Assigned)
        had[found.manager.id] += 1
    for one in staff:
        assert abs(had[one.id] - leads * one.profile.capacity / sum(capacities)) < 1


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.integers(0, 30))
def test_every_lead_is_assigned_or_waits_and_nobody_has_more_than_the_capacity(
    capacities: list[int], leads: int
) -> None:
    load: Counter[int] = Counter()
    staff = [manager(number, capacity=capacity) for number, capacity in enumerate(capacities, start=1)]
    waiting = 0
    for _ in range(leads):
        match route(Wanted(), [Seat(one, load[one.id], load[one.id]) for one in staff], MONDAY):
            case Assigned(manager=one):
                load[one.id] += 1
            case Waits(obstacle=why):
                assert why == "full"
                waiting += 1
    assert all(load[one.id] <= one.profile.capacity for one in staff)
    assert (load.total(), waiting) == (min(leads, sum(capacities)), max(0, leads - sum(capacities)))
