"""Sends what turns have committed: at once, in order within a chat, at least once.

A chat that has messages waiting has one task; idle chats have nothing. What cannot be sent now stays in the outbox and
its chat is remembered as behind: before anything newer goes there, everything unsent is read again, so that nothing
overtakes. What a killed process leaves is found by `relay_once` when its lease has run out. Order holds within one
process, so all turns of a chat are to be sent by the same one.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

import structlog

from bot.conversation.ports import Failure, Outgoing, Posted
from bot.core.clock import Clock
from bot.figures.pictures import Pictures
from bot.gateways.telegram.delivery import PAUSES, Caller, Delivery
from bot.gateways.telegram.errors import Misconfigured, ServerFailed, TelegramError, Unreachable
from bot.gateways.telegram.limits import OVERALL, PER_CHAT, Rate
from bot.gateways.telegram.marks import Marks
from bot.gateways.telegram.ports import OutboxPort, TopicBook, Watch
from bot.gateways.telegram.throttle import Throttle

_log = structlog.get_logger(__name__)

Outcome: TypeAlias = Literal["sent", "failed", "left", "unreachable"]


@dataclass(frozen=True, slots=True)
class Pace:
    """Rate limits, and times in seconds.

    A call that gets no usable answer is repeated after each of `pauses`. For `catch_up` after its start (the outbox's
    lease) the sender looks, before its first message to a chat, for older ones that another process left behind.
    """

    per_chat: Rate = PER_CHAT
    overall: Rate = OVERALL
    pauses: tuple[float, ...] = PAUSES
    catch_up: float = 60.0


@dataclass(slots=True)
class _Chat:
    """A chat that has work: `current` is on its way, the others wait behind it."""

    conversation: int
    waiting: deque[Posted] = field(default_factory=deque)
    current: Posted | None = None
    asked: bool = False

    def held(self) -> Iterable[int]:
        return (one.id for one in ((*self.waiting,) if self.current is None else (self.current, *self.waiting)))


class Sender:
    """Brings posted messages to Telegram. Made inside the running event loop; `close` it there.

    `rich` lets tables be rich messages, where the server offers those. `topics` is given where the bot has topics.
    """

    def __init__(  # noqa: PLR0913 -- each given by name where it is made
        self,
        client: Caller,
        outbox: OutboxPort,
        clock: Clock,
        watch: Watch,
        pace: Pace | None = None,
        *,
        rich: bool = True,
        topics: TopicBook | None = None,
    ) -> None:
        pace = pace or Pace()
        self._outbox = outbox
        self._clock = clock
        self._watch = watch
        throttle = Throttle(pace.per_chat, pace.overall)
        self._delivery = Delivery(
            client,
            throttle,
            outbox.message_of,
            self._complain,
            pictures=Pictures(),
            rich=rich,
            pauses=pace.pauses,
            topics=topics,
        )
        self._marks = Marks(outbox.mark_sent)
        self._chats: dict[int, _Chat] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._behind: set[int] = set()
        self._seen: set[int] = set()
        self._catch_up_until = asyncio.get_running_loop().time() + pace.catch_up

    def deliver(self, posted: Sequence[Posted]) -> None:
        """Send the messages of a turn that has just been committed. Comes back at once."""
        for one in posted:
            self._chat(one.message.conversation).waiting.append(one)

    async def relay_once(self, now: datetime, limit: int = 100) -> int:
        """Take up messages of at most `limit` chats whose lease ran out, and begin to send them; how many messages.

        Run it every few seconds.
        """
        busy = self._marks.pending | {one for chat in self._chats.values() for one in chat.held()}
        rows = [one for one in await self._outbox.claim_abandoned(now, limit) if one.id not in busy]
        for one in rows:
            self._behind.add(one.message.conversation)
            _merge(self._chat(one.message.conversation).waiting, [one])
        return len(rows)

    async def flush(self) -> None:
        """Come back when everything handed over so far is sent, left or given up, and the marks are written."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._marks.flush()

    async def close(self, grace: float = 10) -> None:
        """Send what is still waiting for at most `grace` seconds; the rest stays in the outbox."""
        try:
            await asyncio.wait_for(self.flush(), grace)
        except TimeoutError:
            _log.warning("messages left in the outbox", count=sum(len([*chat.held()]) for chat in self._chats.values()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._marks.abandon()

    def _chat(self, conversation: int) -> _Chat:
        chat = self._chats.get(conversation)
        if chat is None:
            chat = self._chats[conversation] = _Chat(conversation)
            task = asyncio.create_task(self._run(chat))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return chat

    async def _run(self, chat: _Chat) -> None:
        try:
            await self._drain(chat)
        except Exception as error:  # noqa: BLE001 -- the messages stay in the outbox; one chat's fault must not stop others
            self._leave(chat)
            _log.error("sending failed", conversation=chat.conversation, error=type(error).__name__)
            await self._fail(chat.conversation, "telegram.sender", type(error).__name__)
        finally:
            del self._chats[chat.conversation]

    async def _drain(self, chat: _Chat) -> None:
        if self._may_be_behind(chat.conversation):
            await self._catch_up(chat)
        last: Outgoing | None = None
        while chat.waiting:
            chat.current = chat.waiting.popleft()
            last = chat.current.message
            chat.asked |= last.ask_contact is not None
            await self._step(chat, chat.current)
            chat.current = None
            if not chat.waiting and last.priority == "reply" and not chat.asked:
                await self._delivery.tidy(last)

    async def _step(self, chat: _Chat, posted: Posted) -> None:
        if _superseded(posted, chat.waiting) and (target := self._delivery.known_target(posted.message)) is not None:
            self._marks.add(posted.id, target)
            return
        outcome = await self._send(posted)
        self._watch.counted(outcome)
        if outcome == "left":
            self._leave(chat)
        elif outcome == "unreachable":
            chat.waiting.clear()

    async def _send(self, posted: Posted) -> Outcome:
        try:
            self._marks.add(posted.id, await self._delivery.show(posted.message))
        except Unreachable:
            await self._lose(posted.message.conversation)
            return "unreachable"
        except (ServerFailed, Misconfigured) as error:
            _log.warning("message left in the outbox", conversation=posted.message.conversation, error=str(error))
            return "left"
        except TelegramError as error:
            await self._outbox.mark_failed(posted.id, str(error), 1)
            await self._complain(posted.message, error)
            return "failed"
        return "sent"

    async def _lose(self, conversation: int) -> None:
        await self._marks.flush()
        await self._outbox.drop_unsent(conversation)
        await self._outbox.set_reachable(conversation, False)
        await self._watch.unreachable(conversation)

    async def _complain(self, message: Outgoing, error: TelegramError) -> None:
        await self._fail(message.conversation, "telegram.send", f"{type(error).__name__}: {error}")

    async def _fail(self, conversation: int, where: str, error: str) -> None:
        await self._watch.failed(Failure(self._clock.now(), where, error, conversation))

    def _leave(self, chat: _Chat) -> None:
        chat.waiting.clear()
        self._behind.add(chat.conversation)

    def _may_be_behind(self, conversation: int) -> bool:
        if conversation in self._behind:
            return True
        if asyncio.get_running_loop().time() > self._catch_up_until:
            self._seen.clear()
            return False
        return conversation not in self._seen

    async def _catch_up(self, chat: _Chat) -> None:
        """Put everything of the chat that is unsent before what waits."""
        written_later = self._marks.pending
        unsent = await self._outbox.unsent(chat.conversation)
        _merge(chat.waiting, [one for one in unsent if one.id not in written_later])
        self._behind.discard(chat.conversation)
        self._seen.add(chat.conversation)


def _merge(waiting: deque[Posted], older: Iterable[Posted]) -> None:
    """Add messages where they belong; the outbox's ids ascend in the order of a conversation's turns."""
    together = {one.id: one for one in (*older, *waiting)}
    waiting.clear()
    waiting.extend(together[number] for number in sorted(together))


def _superseded(posted: Posted, later: Iterable[Posted]) -> bool:
    """Whether a message waiting behind changes the same message once more, so that this change need not be shown."""
    message = posted.message
    if not message.edit or message.ask_contact is not None:
        return False
    same_slot = (one.message for one in later if one.message.slot == message.slot)
    changes = itertools.takewhile(lambda one: one.edit, same_slot)
    return any(one.target == message.target for one in changes)
