"""News from the lender: its receipt of an application, its answers, and the events it sends.

An event is first kept by itself, so that it is not lost whatever else happens; then it is taken in by its application
together with all that came before and could not be: an event may be here before the receipt that names its reference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.applications.application import Application
from bot.applications.card import card, told_text, waits_for_form
from bot.applications.events import EventData, LenderEvent
from bot.applications.progress import (
    Change,
    ChangeKind,
    Progress,
    Told,
    advance,
    due_at,
    overdue,
    received,
    taken_back,
)
from bot.applications.stages import FINAL, Stage
from bot.applications.usual_times import UsualTimes
from bot.conversation.kept_pages import forget_application, hand_on, pages_of, pages_values
from bot.conversation.ports import Conversation, Job, LenderEvents, Storage, UnitOfWork
from bot.conversation.progress_cards import card_slot, placement, usual_times
from bot.conversation.turn import Prepare, Turns
from bot.core.clock import Clock
from bot.core.values import Text, Value
from bot.dialogs.events import Event, Returned, Signalled
from bot.ledger.audit import CUSTOMER, LENDER, SYSTEM, AuditEvent, audited
from bot.products.documents import document_texts
from bot.publishing.content import Content

CHECK_LATE: Final = "check-late"
"""The job that looks, when a stage should be over, whether it is."""


class LenderNews:
    """Takes in what the lender says. `events` keeps each event in a transaction of its own.

    A lender that `has_form` waits at the credit enquiry until it is filled in.
    """

    def __init__(  # noqa: PLR0913 -- made in one place only
        self,
        storage: Storage,
        events: LenderEvents,
        turns: Turns,
        content: Callable[[], Content],
        clock: Clock,
        *,
        has_form: bool = False,
    ) -> None:
        self._storage = storage
        self._events = events
        self._turns = turns
        self._content = content
        self._clock = clock
        self._has_form = has_form

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
            handed_on = await self._hand_on(work, known)
            values: dict[str, Value] = {"reference": reference, "application": known.id, "papers_handed_on": handed_on}
            return (*events, Returned(self._clock.now(), request, "accepted", values))

        await self._turns.deliver(application.conversation, key, prepare)

    async def _hand_on(self, work: UnitOfWork, application: Application) -> Value:
        """The documents that came with the form follow it to the lender; which they are, None where there are none."""
        waiting = [
            page for page in await pages_of(work, application.conversation, application.id) if page.handed_in_at is None
        ]
        documents = tuple(dict.fromkeys(page.document for page in waiting))
        for document in documents:
            await hand_on(work, application.conversation, application.id, document, self._clock.now())
        return document_texts(documents) or None

    async def answered(self, application: Application, answer: LenderEvent, request: str, outcome: str) -> None:
        """The lender has done what the customer wished, and says how the application stands; `request` is answered.

        The flow that asked says what came of it, so of the news only the end of the application is told besides.
        """

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            known = await work.applications.get(application.id)
            signals = await self._standing(work, known, answer) if known else ()
            values: dict[str, Value] = {"application": application.id, "stage_reached": str(answer.data.stage or "")}
            if answer.data.signing_url:
                values["signing_url"] = answer.data.signing_url
            return (*(_quiet(signal) for signal in signals), Returned(self._clock.now(), request, outcome, values))

        await self._turns.deliver(application.conversation, f"answered:{application.id}:{request}", prepare)

    async def taken_back(self, application: Application, request: str) -> None:
        """The customer has withdrawn an application that no lender has."""

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            known = await work.applications.get(application.id)
            ended = taken_back(application.id, self._clock.now())
            events = await self._progress(work, known, ended) if known else ()
            return (*events, Returned(self._clock.now(), request, "accepted", {"application": application.id}))

        await self._turns.deliver(application.conversation, f"answered:{application.id}:{request}", prepare)

    async def heard(self, application: Application, answer: LenderEvent) -> None:
        """The lender, asked how an application stands, has answered."""

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            known = await work.applications.get(application.id)
            return await self._standing(work, known, answer) if known else ()

        key = f"status:{application.id}:{answer.sequence}"
        await self._turns.deliver(application.conversation, key, prepare)

    async def overdue(self, application: str) -> Application | None:
        """The application where its stage should be over by now and is not; else it is looked at again when it should be."""
        async with self._storage.work() as work:
            known = await work.applications.get(application)
            late = known is not None and await self._late(work, known)
        if known is None or late:
            return known
        await self._turns.deliver(known.conversation, f"watch:{known.id}:{self._clock.now()}", self._watching(known.id))
        return None

    async def apologise(self, application: Application) -> None:
        """Tell the customer, once for what was heard last, that the stage takes longer than it should."""

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            known = await work.applications.get(application.id)
            if known is None or not await self._late(work, known):
                return ()
            change = Change(ChangeKind.TELL, Told.OVERDUE)
            return (await self._signal(work, known, known.progress, change),)

        key = f"late:{application.id}:{application.progress.stage}:{application.progress.sequence}"
        await self._turns.deliver(application.conversation, key, prepare)

    async def document_taken(self, application: Application, document: str, pages: int, key: str) -> None:
        """The lender has the pages of a document."""

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            now = self._clock.now()
            await work.pages.handed_in(application.id, document, now)
            work.audit(
                audited(
                    "document.handed_in", LENDER, conversation.id, now,
                    application=application.id, document=document, pages=pages,
                )
            )  # fmt: skip
            return ()

        await self._turns.deliver(application.conversation, f"taken:{key}", prepare)

    async def document_lost(self, application: Application, document: str, key: str) -> None:
        """A document could not be handed on: its pages stay, and the customer is asked to hand them in again."""

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            await work.pages.complete(application.id, document, None)
            pages = await work.pages.of_document(application.id, document)
            values: dict[str, Value] = {"application": application.id, **pages_values(document, pages)}
            told = {"told": Text("document.lost", {"document": values["document_name"]})}
            outcome = "document_lost" if pages else "no_page"
            return (Signalled(self._clock.now(), "application", outcome, values | told),)

        await self._turns.deliver(application.conversation, f"lost:{key}", prepare)

    async def corrected(self, application: Application, field: str, answer: LenderEvent, request: str) -> None:
        """The lender has put an answer right, and says how the application stands."""

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            known = await work.applications.get(application.id)
            details = {"application": application.id, "field": field}
            work.audit(audited("application.corrected", LENDER, conversation.id, self._clock.now(), **details))
            return await self._standing(work, known, answer) if known else ()

        await self._turns.deliver(application.conversation, f"corrected:{application.id}:{request}", prepare)

    async def all_corrected(self, conversation: int, request: str) -> None:
        """A correction has come to the lender for every application under way; the flow's `request` is answered."""

        async def prepare(work: UnitOfWork, found: Conversation) -> tuple[Event, ...]:
            return (Returned(self._clock.now(), request, "accepted", {}),)

        await self._turns.deliver(conversation, f"corrected:{conversation}:{request}", prepare)

    async def not_corrected(self, conversation: int, request: str, field: str, why: str) -> None:
        """A correction did not come to the lender: `refused` by it, `failed` after every attempt, or `no_consent` to tell it."""

        async def prepare(work: UnitOfWork, found: Conversation) -> tuple[Event, ...]:
            now, actor = self._clock.now(), LENDER if why == "refused" else SYSTEM
            work.audit(audited("application.not_corrected", actor, found.id, now, field=field, why=why))
            return (Returned(now, request, why, {}),)

        await self._turns.deliver(conversation, f"not-corrected:{conversation}:{request}", prepare)

    async def failed(self, application: Application, request: str, outcome: str) -> None:
        """A call did not succeed: `refused` by the lender, or `failed` after every attempt."""

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            now, actor = self._clock.now(), LENDER if outcome == "refused" else SYSTEM
            work.audit(
                audited("application.failed", actor, conversation.id, now, application=application.id, why=outcome)
            )
            return (Returned(now, request, outcome, {"application": application.id}),)

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

    async def _standing(self, work: UnitOfWork, application: Application, answer: LenderEvent) -> tuple[Event, ...]:
        """Take in an answer, unless it says nothing new."""
        progress = application.progress
        bare = answer.data == EventData(stage=progress.stage)
        if bare or answer.sequence <= progress.sequence:
            return ()
        return await self._progress(work, application, answer)

    def _watching(self, application: str) -> Prepare:
        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            known = await work.applications.get(application)
            if known:
                await self._watch(work, known)
            return ()

        return prepare

    async def _progress(self, work: UnitOfWork, application: Application, *first: LenderEvent) -> tuple[Event, ...]:
        """Take in `first` and whatever waits for this reference; the signals that the customer gets of it."""
        waiting = await work.lender_events.unapplied(application.reference or "")
        known, signals = application, list[Event]()
        for event in (*first, *waiting):
            before = known.progress
            progress, change = advance(before, event)
            known = replace(known, progress=progress)
            shown = any("card" in signal.values for signal in signals if isinstance(signal, Signalled))
            signals.append(await self._signal(work, known, before, change, shown=shown))
            if progress.stage is not before.stage:
                work.audit(_moved(application, progress, event, self._clock.now()))
            if progress.form_filled and not before.form_filled:
                details = {"application": application.id, "event": event.id}
                work.audit(audited("form.filled", LENDER, application.conversation, self._clock.now(), **details))
        for event in waiting:
            await work.lender_events.applied(event)
        await work.applications.save(known)
        if known.progress.stage in FINAL:
            await forget_application(work, known.conversation, known.id)
        await self._watch(work, known)
        return tuple(signals)

    async def _usual(self, work: UnitOfWork, application: Application) -> UsualTimes:
        return await usual_times(work, self._content(), application.product)

    async def _late(self, work: UnitOfWork, application: Application) -> bool:
        return overdue(application.progress, self._clock.now(), await self._usual(work, application))

    async def _watch(self, work: UnitOfWork, application: Application) -> None:
        """Look at the application when its stage should be over."""
        due = due_at(application.progress, await self._usual(work, application))
        if due is not None and due >= self._clock.now():
            payload = {"application": application.id, "conversation": application.conversation}
            work.defer(Job(CHECK_LATE, payload, at=due, once=f"late:{application.id}:{due.isoformat()}"))

    async def _signal(
        self, work: UnitOfWork, application: Application, before: Progress, change: Change, *, shown: bool = False
    ) -> Signalled:
        """What the customer's conversation is told of a change; `shown` where this turn has shown the card already."""
        now, slot, progress = self._clock.now(), card_slot(application.id), application.progress
        values: dict[str, Value] = {"application": application.id, "reference": application.reference}
        if progress.form_filled:
            values["form_filled"] = True
        if progress.signing_url:
            values["signing_url"] = progress.signing_url
        if change.kind is not ChangeKind.NOTHING:
            placed = "edit" if shown else await placement(work, application.conversation, slot)
            usual = await self._usual(work, application)
            shown_card = card(progress, now, application.reference, usual, has_form=self._has_form)
            values |= {"slot": slot, "placed": placed, "card": shown_card}
        if change.told is not None:
            values["told"] = told_text(change.told, progress, application.reference)
        return Signalled(now, "application", _outcome(before, progress, change, has_form=self._has_form), values)


