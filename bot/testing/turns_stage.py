"""Stories on the use cases: real turns, desk and lender's news over storage in memory, and a messenger that records."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from bot.conversation.desk import Desk
from bot.conversation.incoming import Taken
from bot.conversation.ports import Conversation, Job, UnitOfWork
from bot.conversation.services.registry import SERVICES
from bot.conversation.turn import Turns
from bot.dialogs.codec import decode_event
from bot.dialogs.events import Event, Opened, Pressed, Said
from bot.dialogs.stories import Manager, Story
from bot.growth.field_agents import INVITATION, AgentLink, FieldAgent
from bot.handoff import invitations
from bot.handoff import records as handoff
from bot.handoff.profiles import Profile
from bot.publishing.content import Content
from bot.publishing.library import Library
from bot.testing.clock import FixedClock
from bot.testing.marks import Marks
from bot.testing.memory import MemoryFailures, MemoryReleases
from bot.testing.memory_stage import BEGINNING, CHANNEL, CUSTOMER, BreakableStorage, MemoryStage
from bot.testing.messenger import RecordingMessenger
from bot.testing.screen import Knob, Screen, pressed_by_manager

SUPERVISOR: Final = "supervisor"
AGENT: Final = "agent"
NAMES: Final = {"manager": "王敏", "manager2": "何建国", "supervisor": "苏敏"}
LI_MING: Final = FieldAgent(1, "李明", "field", BEGINNING, invitation=invitations.hashed(AGENT))
_LINK: Final = re.compile(r"https://t\.me/\w+\?start=([\w-]+)")
MANAGER: Final = "manager"
COLLEAGUE: Final = "manager2"
"""The addresses of the account managers whom stories speak of; others are `manager3` and so on."""


@dataclass(frozen=True, slots=True)
class Published:
    """Content as the stage plays it: published, with words that are marked."""

    library: Library
    marks: Marks


async def published(marks: Marks) -> Published:
    """The content of the marked documents, published once for all stories: it is frozen."""
    library = Library(MemoryReleases(), FixedClock(BEGINNING), services=SERVICES)
    await library.publish(marks.documents, by="stories")
    return Published(library, marks)


class TurnsStage(MemoryStage):
    """See `Stage`."""

    def __init__(self, story: Story, locale: str, content: Published) -> None:
        clock = FixedClock(BEGINNING)
        storage = BreakableStorage(clock)
        super().__init__(story, locale, storage, clock)
        self.failures = MemoryFailures()
        self._marks = content.marks
        self._library = content.library
        self._story = story
        self._desk = Desk(lambda: content.library.current)
        self.messenger = RecordingMessenger(storage.outbox, content.marks)
        self.screen = self.messenger.screens[CUSTOMER]
        self.manager_screen = self.messenger.screens[MANAGER]
        self.colleague_screen: Screen | None = self.messenger.screens[COLLEAGUE]
        self._turns = Turns(
            storage=storage,
            library=content.library,
            desk=self._desk,
            failures=self.failures,
            post=self.messenger.post,
            clock=clock,
            market=self.market,
        )

    @property
    def turns(self) -> Turns:
        """See `MemoryStage`."""
        return self._turns

    async def begin(self) -> TurnsStage:
        """The stage with its account managers on duty."""
        for number in range(self._story.managers):
            stands_in = {"backup": 2} if number == 0 and self._story.managers > 1 else {}
            await self._hire(MANAGER if number == 0 else f"{MANAGER}{number + 1}", **stands_in)
        if self._story.supervisor:
            await self._hire(SUPERVISOR, supervisor=True, catch_all=True)
        if self._story.agent:
            self.storage.tables.agent_links["00000000000000aa"] = AgentLink("00000000000000aa", LI_MING, "北门市场")
            await self.take(Opened(self._now(), f"{INVITATION}{AGENT}"), AGENT)
        return self

    def become(self, who: str) -> None:
        """See `Stage`."""
        self._who = who
        self.screen = self.messenger.screens[who]

    def screens(self) -> Iterable[Screen]:
        """See `Stage`."""
        return self.messenger.screens.values()

    def link_on(self, whose: str) -> str:
        """See `Stage`."""
        links = [
            found for shown in self.messenger.screens[whose].messages.values() for found in _LINK.findall(shown.words)
        ]
        if not links:
            raise LookupError(f"there is no link on the phone of {whose}")
        return str(links[-1])

    async def _hire(self, address: str, **profile: Any) -> None:
        """Invite a manager, who comes by the invitation."""
        invited = handoff.Manager(
            0, NAMES.get(address, address), "客户经理", "9:00–18:00", "zh",
            invitation=invitations.hashed(f"code-{address}"), profile=Profile(**profile),
        )  # fmt: skip
        async with self.storage.work() as work:
            place = await work.open(self._update(), CHANNEL, "office")
            assert place is not None
            await work.managers.add(invited)
            await work.commit(place, Said(self._now(), ""), ())
        await self.take(Opened(self._now(), invitations.payload(f"code-{address}")), address)

    async def press(self, number: str, knob: Knob) -> None:
        """See `Stage`."""
        taken = await self.take(Pressed(self._now(), knob.token, number, self._update()))
        self.screen.acknowledged.append(self._key(taken))

    def _key(self, taken: Taken) -> str | None:
        shown = self._marks.paragraphs(taken.acknowledgement or "")
        return shown[0].key if shown else taken.acknowledgement

    def content(self) -> Content:
        """See `MemoryStage`."""
        return self._library.current

    async def settle(self) -> None:
        """Run every job that is due, those that come of it too, and send what there is to send."""
        await self.check_late()
        await self.take_pages()
        while due := self.due_jobs():
            for job in due:
                await self._run(job)
        await self.messenger.flush()

    async def _run(self, job: Job) -> None:
        payload, now = job.payload, self.clock.now()

        async def prepare(work: UnitOfWork, _: Conversation) -> tuple[Event, ...]:
            match job.task:
                case "deliver-event":
                    return (decode_event(payload["event"]),)
                case "lead-joined":
                    await self._desk.joined(work, _, now)
                case "next-manager":
                    await self._desk.next_manager(work, payload["lead"], payload["assignment"], now)
                case "lead-late":
                    await self._desk.late(work, payload["lead"], payload["mark"], now)
                case "expire-lead":
                    await self._desk.expire(work, payload["lead"], now)
                case "expire-field-lead":
                    await self._desk.expire_field_lead(work, payload["field_lead"], now)
                case "offer-waiting":
                    await self._desk.offer_waiting(work, now)
                case other:
                    raise AssertionError(f"a job that no story runs: {other}")
            return ()

        await self._turns.deliver(payload["conversation"], payload.get("key") or f"job:{self._update()}", prepare)

    async def manager(self, act: Manager) -> None:
        """See `Stage`."""
        who = COLLEAGUE if act.second else MANAGER
        if act.act == "says":
            await self.take(Said(self._now(), act.words, self._update()), who)
            return
        number, knob = self.messenger.screens[who].find(pressed_by_manager(act))
        await self.take(Pressed(self._now(), knob.token, number, self._update()), who)
