"""Whom a waiting lead is offered to. Pure; that a manager is on duty and free is the caller's knowledge."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.handoff.records import Manager


def eligible(free: Iterable[Manager], language: str | None, passed: Collection[int] = ()) -> tuple[Manager, ...]:
    """The managers to offer a lead to: who reads the customer's language first, then the others, each by number.

    `free` are those on duty who hold no customer; who has `passed` on this lead is not asked again.
    """
    asked = (manager for manager in free if manager.id not in passed and manager.conversation is not None)
    return tuple(sorted(asked, key=lambda manager: (not speaks(manager, language), manager.id)))


def speaks(manager: Manager, language: str | None) -> bool:
    """Whether the manager reads the language; its region does not matter, and an unknown language is everybody's."""
    return language is None or _base(manager.language) == _base(language)


def _base(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()
