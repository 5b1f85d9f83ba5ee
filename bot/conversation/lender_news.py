"""News from the lender: its receipt of an application, and the events it sends from then on.

An event is first kept by itself, so that it is not lost whatever else happens; then it is taken in by its application
together with all that came before and could not be: an event may be here before the receipt that names its reference.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.applications.application import Application
from bot.applications.events import LenderEvent
from bot.applications.progress import Change, Progress, advance, card, received, taken_back
from bot.conversation.ports import Conversation, LenderEvents, Storage, UnitOfWork
from bot.conversation.turn import Prepare, Turns
from bot.core.clock import Clock
from bot.core.values import Text, Value
from bot.dialogs.events import Event, Returned, Signalled
from bot.ledger.audit import CUSTOMER, LENDER, SYSTEM, AuditEvent, audited


class LenderNews:
    """Takes in what the lender says. `events` keeps each event in a transaction of its own."""

    def __init__(self, storage: Storage, events: LenderEvents, turns: Turns, clock: Clock) -> None:
        self._storage = storage
        self._events = events
        self._turns = turns
        self._clock = clock

    async def receive(self, event: LenderEvent) -> None:
        """One event, perhaps not for the first time. When this returns it is committed."""
        await self._events.add(event, self._clock.now())
        async with self._storage.work() as work:
            application = await work.applications.by_reference(event.reference)
        if application is not None:
            key = f"lender:{event.source}:{event.id}"
            await self._turns.deliver(application.conversation, key, self._taking_in(application.id))

    async def receipt(self, application: Application, reference: str, request: str) -> None:
        """The lender has taken the application and knows it by `reference`; the flow's `request` is answered."""
        key = f"receipt:{application.id}"

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            known = await work.applications.get(application.id)
            if known is None:
                return ()
            first = received(reference, self._clock.now())
            named = replace(known, reference=reference)
            work.audit(
                audited(
                    "application.submitted", LENDER, conversation.id, self._clock.now(),
                    application=known.id, reference=reference,
                )
            )  # fmt: skip
            events = await self._progress(work, named, first)
            values: dict[str, Value] = {"reference": reference, "application": application.id}
            return (*events, Returned(self._clock.now(), request, "accepted", values))

        await self._turns.deliver(application.conversation, key, prepare)

    async def document_lost(self, conversation: int, key: str) -> None:
        """A document could not be handed on: the customer is asked to send it again."""

        async def prepare(work: UnitOfWork, found: Conversation) -> tuple[Event, ...]:
            return (Signalled(self._clock.now(), "document", "lost", {"told": Text("document.lost")}),)

        await self._turns.deliver(conversation, key, prepare)

    async def refused(self, application: Application, request: str, outcome: str) -> None:
        """The application was not handed in.

        `refused` by the lender, or `failed` after every attempt.
        """

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            now, actor = self._clock.now(), LENDER if outcome == "refused" else SYSTEM
            work.audit(
                audited("application.failed", actor, conversation.id, now, application=application.id, why=outcome)
            )
            return (Returned(now, request, outcome),)

        await self._turns.deliver(application.conversation, f"refused:{application.id}:{request}", prepare)

    async def cancelled(self, application: Application, request: str, why: str) -> None:
        """The application is not handed in any more: its consent has ended (`withdrawn`), or is to words that have changed."""

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            now = self._clock.now()
            known = await work.applications.get(application.id)
            if known is not None and known.reference is None:
                ended, _ = advance(known.progress, taken_back(known.id, now))
                await work.applications.save(replace(known, progress=ended))
                actor = CUSTOMER if why == "withdrawn" else SYSTEM
                work.audit(audited("application.cancelled", actor, conversation.id, now, application=known.id, why=why))
            return (Returned(now, request, why),)

        await self._turns.deliver(application.conversation, f"cancelled:{application.id}:{request}", prepare)

    def _taking_in(self, application: str) -> Prepare:
        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            known = await work.applications.get(application)
            return await self._progress(work, known) if known else ()

        return prepare

    async def _progress(self, work: UnitOfWork, application: Application, *first: LenderEvent) -> tuple[Event, ...]:
        """Take in `first` and whatever waits for this reference; the signals that the customer gets of it."""
        waiting = await work.lender_events.unapplied(application.reference or "")
        progress, signals = application.progress, list[Event]()
        for event in (*first, *waiting):
            before = progress
            progress, change = advance(before, event)
            signals.append(self._signal(application, before, progress, change))
            if progress.stage is not before.stage:
                work.audit(_moved(application, progress, event, self._clock.now()))
        for event in waiting:
            await work.lender_events.applied(event)
        await work.applications.save(replace(application, progress=progress))
        return tuple(signals)

    def _signal(self, application: Application, before: Progress, progress: Progress, change: Change) -> Signalled:
        now = self._clock.now()
        values: dict[str, Value] = {"application": application.id, "slot": f"card.{application.id}"}
        if change.kind != "nothing":
            values["card"] = card(progress, now, application.reference)
        if change.text is not None:
            values["told"] = change.text
        return Signalled(now, "application", str(change.told or _outcome(before, progress, change)), values)


def _moved(application: Application, progress: Progress, event: LenderEvent, at: datetime) -> AuditEvent:
    details = {"application": application.id, "stage": str(progress.stage), "event": event.id}
    return audited("application.stage_changed", LENDER, application.conversation, at, **details)


def _outcome(before: Progress, after: Progress, change: Change) -> str:
    """What flows may wait for besides what the customer is told."""
    return "docs_complete" if before.missing and not after.missing else str(change.kind)