def _quiet(signal: Event) -> Event:
    """The card changes, and what ends the application is told; the rest the flow says that has asked."""
    if not isinstance(signal, Signalled) or signal.outcome == Told.WITHDRAWN:
        return signal
    return replace(signal, values={name: value for name, value in signal.values.items() if name != "told"})


def _moved(application: Application, progress: Progress, event: LenderEvent, at: datetime) -> AuditEvent:
    details = {"application": application.id, "stage": str(progress.stage), "event": event.id}
    return audited("application.stage_changed", LENDER, application.conversation, at, **details)


def _outcome(before: Progress, after: Progress, change: Change, *, has_form: bool) -> str:
    """What flows may wait for: what the customer is told, papers that are complete, or the stage that was entered.

    A credit enquiry that waits for the lender's form is `form_wanted`; any other changes no more than the card.
    """
    if change.told is not None and change.told is not Told.OVERDUE:
        return str(change.told)
    if after.form_filled and not before.form_filled:
        return "form_filled"
    if before.missing and not after.missing:
        return "docs_complete"
    if after.stage is Stage.SIGNING and after.signing_url != before.signing_url:
        return str(Stage.SIGNING)
    if after.stage is not before.stage and waits_for_form(after, has_form=has_form):
        return "form_wanted"
    return str(after.stage if after.stage is not before.stage else change.kind)
