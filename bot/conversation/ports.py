"""What a turn needs of the world: conversations under lock, an outbox, jobs, and the records of each part.

Two implementations are shipped: `bot.storage` on PostgreSQL and `bot.testing` in memory.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from bot.applications.application import Applications
from bot.applications.consent import Consents
from bot.applications.documents import Pages
from bot.applications.events import LenderEvent
from bot.applications.signals import Fingerprints, Screenings
from bot.applications.usual_times import StageTimes
from bot.conversation.visitors import SignInLinks
from bot.core.errors import GatewayError, TillwiseError
from bot.core.values import Values
from bot.dialogs.events import Event
from bot.dialogs.state import State
from bot.figures.worded import Worded
from bot.growth.field_agents import FieldAgents
from bot.growth.field_leads import FieldLeads
from bot.handoff.appointments import Appointments
from bot.handoff.checked import CheckedMessages, Outcome
from bot.handoff.records import Assignments, Leads, Managers
from bot.ledger.audit import AuditEvent

Role = Literal["customer", "manager"]
Receiver = Literal["lender", "crm"]
"""Whose system a call goes to."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A chat with one person on one channel, keyed by the channel and the channel's own user id (`address`)."""

    id: int
    channel: str
    address: str
    state: State
    role: Role = "customer"
    reachable: bool = True
    created: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A button as the channel is to draw it."""

    label: str
    token: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Relayed:
    """A file that came by the channel and is passed on by its handle, without being looked into."""

    kind: str
    file: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file that the bot has made for a customer."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out, in the channel's neutral form; rendered, so that what was shown can be proved.

    `html` uses only `<b> <i> <code> <blockquote>`. `slot` names the message within its conversation. With `edit` the
    message last sent in that slot is changed (`target` is its channel id where the turn knows it), and sent anew where
    there is none. `ask_contact` is the label of the channel's contact button. Replies go before notices, notices
    before campaigns. `author` is whose words they are, for the transcript. `figure` is shown with the words: a table, or a chart
    that the channel draws. With a `document` the words are its caption, at most 1,000 characters. `release` is the content
    that the words come from. `subject` is the customer whom it tells of, where that is not who reads it: what is kept of it
    is erased with that customer. It answers, by the channel's own means, the message with the channel's id `answers`, or the
    one last sent in the slot `answers_slot`; where that is gone it answers nothing.

    With a `topic` it goes into the topic of its `subject` within the chat, which is made where there is none and has that name from
    then on. A `thread` is the channel's own topic that it goes into. Where the channel has no topics both mean nothing. `ends_topic` is
    a thread that is deleted with all that stands in it; nothing is shown then.
    """

    conversation: int
    channel: str
    address: str
    slot: str
    html: str
    keys: tuple[tuple[Key, ...], ...] = ()
    edit: bool = False
    target: str | None = None
    ask_contact: str | None = None
    relayed: Relayed | None = None
    priority: Literal["reply", "notice", "campaign"] = "reply"
    author: Literal["customer", "bot", "manager"] = "bot"
    figure: Worded | None = None
    document: Document | None = None
    release: int | None = None
    subject: int | None = None
    answers: str | None = None
    answers_slot: str | None = None
    topic: str | None = None
    thread: str | None = None
    ends_topic: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """An outgoing message as it stands in the outbox."""

    id: int
    message: Outgoing


@dataclass(frozen=True, slots=True)
class Job:
    """Work for later, taken in the same transaction: `task` names it, `payload` is JSON-ready.

    `at` is the time it is due (None: now). `lock` names jobs that must not run side by side; `once` that only one
    waiting job may have.
    """

    task: str
    payload: Mapping[str, Any]
    at: datetime | None = None
    lock: str | None = None
    once: str | None = None


