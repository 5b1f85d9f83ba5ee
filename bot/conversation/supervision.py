"""What supervisors do on their page: each act is a turn of the supervisor's own conversation, as if done in Telegram.

So acts take the locks in the one order that turns keep, and what they leave to be sent is sent at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from bot.conversation.desk import Desk
from bot.conversation.ports import Conversation, Storage, UnitOfWork
from bot.conversation.turn import Turns
from bot.conversation.visitors import Visitor
from bot.core.clock import Clock
from bot.core.values import Text
from bot.dialogs.events import Event
from bot.handoff.records import Manager

Done = Literal["reassigned", "not_reassigned", "away", "back", "approved", "refused", "settled", "noted", "gone"]
"""What came of an act."""

REFUSALS: Final[tuple[Done, ...]] = ("not_reassigned", "settled", "gone")
"""Acts that have changed nothing: somebody was faster, or it cannot be done any more."""

_DECIDED: Final[dict[str, Done]] = {"desk.notice.approved": "approved", "desk.notice.refused": "refused"}


class Supervision:
    """Carries acts out for whoever has signed in as a supervisor."""

    def __init__(self, storage: Storage, turns: Turns, desk: Desk, clock: Clock) -> None:
        self._storage = storage
        self._turns = turns
        self._desk = desk
        self._clock = clock

    async def reassign(self, visitor: Visitor, lead: int, manager: int) -> Done:
        """Give a lead to another manager."""

        async def act(work: UnitOfWork, by: Manager) -> Done:
            given = await self._desk.reassign(work, lead, manager, by.id, self._clock.now())
            return "reassigned" if given else "not_reassigned"

        return await self._within(visitor, act)

    async def set_duty(self, visitor: Visitor, manager: int, *, on_duty: bool) -> Done:
        """Say that a manager is away, or back."""

        async def act(work: UnitOfWork, by: Manager) -> Done:
            if not await self._desk.set_duty(work, manager, by, self._clock.now(), on_duty=on_duty):
                return "gone"
            return "back" if on_duty else "away"

        return await self._within(visitor, act)

    async def decide(self, visitor: Visitor, message: int, *, approve: bool, remark: str) -> Done:
        """Let held words go, or send them back with a word for their manager."""

        async def act(work: UnitOfWork, by: Manager) -> Done:
            told: Text | None = await self._desk.decide(
                work, message, by, self._clock.now(), approve=approve, remark=remark
            )
            return _DECIDED.get(told.key, "settled") if told else "gone"

        return await self._within(visitor, act)

    async def note(self, visitor: Visitor, lead: int, words: str) -> Done:
        """Note something about a customer for whoever serves them."""

        async def act(work: UnitOfWork, by: Manager) -> Done:
            return "noted" if await self._desk.note(work, lead, by, words, self._clock.now()) else "gone"

        return await self._within(visitor, act)

    async def _within(self, visitor: Visitor, act: Callable[[UnitOfWork, Manager], Awaitable[Done]]) -> Done:
        done: list[Done] = []
        async with self._storage.work() as work:
            by = await work.managers.get(visitor.manager) if visitor.manager is not None else None
        if by is None or by.conversation is None:
            return "gone"
        supervisor = by

        async def prepare(work: UnitOfWork, _: Conversation) -> tuple[Event, ...]:
            done.append(await act(work, supervisor))
            return ()

        await self._turns.deliver(by.conversation, f"page:{uuid.uuid4()}", prepare)
        return done[-1]
