"""The turn: one event, one transaction.

Claim the event, lock the conversation, load it, advance, carry out the effects that are rows, put outgoing messages into
the outbox, commit; then send. A failure of ours is told to the customer plainly, kept for staff, and changes nothing
else: the next message works.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias
from weakref import WeakValueDictionary

import structlog

from bot.conversation.consents import consent_record, keep
from bot.conversation.desk import Desk, DeskTurn
from bot.conversation.facts import Market, facts
from bot.conversation.incoming import Incoming, NotTaken, Taken
from bot.conversation.kept_pages import drafts, forget_draft
from bot.conversation.ports import (
    AlreadyTaken,
    Conversation,
    Failure,
    Failures,
    Job,
    Outgoing,
    Posted,
    Storage,
    StorageUnavailable,
    UnitOfWork,
)
from bot.conversation.rendering import locale_of, outgoing
from bot.conversation.services.call import Call, Result
from bot.conversation.services.registry import LOCAL, REMOTE
from bot.conversation.signals import AGENT_WORDS
from bot.core.clock import Clock
from bot.core.values import Text, Values
from bot.dialogs.codec import encode_event
from bot.dialogs.effects import (
    Acknowledge,
    CloseHandoff,
    Effect,
    OpenHandoff,
    RecordConsent,
    Relay,
    Request,
    SetTimer,
    Show,
    Track,
)
from bot.dialogs.engine import advance
from bot.dialogs.events import Event, Opened, Pressed, Returned, TimedOut
from bot.dialogs.withheld import without_numbers, without_words
from bot.growth import field_agents
from bot.growth.attribution import arrival
from bot.handoff.invitations import code_in
from bot.ledger.audit import CUSTOMER, SYSTEM, audited
from bot.publishing.content import Content
from bot.publishing.library import Library

_log = structlog.get_logger(__name__)

Prepare: TypeAlias = Callable[[UnitOfWork, Conversation], Awaitable[tuple[Event, ...]]]
"""Works out, inside the transaction, which events befall a conversation."""


class Turns:
    """Takes events in, one turn each.

    `post` is told what was committed and sends it; it must not block. Turns of one conversation wait for each other in
    this process before they hold a database connection, so that fifty taps need one connection, not fifty.
    """

    def __init__(  # noqa: PLR0913 -- the ports of a turn, each given by name
        self,
        *,
        storage: Storage,
        library: Library,
        desk: Desk,
        failures: Failures,
        post: Callable[[Sequence[Posted]], None],
        clock: Clock,
        market: Market,
    ) -> None:
        self._storage = storage
        self._library = library
        self._desk = desk
        self._failures = failures
        self._post = post
        self._clock = clock
        self._market = market
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def take(self, incoming: Incoming) -> Taken:
        """One event that a channel brought. Raises `NotTaken` when nothing could be committed.

        Identity and card numbers are taken out first, so that neither state, record nor transcript ever has them.
        """
        incoming = replace(incoming, event=without_numbers(incoming.event))
        async with self._lock(incoming.channel, incoming.address):
            try:
                return await self._take(incoming)
            except AlreadyTaken:
                return Taken()
            except (OSError, StorageUnavailable, NotTaken):
                raise NotTaken("the turn could not be committed") from None
            except Exception as error:  # noqa: BLE001 -- whatever it is, the customer is told and staff see it
                return await self._failed(incoming, error)

    async def deliver(self, conversation: int, key: str, prepare: Prepare) -> bool:
        """Events from within, such as a result or a signal, under a key of their own. False: taken before, or nobody is there any more."""
        async with self._storage.work() as work:
            known = await work.look(conversation)
        if known is None:
            return False
        async with self._lock(known.channel, known.address):
            try:
                async with self._storage.work() as work:
                    found = await work.open_known(key, conversation)
                    if found is None:
                        return False
                    events = await prepare(work, found)
                    posted = await self._advance(work, found, events)
            except AlreadyTaken:
                return False
        self._post(posted)
        return True

    def _lock(self, channel: str, address: str) -> asyncio.Lock:
        lock = self._locks.get((channel, address))
        if lock is None:
            lock = self._locks[channel, address] = asyncio.Lock()
        return lock

    async def _take(self, incoming: Incoming) -> Taken:
        async with self._storage.work() as work:
            conversation = await work.open(incoming.key, incoming.channel, incoming.address)
            if conversation is None:
                return Taken()
            acknowledgement, posted = await self._turn(work, conversation, incoming)
        self._post(posted)
        return Taken(acknowledgement)

    async def _turn(
        self, work: UnitOfWork, conversation: Conversation, incoming: Incoming
    ) -> tuple[str | None, tuple[Posted, ...]]:
        desk_turn = await self._at_the_desk(work, conversation, incoming)
        if desk_turn is not None:
            posted = await work.commit(desk_turn.conversation, without_words(incoming.event), ("desk",))
            return self._notice(desk_turn, incoming), posted
        conversation = self._reached(conversation, incoming)
        content = await self._content(conversation)
        performance = Performance(work, conversation, content, self._desk, self._market, self._clock)
        await performance.play(incoming.event)
        posted = await work.commit(performance.conversation, incoming.event, performance.trace)
        return performance.acknowledgement, posted

    async def _at_the_desk(self, work: UnitOfWork, conversation: Conversation, incoming: Incoming) -> DeskTurn | None:
        """What a manager's own chat makes of the event; None for a customer's chat."""
        event, now = incoming.event, self._clock.now()
        if conversation.role == "manager":
            return await self._desk.take(work, conversation, event, incoming.language, now)
        code = code_in(event.payload) if isinstance(event, Opened) else None
        return await self._desk.join(work, conversation, code, now) if code else None

    def _notice(self, turn: DeskTurn, incoming: Incoming) -> str | None:
        if turn.acknowledgement is None:
            return None
        texts = self._library.current.texts
        return texts.label(turn.acknowledgement, texts.nearest(incoming.language))

    def _reached(self, conversation: Conversation, incoming: Incoming) -> Conversation:
        """The conversation of somebody who has just written: reachable, and spoken to in the language claimed."""
        if not conversation.reachable:
            conversation = replace(conversation, reachable=True)
        if "locale" in conversation.state.known:
            return conversation
        locale = self._library.current.texts.nearest(incoming.language)
        state = conversation.state
        return replace(conversation, state=replace(state, known={**state.known, "locale": locale}))

    async def _content(self, conversation: Conversation) -> Content:
        return await self._library.content_for(frozenset(frame.flow.release for frame in conversation.state.frames))

    async def _advance(
        self, work: UnitOfWork, conversation: Conversation, events: tuple[Event, ...]
    ) -> tuple[Posted, ...]:
        content = await self._content(conversation)
        performance = Performance(work, conversation, content, self._desk, self._market, self._clock)
        for event in events:
            await performance.play(event)
        first = events[0] if events else TimedOut(self._clock.now(), "nothing")
        return await work.commit(performance.conversation, first, performance.trace)

    async def _failed(self, incoming: Incoming, error: Exception) -> Taken:
        """Tell the customer plainly, keep the failure for staff, and leave the conversation as it was."""
        _log.error("turn failed", error=type(error).__name__, event_type=type(incoming.event).__name__, exc_info=True)
        with suppress(Exception):  # the failure is in the log already
            await self._failures.record(
                Failure(self._clock.now(), f"turn.{type(incoming.event).__name__}", type(error).__name__)
            )
        async with self._storage.work() as work:
            conversation = await work.open(incoming.key, incoming.channel, incoming.address)
            if conversation is None:
                return Taken()
            texts = self._library.current.texts
            locale = locale_of(self._reached(conversation, incoming).state, texts)
            work.send(
                Outgoing(
                    conversation=conversation.id,
                    channel=conversation.channel,
                    address=conversation.address,
                    slot="failure",
                    html=texts.render(Text("failure"), locale),
                )
            )
            manager = conversation.role == "manager"
            event = without_words(incoming.event) if manager else incoming.event
            posted = await work.commit(conversation, event, ("failed",))
        self._post(posted)
        return Taken(texts.label(Text("failure.notice"), locale) if isinstance(incoming.event, Pressed) else None)


@dataclass(slots=True)
class _Pressing:
    """The message that was pressed, where it is the open prompt's: changed in place without asking for its id."""

    slot: str
    message: str