@dataclass(frozen=True, slots=True)
class StoredQuote:
    """A quote as it was shown, kept unchanged with the release whose rules made it.

    `kept_at` is when the customer asked to keep it, so as to come back to it.
    """

    id: str
    conversation: int
    product: str
    release: int
    values: Values
    created_at: datetime
    kept_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredAssessment:
    """An eligibility result as it was told: the answers it rests on, and the release whose published criteria made it.

    `criteria` is the state of each criterion by its code: `met`, `person`, `unmet` or `unknown`.
    """

    id: str
    conversation: int
    product: str
    release: int
    outcome: str
    criteria: Mapping[str, str]
    answers: Values
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One message of a conversation as staff may read it; `release` is the content that the bot's words come from.

    `outcome` says what became of a manager's words that were stopped.
    """

    at: datetime
    author: Literal["customer", "bot", "manager"]
    text: str
    release: int | None = None
    outcome: Outcome | None = None


class Quotes(Protocol):
    """Quotes as shown."""

    async def add(self, quote: StoredQuote) -> None: ...
    async def latest(self, conversation: int) -> StoredQuote | None: ...
    async def of_conversation(self, conversation: int) -> tuple[StoredQuote, ...]:
        """All quotes that a customer was shown, oldest first."""
        ...

    async def keep(self, quote: str, at: datetime) -> None:
        """Note that the customer wants to come back to a quote; the first time counts."""
        ...

    async def kept(self, conversation: int, most: int) -> tuple[StoredQuote, ...]:
        """The quotes that a customer wants to come back to, the newest shown first, at most `most`."""
        ...

    async def let_go(self, conversation: int) -> None:
        """The customer wants to come back to none any longer; the quotes stay as records of what was shown."""
        ...


class Assessments(Protocol):
    """Eligibility results as told, so that each can be explained later."""

    async def add(self, assessment: StoredAssessment) -> None: ...

    async def of_conversation(self, conversation: int) -> tuple[StoredAssessment, ...]:
        """Every result told in a conversation, oldest first."""
        ...

    async def forget_answers(self, conversation: int, names: Collection[str]) -> None:
        """Take the answers of these names out of all results of one conversation; what they came to stays."""
        ...


class LenderEvents(Protocol):
    """What lenders have sent, each event once."""

    async def add(self, event: LenderEvent, at: datetime) -> bool:
        """Keep an event that was received at that time. False: it was known."""
        ...

    async def unapplied(self, reference: str) -> tuple[LenderEvent, ...]:
        """Events no application has taken in yet, in the lender's order, locked for this transaction."""
        ...

    async def applied(self, event: LenderEvent) -> None:
        """An application has taken the event in."""
        ...


class AlreadyTaken(TillwiseError):  # noqa: N818 — named for what is true of the event
    """The event was taken by another transaction while this one ran; this one has changed nothing."""


class StorageUnavailable(TillwiseError):  # noqa: N818 — named for what is true of the storage
    """The storage cannot be reached, or gave this transaction up: nothing was kept, and another attempt may succeed."""


class FileTooLarge(GatewayError):  # noqa: N818 — named for what is true of the file
    """The channel does not hand out a file of this size."""


class FileLost(TillwiseError):  # noqa: N818 — named for what is true of the file
    """A kept file is not there any more, was changed, or belongs to a person who was erased: it cannot be read."""


class ScannerUnavailable(GatewayError):  # noqa: N818 — named for what is true of the scanner
    """The virus scanner could not be reached, or did not say what it found: another attempt may succeed."""


class Files(Protocol):
    """The content of what customers have sent, outside the database; it can be read no more once its person is erased."""

    def digest(self, content: bytes) -> str:
        """A hash by which the same content is found again, and that says nothing to whoever lacks the key."""
        ...

    async def write(self, name: str, person: int, content: bytes) -> None:
        """Keep a file; one of that name is replaced, as a whole or not at all."""
        ...

    async def read(self, name: str, person: int) -> bytes:
        """The content of a file. Raises `FileLost`."""
        ...

    async def remove(self, names: Sequence[str]) -> None:
        """Forget files; what is not there is forgotten already."""
        ...


class Scanner(Protocol):
    """Looks at files for malicious software."""

    async def scan(self, content: bytes) -> str | None:
        """The name of what was found; None: nothing. Raises `ScannerUnavailable`."""
        ...


class Topics(Protocol):
    """The topics of managers' chats, one for each customer. What made them is the channel's side (`gateways`)."""

    async def subject_of(self, conversation: int, thread: str) -> int | None:
        """The customer whose topic a thread of a chat is, or was; None for what is no customer's."""
        ...

    async def of_subject(self, subject: int) -> tuple[tuple[int, str], ...]:
        """The topics of a customer that stand, each as a chat and its thread."""
        ...


