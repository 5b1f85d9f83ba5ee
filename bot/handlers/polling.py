"""Updates by `getUpdates`, for a bot that cannot be reached from outside.

Asking with an offset tells Telegram to forget everything before it. So the offset moves on only when every turn of a
batch is committed; aiogram's own polling moves it first, and loses updates in a crash.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from bot.conversation.incoming import NotTaken
from bot.gateways.telegram.account import UPDATES
from bot.gateways.telegram.delivery import Caller
from bot.gateways.telegram.errors import FloodControl, TelegramError
from bot.handlers.intake import Feed, chat_of
from bot.handlers.routers import Reply

WAIT: Final = 50
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_log = structlog.get_logger(__name__)


class Polling:
    """Asks for updates and feeds them, side by side for different chats, in order within a chat.

    `wait` is how many seconds Telegram may keep a question open while there is nothing new. After a failure the next
    question waits `pause` seconds, twice as long each time in a row.
    """

    def __init__(self, client: Caller, feed: Feed, *, wait: int = WAIT, pause: float = _FIRST_PAUSE) -> None:
        self._client = client
        self._feed = feed
        self._wait = wait
        self._pause = pause
        self._offset = 0
        self._answers: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Take updates until cancelled; then the turns under way are finished first."""
        failed = 0
        try:
            while True:
                pause = await self._round(failed)
                failed = failed + 1 if pause else 0
                await asyncio.sleep(pause)
        finally:
            await asyncio.gather(*self._answers, return_exceptions=True)

    async def _round(self, failed: int) -> float:
        """Take one batch; the seconds to pause afterwards."""
        try:
            updates = await self._ask()
            await _finished(self._take(updates))
        except FloodControl as flood:
            return flood.retry_after
        except (TelegramError, NotTaken) as error:
            _log.warning("updates not taken", error=type(error).__name__, failed=failed + 1)
            return float(min(_LONGEST_PAUSE, self._pause * 2**failed))
        self._offset = max([self._offset, *(int(update["update_id"]) + 1 for update in updates)])
        return 0.0

    async def _ask(self) -> Sequence[Mapping[str, Any]]:
        question = {"timeout": self._wait, "limit": 100, "allowed_updates": UPDATES}
        if self._offset:
            question["offset"] = self._offset
        updates: Sequence[Mapping[str, Any]] = await self._client.call("getUpdates", question, within=self._wait + 10)
        return updates

    async def _take(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Take a batch. Raises `NotTaken` when any of it must come again; what was committed is then known by its key."""
        chats: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
        for update in updates:
            chats[chat_of(update)].append(update)
        results = await asyncio.gather(*map(self._take_in_order, chats.values()), return_exceptions=True)
        for error in results:
            if error is not None:
                raise error

    async def _take_in_order(self, updates: Sequence[Mapping[str, Any]]) -> None:
        for update in updates:
            reply = await self._feed(update)
            if reply is not None:
                self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        task = asyncio.create_task(self._call(reply))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _call(self, reply: Reply) -> None:
        """Answer a press; one that is too old to be answered needs no answer."""
        params = {name: value for name, value in reply.items() if name != "method"}
        with contextlib.suppress(TelegramError):
            await self._client.call(reply["method"], params)


async def _finished(work: Any) -> None:
    """Wait for work that is not to be broken off; a cancellation takes effect after it."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
