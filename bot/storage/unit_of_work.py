"""One transaction around one event, on one connection of the pool."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final

import orjson
from asyncpg.exceptions import (
    IdleInTransactionSessionTimeoutError,
    InsufficientResourcesError,
    InterfaceError,
    OperatorInterventionError,
    PostgresConnectionError,
    TransactionRollbackError,
    UniqueViolationError,
)

from bot.applications.application import Applications
from bot.applications.consent import Consents
from bot.applications.documents import Pages
from bot.applications.signals import Fingerprints, Screenings
from bot.applications.usual_times import StageTimes
from bot.conversation.ports import (
    AlreadyTaken,
    Assessments,
    Conversation,
    Job,
    LenderEvents,
    Outgoing,
    Posted,
    Quotes,
    StorageUnavailable,
    Topics,
    TranscriptLine,
    UnitOfWork,
)
from bot.conversation.visitors import SignInLinks
from bot.core.clock import Clock
from bot.core.codec import encode_all
from bot.core.values import Values
from bot.dialogs.codec import decode_state, encode_event, encode_state
from bot.dialogs.events import Event
from bot.dialogs.state import State
from bot.growth.field_agents import FieldAgents
from bot.growth.field_leads import FieldLeads
from bot.handoff.appointments import Appointments
from bot.handoff.checked import CheckedMessages
from bot.handoff.records import Assignments, Leads, Managers
from bot.ledger.audit import AuditEvent
from bot.storage.console_access import PostgresSignInLinks
from bot.storage.database import Database
from bot.storage.envelope import DataKey, place_of
from bot.storage.erasure import erase
from bot.storage.jobs import destroy_later, job_row
from bot.storage.keys import PersonKeys
from bot.storage.ledgers import acts_of, record_acts
from bot.storage.legal_holds import ON_HOLD
from bot.storage.lender_events import PostgresLenderEvents
from bot.storage.messages import LEASE, encode_message
from bot.storage.outbox import drop_campaigns
from bot.storage.repositories.applications import PostgresApplications, keys_not_handed_in
from bot.storage.repositories.appointments import PostgresAppointments
from bot.storage.repositories.assessments import PostgresAssessments
from bot.storage.repositories.assignments import PostgresAssignments
from bot.storage.repositories.checked import PostgresCheckedMessages
from bot.storage.repositories.consents import PostgresConsents
from bot.storage.repositories.field_agents import PostgresFieldAgents
from bot.storage.repositories.field_leads import PostgresFieldLeads, forget_field_leads, forget_shown
from bot.storage.repositories.leads import FORGET_FACTS, PostgresLeads
from bot.storage.repositories.managers import PostgresManagers
from bot.storage.repositories.milestones import TRACK
from bot.storage.repositories.pages import PostgresPages
from bot.storage.repositories.quotes import PostgresQuotes
from bot.storage.repositories.signals import PostgresFingerprints, PostgresScreenings
from bot.storage.repositories.topics import PostgresTopics
from bot.storage.repositories.transcript import BELOW, SLOT_OF, event_place, shown, shown_as, transcript
from bot.storage.sealing import Sealing, address_hash
from bot.storage.stage_times import PostgresStageTimes, StageTimesCache
from bot.storage.statements import CREATE, DEFER, INBOX_KEY, KEEP, LOCK, LOCK_KNOWN, LOOK, RENEW

_NEW: Final = orjson.dumps(encode_state(State()))


class PostgresUnitOfWork:
    """The transaction of one event; made by `PostgresStorage.work`."""

    __slots__ = (
        "_acts",
        "_clock",
        "_committed",
        "_connection",
        "_jobs",
        "_key",
        "_lease",
        "_messages",
        "_owner",
        "_sealing",
        "applications",
        "appointments",
        "assessments",
        "assignments",
        "checked",
        "consents",
        "field_agents",
        "field_leads",
        "fingerprints",
        "leads",
        "lender_events",
        "managers",
        "pages",
        "quotes",
        "screenings",
        "sign_in",
        "stage_times",
        "topics",
    )

    def __init__(  # noqa: PLR0913, PLR0917 -- made in one place only
        self,
        connection: Any,
        keys: PersonKeys,
        clock: Clock,
        owner: str,
        lease: timedelta,
        times: StageTimesCache,
        signals_key: bytes | None,
    ) -> None:
        self._connection = connection
        self._sealing = Sealing(keys, connection)
        self._clock = clock
        self._owner = owner
        self._lease = lease
        self._messages: list[Outgoing] = []
        self._jobs: list[Job] = []
        self._acts: list[AuditEvent] = []
        self._key = ""
        self._committed = False
        self.consents: Consents = PostgresConsents(connection)
        self.quotes: Quotes = PostgresQuotes(connection, self._sealing)
        self.assessments: Assessments = PostgresAssessments(connection, self._sealing)
        self.applications: Applications = PostgresApplications(connection, self._sealing)
        self.pages: Pages = PostgresPages(connection, self._sealing)
        self.screenings: Screenings = PostgresScreenings(connection, self._sealing)
        self.fingerprints: Fingerprints = PostgresFingerprints(connection, signals_key)
        self.lender_events: LenderEvents = PostgresLenderEvents(connection, self._sealing)
        self.leads: Leads = PostgresLeads(connection, self._sealing)
        self.checked: CheckedMessages = PostgresCheckedMessages(connection, self._sealing)
        self.managers: Managers = PostgresManagers(connection)
        self.appointments: Appointments = PostgresAppointments(connection)
        self.assignments: Assignments = PostgresAssignments(connection)
        self.field_agents: FieldAgents = PostgresFieldAgents(connection)
        self.field_leads: FieldLeads = PostgresFieldLeads(connection, self._sealing)
        self.stage_times: StageTimes = PostgresStageTimes(connection, times)
        self.sign_in: SignInLinks = PostgresSignInLinks(connection)
        self.topics: Topics = PostgresTopics(connection)

    async def open(self, key: str, channel: str, address: str) -> Conversation | None:
        """See `UnitOfWork.open`."""
        self._key = key
        found = address_hash(self._sealing.keys, channel, address)
        row = await LOCK.row(self._connection, key=key, channel=channel, address_hash=found)
        if row is not None:
            return await self._opened(row, address)
        created = await self._create(channel, address, found)
        row = await LOCK.row(self._connection, key=key, channel=channel, address_hash=found)
        conversation = await self._opened(row, address)
        return conversation and replace(conversation, created=created)

    async def _create(self, channel: str, address: str, found: bytes) -> bool:
        """Whether the conversation was made here, and not by another transaction just now."""
        now, key = self._clock.now(), await self._sealing.keys.make()
        made = await CREATE.value(
            self._connection,
            channel=channel,
            role="customer",
            reachable=True,
            created_at=now,
            updated_at=now,
            address_hash=found,
            **_person(key, found, address),
        )
        return made is not None

    async def _opened(self, row: Any, address: str) -> Conversation | None:
        """The locked conversation, or None when its event was taken before.

        Whose key was destroyed, as in a backup from before an erasure, is somebody new.
        """
        if row["taken"]:
            return None
        conversation = await self._read(row)
        if conversation is None:
            await self._renew(row["id"], row["address_hash"], address)
            return Conversation(row["id"], row["channel"], address, State(), row["role"], row["reachable"])
        return conversation

    async def _read(self, row: Any) -> Conversation | None:
        """A conversation; None where its person was erased."""
        key = await self._sealing.keys.get(row["key"])
        if key is None:
            return None
        self._sealing.know(row["id"], key)
        return Conversation(
            id=row["id"],
            channel=row["channel"],
            address=orjson.loads(key.open(_place("address", row["address_hash"]), row["address"])),
            state=decode_state(orjson.loads(key.open(_place("state", row["address_hash"]), row["state"]))),
            role=row["role"],
            reachable=row["reachable"],
        )

    async def _renew(self, conversation: int, found: bytes, address: str) -> None:
        """Give a person a new key; what was sealed under the one before is not."""
        key = await self._sealing.keys.make()
        self._sealing.know(conversation, key)
        await RENEW.run(self._connection, id=conversation, **_person(key, found, address))

    async def open_known(self, key: str, conversation: int) -> Conversation | None:
        """See `UnitOfWork.open_known`. Nobody is found whose key was destroyed: where to write to is not known either."""
        self._key = key
        row = await LOCK_KNOWN.row(self._connection, key=key, id=conversation)
        return None if row is None or row["taken"] else await self._read(row)

    async def look(self, conversation: int) -> Conversation | None:
        """See `UnitOfWork.look`."""
        row = await LOOK.row(self._connection, id=conversation)
        return row and await self._read(row)

    async def address_of(self, conversation: int) -> tuple[str, str]:
        """See `UnitOfWork.address_of`. Raises `LookupError` where there is no such conversation."""
        found = await self.look(conversation)
        if found is None:
            raise LookupError(f"no conversation {conversation}")
        return found.channel, found.address

    async def shown(self, conversation: int, slot: str) -> str | None:
        """See `UnitOfWork.shown`."""
        return await shown(self._connection, self._sealing, conversation, slot)

    async def shown_as(self, conversation: int, sha256: str) -> str | None:
        """See `UnitOfWork.shown_as`."""
        return await shown_as(self._connection, self._sealing, conversation, sha256)

    async def slot_of(self, conversation: int, message: str) -> str | None:
        """See `UnitOfWork.slot_of`."""
        slot: str | None = await SLOT_OF.value(self._connection, conversation_id=conversation, message_id=message)
        return slot

    async def below(self, conversation: int, slot: str) -> int | None:
        """See `UnitOfWork.below`."""
        count: int | None = await BELOW.value(self._connection, conversation_id=conversation, slot=slot)
        return count

    async def transcript(self, conversation: int, lines: int, *, every: bool = False) -> tuple[TranscriptLine, ...]:
        """See `UnitOfWork.transcript`."""
        return await transcript(self._connection, self._sealing, conversation, lines, every=every)

    async def track(self, conversation: int, name: str, values: Values, at: datetime) -> None:
        """See `UnitOfWork.track`."""
        await TRACK.run(self._connection, conversation_id=conversation, name=name, values=encode_all(values), at=at)

    async def acts(self, conversation: int) -> tuple[AuditEvent, ...]:
        """See `UnitOfWork.acts`."""
        return await acts_of(self._connection, conversation)

    def audit(self, act: AuditEvent) -> None:
        """See `UnitOfWork.audit`."""
        self._acts.append(act)

    async def erase(self, conversation: int, at: datetime) -> None:
        """See `UnitOfWork.erase`."""
        row = await LOOK.row(self._connection, id=conversation)
        _, address = await self.address_of(conversation)
        doomed = [row["key"], *await keys_not_handed_in(self._connection, conversation)]
        doomed += await forget_field_leads(self._connection, conversation)
        await erase(self._connection, conversation)
        await self._renew(conversation, row["address_hash"], address)
        nothing = await self._sealing.seal(conversation, place_of("lead", "facts", conversation), {})
        await FORGET_FACTS.run(self._connection, conversation_id=conversation, facts=nothing)
        await destroy_later(self._connection, doomed)
        await self.track(conversation, "erased", {}, at)

    async def on_hold(self, conversation: int) -> bool:
        """See `UnitOfWork.on_hold`."""
        held: bool = await ON_HOLD.value(self._connection, conversation_id=conversation)
        return held

    async def forget_shown(self, conversation: int, slot: str) -> None:
        """See `UnitOfWork.forget_shown`."""
        await forget_shown(self._connection, conversation, slot)

    async def drop_campaigns(self, conversation: int) -> None:
        """See `UnitOfWork.drop_campaigns`."""
        await drop_campaigns(self._connection, conversation)

    def send(self, message: Outgoing) -> None:
        """See `UnitOfWork.send`."""
        self._messages.append(message)

    def defer(self, job: Job) -> None:
        """See `UnitOfWork.defer`."""
        self._jobs.append(job)

    async def commit(self, conversation: Conversation, event: Event, trace: Sequence[str]) -> tuple[Posted, ...]:
        """See `UnitOfWork.commit`."""
        now = self._clock.now()
        key = await self._sealing.key(conversation.id)
        found = address_hash(self._sealing.keys, conversation.channel, conversation.address)
        await record_acts(self._connection, self._acts)
        if self._jobs:
            await DEFER.run(self._connection, jobs=[await job_row(job, self._sealing) for job in self._jobs])
        try:
            rows = await KEEP.rows(
                self._connection,
                key=self._key,
                conversation_id=conversation.id,
                event=key.seal(event_place(self._key), orjson.dumps(encode_event(event))),
                trace=list(trace),
                at=event.at,
                role=conversation.role,
                state=key.seal(_place("state", found), orjson.dumps(encode_state(conversation.state))),
                reachable=conversation.reachable,
                owner=self._owner,
                created_at=now,
                lease_until=now + self._lease,
                messages=[
                    await encode_message(message, place, self._sealing) for place, message in enumerate(self._messages)
                ],
            )
        except UniqueViolationError as error:
            if error.constraint_name == INBOX_KEY:
                raise AlreadyTaken("the event was taken by another transaction") from None
            raise
        await self._connection.execute("COMMIT")
        self._committed = True
        return tuple(Posted(row["id"], message) for row, message in zip(rows, self._messages, strict=True))

    async def end(self) -> None:
        """Roll back what was not committed."""
        if not self._committed:
            await self._connection.execute("ROLLBACK")


def _place(column: str, found: bytes) -> str:
    return place_of("conversation", column, found.hex())


def _person(key: DataKey, found: bytes, address: str) -> dict[str, bytes]:
    """The columns of somebody who is new, or as new."""
    return {
        "key": key.id,
        "address": key.seal(_place("address", found), orjson.dumps(address)),
        "state": key.seal(_place("state", found), _NEW),
    }


_LOST: Final = (
    OSError,
    TimeoutError,
    PostgresConnectionError,
    OperatorInterventionError,
    InsufficientResourcesError,
    TransactionRollbackError,
    IdleInTransactionSessionTimeoutError,
)
"""What a transaction can end by without our fault: the server, the way to it, or another transaction."""


class _Work:
    """The span of one unit of work: begin, and at the end roll back what was not committed."""

    __slots__ = ("_connection", "_storage", "_unit")

    def __init__(self, storage: PostgresStorage) -> None:
        self._storage = storage

    async def __aenter__(self) -> PostgresUnitOfWork:
        pool = self._storage.database.pool
        try:
            self._connection = await pool.acquire()
        except (*_LOST, InterfaceError) as error:
            raise StorageUnavailable(type(error).__name__) from error
        try:
            await self._connection.execute("BEGIN")
        except BaseException as error:
            self._connection.terminate()  # where it stands is not known
            pool.release(self._connection)
            if self._is_lost(error):
                raise StorageUnavailable(type(error).__name__) from error
            raise
        self._unit = self._storage.unit(self._connection)
        return self._unit

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        lost = error is not None and self._is_lost(error)
        try:
            if not lost:
                await self._unit.end()
        except BaseException:
            self._connection.terminate()  # never back to the pool with a transaction open
            raise
        finally:
            if lost:
                self._connection.terminate()
            self._storage.database.pool.release(self._connection)
        if lost:
            raise StorageUnavailable(type(error).__name__) from error

    def _is_lost(self, error: BaseException) -> bool:
        return isinstance(error, _LOST) or (isinstance(error, InterfaceError) and self._connection.is_closed())


class PostgresStorage:
    """Opens units of work on a database.

    `owner` names this process: the messages of its turns are its own to send until `lease` has run out. `signals_key` is the
    secret of the hashes by which accounts are compared; without one they are not.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        owner: str,
        lease: timedelta = LEASE,
        signals_key: bytes | None = None,
    ) -> None:
        self._signals_key = signals_key
        self.database = database
        self._clock = clock
        self._owner = owner
        self._lease = lease
        self._times = StageTimesCache(clock)

    def work(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a transaction; see `Storage.work`."""
        return _Work(self)

    def unit(self, connection: Any) -> PostgresUnitOfWork:
        """A unit of work on a connection whose transaction has begun, and that the caller ends."""
        return PostgresUnitOfWork(
            connection, self.database.keys, self._clock, self._owner, self._lease, self._times, self._signals_key
        )
