"""Stories on the engine alone: `advance`, with the services of flows over storage in memory and nothing rendered.

What is not the engine's is played: whether a person is there, accepts, writes and gives the customer back.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from bot.conversation.consents import consent_record
from bot.conversation.desk import Desk
from bot.conversation.facts import Market, facts
from bot.conversation.incoming import Incoming, Taken
from bot.conversation.ports import Conversation, Outgoing, UnitOfWork
from bot.conversation.services.call import Call
from bot.conversation.services.registry import LOCAL, REMOTE
from bot.core.values import Text, Values
from bot.dialogs.effects import (
    Acknowledge,
    Button,
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
from bot.dialogs.events import Event, Released, Returned, Signalled, TimedOut
from bot.dialogs.stories import Manager, Story
from bot.dialogs.withheld import without_numbers
from bot.publishing.content import Content
from bot.publishing.keys import common_wording
from bot.testing.clock import FixedClock
from bot.testing.memory import MemoryStorage
from bot.testing.memory_stage import BEGINNING, MemoryStage, Prepare
from bot.testing.screen import Knob, Part, Screen, Shown, choice_of, kind_of

TOLD_AFTER = timedelta(minutes=5)
"""How long a customer waits before hearing that it takes longer."""


_PROSPECTS: Final[Values] = {
    "minutes": 5,
    "position": 1,
    "hours": Text("desk.hours"),
    "when": Text("handoff.when_free", {"position": 1}),
}


class EngineTurns:
    """Takes events in as `Turns` does, but only by the engine; what is shown goes to `screen`.

    `managers` is the number of account managers on duty. `offered_at` is when the customer was offered to them, `told`
    whether the customer has heard that it takes longer.
    """

    def __init__(self, content: Content, market: Market, storage: MemoryStorage, clock: FixedClock) -> None:
        self.screen = Screen()
        self.managers = 0
        self.offered_at: datetime | None = None
        self.told = False
        self._content = content
        self._market = market
        self._storage = storage
        self._clock = clock
        self._desk = Desk(lambda: content)
        self._timers: list[tuple[datetime, TimedOut]] = []
        self._slots: dict[str, str] = {}
        self._numbers = count(1)

    async def take(self, incoming: Incoming) -> Taken:
        """See `Turns.take`."""
        async with self._storage.work() as work:
            conversation = await work.open(incoming.key, incoming.channel, incoming.address)
            assert conversation is not None, "an update is taken once"
            event = without_numbers(incoming.event)
            await self._turn(work, _claimed(conversation, incoming.language), (event,))
        return Taken()

    async def deliver(self, conversation: int, key: str, prepare: Prepare) -> bool:
        """See `Turns.deliver`."""
        async with self._storage.work() as work:
            found = await work.open_known(key, conversation)
            if found is None:
                return False
            await self._turn(work, found, await prepare(work, found))
        return True

    def due(self) -> list[Event]:
        """The timers that have run out, taken out."""
        now = self._clock.now()
        due = [timer for at, timer in self._timers if at <= now]
        self._timers = [(at, timer) for at, timer in self._timers if at > now]
        return [*due]

    async def _turn(self, work: UnitOfWork, conversation: Conversation, events: tuple[Event, ...]) -> None:
        queue = deque(events)
        while queue:
            event = queue.popleft()
            known = facts(self._content, self._market, self._clock.now(), conversation.state.known)
            turn = advance(self._content.book, {**known, **self._desk.facts()}, conversation.state, event)
            conversation = replace(conversation, state=turn.state)
            for effect in turn.effects:
                queue.extend(await self._perform(work, conversation, effect))
        await work.commit(conversation, events[0] if events else TimedOut(self._clock.now(), "nothing"), ())

    async def _perform(self, work: UnitOfWork, conversation: Conversation, effect: Effect) -> tuple[Event, ...]:
        """Carry out an effect; what comes of it at once."""
        now = self._clock.now()
        match effect:
            case Show():
                self._show(effect)
                work.send(_unrendered(effect, conversation))
            case Acknowledge(notice=text):
                self.screen.acknowledged.append(text.key if text else None)
            case Request():
                return await self._request(work, conversation, effect)
            case SetTimer(timer=timer, seconds=seconds):
                self._timers.append((now + timedelta(seconds=seconds), TimedOut(now, timer)))
            case RecordConsent():
                notice = self._content.book.notices[effect.notice]
                await work.consents.add(consent_record(effect, notice, conversation, "", "", now, None))
            case OpenHandoff(id=request):
                return (self._handoff(request),)
            case CloseHandoff():
                return (Released(now),)
            case Relay() | Track():
                pass
        return ()

    async def _request(self, work: UnitOfWork, conversation: Conversation, request: Request) -> tuple[Event, ...]:
        call = Call(
            work=work,
            conversation=conversation,
            content=self._content,
            desk=self._desk,
            market=self._market,
            now=self._clock.now(),
            locale=str(conversation.state.known.get("locale")),
            request=request.id,
            values=request.values,
        )
        if request.service in REMOTE:
            work.defer(await REMOTE[request.service](call))
            return ()
        result = await LOCAL[request.service](call)
        return (Returned(self._clock.now(), request.id, result.outcome, result.values),)

    def _handoff(self, request: str) -> Event:
        if self.managers:
            self.offered_at = self.offered_at or self._clock.now()
        outcome = "offered" if self.managers else "nobody"
        return Returned(self._clock.now(), request, outcome, _PROSPECTS)

    def _show(self, show: Show) -> None:
        number = self._slots.get(show.slot) if show.edit else None
        number = number or str(next(self._numbers))
        self._slots[show.slot] = number
        parts = tuple(Part(common_wording(text.key, self._content.texts.keys), text) for text in show.body)
        knobs = tuple(tuple(_knob(button) for button in row) for row in show.buttons)
        self.screen.show(number, Shown(parts, knobs, asks_contact=show.asks_contact, figure=kind_of(show.figure)))

    def show_words(self, key: str, words: str) -> None:
        """Show words that are not the bot's."""
        self.screen.show(str(next(self._numbers)), Shown((Part(key, words),)))


