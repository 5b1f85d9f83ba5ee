"""What changed, numbered: one growing counter over all changes, remembered for a while and pushed to pages."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from bot.simulator.signals import Signal

EventType = Literal[
    "message", "edit", "delete", "callback_answer", "typing", "keyboard", "topic", "user", "faults", "bot",
]  # fmt: skip
REMEMBERED: Final = 5_000


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `subject` is what changed (a message, a person …), shown as it is when the event is read."""

    seq: int
    type: EventType
    user: int | None
    subject: Any = None
    details: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """The changes of one simulator."""

    def __init__(self) -> None:
        self.seq = 0
        self.changed = Signal()
        self._events: deque[Event] = deque(maxlen=REMEMBERED)
        self._closed = False

    def record(self, kind: EventType, user: int | None, subject: Any = None, **details: Any) -> int:
        """Note a change and return its number."""
        self.seq += 1
        self._events.append(Event(self.seq, kind, user, subject, details))
        self.changed.notify()
        return self.seq

    def since(self, seq: int) -> list[Event]:
        """The remembered changes after `seq`, oldest first."""
        later = []
        for event in reversed(self._events):
            if event.seq <= seq:
                break
            later.append(event)
        return later[::-1]

    async def follow(self, seq: int, beat: float) -> AsyncIterator[Event | None]:
        """Changes after `seq` as they come; None after each `beat` seconds of silence; ends when the journal closes."""
        while not self._closed:
            news = self.since(seq)
            for event in news:
                yield event
            if news:
                seq = news[-1].seq
            else:
                await self.changed.wait(beat)
                if self.seq == seq:
                    yield None

    def close(self) -> None:
        """End every `follow`."""
        self._closed = True
        self.changed.notify()
