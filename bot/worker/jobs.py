"""The jobs by name, on procrastinate. Each only translates: what it does is a use case's.

A job may run more than once: events carry a key, submissions an idempotency key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

import procrastinate
import structlog
from procrastinate import JobContext, RetryStrategy

from bot.conversation.consents import end
from bot.conversation.crm import TELL_CRM
from bot.conversation.desk import Desk
from bot.conversation.document_pages import DocumentPages, SentPage
from bot.conversation.kept_pages import KEEP_PAGE, REMOVE_FILES
from bot.conversation.ports import Conversation, Files, Job, Storage, UnitOfWork
from bot.conversation.turn import Prepare, Turns
from bot.core.clock import Clock
from bot.dialogs.codec import decode_event
from bot.dialogs.events import Event
from bot.gateways.lender.client import Action
from bot.storage.envelope import Forgotten
from bot.storage.jobs import DELIVER_EVENT, DESTROY_KEYS
from bot.worker.corrections import CALL, Correction, Corrections
from bot.worker.crm import CrmNews
from bot.worker.documents import Documents, Sent
from bot.worker.form_links import FormLinks
from bot.worker.given_up import ATTEMPTS, CRM_ATTEMPTS, GivenUp
from bot.worker.lender_calls import LenderCalls
from bot.worker.submission import Submissions

CONCURRENCY: Final = 8
PAGE_ATTEMPTS: Final = 5
"""Attempts at taking a page in, in half a minute: somebody is waiting, and can send it again."""

_SOON: Final = RetryStrategy(max_attempts=10, exponential_wait=2)
_PAGE: Final = RetryStrategy(max_attempts=PAGE_ATTEMPTS, exponential_wait=2)
_LENDER: Final = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=2)
_CRM: Final = RetryStrategy(max_attempts=CRM_ATTEMPTS, exponential_wait=2)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Uses:
    """The use cases that jobs carry out.

    `retain` removes what has been kept long enough, and tells how many records that were; `anchor` notes the ends of ledgers, `over`
    tells which consents have come to their end, by conversation and record.
    `destroy` destroys the keys of people who were erased. `arguments` opens what is sealed in a job's arguments.
    """

    storage: Storage
    turns: Turns
    desk: Desk
    submissions: Submissions
    calls: LenderCalls
    corrections: Corrections
    given_up: GivenUp
    documents: Documents
    pages: DocumentPages
    files: Files
    form_links: FormLinks
    crm: CrmNews
    clock: Clock
    retain: Callable[[], Awaitable[int]]
    anchor: Callable[[], Awaitable[None]]
    over: Callable[[], Awaitable[Sequence[tuple[int, str]]]]
    destroy: Callable[[Iterable[bytes]], Awaitable[None]]
    arguments: Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]

    async def opened(self, task: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The arguments of a job in clear; None where its person was erased: then there is nothing to do any more."""
        try:
            return await self.arguments(task, arguments)
        except Forgotten:
            _log.info("a job of somebody who was erased is dropped", task=task)
            return None


