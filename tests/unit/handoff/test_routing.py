from __future__ import annotations

from bot.handoff.records import Manager
from bot.handoff.routing import eligible


def manager(number: int, language: str = "zh", conversation: int | None = 1) -> Manager:
    return Manager(number, f"M{number}", "role", "hours", language, conversation=conversation)


def test_who_reads_the_customers_language_comes_first() -> None:
    there = (manager(1, "zh"), manager(2, "en"), manager(3, "en-GB"))
    assert [one.id for one in eligible(there, "en_US")] == [2, 3, 1]


def test_the_order_is_stable_however_the_managers_come() -> None:
    there = [manager(number) for number in (3, 1, 2)]
    assert [one.id for one in eligible(there, "zh")] == [1, 2, 3]


def test_an_unknown_language_sets_nobody_back() -> None:
    assert [one.id for one in eligible((manager(2, "zh"), manager(1, "en")), None)] == [1, 2]


def test_who_passed_is_not_asked_again() -> None:
    assert [one.id for one in eligible((manager(1), manager(2)), "zh", passed=(1,))] == [2]


def test_who_has_not_joined_is_not_asked() -> None:
    assert eligible((manager(1, conversation=None),), "zh") == ()
