"""One message brought to its chat, whatever Telegram answers meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from bot.conversation.ports import Outgoing
from bot.gateways.telegram.errors import (
    FloodControl,
    MessageGone,
    Migrated,
    Misconfigured,
    NotModified,
    ServerFailed,
    TelegramError,
    Unparsable,
)
from bot.gateways.telegram.rendering import Call, contact_done, delete, plain, render
from bot.gateways.telegram.throttle import Throttle

PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
REMEMBERED: Final = 50_000

Find: TypeAlias = Callable[[int, str], Awaitable[str | None]]
Complain: TypeAlias = Callable[[Outgoing, TelegramError], Awaitable[None]]


class Caller(Protocol):
    """Carries out Bot API calls, as `BotApi` does."""

    async def call(self, method: str, params: Mapping[str, Any] | None = None, *, within: float | None = None) -> Any:
        """Carry out `method` and give its result. Raises a `TelegramError`."""
        ...


K = TypeVar("K")
V = TypeVar("V")


class Recent(OrderedDict[K, V]):
    """A dictionary that forgets what was set longest ago."""

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > REMEMBERED:
            self.popitem(last=False)


class Delivery:
    """Shows messages: finds the one to change, keeps to the limits, retries, and knows the contact button.

    `find` gives the channel's id of the message last sent in a slot, `complain` is told of words that Telegram could
    not read. A call that gets no usable answer is repeated after each of `pauses`.
    """

    def __init__(
        self, client: Caller, throttle: Throttle, find: Find, complain: Complain, pauses: Sequence[float] = PAUSES
    ) -> None:
        self._client = client
        self._throttle = throttle
        self._find = find
        self._complain = complain
        self._pauses = tuple(pauses)
        self._slots = Recent[tuple[int, str], str]()
        self._prompts = Recent[int, tuple[str, ...]]()
        self._moved: dict[int, int] = {}

    async def show(self, message: Outgoing) -> str | None:
        """Bring `message` to its chat; the channel's id of it. Raises a `TelegramError` when that cannot be done."""
        target = await self._target(message)
        try:
            shown = await self._carry_out(message, target)
        except MessageGone:
            if target is None:
                raise
            shown = await self._carry_out(message, None)
        if shown is not None:
            self._slots[message.conversation, message.slot] = shown
        return shown

    def known_target(self, message: Outgoing) -> str | None:
        """The id of the message that `message` changes, as far as it is known without asking anybody."""
        if not message.edit:
            return None
        return message.target or self._slots.get((message.conversation, message.slot))

    async def tidy(self, message: Outgoing) -> None:
        """Take away a contact button that is still up in the chat of `message`. Failing at that is no harm."""
        prompts = self._prompts.pop(message.conversation, ())
        if not prompts:
            return
        with contextlib.suppress(TelegramError):
            done = await self._once(contact_done(message.address), message)
            for one in (*prompts, str(done["message_id"])):
                await self._once(delete(message.address, one), message)

    async def _target(self, message: Outgoing) -> str | None:
        known = self.known_target(message)
        if known is not None or not message.edit:
            return known
        return await self._find(message.conversation, message.slot)

    async def _carry_out(self, message: Outgoing, target: str | None) -> str | None:
        shown: str | None = None
        for call in render(message, target):
            if call.main:
                shown = await self._result(call, message)
            elif not (call.contact and target is not None and message.conversation in self._prompts):
                await self._aside(call, message)
        return shown

    async def _aside(self, call: Call, message: Outgoing) -> None:
        """A further part of a text, or the contact button, which is kept in mind for taking it away."""
        sent = await self._result(call, message)
        if call.contact and sent is not None:
            self._prompts[message.conversation] = (*self._prompts.get(message.conversation, ()), sent)

    async def _result(self, call: Call, message: Outgoing) -> str | None:
        try:
            result = await self._persist(call, message)
        except NotModified:
            result = True
        except Unparsable as error:
            await self._complain(message, error)
            result = await self._persist(plain(call), message)
        changed = call.params.get("message_id") if call.method == "editMessageText" else None
        return str(changed or result["message_id"])

    async def _persist(self, call: Call, message: Outgoing) -> Any:
        """Carry out a call: wait as long as Telegram says, repeat a bounded number of times what got no answer."""
        pauses = iter(self._pauses)
        while True:
            try:
                return await self._once(call, message)
            except FloodControl as flood:
                self._throttle.hold(message.address, flood.retry_after)
            except Migrated as moved:
                self._moved[call.params["chat_id"]] = moved.chat
            except (ServerFailed, Misconfigured):
                if (pause := next(pauses, None)) is None:
                    raise
                await asyncio.sleep(pause)

    async def _once(self, call: Call, message: Outgoing) -> Any:
        await self._throttle.admit(message.address, message.priority)
        return await self._client.call(call.method, self._addressed(call.params))

    def _addressed(self, params: dict[str, Any]) -> dict[str, Any]:
        moved = self._moved.get(params["chat_id"])
        return params if moved is None else params | {"chat_id": moved}