def job_app(url: str, uses: Uses) -> procrastinate.App:
    """All jobs on the database at `url`; open it before use."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4))

    @app.task(name=DELIVER_EVENT, retry=_SOON)
    async def deliver_event(**sealed: Any) -> None:
        told = await uses.opened(DELIVER_EVENT, sealed)
        if told is None:
            return

        async def prepare(work: UnitOfWork, found: Conversation) -> tuple[Event, ...]:
            return (decode_event(told["event"]),)

        await uses.turns.deliver(told["conversation"], told["key"], prepare)

    _lender_tasks(app, uses)
    _crm_tasks(app, uses)
    _page_tasks(app, uses)
    _desk_tasks(app, uses)

    @app.task(name=DESTROY_KEYS, retry=_SOON)
    async def destroy_keys(keys: list[str]) -> None:
        await uses.destroy(bytes.fromhex(key) for key in keys)

    @app.periodic(cron="17 3 * * *")
    @app.task(name="retention", queueing_lock="retention")
    async def retention(timestamp: int) -> None:
        _log.info("what was kept long enough is removed", records=await uses.retain())

    @app.periodic(cron="7 * * * *")
    @app.task(name="anchor-ledgers", queueing_lock="anchor-ledgers")
    async def anchor_ledgers(timestamp: int) -> None:
        await uses.anchor()

    @app.periodic(cron="37 2 * * *")
    @app.task(name="expire-consents", queueing_lock="expire-consents")
    async def expire_consents(timestamp: int) -> None:
        for conversation, record in await uses.over():
            await uses.turns.deliver(conversation, f"consent:{record}:over", _expiring(uses, record))

    return app


def _expiring(uses: Uses, record: str) -> Prepare:
    """Ends a consent whose time is over, where it is still the last word on its notice."""

    async def prepare(work: UnitOfWork, found: Conversation) -> tuple[Event, ...]:
        for latest in (await work.consents.latest(found.id)).values():
            if latest.record_id == record:
                await end(work, uses.desk, found, latest, "expired", uses.clock.now())
        return ()

    return prepare


def _lender_tasks(app: procrastinate.App, uses: Uses) -> None:
    """Calls to the lender: tried again with growing pauses, and at last left for staff, whatever the reason."""

    async def attempt(context: JobContext, call: str, run: Callable[[Job, bool], Awaitable[None]]) -> None:
        job = Job(context.job.task_name, context.job.task_kwargs, lock=context.job.lock)
        last = context.job.attempts + 1 >= ATTEMPTS
        try:
            await run(job, last)
        except Exception as error:
            if last:
                await uses.given_up.record(call, job, error)
            raise

    @app.task(name="submit-application", pass_context=True, retry=_LENDER)
    async def submit_application(
        context: JobContext, application: str, conversation: int, request: str, locale: str
    ) -> None:
        await attempt(
            context,
            "submit",
            lambda job, last: uses.submissions.submit(application, request, locale, job, last=last),
        )

    @app.task(name="act-at-lender", pass_context=True, retry=_LENDER)
    async def act_at_lender(
        context: JobContext, action: Action, application: str, conversation: int, request: str
    ) -> None:
        await attempt(context, action, lambda job, last: uses.calls.act(action, application, request, job, last=last))

    @app.task(name="correct-at-lender", pass_context=True, retry=_LENDER)
    async def correct_at_lender(context: JobContext, /, **correction: Any) -> None:
        await attempt(context, CALL, lambda job, last: uses.corrections.send(Correction(**correction), job, last=last))

    @app.task(name="send-document", pass_context=True, retry=_LENDER)
    async def send_document(context: JobContext, /, **sent: Any) -> None:
        key = f"job:{context.job.id}"
        await attempt(context, "document", lambda job, last: uses.documents.send(Sent(**sent), key, job, last=last))

    @app.task(name="make-form-link", retry=_SOON)
    async def make_form_link(application: str, conversation: int, request: str, locale: str) -> None:
        await uses.form_links.make(application, conversation, request, locale)

    @app.task(name="check-late", retry=_SOON)
    async def check_late(application: str, conversation: int) -> None:
        await uses.calls.check_late(application)


def _crm_tasks(app: procrastinate.App, uses: Uses) -> None:
    @app.task(name=TELL_CRM, pass_context=True, retry=_CRM)
    async def tell_crm(context: JobContext, /, **told: Any) -> None:
        job = Job(TELL_CRM, told, lock=context.job.lock)
        await uses.crm.tell(job, last=context.job.attempts + 1 >= CRM_ATTEMPTS)


def _page_tasks(app: procrastinate.App, uses: Uses) -> None:
    """What customers send as documents: taken in, and forgotten when it is time."""

    @app.task(name=KEEP_PAGE, pass_context=True, retry=_PAGE)
    async def keep_page(context: JobContext, /, **sent: Any) -> None:
        if (told := await uses.opened(KEEP_PAGE, sent)) is not None:
            await uses.pages.keep(SentPage(**told), last=context.job.attempts + 1 >= PAGE_ATTEMPTS)

    @app.task(name=REMOVE_FILES, retry=_SOON)
    async def remove_files(names: list[str]) -> None:
        await uses.files.remove(names)


def _desk_tasks(app: procrastinate.App, uses: Uses) -> None:
    """What the desk has put off: each in the transaction of the conversation that it names."""
    desk, now = uses.desk, uses.clock.now

    async def run(
        context: JobContext, conversation: int, act: Callable[[UnitOfWork, Conversation], Awaitable[None]]
    ) -> None:
        async def prepare(work: UnitOfWork, found: Conversation) -> tuple[Event, ...]:
            await act(work, found)
            return ()

        await uses.turns.deliver(conversation, f"job:{context.job.id}", prepare)

    @app.task(name="lead-joined", pass_context=True, retry=_SOON)
    async def lead_joined(context: JobContext, conversation: int, lead: int) -> None:
        await run(context, conversation, lambda work, found: desk.joined(work, found, now()))

    @app.task(name="next-manager", pass_context=True, retry=_SOON)
    async def next_manager(context: JobContext, conversation: int, lead: int, assignment: int) -> None:
        await run(context, conversation, lambda work, _: desk.next_manager(work, lead, assignment, now()))

    @app.task(name="lead-late", pass_context=True, retry=_SOON)
    async def lead_late(
        context: JobContext, conversation: int, lead: int, mark: Literal["delayed", "supervisor"]
    ) -> None:
        await run(context, conversation, lambda work, _: desk.late(work, lead, mark, now()))

    @app.task(name="claim-late", pass_context=True, retry=_SOON)
    async def claim_late(context: JobContext, conversation: int, message: int) -> None:
        await run(context, conversation, lambda work, _: desk.claim_undecided(work, message, now()))

    @app.task(name="expire-lead", pass_context=True, retry=_SOON)
    async def expire_lead(context: JobContext, conversation: int, lead: int) -> None:
        await run(context, conversation, lambda work, _: desk.expire(work, lead, now()))

    @app.task(name="remind-appointment", pass_context=True, retry=_SOON)
    async def remind_appointment(context: JobContext, conversation: int, appointment: int) -> None:
        await run(context, conversation, lambda work, _: desk.remind(work, appointment, now()))

    @app.task(name="expire-field-lead", pass_context=True, retry=_SOON)
    async def expire_field_lead(context: JobContext, conversation: int, field_lead: int) -> None:
        await run(context, conversation, lambda work, _: desk.expire_field_lead(work, field_lead, now()))

    @app.task(name="begin-appointment", pass_context=True, retry=_SOON)
    async def begin_appointment(context: JobContext, conversation: int, appointment: int) -> None:
        await run(context, conversation, lambda work, found: desk.call_back(work, found, appointment, now()))

    @app.task(name="offer-waiting", pass_context=True, retry=_SOON)
    async def offer_waiting(context: JobContext, conversation: int) -> None:
        await run(context, conversation, lambda work, _: desk.offer_waiting(work, now()))


async def work(app: procrastinate.App) -> None:
    """Run jobs until cancelled; those under way are finished first. Jobs that a killed process held are taken up again."""
    watch = asyncio.create_task(_revive(app))
    try:
        await app.run_worker_async(
            concurrency=CONCURRENCY,
            install_signal_handlers=False,
            delete_jobs="successful",
            fetch_job_polling_interval=5.0,
            shutdown_graceful_timeout=10.0,
        )
    finally:
        watch.cancel()


async def _revive(app: procrastinate.App, every: timedelta = timedelta(seconds=15)) -> None:
    while True:
        for job in await app.job_manager.get_stalled_jobs():
            await app.job_manager.retry_job(job)
        await asyncio.sleep(every.total_seconds())
