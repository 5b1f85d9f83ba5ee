"""Holds calls back until Telegram's limits let them pass."""

from __future__ import annotations

import asyncio

from bot.gateways.telegram.limits import ChatLimits, Line, Priority, Rate


class Throttle:
    """The limits at work in the running event loop, on its clock."""

    def __init__(self, per_chat: Rate, overall: Rate) -> None:
        self._chats = ChatLimits(per_chat)
        self._line = Line(overall)
        self._called: dict[int, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def admit(self, chat: str, priority: Priority) -> None:
        """Wait until a message may go to the chat. One caller at a time for a chat."""
        loop = asyncio.get_running_loop()
        while (pause := self._chats.wait(chat, loop.time())) > 0:  # noqa: ASYNC110 -- time is what is waited for
            await asyncio.sleep(pause)
        if not self._line.pass_by(loop.time()):
            await self._stand_in_line(priority)
        self._chats.spend(chat, loop.time())

    def hold(self, chat: str, seconds: float) -> None:
        """Telegram takes nothing more for the chat for `seconds`."""
        self._chats.hold(chat, seconds, asyncio.get_running_loop().time())

    async def _stand_in_line(self, priority: Priority) -> None:
        ticket = self._line.join(priority)
        self._called[ticket] = asyncio.get_running_loop().create_future()
        self._arm()
        try:
            await self._called[ticket]
        finally:
            del self._called[ticket]
            self._line.leave(ticket)

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        pause = self._line.next_in(loop.time())
        if self._timer is None and pause is not None:
            self._timer = loop.call_later(pause, self._call)

    def _call(self) -> None:
        self._timer = None
        for ticket in self._line.admit(asyncio.get_running_loop().time()):
            if not self._called[ticket].done():
                self._called[ticket].set_result(None)
        self._arm()
