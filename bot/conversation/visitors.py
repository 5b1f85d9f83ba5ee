"""Who looks at the pages of staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.ledger.audit import by_manager, by_operator


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has signed in under a `role`: an account manager by number, or whoever was given a link.

    `language` is the manager's.
    """

    role: str
    manager: int | None = None
    language: str | None = None

    @property
    def actor(self) -> str:
        """The visitor as the audit knows them."""
        return by_operator(self.role) if self.manager is None else by_manager(self.manager)


class SignInLinks(Protocol):
    """Links to the pages of staff."""

    async def issue(self, visitor: Visitor, at: datetime) -> str:
        """The key of a new link that works once, and for a short time."""
        ...
