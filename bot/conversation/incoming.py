"""What a channel hands to a turn, and what it gets back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from bot.core.errors import TillwiseError
from bot.dialogs.events import Event


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event as a channel brought it. `key` is the same each time the channel brings the same event again.

    `address` is the channel's own id of the chat. `language` (a language tag) and `name` are the channel's claims about
    the person.
    """

    key: str
    channel: str
    address: str
    event: Event
    language: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The turn is committed. `acknowledgement` is the short notice to answer a press with, None: answer without one."""

    acknowledgement: str | None = None


class NotTaken(TillwiseError):  # noqa: N818 -- the opposite of `Taken`
    """The turn could not be committed, so the event has not been taken: the channel is to bring it again."""


Take: TypeAlias = Callable[[Incoming], Awaitable[Taken]]
Reach: TypeAlias = Callable[[str, str, bool], Awaitable[None]]
"""Notes for a channel and an address whether messages reach the person, as the channel says."""
