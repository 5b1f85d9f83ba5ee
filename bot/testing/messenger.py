"""A messenger that keeps what it is given to send, as it would stand on people's screens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import count

from bot.conversation.ports import Outgoing, Posted
from bot.testing.marks import Marks
from bot.testing.memory_outbox import MemoryOutbox
from bot.testing.screen import Knob, Part, Screen, Shown, choice_of, kind_of


class RecordingMessenger:
    """Shows what was posted on the `screens`, by address. Messages are numbered as a channel would number them."""

    def __init__(self, outbox: MemoryOutbox, marks: Marks) -> None:
        self.screens: defaultdict[str, Screen] = defaultdict(Screen)
        self._outbox = outbox
        self._marks = marks
        self._numbers = count(1)
        self._slots: dict[tuple[str, str], str] = {}
        self._unmarked: list[tuple[int, str | None]] = []

    def post(self, posted: Sequence[Posted]) -> None:
        """Take what a turn has committed; see `Turns`."""
        for item in posted:
            self._unmarked.append((item.id, self._show(item.message)))

    async def flush(self) -> None:
        """Tell the outbox what was sent, and under which numbers."""
        batch, self._unmarked = self._unmarked, []
        await self._outbox.mark_sent(batch)

    def _show(self, message: Outgoing) -> str:
        there = self._slots.get((message.address, message.slot)) if message.edit else None
        if there is not None and message.target is not None:
            assert there == message.target, "a turn took another message for the one in this slot"
        number = there or str(next(self._numbers))
        self._slots[message.address, message.slot] = number
        self.screens[message.address].show(number, self._shown(message))
        return number

    def _shown(self, message: Outgoing) -> Shown:
        parts = tuple(Part(one.key, one.words) for one in self._marks.paragraphs(message.html))
        knobs = tuple(
            tuple(Knob(choice_of(key.token), key.label, key.token, key.url) for key in row) for row in message.keys
        )
        return Shown(
            parts, knobs, self._marks.plain(message.html), message.ask_contact is not None, kind_of(message.figure)
        )