class UnitOfWork(Protocol):
    """One transaction around one event. Nothing is visible outside, and nothing is sent, before `commit`."""

    consents: Consents
    quotes: Quotes
    assessments: Assessments
    applications: Applications
    pages: Pages
    screenings: Screenings
    fingerprints: Fingerprints
    lender_events: LenderEvents
    leads: Leads
    managers: Managers
    appointments: Appointments
    assignments: Assignments
    checked: CheckedMessages
    field_agents: FieldAgents
    field_leads: FieldLeads
    stage_times: StageTimes
    sign_in: SignInLinks
    topics: Topics

    async def open(self, key: str, channel: str, address: str) -> Conversation | None:
        """Lock, then load, the conversation, made where there is none. None: the event `key` was taken before."""
        ...

    async def open_known(self, key: str, conversation: int) -> Conversation | None:
        """The same for a conversation known by its number. None also where there is no such conversation."""
        ...

    async def look(self, conversation: int) -> Conversation | None:
        """A conversation as it is committed, without locking it."""
        ...

    async def address_of(self, conversation: int) -> tuple[str, str]:
        """Channel and address of a conversation, without locking it. Raises `LookupError` where there is none."""
        ...

    async def shown(self, conversation: int, slot: str) -> str | None:
        """The text last posted to a slot by an earlier turn, exactly as the customer was shown it."""
        ...

    async def shown_as(self, conversation: int, sha256: str) -> str | None:
        """The message of a conversation whose text has this hash (see `text_hash`); None where it is gone."""
        ...

    async def slot_of(self, conversation: int, message: str) -> str | None:
        """The slot of a message of a conversation, by the channel's id of it; None for what the bot has not sent."""
        ...

    async def below(self, conversation: int, slot: str) -> int | None:
        """How many messages stand below the one last sent anew in a slot; None where none was."""
        ...

    async def transcript(self, conversation: int, lines: int, *, every: bool = False) -> tuple[TranscriptLine, ...]:
        """The last lines of a conversation, oldest first.

        A message that was changed in place is one line as it was last; with `every` each text it had is a line of its own.
        """
        ...

    async def track(self, conversation: int, name: str, values: Values, at: datetime) -> None:
        """Keep a milestone for the figures."""
        ...

    async def acts(self, conversation: int) -> tuple[AuditEvent, ...]:
        """What was audited about a customer, oldest first."""
        ...

    def audit(self, act: AuditEvent) -> None:
        """Have an act written down for good at commit, behind those before it."""
        ...

    async def erase(self, conversation: int, at: datetime) -> None:
        """Forget what a customer wrote and was shown, copies in managers' chats too; the person's key is destroyed.

        Consent records and submitted applications stay.
        """
        ...

    async def on_hold(self, conversation: int) -> bool:
        """Whether whatever there is of a customer is kept for a case."""
        ...

    async def forget_shown(self, conversation: int, slot: str) -> None:
        """Forget the words of what was posted to a slot by earlier turns; it can still be changed in place."""
        ...

    async def drop_campaigns(self, conversation: int) -> None:
        """Give up the marketing that waits to be sent to a customer."""
        ...

    def send(self, message: Outgoing) -> None:
        """Put a message into the outbox at commit, behind those before it."""
        ...

    def defer(self, job: Job) -> None:
        """Take a job at commit."""
        ...

    async def commit(self, conversation: Conversation, event: Event, trace: Sequence[str]) -> tuple[Posted, ...]:
        """Write the conversation's new state, the event's key, outbox and jobs, and commit. What was posted, in order.

        Raises `AlreadyTaken` when another transaction has taken the event meanwhile.
        """
        ...


class Storage(Protocol):
    """Opens units of work; one that is left without `commit` has changed nothing."""

    def work(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a transaction. Within it, what is not our fault is raised as `StorageUnavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class Failure:
    """A turn that failed by our fault, for staff: what was running, never what the customer wrote."""

    at: datetime
    where: str
    error: str
    conversation: int | None = None
    details: Mapping[str, str] = field(default_factory=dict)


class Failures(Protocol):
    """Keeps failures for staff."""

    async def record(self, failure: Failure) -> None: ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A call to a `receiver` that was given up after `attempts`: what it was about, why, and the job that makes it again.

    `subject` is the application's id for the lender, the event's for a customer-relations system. `number` is 0 until it is kept.
    """

    call: str
    subject: str
    conversation: int
    job: Job
    error: str
    attempts: int
    at: datetime
    number: int = 0
    receiver: Receiver = "lender"


class DeadLetters(Protocol):
    """Keeps calls that were given up, for staff."""

    async def add(self, letter: DeadLetter) -> None: ...

    async def settle(self, subject: str, call: str, at: datetime) -> None:
        """The call has succeeded since: nobody need look after it."""
        ...
