"""What the stages without a network share: one customer, storage in memory, a lender played by the story."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final, Protocol

from bot.applications.application import Application
from bot.applications.events import LenderEvent
from bot.conversation.document_pages import PATIENCE, DocumentPages, SentPage
from bot.conversation.facts import Market, Operator
from bot.conversation.incoming import Incoming, Taken
from bot.conversation.kept_pages import KEEP_PAGE, REMOVE_FILES
from bot.conversation.lender_news import CHECK_LATE, LenderNews
from bot.conversation.ports import Conversation, Job, Posted, Scanner, UnitOfWork
from bot.core.clock import Clock
from bot.core.values import Value, Values
from bot.dialogs.events import Attached, AttachmentKind, Event, Opened, Pressed, Said, Shared
from bot.dialogs.stories import Lender, Manager, Story
from bot.publishing.content import Content
from bot.storage.messages import LEASE
from bot.testing.clock import FixedClock
from bot.testing.lender_book import LenderBook
from bot.testing.memory import MemoryFailures, MemoryStorage, MemoryUnitOfWork
from bot.testing.memory_files import MemoryFiles
from bot.testing.memory_records import MemoryLenderEvents
from bot.testing.memory_tables import Transaction
from bot.testing.samples import SampleScanner, sample
from bot.testing.screen import Knob, Screen

CHANNEL: Final = "story"
CUSTOMER: Final = "customer"
BEGINNING: Final = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
"""When stories begin: half past nine in the morning in the market."""

REFERENCE: Final = "RG-2026-000001"
SUBMIT, ACT, CORRECT = "submit-application", "act-at-lender", "correct-at-lender"
ANSWERED: Final = (SUBMIT, ACT, CORRECT)
"""Jobs that wait until the story says what the lender answers."""

TO_LENDER: Final = (*ANSWERED, "send-document")
_BETWEEN_ACTS: Final = timedelta(seconds=1)
_ACTS: Final = {"refuses": "refused", "fails": "failed"}

Prepare = Callable[[UnitOfWork, Conversation], Awaitable[tuple[Event, ...]]]


class Turning(Protocol):
    """Takes events in, as `Turns` does."""

    async def take(self, incoming: Incoming) -> Taken: ...
    async def deliver(self, conversation: int, key: str, prepare: Prepare) -> bool: ...


class LenderLedger:
    """Keeps what a lender sends, each event in a transaction of its own."""

    def __init__(self, storage: MemoryStorage) -> None:
        self._storage = storage

    async def add(self, event: LenderEvent, at: datetime) -> bool:
        """See `LenderEvents.add`."""
        transaction = Transaction(self._storage.tables)
        try:
            known = await MemoryLenderEvents(transaction).add(event, at)
            transaction.apply()
        finally:
            transaction.end()
        return known

    async def unapplied(self, reference: str) -> tuple[LenderEvent, ...]:
        """See `LenderEvents.unapplied`."""
        raise NotImplementedError("waiting events are read within a turn")

    async def applied(self, event: LenderEvent) -> None:
        """See `LenderEvents.applied`."""
        raise NotImplementedError("events are taken in within a turn")


class BreakableStorage(MemoryStorage):
    """Storage whose next commit fails where `broken` is set."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.clock = clock
        self.broken = False

    def work(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """See `Storage.work`."""
        return self._breakable()

    @asynccontextmanager
    async def _breakable(self) -> AsyncIterator[UnitOfWork]:
        transaction = Transaction(self.tables)
        try:
            yield _BreakableUnitOfWork(transaction, self)
        finally:
            transaction.end()


class _BreakableUnitOfWork(MemoryUnitOfWork):
    def __init__(self, transaction: Transaction, storage: BreakableStorage) -> None:
        super().__init__(transaction, storage.clock, "here", LEASE)
        self._storage = storage

    async def commit(self, conversation: Conversation, event: Event, trace: Sequence[str]) -> tuple[Posted, ...]:
        """See `UnitOfWork.commit`."""
        if self._storage.broken:
            self._storage.broken = False
            raise RuntimeError("broken on purpose")
        return await super().commit(conversation, event, trace)


class MemoryStage:
    """See `Stage`. `turns` is what the customer's acts and the lender's news are given to."""

    screen: Screen
    manager_screen: Screen | None
    colleague_screen: Screen | None

    def __init__(self, story: Story, locale: str, storage: MemoryStorage, clock: FixedClock) -> None:
        self.locale = locale
        self.storage = storage
        self.clock = clock
        self.market = Market(operator=_operator(story))
        self.files = MemoryFiles()
        self.seen_by_staff = MemoryFailures()
        self._lender = LenderBook()
        self._updates = count(1)
        self._who = CUSTOMER

    @property
    @abstractmethod
    def turns(self) -> Turning:
        """What takes events in."""

    @abstractmethod
    def content(self) -> Content:
        """What is published."""

    @abstractmethod
    async def settle(self) -> None:
        """Let everything happen that is due."""

    # The customer, or whom the story follows

    def become(self, who: str) -> None:
        """See `Stage`."""
        raise AssertionError(f"nobody but the customer is played here, and not {who}")

    def link_on(self, whose: str) -> str:
        """See `Stage`."""
        raise AssertionError(f"nobody but the customer is played here, and not {whose}")

    def screens(self) -> Iterable[Screen]:
        """See `Stage`."""
        return filter(None, (self.screen, self.manager_screen, self.colleague_screen))

    async def open(self, payload: str | None) -> None:
        """See `Stage`."""
        await self.take(Opened(self._now(), payload, self._update()))

    async def say(self, text: str) -> None:
        """See `Stage`."""
        await self.take(Said(self._now(), text, self._update()))

    async def press(self, number: str, knob: Knob) -> None:
        """See `Stage`."""
        await self.take(Pressed(self._now(), knob.token, number, self._update()))

    async def share(self, phone: str, own: bool) -> None:
        """See `Stage`."""
        await self.take(Shared(self._now(), phone, own, self._update()))

    async def send(self, kind: AttachmentKind, sample: str) -> None:
        """See `Stage`."""
        place = (31.24, 121.5) if kind == "location" else None
        await self.take(Attached(self._now(), kind, file=f"file:{sample}", message=self._update(), place=place))

    async def take(self, event: Event, address: str | None = None) -> Taken:
        """Have the bot take an event of whom the story follows, or of another person."""
        address = address or self._who
        language = self.locale if address == CUSTOMER else "zh"
        taken = await self.turns.take(Incoming(self._update(), CHANNEL, address, event, language))
        await self.settle()
        return taken

    def _update(self) -> str:
        return str(next(self._updates))

    def _now(self) -> datetime:
        return self.clock.advance(_BETWEEN_ACTS)

    # Time

    async def pass_time(self, time: timedelta) -> None:
        """See `Stage`."""
        self.clock.advance(time)
        await self.settle()

    async def break_down(self, fault: str) -> None:
        """See `Stage`."""
        assert fault == "turn", f"a fault of Telegram's, '{fault}', needs the runner 'bot'"
        assert isinstance(self.storage, BreakableStorage), "only use cases can break"
        self.storage.broken = True

    def due_jobs(self) -> list[Job]:
        """The jobs that are due, taken out; what is handed to the lender waits until the story says what comes of it."""
        now = self.clock.now()
        due = [
            job
            for job in self.storage.jobs
            if job.task not in (*TO_LENDER, CHECK_LATE, KEEP_PAGE, REMOVE_FILES) and (job.at is None or job.at <= now)
        ]
        for job in due:
            self.storage.jobs.remove(job)
        return due

    # The lender

    async def lender(self, act: Lender) -> None:
        """See `Stage`."""
        if act.act == "accepts" or act.act in _ACTS:
            await self._answer(act.act)
        else:
            await self._news().receive(self._lender.event(act, REFERENCE, self._now()))
        await self.settle()

    async def _answer(self, act: str) -> None:
        """The lender answers what is being handed in, or what the customer wishes."""
        job = next((job for job in self.storage.jobs if job.task in ANSWERED), None)
        assert job is not None, "nothing is being asked of the lender"
        self.storage.jobs.remove(job)
        application = self.storage.tables.applications[job.payload["application"]]
        request, now = job.payload["request"], self._now()
        if job.task == CORRECT:
            await self._answer_correction(application, job, act)
        elif act != "accepts":
            await self._news().failed(application, request, _ACTS[act])
        elif job.task == ACT and application.reference is None:
            await self._news().taken_back(application, request)
        elif job.task == SUBMIT:
            await self._news().receipt(application, REFERENCE, request)
        else:
            answer = self._lender.answer(job.payload["action"], REFERENCE, now)
            await self._news().answered(application, answer, request, "accepted")

    async def _answer_correction(self, application: Application, job: Job, act: str) -> None:
        """What comes of a correction: the lender has it, or it is told why not."""
        news, request, field = self._news(), job.payload["request"], job.payload["field"]
        if act != "accepts":
            await news.not_corrected(application.conversation, request, field, _ACTS[act])
            return
        answer = self._lender.answer("corrections", REFERENCE, self._now())
        await news.corrected(application, field, answer, request)
        await news.all_corrected(application.conversation, request)

    async def check_late(self) -> None:
        """Look at the applications whose stage should be over by now; a lender that is asked does not answer."""
        for job in [
            job for job in self.storage.jobs if job.task == CHECK_LATE and job.at and job.at <= self.clock.now()
        ]:
            self.storage.jobs.remove(job)
            late = await self._news().overdue(job.payload["application"])
            if late is not None:
                await self._news().apologise(late)

    async def take_pages(self) -> None:
        """Take in the pages that were sent, and forget the files that are to be forgotten."""
        while waiting := [job for job in self.storage.jobs if job.task in (KEEP_PAGE, REMOVE_FILES)]:
            for job in waiting:
                self.storage.jobs.remove(job)
                if job.task == KEEP_PAGE:
                    await self._pages.keep(SentPage(**job.payload), last=True)
                else:
                    await self.files.remove(job.payload["names"])

    @property
    def _pages(self) -> DocumentPages:
        return self.pages(SampleScanner())

    def pages(self, scanner: Scanner, patience: float = PATIENCE) -> DocumentPages:
        """What takes pages in, with a scanner that may keep it waiting."""

        async def fetch(handle: str) -> bytes:
            return sample(handle.removeprefix("file:"))

        return DocumentPages(
            storage=self.storage, turns=self.turns, fetch=fetch, files=self.files,  # type: ignore[arg-type]  # as in `_news`
            scanner=scanner, failures=self.seen_by_staff,
            clock=self.clock, content=self.content, patience=patience,
        )  # fmt: skip

    def _news(self) -> LenderNews:
        ledger = LenderLedger(self.storage)
        return LenderNews(self.storage, ledger, self.turns, self.content, self.clock)  # type: ignore[arg-type]  # `Turns` has the same two methods

    # The account manager

    @abstractmethod
    async def manager(self, act: Manager) -> None:
        """See `Stage`."""

    # What is remembered

    async def known(self) -> Values:
        """See `Stage`."""
        state = self._conversation().state
        known: dict[str, Value] = {**state.known}
        for frame in state.frames:
            known.update(frame.answers)
        return known

    async def consents(self) -> Mapping[str, str]:
        """See `Stage`."""
        async with self.storage.work() as work:
            latest = await work.consents.latest(self._conversation().id)
        return {notice: record.state for notice, record in latest.items()}

    def _conversation(self) -> Conversation:
        return self.storage.tables.conversations[self.storage.tables.addresses[CHANNEL, CUSTOMER]]


def _operator(story: Story) -> Operator:
    return "third_party" if story.operator == "third_party" else "lender"
