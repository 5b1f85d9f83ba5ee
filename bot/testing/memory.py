"""Storage in memory with the behaviour of the one on PostgreSQL: locks, rollback, an event taken once, order, leases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import orjson

from bot.applications.application import Applications
from bot.applications.consent import Consents, text_hash
from bot.applications.documents import Pages
from bot.applications.signals import Fingerprints, Screenings
from bot.applications.usual_times import StageTimes
from bot.conversation.ports import (
    AlreadyTaken,
    Assessments,
    Conversation,
    DeadLetter,
    Failure,
    Job,
    LenderEvents,
    Outgoing,
    Posted,
    Quotes,
    Topics,
    TranscriptLine,
    UnitOfWork,
)
from bot.conversation.visitors import SignInLinks
from bot.core.clock import Clock
from bot.core.values import Values
from bot.dialogs.codec import decode_event, decode_state, encode_event, encode_state
from bot.dialogs.events import Event
from bot.dialogs.state import State
from bot.growth.field_agents import FieldAgents
from bot.growth.field_leads import FieldLeads
from bot.handoff.appointments import Appointments
from bot.handoff.checked import CheckedMessages
from bot.handoff.records import Assignments, Leads, Managers
from bot.ledger.audit import AuditEvent
from bot.publishing.release import Documents, Release
from bot.storage.messages import ERASED, LEASE, WITHDRAWN
from bot.storage.transcripts import Heard, Told, lines_of
from bot.testing.memory_appointments import MemoryAppointments
from bot.testing.memory_assignments import MemoryAssignments
from bot.testing.memory_checked import MemoryCheckedMessages
from bot.testing.memory_field_agents import MemoryFieldAgents
from bot.testing.memory_field_leads import MemoryFieldLeads
from bot.testing.memory_outbox import MemoryOutbox
from bot.testing.memory_records import (
    MemoryApplications,
    MemoryAssessments,
    MemoryConsents,
    MemoryFingerprints,
    MemoryLeads,
    MemoryLenderEvents,
    MemoryManagers,
    MemoryPages,
    MemoryQuotes,
    MemoryScreenings,
    MemorySignInLinks,
    MemoryStageTimes,
    stored,
)
from bot.testing.memory_tables import InboxItem, Milestone, OutboxItem, Tables, Transaction
from bot.testing.memory_topics import MemoryTopics


class MemoryUnitOfWork:
    """See `UnitOfWork`."""

    def __init__(self, transaction: Transaction, clock: Clock, owner: str, lease: timedelta) -> None:
        self._transaction = transaction
        self._clock = clock
        self._owner = owner
        self._lease = lease
        self._key = ""
        self._messages: list[Outgoing] = []
        self._jobs: list[Job] = []
        self._acts: list[AuditEvent] = []
        self.consents: Consents = MemoryConsents(transaction)
        self.quotes: Quotes = MemoryQuotes(transaction)
        self.assessments: Assessments = MemoryAssessments(transaction)
        self.applications: Applications = MemoryApplications(transaction)
        self.pages: Pages = MemoryPages(transaction)
        self.screenings: Screenings = MemoryScreenings(transaction)
        self.fingerprints: Fingerprints = MemoryFingerprints(transaction)
        self.lender_events: LenderEvents = MemoryLenderEvents(transaction)
        self.leads: Leads = MemoryLeads(transaction)
        self.managers: Managers = MemoryManagers(transaction)
        self.appointments: Appointments = MemoryAppointments(transaction)
        self.assignments: Assignments = MemoryAssignments(transaction)
        self.checked: CheckedMessages = MemoryCheckedMessages(transaction)
        self.field_agents: FieldAgents = MemoryFieldAgents(transaction)
        self.field_leads: FieldLeads = MemoryFieldLeads(transaction)
        self.stage_times: StageTimes = MemoryStageTimes(transaction, clock)
        self.sign_in: SignInLinks = MemorySignInLinks()
        self.topics: Topics = MemoryTopics(transaction)

    async def open(self, key: str, channel: str, address: str) -> Conversation | None:
        """See `UnitOfWork.open`."""
        await self._transaction.lock((channel, address))
        number = self._transaction.addresses.get((channel, address))
        if number is not None:
            return self._load(key, number)
        found = self._load(key, self._create(channel, address))
        return found and replace(found, created=True)

    async def open_known(self, key: str, conversation: int) -> Conversation | None:
        """See `UnitOfWork.open_known`."""
        known = self._transaction.conversations.get(conversation)
        if known is None:
            return None
        await self._transaction.lock((known.channel, known.address))
        return self._load(key, conversation)

    def _create(self, channel: str, address: str) -> int:
        number = next(self._transaction.tables.numbers)
        self._transaction.addresses.put((channel, address), number)
        self._transaction.conversations.put(number, Conversation(number, channel, address, State()))
        return number

    def _load(self, key: str, conversation: int) -> Conversation | None:
        self._key = key
        return None if self._transaction.inbox.get(key) else self._transaction.conversations.get(conversation)

    async def look(self, conversation: int) -> Conversation | None:
        """See `UnitOfWork.look`."""
        return self._transaction.conversations.get(conversation)

    async def address_of(self, conversation: int) -> tuple[str, str]:
        """See `UnitOfWork.address_of`."""
        known = self._transaction.conversations.get(conversation)
        if known is None:
            raise LookupError(f"no conversation {conversation}")
        return known.channel, known.address

    async def shown(self, conversation: int, slot: str) -> str | None:
        """See `UnitOfWork.shown`."""
        told = [item.message for item in self._posted(conversation) if item.message.slot == slot]
        return told[-1].html if told else None

    async def shown_as(self, conversation: int, sha256: str) -> str | None:
        """See `UnitOfWork.shown_as`."""
        told = (item.message.html for item in self._posted(conversation))
        return next((html for html in told if text_hash(html) == sha256), None)

    async def slot_of(self, conversation: int, message: str) -> str | None:
        """See `UnitOfWork.slot_of`."""
        sent = [item.message.slot for item in self._posted(conversation) if item.message_id == message]
        return sent[-1] if sent else None

    async def below(self, conversation: int, slot: str) -> int | None:
        """See `UnitOfWork.below`."""
        anew = [item.message for item in self._posted(conversation) if not item.message.edit]
        places = [place for place, message in enumerate(anew, 1) if message.slot == slot]
        return len(anew) - places[-1] if places else None

    async def transcript(self, conversation: int, lines: int, *, every: bool = False) -> tuple[TranscriptLine, ...]:
        """See `UnitOfWork.transcript`."""
        taken = [item for item in self._transaction.inbox.rows() if item.conversation == conversation]
        heard = sorted((Heard(item.at, item.event) for item in taken if item.event), key=lambda item: item.at)
        told = [Told(item.created_at, item.message) for item in self._posted(conversation)]
        return lines_of(heard[-lines:], told[-lines:], lines, every=every)

    def _posted(self, conversation: int) -> list[OutboxItem]:
        posted = self._transaction.outbox.rows()
        return [item for item in posted if item.message.conversation == conversation and item.failure is None]

    async def track(self, conversation: int, name: str, values: Values, at: datetime) -> None:
        """See `UnitOfWork.track`."""
        number = next(self._transaction.tables.numbers)
        self._transaction.milestones.put(number, Milestone(conversation, name, stored(values), at))

    async def acts(self, conversation: int) -> tuple[AuditEvent, ...]:
        """See `UnitOfWork.acts`."""
        return tuple(act for act in self._transaction.acts.rows() if act.subject == conversation)

    def audit(self, act: AuditEvent) -> None:
        """See `UnitOfWork.audit`."""
        self._acts.append(act)

    async def erase(self, conversation: int, at: datetime) -> None:
        """See `UnitOfWork.erase`."""
        self._erase_messages(conversation)
        self._erase_records(conversation)
        await self.track(conversation, "erased", {}, at)

    def _erase_messages(self, conversation: int) -> None:
        for key, taken in self._transaction.inbox.items():
            if taken.conversation == conversation:
                self._transaction.inbox.put(key, replace(taken, event=None, trace=()))
        for number, posted in self._transaction.outbox.items():
            if posted.message.conversation == conversation:
                self._transaction.outbox.remove(number)
            elif posted.message.subject == conversation:
                bare = replace(posted.message, html="", keys=(), relayed=None, figure=None, document=None)
                failure = ERASED if posted.waits else posted.failure
                self._transaction.outbox.put(number, replace(posted, message=bare, failure=failure))

    def _erase_records(self, conversation: int) -> None:
        records = self._transaction
        for application in records.applications.rows():
            if application.conversation == conversation and application.reference is None:
                records.applications.remove(application.id)
        kept = {application.id for application in records.applications.rows()}
        for number, screening in records.screenings.items():
            if screening.application not in kept:
                records.screenings.remove(number)
        for of, kind, digest in [key for key, _ in records.fingerprints.items()]:
            if of == conversation:
                records.fingerprints.remove((of, kind, digest))
        named = {application.quote for application in records.applications.rows()}
        for quote in records.quotes.rows():
            if quote.conversation == conversation and quote.id not in named:
                records.quotes.remove(quote.id)
        for assessment in records.assessments.rows():
            if assessment.conversation == conversation:
                records.assessments.remove(assessment.id)
        for page in records.pages.rows():
            if page.conversation == conversation:
                records.pages.remove(page.id)
        for appointment in records.appointments.rows():
            if appointment.conversation == conversation:
                records.appointments.remove(appointment.id)
        for lead in records.leads.rows():
            if lead.conversation == conversation:
                records.leads.put(lead.id, replace(lead, facts={}))
        for number, field_lead in records.field_leads.items():
            if field_lead.conversation == conversation:
                records.field_leads.put(number, replace(field_lead, entry={}, conversation=None))
        for checked in records.checked.rows():
            if checked.conversation == conversation:
                records.checked.remove(checked.id)
        records.owners.remove(conversation)
        for key, topic in records.topics.items():
            if topic.subject == conversation:
                records.topics.remove(key)
        for number, milestone in records.milestones.items():
            if milestone.conversation == conversation:
                records.milestones.put(number, replace(milestone, values={}))

    async def on_hold(self, conversation: int) -> bool:
        """See `UnitOfWork.on_hold`."""
        return conversation in self._transaction.tables.held

    async def forget_shown(self, conversation: int, slot: str) -> None:
        """See `UnitOfWork.forget_shown`."""
        for number, posted in self._transaction.outbox.items():
            message = posted.message
            if message.conversation == conversation and message.slot == slot:
                failure = "erased" if posted.waits else posted.failure
                self._transaction.outbox.put(
                    number, replace(posted, message=replace(message, html=""), failure=failure)
                )

    async def drop_campaigns(self, conversation: int) -> None:
        """See `UnitOfWork.drop_campaigns`."""
        for number, posted in self._transaction.outbox.items():
            message = posted.message
            if message.conversation == conversation and message.priority == "campaign" and posted.waits:
                self._transaction.outbox.put(number, replace(posted, failure=WITHDRAWN))

    def send(self, message: Outgoing) -> None:
        """See `UnitOfWork.send`."""
        self._messages.append(message)

    def defer(self, job: Job) -> None:
        """See `UnitOfWork.defer`."""
        self._jobs.append(replace(job, payload=orjson.loads(orjson.dumps(job.payload))))

    async def commit(self, conversation: Conversation, event: Event, trace: Sequence[str]) -> tuple[Posted, ...]:
        """See `UnitOfWork.commit`."""
        if self._transaction.inbox.get(self._key):
            raise AlreadyTaken("the event was taken by another transaction")
        taken = decode_event(orjson.loads(orjson.dumps(encode_event(event))))
        state = decode_state(orjson.loads(orjson.dumps(encode_state(conversation.state))))
        self._transaction.inbox.put(self._key, InboxItem(conversation.id, taken, tuple(trace), event.at))
        self._transaction.conversations.put(conversation.id, replace(conversation, state=state, created=False))
        posted = tuple(Posted(self._post(message), message) for message in self._messages)
        for act in self._acts:
            self._transaction.acts.put(act.id, act)
        self._transaction.apply()
        for job in self._jobs:
            self._transaction.tables.take(job)
        return posted

    def _post(self, message: Outgoing) -> int:
        number, now = next(self._transaction.tables.numbers), self._clock.now()
        self._transaction.outbox.put(number, OutboxItem(message, self._owner, now, now + self._lease))
        return number


class MemoryStorage:
    """See `Storage`; `tables` is what is committed, `outbox` the outbox as its sender uses it."""

    def __init__(self, clock: Clock, *, owner: str = "here", lease: timedelta = LEASE) -> None:
        self.tables = Tables()
        self.outbox = MemoryOutbox(self.tables, clock, owner=owner, lease=lease)
        self._clock = clock
        self._owner = owner
        self._lease = lease

    @property
    def jobs(self) -> list[Job]:
        """The jobs that wait; whoever runs one takes it out."""
        return self.tables.jobs

    def work(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """See `Storage.work`."""
        return self._work()

    @asynccontextmanager
    async def _work(self) -> AsyncIterator[UnitOfWork]:
        transaction = Transaction(self.tables)
        try:
            yield MemoryUnitOfWork(transaction, self._clock, self._owner, self._lease)
        finally:
            transaction.end()


class MemoryFailures:
    """See `Failures`."""

    def __init__(self) -> None:
        self.recorded: list[Failure] = []

    async def record(self, failure: Failure) -> None:
        """See `Failures.record`."""
        self.recorded.append(failure)


class MemoryDeadLetters:
    """See `DeadLetters`."""

    def __init__(self) -> None:
        self.open: list[DeadLetter] = []

    async def add(self, letter: DeadLetter) -> None:
        """See `DeadLetters.add`."""
        self.open.append(letter)

    async def settle(self, subject: str, call: str, at: datetime) -> None:
        """See `DeadLetters.settle`."""
        self.open = [one for one in self.open if (one.subject, one.call) != (subject, call)]


class MemoryReleases:
    """See `ReleaseStore`."""

    def __init__(self) -> None:
        self._releases: list[Release] = []

    async def add(self, documents: Documents, digest: str, at: datetime, by: str, note: str) -> Release:
        """See `ReleaseStore.add`. Content equal to the newest release is not kept twice: that release is the answer."""
        if not self._releases or self._releases[-1].digest != digest:
            self._releases.append(Release(len(self._releases) + 1, documents, digest, at, by, note))
        return self._releases[-1]

    async def newest(self) -> Release | None:
        """See `ReleaseStore.newest`."""
        return self._releases[-1] if self._releases else None

    async def get(self, number: int) -> Release | None:
        """See `ReleaseStore.get`."""
        return self._releases[number - 1] if 0 < number <= len(self._releases) else None
