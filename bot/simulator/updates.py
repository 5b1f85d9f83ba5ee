"""The updates of one bot that it has not acknowledged yet, in order, for long polling and for webhooks alike.

An update is acknowledged in polling by a later `offset`, and on a webhook by a 2xx answer. The faults `repeat_update`
and `disorder` act here: an update may come once more after it was acknowledged, or after the one that followed it.
Such a late update is kept until it has been delivered, whatever the offset says.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from telegram import TelegramObject, Update

from bot.simulator.faults import Faults
from bot.simulator.signals import Signal
from bot.simulator.wire import encoded, wire

FIRST_UPDATE_ID: Final = 100_001
LEFT_OUT_BY_DEFAULT: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(slots=True, eq=False)
class Pending:
    """An update that waits to be acknowledged; `lane` is the chat whose updates keep their order."""

    update_id: int
    lane: int
    plain: dict[str, Any]
    late: bool = False
    delivered: bool = False
    fails: int = 0

    def body(self) -> bytes:
        """What a webhook is sent."""
        return encoded(self.plain)


class UpdateQueue:
    """The unacknowledged updates of one bot."""

    def __init__(self, faults: Faults) -> None:
        self.added = Signal()
        self.allowed: frozenset[str] | None = None
        self.on_added: Callable[[Pending], None] | None = None
        self._faults = faults
        self._ids = itertools.count(FIRST_UPDATE_ID)
        self._pending: dict[Pending, None] = {}
        self._held: list[tuple[Pending, asyncio.TimerHandle]] = []

    def __len__(self) -> int:
        return len(self._pending) + len(self._held)

    def wants(self, kind: str) -> bool:
        """Whether the bot asked for updates of this kind."""
        return kind in self.allowed if self.allowed is not None else kind not in LEFT_OUT_BY_DEFAULT

    def allow(self, kinds: Collection[str]) -> None:
        """Ask for these kinds from now on; none means Telegram's default."""
        self.allowed = frozenset(kinds) or None

    def put(self, kind: str, lane: int, content: TelegramObject) -> int:
        """Add an update and return its id; the id is spent even when the bot did not ask for this kind."""
        update_id = next(self._ids)
        if self.wants(kind):
            update = Update(update_id, **{kind: content})  # type: ignore[arg-type]  # the kind is the field's name
            self._enter(Pending(update_id, lane, wire(update)))
        return update_id

    def _enter(self, pending: Pending) -> None:
        if fault := self._faults.strike("disorder", user=pending.lane):
            self._hold(pending, fault.parameters["hold"])
            return
        self._append(pending)
        self._release()

    def _hold(self, pending: Pending, seconds: float) -> None:
        pending.late = True
        timer = asyncio.get_running_loop().call_later(seconds, self._release)
        self._held.append((pending, timer))

    def _release(self) -> None:
        held, self._held = self._held, []
        for pending, timer in held:
            timer.cancel()
            self._append(pending)

    def _append(self, pending: Pending) -> None:
        self._pending[pending] = None
        self.added.notify()
        if self.on_added is not None:
            self.on_added(pending)

    def pending(self) -> list[Pending]:
        """What waits, in order of delivery."""
        return list(self._pending)

    def batch(self, limit: int) -> list[dict[str, Any]]:
        """The first updates for one answer of getUpdates."""
        taken = list(itertools.islice(self._pending, limit))
        for pending in taken:
            pending.delivered = True
        return [pending.plain for pending in taken]

    def confirm(self, offset: int) -> None:
        """Forget what is below `offset`; a negative one forgets all but the last `-offset`."""
        if offset < 0:
            self._keep_last(-offset)
            return
        for pending in list(itertools.takewhile(lambda one: one.update_id < offset or one.late, self._pending)):
            if pending.update_id < offset and (pending.delivered or not pending.late):
                self.acknowledge(pending)

    def _keep_last(self, number: int) -> None:
        for pending in self.pending()[:-number]:
            self._pending.pop(pending)

    def acknowledge(self, pending: Pending) -> None:
        """Forget a delivered update, unless it is to be repeated."""
        self._pending.pop(pending, None)
        if self._faults.strike("repeat_update", user=pending.lane):
            self._append(Pending(pending.update_id, pending.lane, pending.plain, late=True))

    def clear(self) -> None:
        """Drop everything that waits (`drop_pending_updates`)."""
        self._pending.clear()
        for _, timer in self._held:
            timer.cancel()
        self._held.clear()

    def close(self) -> None:
        """Let timers go and wake whoever waits."""
        self.clear()
        self.added.notify()