class Performance:
    """Advances one conversation within a transaction and carries out what the engine asks for."""

    def __init__(  # noqa: PLR0913, PLR0917 -- made in one place only
        self,
        work: UnitOfWork,
        conversation: Conversation,
        content: Content,
        desk: Desk,
        market: Market,
        clock: Clock,
    ) -> None:
        self.conversation = conversation
        self.trace: tuple[str, ...] = ()
        self.acknowledgement: str | None = None
        self._work = work
        self._content = content
        self._desk = desk
        self._market = market
        self._clock = clock
        self._queue: deque[Event] = deque()
        self._pressing: _Pressing | None = None

    async def play(self, event: Event) -> None:
        """Advance by `event` and by every answer that comes of it at once."""
        self._pressing = self._pressed(event)
        before = drafts(self.conversation.state)
        self._queue.append(event)
        while self._queue:
            following = self._queue.popleft()
            turn = advance(self._content.book, self._facts(), self.conversation.state, following)
            self.conversation = replace(self.conversation, state=turn.state)
            self.trace += turn.trace
            for effect in turn.effects:
                await self._perform(effect, following)
        for draft in before - drafts(self.conversation.state):
            await forget_draft(self._work, self.conversation.id, draft)

    def _pressed(self, event: Event) -> _Pressing | None:
        prompt = self.conversation.state.prompt
        if not isinstance(event, Pressed) or not prompt or not event.message:
            return None
        _, _, rest = event.token.partition(".")
        return _Pressing(prompt.slot, event.message) if rest.startswith(f"{prompt.turn}.") else None

    def _facts(self) -> Values:
        found = facts(self._content, self._market, self._clock.now(), self.conversation.state.known)
        return {**found, **self._desk.facts()}

    @property
    def _locale(self) -> str:
        return locale_of(self.conversation.state, self._content.texts)

    async def _perform(self, effect: Effect, event: Event) -> None:
        now = self._clock.now()
        match effect:
            case Show():
                self._work.send(self._message(effect))
            case Acknowledge(notice=notice):
                self.acknowledgement = self._content.texts.label(notice, self._locale) if notice else None
            case Request():
                await self._request(effect)
            case SetTimer(timer=timer, seconds=seconds):
                self._later(TimedOut(now, timer), f"timer:{self.conversation.id}:{timer}", seconds)
            case RecordConsent():
                await self._consent(effect)
            case OpenHandoff():
                await self._handoff(effect)
            case Relay():
                await self._desk.relay(self._work, self.conversation, event, now)
            case CloseHandoff():
                await self._desk.close(self._work, self.conversation, now)
            case Track(name="arrived", values={"payload": str(payload)}):
                await self._arrived(payload, now)
            case Track(name="agent_words"):
                self._work.audit(audited(AGENT_WORDS, SYSTEM, self.conversation.id, now))
            case Track(name="fee_first"):
                self._work.audit(audited("safety.fee_asked", CUSTOMER, self.conversation.id, now))
            case Track(name=name, values=values):
                await self._work.track(self.conversation.id, name, values, now)

    async def _arrived(self, payload: str, now: datetime) -> None:
        """Keep where the customer came from. A field agent's code also says who has brought any lead that comes of it."""
        code = field_agents.code_in(payload)
        link = await self._work.field_agents.by_code(code) if code else None
        if link is not None:
            state = self.conversation.state
            known = {**state.known, "found_by": link.told()}
            self.conversation = replace(self.conversation, state=replace(state, known=known))
        values = link.values() if link else arrival(payload).values()
        await self._work.track(self.conversation.id, "arrived", values, now)

    def _message(self, show: Show) -> Outgoing:
        pressing = self._pressing
        target = pressing.message if show.edit and pressing and pressing.slot == show.slot else None
        content = self._content
        return outgoing(show, self.conversation, content.texts, content.number, self._locale, target)

    def _later(self, event: Event, key: str, seconds: int) -> None:
        payload = {"conversation": self.conversation.id, "event": encode_event(event), "key": key}
        self._work.defer(Job("deliver-event", payload, at=self._clock.now() + timedelta(seconds=seconds)))

    async def _request(self, request: Request) -> None:
        call = Call(
            work=self._work,
            conversation=self.conversation,
            content=self._content,
            desk=self._desk,
            market=self._market,
            now=self._clock.now(),
            locale=self._locale,
            request=request.id,
            values=request.values,
        )
        if request.service in REMOTE:
            self._work.defer(await REMOTE[request.service](call))
        else:
            self._answer(request.id, await LOCAL[request.service](call))

    def _answer(self, request: str, result: Result) -> None:
        self._queue.append(Returned(self._clock.now(), request, result.outcome, result.values))

    async def _consent(self, effect: RecordConsent) -> None:
        shown = await self._work.shown(self.conversation.id, effect.slot)
        notice = self._content.book.notices[effect.notice]
        before = (await self._work.consents.latest(self.conversation.id)).get(notice.id)
        await keep(
            self._work,
            consent_record(effect, notice, self.conversation, self._locale, shown or "", self._clock.now(), before),
        )

    async def _handoff(self, effect: OpenHandoff) -> None:
        values = {**self.conversation.state.known}
        for frame in self.conversation.state.frames:
            values.update(frame.answers)
        outcome, answers = await self._desk.request(
            self._work, self.conversation, effect.reason, values, self._clock.now()
        )
        self._answer(effect.id, Result(outcome, answers))
