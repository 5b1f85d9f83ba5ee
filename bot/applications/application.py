"""A pre-application: what the customer asked for and confirmed, and how far the lender is with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.applications.progress import Progress
from bot.core.values import Money, Values


@dataclass(frozen=True, slots=True)
class Application:
    """One pre-application.

    `id` is ours (a UUID) and the idempotency key of its submission; `reference` is the lender's, absent until the
    lender has taken it. `answers` are those confirmed in the review; `quote` names the quote shown, `release` the
    content it was made with, `consents` the records it rests on.
    """

    id: str
    conversation: int
    product: str
    amount: Money
    months: int
    method: str
    segment: str
    answers: Values
    consents: tuple[str, ...]
    quote: str | None
    release: int
    created_at: datetime
    progress: Progress
    reference: str | None = None


class Applications(Protocol):
    """Pre-applications and the events that lenders sent about them."""

    async def add(self, application: Application) -> None:
        """Keep a new application."""
        ...

    async def save(self, application: Application) -> None:
        """Keep the reference and progress of a known application."""
        ...

    async def renew(self, application: Application) -> None:
        """Put an application, with all its answers, in place of the one of the same id that no lender has taken."""
        ...

    async def get(self, application: str) -> Application | None:
        """The application with this id, locked for this transaction."""
        ...

    async def by_reference(self, reference: str) -> Application | None:
        """The application the lender knows by this reference, locked for this transaction."""
        ...

    async def of_conversation(self, conversation: int) -> tuple[Application, ...]:
        """All applications of one conversation, oldest first."""
        ...

    async def forget_answers(self, conversation: int, names: Collection[str]) -> None:
        """Take the answers of these names out of all applications of one conversation."""
        ...