class EngineStage(MemoryStage):
    """See `Stage`. The account manager's own screen is not played."""

    def __init__(self, story: Story, locale: str, content: Content) -> None:
        clock = FixedClock(BEGINNING)
        super().__init__(story, locale, MemoryStorage(clock), clock)
        self._content = content
        self._turns = EngineTurns(content, self.market, self.storage, clock)
        self._turns.managers = story.managers
        self.screen = self._turns.screen
        self.manager_screen = None
        self.colleague_screen: Screen | None = None

    @property
    def turns(self) -> EngineTurns:
        """See `MemoryStage`."""
        return self._turns

    def content(self) -> Content:
        """See `MemoryStage`."""
        return self._content

    async def settle(self) -> None:
        """Let timers go off that are due, and tell a customer for whom nobody has come."""
        await self.check_late()
        await self.take_pages()
        now, offered = self.clock.now(), self._turns.offered_at
        for timer in self._turns.due():
            await self._happens(timer)
        if offered and not self._turns.told and now - offered >= TOLD_AFTER:
            self._turns.told = True
            told = Text("handoff.delayed", _PROSPECTS)
            await self._happens(Signalled(now, "manager", "delayed", {"told": told}))

    async def _happens(self, event: Event) -> None:
        async def prepare(_: UnitOfWork, __: Conversation) -> tuple[Event, ...]:
            return (event,)

        await self._turns.deliver(self._conversation().id, f"within:{self._update()}", prepare)

    async def manager(self, act: Manager) -> None:
        """See `Stage`."""
        match act.act:
            case "accepts":
                assert self._turns.offered_at is not None, "nobody was asked"
                self._turns.offered_at = None
                told = Text(
                    "handoff.joined",
                    {"name": "王敏", "role": "客户经理", "hours": "9:00–18:00", "languages": Text("tongue.zh")},
                )
                await self._happens(Signalled(self._now(), "manager", "joined", {"told": told}))
            case "returns":
                await self._happens(Released(self._now()))
            case "says":
                self._turns.show_words("desk.manager_said", act.words)


def _unrendered(show: Show, conversation: Conversation) -> Outgoing:
    """The message as the outbox knows it, so that what stands below a card can be counted; nothing is put into words."""
    return Outgoing(
        conversation.id, conversation.channel, conversation.address, show.slot, show.body[0].key, edit=show.edit
    )


def _claimed(conversation: Conversation, language: str | None) -> Conversation:
    """The conversation with the language that the channel claims, until one is chosen."""
    state = conversation.state
    if "locale" in state.known:
        return conversation
    return replace(conversation, state=replace(state, known={**state.known, "locale": language}))


def _knob(button: Button) -> Knob:
    return Knob(choice_of(button.token), button.label.key, button.token, button.url)
