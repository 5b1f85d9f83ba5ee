"""Telegram's rate limits as token buckets. Times are seconds of any clock that never goes back, handed in.

A bucket is kept as the one instant at which it will be full again (the generic cell rate algorithm): an idle chat whose
bucket is full needs no memory at all. Telegram's limits: https://core.telegram.org/bots/faq#broadcasting-to-users
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Priority: TypeAlias = Literal["reply", "notice", "campaign"]

_RANK: Final[dict[Priority, int]] = {"reply": 0, "notice": 1, "campaign": 2}
_SWEEP: Final = 1024


@dataclass(frozen=True, slots=True)
class Rate:
    """So many `per_second` on average, `burst` at once. `per_second` 0: no limit."""

    per_second: float
    burst: int = 1


PER_CHAT: Final = Rate(per_second=1, burst=3)
OVERALL: Final = Rate(per_second=30, burst=30)


@dataclass(slots=True)
class ChatLimits:
    """One bucket a chat. A chat that was told to wait (`hold`) waits, whatever its bucket has."""

    rate: Rate
    _full_at: dict[str, float] = field(default_factory=dict)
    _held_until: dict[str, float] = field(default_factory=dict)
    _sweep_above: int = _SWEEP

    def wait(self, chat: str, now: float) -> float:
        """Seconds until the chat may have its next message."""
        held = self._held_until.get(chat, now) - now
        return max(0.0, held, _until(self.rate, self._full_at.get(chat, now), now))

    def spend(self, chat: str, now: float) -> None:
        """A message goes to the chat."""
        if self.rate.per_second:
            self._full_at[chat] = _spent(self.rate, self._full_at.get(chat, now), now)
            if len(self._full_at) > self._sweep_above:
                self.sweep(now)

    def hold(self, chat: str, seconds: float, now: float) -> None:
        """Telegram takes nothing more for this chat for `seconds`."""
        self._held_until[chat] = now + seconds

    def sweep(self, now: float) -> None:
        """Forget the chats whose buckets are full and which are not held."""
        self._full_at = {chat: at for chat, at in self._full_at.items() if at > now}
        self._held_until = {chat: at for chat, at in self._held_until.items() if at > now}
        self._sweep_above = max(_SWEEP, 2 * len(self._full_at))


@dataclass(slots=True)
class Line:
    """The overall limit, and the line before it: replies before notices before campaigns, else first come first served."""

    rate: Rate
    _full_at: float = 0.0
    _waiting: list[tuple[int, int]] = field(default_factory=list)
    _tickets: int = 0

    def pass_by(self, now: float) -> bool:
        """Go at once, where nobody waits and the bucket has a token."""
        if not self.rate.per_second:
            return True
        if self._waiting or _until(self.rate, self._full_at, now) > 0:
            return False
        self._full_at = _spent(self.rate, self._full_at, now)
        return True

    def join(self, priority: Priority) -> int:
        """Stand in the line; the ticket that `admit` will call."""
        self._tickets += 1
        heapq.heappush(self._waiting, (_RANK[priority], self._tickets))
        return self._tickets

    def leave(self, ticket: int) -> None:
        """Stand in the line no more."""
        self._waiting = [one for one in self._waiting if one[1] != ticket]
        heapq.heapify(self._waiting)

    def admit(self, now: float) -> Sequence[int]:
        """The tickets that may go now, in this order."""
        called: list[int] = []
        while self._waiting and _until(self.rate, self._full_at, now) <= 0:
            called.append(heapq.heappop(self._waiting)[1])
            self._full_at = _spent(self.rate, self._full_at, now)
        return called

    def next_in(self, now: float) -> float | None:
        """Seconds until `admit` will call somebody; None when nobody waits."""
        return max(0.0, _until(self.rate, self._full_at, now)) if self._waiting else None


def _until(rate: Rate, full_at: float, now: float) -> float:
    """Seconds until a bucket has a whole token; nought or less when it has."""
    if not rate.per_second:
        return 0.0
    return full_at - now - (rate.burst - 1) / rate.per_second


def _spent(rate: Rate, full_at: float, now: float) -> float:
    return max(full_at, now) + 1 / rate.per_second
