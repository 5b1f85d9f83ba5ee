"""Load: customers who each wait for the bot's answer before they go on, as many at once or as many a second as asked for.

A turn is one update. Its latency runs from the update being posted to the first message of its answer reaching Telegram,
`whole` to the last one, which has the buttons.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from bench.journey import Astray, Player
from bench.telegram import Shown, Telegram
from bench.webhook import Webhook

PATIENCE: Final = 20.0
_OK: Final = 200


@dataclass(slots=True)
class Record:
    """The turns of one measurement: seconds to the first and to the last message of each."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    late: int = 0
    """Paced turns that had to wait until a customer was free."""

    async def some(self) -> None:
        """Wait until there is something to divide by, however slow the machine."""
        while not self.first:  # noqa: ASYNC110 -- an event would be set at every turn
            await asyncio.sleep(0.05)

    def clear(self) -> None:
        """Begin anew, behind the warm-up."""
        self.first.clear()
        self.whole.clear()
        self.late = 0


class Seat:
    """One customer with a connection of their own to the bot's webhook."""

    def __init__(self, player: Player, telegram: Telegram, webhook: Webhook, record: Record) -> None:
        self._player = player
        self._telegram = telegram
        self._webhook = webhook
        self._record = record
        self._done: asyncio.Future[None] | None = None
        self._began = 0.0
        self._first: float | None = None
        self._whole: float | None = None
        self._answered = False

    async def turn(self, due: float | None = None) -> None:
        """One turn. Raises `Astray` when the bot does not answer as it should. `due`: it should have begun earlier."""
        await self._webhook.ready()
        update = self._player.update()
        self._telegram.chats[self._player.chat] = self._shown
        self._first = self._whole = None
        self._answered = False
        self._done = asyncio.get_running_loop().create_future()
        self._began = due or time.perf_counter()
        self._webhook.post(update, self._on_answer)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._done
        except TimeoutError:
            raise Astray(f"no full answer within {PATIENCE:g} s to {update}") from None

    def close(self) -> None:
        """Hang up."""
        self._webhook.close()

    def _shown(self, shown: Shown) -> None:
        if self._first is None:
            self._first = shown.at
        if self._player.shown(shown):
            self._whole = shown.at
            self._settle()

    def _on_answer(self, status: int, _body: bytes) -> None:
        self._answered = True
        if status == _OK:
            self._settle()
        elif self._done is not None and not self._done.done():
            self._done.set_exception(Astray(f"the bot answered an update with {status}"))

    def _settle(self) -> None:
        """The turn is over once the update is acknowledged and the message with the buttons is there."""
        if self._done is None or self._done.done() or not self._answered or self._whole is None or self._first is None:
            return
        self._record.first.append(self._first - self._began)
        self._record.whole.append(self._whole - self._began)
        self._done.set_result(None)


class Crowd:
    """All customers of one bot."""

    def __init__(self, seats: Sequence[Seat], record: Record) -> None:
        self._seats = seats
        self.record = record

    @classmethod
    async def gather(cls, size: int, player: Callable[[], Player], telegram: Telegram) -> Crowd:
        """`size` customers, connected to the bot that `telegram` knows."""
        record = Record()
        url, secret = await telegram.webhook
        seats = [Seat(player(), telegram, await Webhook.open(url, secret), record) for _ in range(size)]
        return cls(seats, record)

    def close(self) -> None:
        """Hang up."""
        for seat in self._seats:
            seat.close()

    async def press_on(self, customers: int, going: Callable[[], bool]) -> None:
        """`customers` at once, each beginning the next turn as soon as the last is over, while `going`."""

        async def play(seat: Seat) -> None:
            while going():
                await seat.turn()

        async with asyncio.TaskGroup() as group:
            for seat in self._seats[:customers]:
                group.create_task(play(seat))

    async def pace(self, rate: float, going: Callable[[], bool]) -> None:
        """`rate` turns a second on average, at random times as customers come, whether or not the bot keeps up."""
        free = deque(self._seats)
        waiting: deque[float] = deque()
        chance = random.Random(1)

        async def play(seat: Seat, due: float | None) -> None:
            await seat.turn(due)
            while waiting:
                await seat.turn(waiting.popleft())
            free.append(seat)

        due = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            while going():
                due += chance.expovariate(rate)
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                if free:
                    group.create_task(play(free.popleft(), None))
                else:
                    self.record.late += 1
                    waiting.append(due)


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection in the load generator, whose pauses would be taken for the bot's."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
