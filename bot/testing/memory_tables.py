"""Tables, transactions and row locks in memory: what a unit of work changes is seen by others at its commit."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Generic, TypeVar

from bot.applications.application import Application
from bot.applications.consent import ConsentRecord
from bot.applications.documents import Page
from bot.applications.events import LenderEvent
from bot.applications.signals import Screening
from bot.conversation.ports import Conversation, Job, Outgoing, StoredAssessment, StoredQuote
from bot.core.values import Values
from bot.dialogs.events import Event
from bot.growth.field_agents import AgentLink
from bot.growth.field_leads import FieldLead
from bot.handoff.appointments import Appointment
from bot.handoff.checked import Checked
from bot.handoff.records import Assignment, Lead, Manager, Photo
from bot.ledger.audit import AuditEvent

_Key = TypeVar("_Key", bound=Hashable)
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class InboxItem:
    """An event that was taken; no event once it is erased."""

    conversation: int
    event: Event | None
    trace: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A message on its way out, or sent, or given up."""

    message: Outgoing
    owner: str
    created_at: datetime
    lease_until: datetime
    sent_at: datetime | None = None
    message_id: str | None = None
    attempts: int = 0
    failure: str | None = None

    @property
    def waits(self) -> bool:
        """Whether it is neither sent nor given up."""
        return self.sent_at is None and self.failure is None


@dataclass(frozen=True, slots=True)
class Heard:
    """A lender's event, and whether an application has taken it in."""

    event: LenderEvent
    received_at: datetime
    applied: bool = False


@dataclass(frozen=True, slots=True)
class ChatTopic:
    """A topic of a manager's chat, and the customer whose it is."""

    conversation: int
    thread: str
    subject: int
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step that the figures count."""

    conversation: int
    name: str
    values: Values
    at: datetime


@dataclass(slots=True)
class Tables:
    """What is committed. Rows stand in the order in which they were first added."""

    conversations: dict[int, Conversation] = field(default_factory=dict)
    addresses: dict[tuple[str, str], int] = field(default_factory=dict)
    inbox: dict[str, InboxItem] = field(default_factory=dict)
    outbox: dict[int, OutboxItem] = field(default_factory=dict)
    consents: dict[str, ConsentRecord] = field(default_factory=dict)
    quotes: dict[str, StoredQuote] = field(default_factory=dict)
    assessments: dict[str, StoredAssessment] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    screenings: dict[int, Screening] = field(default_factory=dict)
    fingerprints: dict[tuple[int, str, str], datetime] = field(default_factory=dict)
    lender_events: dict[tuple[str, str], Heard] = field(default_factory=dict)
    leads: dict[int, Lead] = field(default_factory=dict)
    managers: dict[int, Manager] = field(default_factory=dict)
    photos: dict[int, Photo] = field(default_factory=dict)
    offers: dict[tuple[int, int], bool] = field(default_factory=dict)
    appointments: dict[int, Appointment] = field(default_factory=dict)
    assignments: dict[int, Assignment] = field(default_factory=dict)
    owners: dict[int, int] = field(default_factory=dict)
    checked: dict[int, Checked] = field(default_factory=dict)
    agent_links: dict[str, AgentLink] = field(default_factory=dict)
    field_leads: dict[int, FieldLead] = field(default_factory=dict)
    topics: dict[tuple[int, str], ChatTopic] = field(default_factory=dict)
    milestones: dict[int, Milestone] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)
    acts: dict[str, AuditEvent] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))
    locks: dict[Hashable, asyncio.Lock] = field(default_factory=dict)

    def lock_of(self, conversation: Conversation) -> asyncio.Lock:
        """The conversation's row lock."""
        return self.locks.setdefault((conversation.channel, conversation.address), asyncio.Lock())

    def take(self, job: Job) -> None:
        """Keep a job, unless only one like it may wait and one does."""
        if job.once is None or all(job.once != waiting.once for waiting in self.jobs):
            self.jobs.append(job)


class Draft(Generic[_Key, _Row]):
    """A table as one transaction sees it: its own changes over what is committed."""

    def __init__(self, committed: dict[_Key, _Row]) -> None:
        self._committed = committed
        self._changed: dict[_Key, _Row | None] = {}

    def get(self, key: _Key) -> _Row | None:
        """The row, or None."""
        return self._changed[key] if key in self._changed else self._committed.get(key)

    def put(self, key: _Key, row: _Row) -> None:
        """Add or replace a row."""
        self._changed[key] = row

    def remove(self, key: _Key) -> None:
        """Take a row out."""
        self._changed[key] = None

    def items(self) -> list[tuple[_Key, _Row]]:
        """All rows with their keys, in the order in which they were added."""
        return [(key, row) for key, row in {**self._committed, **self._changed}.items() if row is not None]

    def rows(self) -> list[_Row]:
        """All rows, in the order in which they were added."""
        return [row for _, row in self.items()]

    def apply(self) -> None:
        """Commit the changes."""
        for key, row in self._changed.items():
            if row is None:
                self._committed.pop(key, None)
            else:
                self._committed[key] = row


class Transaction:
    """One unit of work's view of the tables, and the row locks it holds to its end."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.conversations = Draft(tables.conversations)
        self.addresses = Draft(tables.addresses)
        self.inbox = Draft(tables.inbox)
        self.outbox = Draft(tables.outbox)
        self.consents = Draft(tables.consents)
        self.quotes = Draft(tables.quotes)
        self.assessments = Draft(tables.assessments)
        self.applications = Draft(tables.applications)
        self.pages = Draft(tables.pages)
        self.screenings = Draft(tables.screenings)
        self.fingerprints = Draft(tables.fingerprints)
        self.lender_events = Draft(tables.lender_events)
        self.leads = Draft(tables.leads)
        self.managers = Draft(tables.managers)
        self.offers = Draft(tables.offers)
        self.appointments = Draft(tables.appointments)
        self.assignments = Draft(tables.assignments)
        self.owners = Draft(tables.owners)
        self.checked = Draft(tables.checked)
        self.agent_links = Draft(tables.agent_links)
        self.field_leads = Draft(tables.field_leads)
        self.topics = Draft(tables.topics)
        self.milestones = Draft(tables.milestones)
        self.acts = Draft(tables.acts)
        self._held: dict[Hashable, asyncio.Lock] = {}

    async def lock(self, row: Hashable) -> None:
        """Wait until no other transaction holds the row's lock, and hold it."""
        if row not in self._held:
            lock = self.tables.locks.setdefault(row, asyncio.Lock())
            await lock.acquire()
            self._held[row] = lock

    def apply(self) -> None:
        """Make all changes visible to others."""
        for draft in vars(self).values():
            if isinstance(draft, Draft):
                draft.apply()

    def end(self) -> None:
        """Give up the row locks."""
        for lock in self._held.values():
            lock.release()
        self._held.clear()
