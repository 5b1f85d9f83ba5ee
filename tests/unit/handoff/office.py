"""A whole office for tests: customers and account managers in their chats, real turns, and jobs run when they are due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from bot.conversation.desk import Desk
from bot.conversation.facts import Market
from bot.conversation.incoming import Incoming
from bot.conversation.ports import Conversation, Job, Outgoing, Posted, Storage, UnitOfWork
from bot.conversation.turn import Turns
from bot.core.values import Text
from bot.dialogs.codec import decode_event
from bot.dialogs.events import Attached, AttachmentKind, Edited, Event, Opened, Pressed, Said
from bot.handoff import invitations
from bot.handoff.profiles import Profile
from bot.handoff.records import Lead, Manager
from bot.publishing.library import Library
from bot.publishing.release import Release, digest_of
from bot.publishing.sources import read_documents
from bot.testing.clock import FixedClock
from bot.testing.memory import MemoryFailures, MemoryStorage
from bot.texts.texts import Texts

CHANNEL = "telegram"
PUBLISHED = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TakeJobs = Callable[[], Awaitable[list[Job]]]


@cache
def shipped() -> Release:
    documents = read_documents()
    return Release(1, documents, digest_of(documents), PUBLISHED, "author", "shipped")


class _Releases:
    """The shipped content, published once."""

    async def add(self, *_: Any) -> Release:
        return shipped()

    async def newest(self) -> Release | None:
        return shipped()

    async def get(self, number: int) -> Release | None:
        return shipped() if number == 1 else None


_library: list[Library] = []


async def library(clock: FixedClock) -> Library:
    """Assembled once for all tests: content is frozen."""
    if not _library:
        _library.append(Library(_Releases(), clock))
        await _library[0].refresh()
    return _library[0]


@dataclass
class Message:
    """A message as it stands in a chat."""

    slot: str
    html: str
    tokens: dict[str, str]
    outgoing: Outgoing


@dataclass
class Office:
    storage: Storage
    clock: FixedClock
    desk: Desk
    texts: Texts
    take_jobs: TakeJobs
    failures: MemoryFailures = field(default_factory=MemoryFailures)
    posted: list[Outgoing] = field(default_factory=list)
    languages: dict[str, str] = field(default_factory=dict)
    turns: Turns = field(init=False)
    _updates: count[int] = field(default_factory=lambda: count(1))
    _waiting: list[Job] = field(default_factory=list)

    # People

    async def customer(self, address: str, locale: str = "zh") -> None:
        """Somebody who has come as far as the menu."""
        self.languages[address] = locale
        await self.open(address)
        await self.say(address, "中文" if locale == "zh" else "English")
        await self.say(address, "个体工商户" if locale == "zh" else "Sole trader")
        self.clear(address)

    async def invite(self, name: str, language: str = "zh", **changes: Any) -> str:
        """Add a manager; the code of the invitation."""
        code = f"code-{name}"
        hashed = invitations.hashed(code)
        manager = Manager(0, name, "高级客户经理", "9:00–18:00", language, invitation=hashed, **changes)

        async def add(work: UnitOfWork, _: Conversation) -> None:
            await work.managers.add(manager)

        await self.within("staff", add)
        return code

    async def manager(self, address: str, name: str, language: str = "zh", **profile: Any) -> None:
        """A manager who has joined, with what the profile says apart from the usual."""
        self.languages[address] = language
        code = await self.invite(name, language, profile=Profile(**profile))
        await self.open(address, invitations.payload(code))
        await self.run_jobs()

    async def manager_at(self, address: str) -> Manager:
        """The manager whose chat it is."""
        conversation = await self.state(address)
        async with self.storage.work() as work:
            found = await work.managers.by_conversation(conversation.id)
            assert found is not None
            return found

    async def reassign(self, lead: int, manager: int) -> bool:
        """A supervisor gives the lead to another manager."""

        async def act(work: UnitOfWork, _: Conversation) -> bool:
            return await self.desk.reassign(work, lead, manager, 1, self.clock.now())

        return bool(await self.within("staff", act))

    # What they do

    async def open(self, address: str, payload: str | None = None) -> str | None:
        return await self.take(address, Opened(self.clock.now(), payload))

    async def say(self, address: str, text: str) -> str | None:
        return await self.take(address, Said(self.clock.now(), text, f"{next(self._updates)}"))

    async def attach(
        self, address: str, kind: AttachmentKind, file: str | None, caption: str | None = None, **more: Any
    ) -> str | None:
        return await self.take(address, Attached(self.clock.now(), kind, file, caption=caption, message="7", **more))

    async def reply(self, address: str, text: str, to: str) -> str | None:
        """Write something that answers the message `to`."""
        return await self.take(address, Said(self.clock.now(), text, f"{next(self._updates)}", reply_to=to))

    async def edit(
        self, address: str, text: str, message: str, kind: AttachmentKind | None = None, file: str = ""
    ) -> None:
        """Change one's own message, or the words below a file of one's own."""
        await self.take(address, Edited(self.clock.now(), text, message, kind, file or None))

    async def press(self, address: str, token: str, message: str | None = None) -> str | None:
        """The short notice that answers the press."""
        return await self.take(address, Pressed(self.clock.now(), token, message, "query"))

    async def take(self, address: str, event: Event) -> str | None:
        key = f"update:{next(self._updates)}"
        taken = await self.turns.take(Incoming(key, CHANNEL, address, event, self.languages.get(address)))
        assert not self.failures.recorded, self.failures.recorded
        return taken.acknowledgement

    async def within(self, address: str, act: Callable[[UnitOfWork, Conversation], Awaitable[Any]]) -> Any:
        """Something else in a turn of a conversation."""
        async with self.storage.work() as work:
            conversation = await work.open(f"within:{next(self._updates)}", CHANNEL, address)
            assert conversation is not None
            result = await act(work, conversation)
            self.posted += [one.message for one in await work.commit(conversation, Said(self.clock.now(), ""), ())]
            return result

    # What time does

    async def run_jobs(self) -> None:
        """Run every job that is due, those that come of it too."""
        while due := await self._due():
            for job in due:
                await self._run(job)

    async def later(self, duration: timedelta) -> None:
        self.clock.advance(duration)
        await self.run_jobs()

    async def _due(self) -> list[Job]:
        self._waiting += await self.take_jobs()
        due = [job for job in self._waiting if job.at is None or job.at <= self.clock.now()]
        self._waiting = [job for job in self._waiting if job not in due]
        return due

    async def _run(self, job: Job) -> None:
        payload, now = job.payload, self.clock.now()

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            match job.task:
                case "deliver-event":
                    return (decode_event(payload["event"]),)
                case "lead-joined":
                    await self.desk.joined(work, conversation, now)
                case "next-manager":
                    await self.desk.next_manager(work, payload["lead"], payload["assignment"], now)
                case "lead-late":
                    await self.desk.late(work, payload["lead"], payload["mark"], now)
                case "expire-lead":
                    await self.desk.expire(work, payload["lead"], now)
                case "claim-late":
                    await self.desk.claim_undecided(work, payload["message"], now)
                case "expire-field-lead":
                    await self.desk.expire_field_lead(work, payload["field_lead"], now)
                case "offer-waiting":
                    await self.desk.offer_waiting(work, now)
                case "remind-appointment":
                    await self.desk.remind(work, payload["appointment"], now)
                case "begin-appointment":
                    await self.desk.call_back(work, conversation, payload["appointment"], now)
                case other:
                    raise AssertionError(f"a job nobody runs: {other}")
            return ()

        key = payload["key"] if job.task == "deliver-event" else f"job:{next(self._updates)}"
        await self.turns.deliver(payload["conversation"], key, prepare)

    # What they see

    def post(self, posted: Any) -> None:
        self.posted += [one.message for one in posted if isinstance(one, Posted)]

    def chat(self, address: str) -> list[Message]:
        """The messages as they stand, edits made."""
        shown: list[Message] = []
        for out in self.posted:
            if out.address != address:
                continue
            message = Message(out.slot, out.html, {key.label: key.token for row in out.keys for key in row}, out)
            before = [place for place, one in enumerate(shown) if one.slot == out.slot]
            if out.edit and before:
                shown[before[-1]] = message
            else:
                shown.append(message)
        return shown

    def words(self, address: str) -> str:
        return "\n---\n".join(message.html for message in self.chat(address))

    def button(self, address: str, key: str) -> str:
        """The token of the newest button with this label."""
        label = self.texts.label(Text(key), self.languages.get(address, "zh"))
        return next(m.tokens[label] for m in reversed(self.chat(address)) if label in m.tokens)

    def has_button(self, address: str, key: str) -> bool:
        label = self.texts.label(Text(key), self.languages.get(address, "zh"))
        return any(label in message.tokens for message in self.chat(address))

    def says(self, key: str, locale: str = "zh", **values: Any) -> str:
        return self.texts.render(Text(key, values), locale)

    def clear(self, address: str) -> None:
        """Look only at what comes from now on."""
        self.posted = [out for out in self.posted if out.address != address]

    async def state(self, address: str) -> Conversation:
        async with self.storage.work() as work:
            conversation = await work.open(f"look:{next(self._updates)}", CHANNEL, address)
            assert conversation is not None
            return conversation

    async def only_lead(self, address: str) -> Lead:
        conversation = await self.state(address)
        async with self.storage.work() as work:
            lead = await work.leads.open_of(conversation.id)
            assert lead is not None
            return lead


async def office(storage: Storage, clock: FixedClock, take_jobs: TakeJobs, *, topics: bool = False) -> Office:
    content = await library(clock)
    desk = Desk(lambda: content.current, topics=topics)
    made = Office(storage, clock, desk, content.current.texts, take_jobs)
    made.turns = Turns(
        storage=storage,
        library=content,
        desk=desk,
        failures=made.failures,
        post=made.post,
        clock=clock,
        market=Market(),
    )
    return made


async def in_memory(clock: FixedClock, *, topics: bool = False) -> Office:
    storage = MemoryStorage(clock)

    async def take_jobs() -> list[Job]:
        jobs, storage.tables.jobs[:] = list(storage.tables.jobs), []
        return jobs

    return await office(storage, clock, take_jobs, topics=topics)
