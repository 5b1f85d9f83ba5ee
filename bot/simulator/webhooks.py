"""Updates sent to a bot's webhook (https://core.telegram.org/bots/api#setwebhook).

The updates of one chat go one after the other; different chats go side by side, up to the bot's `max_connections`. A
failed delivery is tried again at once, then after pauses that double up to a minute, or after the `Retry-After` of the
answer; the later updates of that chat wait meanwhile. A 2xx answer may name a method, which is then carried out; its
result goes nowhere. (The public server does the same: https://github.com/tdlib/telegram-bot-api, WebhookActor.cpp.)
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

import aiohttp

from bot.simulator.arguments import read_arguments
from bot.simulator.errors import ApiError
from bot.simulator.methods import perform
from bot.simulator.updates import Pending
from bot.simulator.world import Bot, Webhook, World

LONGEST_PAUSE: Final = 60.0
PATIENCE: Final = 60.0  # seconds given to a webhook to answer
NOT_IN_REPLIES: Final = ("get", "setwebhook", "deletewebhook", "close", "logout")


class WebhookSender:
    """Sends the updates of all bots that have a webhook; `pause` is the unit of the growing pauses, in seconds."""

    def __init__(self, world: World, pause: float = 1.0) -> None:
        self._world = world
        self._pause = pause
        self._client: aiohttp.ClientSession | None = None
        self._deliveries: dict[int, _Delivery] = {}
        world.on_webhook = self.changed

    def changed(self, bot: Bot) -> None:
        """A bot's webhook was set or deleted: end what was under way and begin anew."""
        if (old := self._deliveries.pop(bot.id, None)) is not None:
            old.stop()
        bot.updates.on_added = None
        if bot.webhook is not None:
            delivery = self._deliveries[bot.id] = _Delivery(self._world, bot, bot.webhook, self._session(), self._pause)
            bot.updates.on_added = delivery.offer
            for pending in bot.updates.pending():
                delivery.offer(pending)

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._client = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(PATIENCE))
        return self._client

    async def close(self) -> None:
        """Stop sending."""
        for delivery in self._deliveries.values():
            delivery.stop()
        if self._client is not None:
            await self._client.close()


class _Delivery:
    """The sending of one bot's updates to one webhook: a lane and, while it is not empty, a task for each chat."""

    def __init__(self, world: World, bot: Bot, webhook: Webhook, client: aiohttp.ClientSession, pause: float) -> None:
        self._world = world
        self._bot = bot
        self._webhook = webhook
        self._client = client
        self._pause = pause
        self._room = asyncio.Semaphore(webhook.max_connections)
        self._lanes: dict[int, deque[Pending]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._headers = {"Content-Type": "application/json"}
        if webhook.secret:
            self._headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret

    def offer(self, pending: Pending) -> None:
        """Queue an update in its chat's lane."""
        if (lane := self._lanes.get(pending.lane)) is not None:
            lane.append(pending)
            return
        self._lanes[pending.lane] = deque([pending])
        task = asyncio.get_running_loop().create_task(self._work(pending.lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Send nothing more."""
        for task in self._tasks:
            task.cancel()

    async def _work(self, lane: int) -> None:
        waiting = self._lanes[lane]
        while waiting:
            await self._deliver(waiting[0])
            waiting.popleft()
        del self._lanes[lane]

    async def _deliver(self, pending: Pending) -> None:
        pause = await self._try(pending)
        while pause is not None:
            await asyncio.sleep(pause)
            pause = await self._try(pending)

    async def _try(self, pending: Pending) -> float | None:
        """Send once; the seconds to wait before the next attempt, or None when it was taken."""
        try:
            async with self._room:
                asked = self._client.post(self._webhook.url, data=pending.body(), headers=self._headers)
                async with asked as answer:
                    reply, kind, status = await answer.read(), answer.headers.get("Content-Type", ""), answer.status
                    retry_after = answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError):
            return self._failed(pending, "Connection failed", "")
        if not 200 <= status <= 299:
            return self._failed(pending, f"Wrong response from the webhook: {status} {answer.reason}", retry_after)
        self._bot.updates.acknowledge(pending)
        await self._carry_out(kind, reply)
        return None

    def _failed(self, pending: Pending, reason: str, retry_after: str) -> float:
        self._webhook.last_error_date = self._world.clock.now()
        self._webhook.last_error_message = reason
        pending.fails += 1
        if retry_after.isdigit():
            return float(retry_after)
        return 0.0 if pending.fails == 1 else min(LONGEST_PAUSE, self._pause * 2.0 ** (pending.fails - 1))

    async def _carry_out(self, kind: str, reply: bytes) -> None:
        """The method that the reply names; what is no such reply, or fails, is passed over as Telegram passes it over."""
        if not reply:
            return
        try:
            arguments = await read_arguments(kind, reply)
            name = arguments.text("method")
            if name and not name.lower().startswith(NOT_IN_REPLIES):
                await perform(self._world, self._bot, name, arguments)
        except ApiError:
            return
