"""One message brought to its chat, whatever Telegram answers meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from bot.conversation.ports import Outgoing
from bot.figures.pictures import Pictures
from bot.figures.worded import WordedChart, WordedTable, digest
from bot.gateways.telegram.errors import (
    FloodControl,
    MessageGone,
    Migrated,
    Misconfigured,
    NotModified,
    NotOffered,
    OtherKind,
    Rejected,
    ServerFailed,
    TelegramError,
    TopicGone,
    Unparsable,
)
from bot.gateways.telegram.ports import TopicBook
from bot.gateways.telegram.rendering import (
    Call,
    Standing,
    becomes,
    contact_done,
    delete,
    plain,
    render,
    showing,
    standing_as,
    without_figure,
)
from bot.gateways.telegram.throttle import Throttle
from bot.gateways.telegram.topics import Topics
from bot.gateways.telegram.uploads import Upload

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

    `find` gives the channel's id of the message last sent in a slot, `complain` is told of what Telegram could not read
    or show. A call that gets no usable answer is repeated after each of `pauses`. Charts are drawn by `pictures`, and
    what Telegram has of them is not uploaded again. `topics` knows those of managers' chats, where the bot has any. Tables are rich messages with `rich`, until the server turns out to
    be too old for them.
    """

    def __init__(  # noqa: PLR0913 -- what a delivery works with, given by name
        self,
        client: Caller,
        throttle: Throttle,
        find: Find,
        complain: Complain,
        *,
        pictures: Pictures,
        rich: bool = True,
        pauses: Sequence[float] = PAUSES,
        topics: TopicBook | None = None,
    ) -> None:
        self._client = client
        self._throttle = throttle
        self._find = find
        self._complain = complain
        self._pictures = pictures
        self._rich = rich
        self._pauses = tuple(pauses)
        self._topics = Topics(topics, self._persist)
        self._slots = Recent[tuple[int, str], Standing]()
        self._prompts = Recent[int, tuple[str, ...]]()
        self._files = Recent[str, str]()
        self._moved: dict[int, int] = {}

    async def show(self, message: Outgoing) -> str | None:
        """Bring `message` to its chat; the channel's id of it. Raises a `TelegramError` when that cannot be done.

        Where the topic that it goes into was deleted, it goes into a new one.
        """
        if message.ends_topic is not None:
            await self._topics.end(message, message.ends_topic)
            return None
        message = await self._answering(message)
        placed = await self._topics.placed(message)
        try:
            return await self._bring(placed)
        except TopicGone:
            if placed.thread is None:
                raise
            await self._topics.lost(placed)
            return await self._bring(await self._topics.placed(replace(message, thread=None)))

    async def _bring(self, message: Outgoing) -> str | None:
        standing = await self._standing(message)
        if standing is not None and not becomes(standing, message):
            await self._remove(message, standing)
            standing = None
        try:
            shown = await self._carry_out(message, standing)
        except MessageGone as gone:
            if standing is None:
                raise
            if isinstance(gone, OtherKind):
                await self._remove(message, standing)
            shown = await self._carry_out(message, None)
        if shown is None:
            return None
        self._slots[message.conversation, message.slot] = shown
        return shown.message

    def known_target(self, message: Outgoing) -> str | None:
        """The id of the message that `message` changes, as far as it is known without asking anybody."""
        if not message.edit:
            return None
        known = self._slots.get((message.conversation, message.slot))
        return message.target or (known.message if known else None)

    async def tidy(self, message: Outgoing) -> None:
        """Take away a contact button that is still up in the chat of `message`. Failing at that is no harm."""
        prompts = self._prompts.pop(message.conversation, ())
        if not prompts:
            return
        with contextlib.suppress(TelegramError):
            done = await self._once(contact_done(message.address), message)
            for one in (*prompts, str(done["message_id"])):
                await self._once(delete(message.address, one), message)

    async def _answering(self, message: Outgoing) -> Outgoing:
        """The message with the id of what it answers, where it is known by its slot."""
        if message.answers_slot is None or message.answers is not None:
            return message
        known = self._slots.get((message.conversation, message.answers_slot))
        number = known.message if known else await self._find(message.conversation, message.answers_slot)
        return replace(message, answers=number)

    async def _standing(self, message: Outgoing) -> Standing | None:
        """The message to be changed, and what is known of it."""
        if not message.edit:
            return None
        known = self._slots.get((message.conversation, message.slot))
        if known is not None and message.target in {None, known.message}:
            return known
        number = message.target or await self._find(message.conversation, message.slot)
        return Standing(number) if number is not None else None

    async def _remove(self, message: Outgoing, standing: Standing) -> None:
        """Take a message away whose place another kind takes; where it stays, nothing is lost."""
        for number in filter(None, (standing.above, standing.message)):
            with contextlib.suppress(TelegramError):
                await self._once(delete(message.address, number), message)

    async def _carry_out(self, message: Outgoing, standing: Standing | None) -> Standing | None:
        """Show the message, with its figure in words where Telegram does not show it."""
        try:
            return await self._show(message, standing)
        except NotOffered:
            if not isinstance(message.figure, WordedTable) or not self._rich:
                raise
            self._rich = False
            return await self._show(message, standing)
        except Rejected as error:
            if message.figure is None:
                raise
            await self._complain(message, error)
            return await self._show(without_figure(message), standing)

    async def _show(self, message: Outgoing, standing: Standing | None) -> Standing | None:
        shown = above = None
        for call in render(message, standing, rich_messages=self._rich):
            if call.main:
                shown = await self._result(call, message)
            elif call.picture is not None:
                above = await self._result(call, message)
            elif not (call.contact and standing is not None and message.conversation in self._prompts):
                await self._aside(call, message)
        if shown is None:
            return None
        return standing_as(message, shown, above or (standing.above if standing else None))

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
        if _elsewhere(call, result):
            await self._topics.lost(message)
        changed = call.params.get("message_id") if call.method.startswith("editMessage") else None
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
        if call.picture is not None:
            return await self._with_picture(call, call.picture)
        return await self._client.call(call.method, self._addressed(call.params))

    async def _with_picture(self, call: Call, chart: WordedChart) -> Any:
        """Carry out a call that shows a chart: as the file that Telegram has of it already, else uploaded."""
        name = digest(chart)
        if (file := self._files.get(name)) is not None:
            try:
                return await self._client.call(call.method, self._addressed(showing(call, file)))
            except Unparsable:
                raise
            except Rejected:  # Telegram has it no more
                del self._files[name]
        picture = Upload("chart.png", "image/png", await self._drawn(chart))
        result = await self._client.call(call.method, self._addressed(showing(call, picture)))
        self._files[name] = result["photo"][-1]["file_id"]
        return result

    async def _drawn(self, chart: WordedChart) -> bytes:
        """The picture. A chart that cannot be drawn must not hold up its chat for ever: its words are sent."""
        try:
            return await self._pictures.of(chart)
        except Exception as error:
            raise Rejected(f"a chart cannot be drawn: {type(error).__name__}") from error

    def _addressed(self, params: dict[str, Any]) -> dict[str, Any]:
        moved = self._moved.get(params["chat_id"])
        return params if moved is None else params | {"chat_id": moved}


def _elsewhere(call: Call, result: Any) -> bool:
    """Whether a message stands outside of the topic it was sent into: servers have put those of a deleted one into the chat itself."""
    wanted = call.params.get("message_thread_id")
    told = isinstance(result, dict) and "chat" in result
    return wanted is not None and told and result.get("message_thread_id") != wanted
