"""The composition root: the only module that knows everyone.

`running` puts the parts of one process together and starts them; what is given up at the end is given up in the reverse
order, the embedded database last.
"""

from __future__ import annotations

import asyncio
import gc
import math
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import procrastinate
import structlog
from asyncpg import InterfaceError, PostgresError
from fastapi import FastAPI, HTTPException
from starlette.types import ASGIApp

from bot.conversation.crm import leave_for_crm
from bot.conversation.desk import Desk
from bot.conversation.document_pages import DocumentPages
from bot.conversation.facts import Market
from bot.conversation.incoming import NotTaken
from bot.conversation.lender_news import LenderNews
from bot.conversation.ports import Conversation, Failure, UnitOfWork
from bot.conversation.services.registry import SERVICES
from bot.conversation.supervision import Supervision
from bot.conversation.turn import Turns
from bot.core.clock import Clock
from bot.core.errors import ContentError, TillwiseError
from bot.core.values import Text
from bot.dialogs.events import Event
from bot.dialogs.model import Notice
from bot.gateways.clamd import scanner_at
from bot.gateways.crm import CrmClient
from bot.gateways.lender.client import LenderClient
from bot.gateways.lender.forms import HostedForm
from bot.gateways.signatures import check_secret
from bot.gateways.telegram.account import Account, account, offer_commands, take_by_polling, take_by_webhook
from bot.gateways.telegram.client import BotApi
from bot.gateways.telegram.files import TelegramFiles
from bot.gateways.telegram.limits import Rate
from bot.gateways.telegram.ports import Watch
from bot.gateways.telegram.sender import Pace, Sender
from bot.handlers.intake import Intake, TurnWatch
from bot.handlers.polling import Polling
from bot.handlers.routers import CHANNEL
from bot.handlers.routers import Desk as HandlerDesk
from bot.ledger.audit import SYSTEM
from bot.publishing.library import Library
from bot.publishing.release import Release
from bot.publishing.semantics import best_finders
from bot.publishing.sources import read_documents
from bot.settings import Settings, StorageSettings
from bot.storage.console_access import ConsoleAccess
from bot.storage.customer_stories import CustomerStories
from bot.storage.database import Database
from bot.storage.dead_letters import PostgresDeadLetters
from bot.storage.desk_pages import DeskPages, DeskWatch
from bot.storage.embedded import embedded
from bot.storage.failures import PostgresFailures
from bot.storage.files import EncryptedFiles
from bot.storage.jobs import job_arguments
from bot.storage.keys import PersonKeys, made_beside
from bot.storage.ledgers import Ledgers
from bot.storage.lender_events import PostgresLenderEvents
from bot.storage.master_keys import MasterKeys, kept_in
from bot.storage.migrations import migrate
from bot.storage.outbox import PostgresOutbox
from bot.storage.reach import set_reachable
from bot.storage.releases import PostgresReleases
from bot.storage.repositories.consents import consents_over
from bot.storage.repositories.topics import PostgresTopics
from bot.storage.retention import AlreadyRunning, Retainer
from bot.storage.sealing import Sealing
from bot.storage.unit_of_work import PostgresStorage
from bot.storage.urls import engine_url
from bot.texts.texts import Texts
from bot.web.access import access_router, refusals
from bot.web.compliance import compliance_router
from bot.web.desk import desk_router
from bot.web.health import Figures, health_routes
from bot.web.lender import lender_router
from bot.web.server import serving
from bot.web.telegram import TelegramWebhook
from bot.web.telegram import at as telegram_hook
from bot.worker.corrections import Corrections
from bot.worker.crm import CrmNews
from bot.worker.documents import Documents
from bot.worker.form_links import FormLinks
from bot.worker.given_up import GivenUp
from bot.worker.jobs import Uses, job_app, work
from bot.worker.lender_calls import LenderCalls
from bot.worker.submission import Submissions

RELAY_EVERY: Final = 5.0
SEAL_EVERY: Final = 1.0
COMMANDS: Final = (
    "start",
    "help",
    "human",
    "back",
    "cancel",
    "progress",
    "appointments",
    "call_back",
    "branches",
    "privacy",
    "language",
)
_log = structlog.get_logger(__name__)


class SystemClock:
    """The computer's own time."""

    def now(self) -> datetime:
        """The present in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class CountedFailures:
    """Keeps failures for staff, and counts them for whoever watches the figures."""

    kept: PostgresFailures
    figures: Figures

    async def record(self, failure: Failure) -> None:
        """See `Failures.record`."""
        self.figures.failure(failure.where)
        await self.kept.record(failure)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a process that work without being asked from outside."""

    settings: Settings
    clock: Clock
    database: Database
    library: Library
    releases: PostgresReleases
    storage: PostgresStorage
    failures: CountedFailures
    figures: Figures
    api: BotApi
    account: Account
    sender: Sender
    desk: Desk
    turns: Turns
    news: LenderNews
    ledgers: Ledgers
    jobs: procrastinate.App


@dataclass(frozen=True, slots=True)
class Running:
    """A process at work: where its web server listens and who the bot is."""

    parts: Parts
    url: str
    account: Account


@asynccontextmanager
async def database_url(configured: str | None, data_dir: Path) -> AsyncIterator[str]:
    """The configured server, or an embedded one that runs for the span of the block."""
    if configured:
        yield configured
    else:
        async with embedded(data_dir / "postgres") as url:
            yield url


@asynccontextmanager
async def migrated(settings: Settings | StorageSettings, connections: int = 4) -> AsyncIterator[Database]:
    """An open database with the keys of its people and the schema brought up to date. Raises `SettingsError`."""
    configured = settings.database_url.get_secret_value() if settings.database_url else None
    async with database_url(configured, settings.data_dir) as url:
        keys = await _keys(settings, url)
        await keys.open()
        try:
            await migrate(url, keys=keys)
            async with Database(url, size=connections, keys=keys) as database:
                yield database
        finally:
            await keys.close()


async def _keys(settings: Settings | StorageSettings, url: str) -> PersonKeys:
    """The keys of the people in the database at `url`; only the embedded one brings a master key of its own."""
    engine_url(url)
    written = settings.master_key_list
    if not written and settings.database_url is None:
        written = kept_in(settings.data_dir / "master.key")
    masters = MasterKeys(written)
    if settings.keys_url is not None:
        return PersonKeys(settings.keys_url.get_secret_value(), masters)
    return PersonKeys(await made_beside(url), masters)


async def publish(database: Database, default_locale: str, timezone: str, *, by: str, note: str = "") -> Release:
    """Publish the authored files as the next release, where they differ from the newest. Raises `ContentError`."""
    library = Library(PostgresReleases(database), SystemClock(), default_locale, timezone, services=SERVICES)
    return await library.publish(read_documents(), by, note)


@asynccontextmanager
async def running(settings: Settings, *, worker: bool = True, serve: bool = True) -> AsyncIterator[Running]:
    """A whole process for the span of the block: web server and bot (`serve`), jobs (`worker`), or both.

    Raises `SettingsError`, `ContentError`, or the gateway's `Misconfigured` when it cannot start.
    """
    for secret in settings.lender_secrets:
        check_secret(secret)
    for secret in settings.crm_signing:
        check_secret(secret, "BOT_CRM_SECRETS")
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(_database(settings))
        parts = await _parts(stack, settings, database)
        who = parts.account
        await stack.enter_async_context(_background(parts.releases.watch(_refreshing(parts)), "releases"))
        await stack.enter_async_context(_background(database.keys.watch(), "keys"))
        await stack.enter_async_context(_background(_relaying(parts.sender, parts.clock), "relay"))
        await stack.enter_async_context(parts.jobs.open_async())
        if worker:
            await stack.enter_async_context(_background(_sealing(parts.ledgers), "ledgers"))
            await stack.enter_async_context(_background(work(parts.jobs), "jobs"))
        url = await stack.enter_async_context(_serving(parts, who)) if serve else ""
        _spare_garbage_collector()
        yield Running(parts, url, who)


def _spare_garbage_collector() -> None:
    """What is there by now stays, so the collector need not look through it again and again: that took 0.1 s at a time.

    A turn makes hundreds of objects and hardly any cycle: collecting seven times less often saves a twentieth of a turn.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    async with migrated(settings, settings.database_connections) as database:
        yield database


async def _parts(stack: AsyncExitStack, settings: Settings, database: Database) -> Parts:
    clock, figures = SystemClock(), Figures()
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    releases = PostgresReleases(database)
    finders = best_finders(settings.data_dir / "meanings")
    library = Library(releases, clock, settings.default_locale, settings.timezone, services=SERVICES, finders=finders)
    await library.refresh()
    _ = library.current  # without content there is nothing to say: told before anybody outside is asked
    sealing = Sealing(database.keys, database.pool)
    storage = PostgresStorage(database, clock, owner=owner, signals_key=settings.signals_secret)
    outbox = PostgresOutbox(database, clock, owner=owner)
    failures = CountedFailures(PostgresFailures(database), figures)
    api = await stack.enter_async_context(BotApi(settings.token.get_secret_value(), settings.telegram_api))
    who = await account(api)
    market = Market(
        settings.timezone,
        settings.region,
        settings.currency,
        settings.operator,
        settings.lender_form is not None,
        bot=who.username or "",
    )
    desk = Desk(
        lambda: library.current,
        (leave_for_crm,) if settings.crm_url else (),
        settings.console,
        market,
        topics=who.topics,
    )

    async def unreachable(conversation: int) -> None:
        await _lost(turns, desk, clock, conversation)

    watch = Watch(
        unreachable=unreachable, failed=failures.record, counted=lambda outcome: figures.message(CHANNEL, outcome)
    )
    topics = PostgresTopics(database.pool) if who.topics else None
    sender = Sender(api, outbox, clock, watch, _pace(settings), rich=settings.rich_messages == "auto", topics=topics)
    stack.push_async_callback(sender.close)
    turns = Turns(
        storage=storage,
        library=library,
        desk=desk,
        failures=failures,
        post=sender.deliver,
        clock=clock,
        market=market,
    )
    events = PostgresLenderEvents(database.pool, sealing)
    news = LenderNews(storage, events, turns, lambda: library.current, clock, has_form=market.hosted_form)
    letters = PostgresDeadLetters(database)
    given_up = GivenUp(letters, failures, clock)
    http = await stack.enter_async_context(httpx.AsyncClient(timeout=20))
    lender = _lender(http, settings, clock)
    sent = TelegramFiles(api, http, settings.telegram_api, settings.token.get_secret_value())
    ledgers = Ledgers(database, clock)
    files = EncryptedFiles(settings.files or settings.data_dir / "files", database)

    def notices() -> Mapping[str, Notice]:
        return library.current.book.notices

    uses = Uses(
        storage=storage,
        turns=turns,
        desk=desk,
        documents=Documents(storage, lender, files, news, given_up, notices),
        pages=DocumentPages(
            storage=storage,
            turns=turns,
            fetch=sent.fetch,
            files=files,
            scanner=scanner_at(settings.scanner) if settings.scanner else None,
            failures=failures,
            clock=clock,
            content=lambda: library.current,
        ),
        files=files,
        form_links=FormLinks(storage, turns, _form(settings), clock),
        crm=CrmNews(
            crm=_crm(http, settings, clock),
            storage=storage,
            score=desk.score,
            currency=settings.currency,
            given_up=GivenUp(letters, failures, clock, "crm"),
        ),
        submissions=Submissions(storage, lender, news, given_up, notices),
        calls=LenderCalls(storage, lender, news, given_up),
        corrections=Corrections(storage, lender, news, given_up, notices),
        given_up=given_up,
        over=lambda: consents_over(database.pool, clock.now()),
        clock=clock,
        retain=lambda: _retaining(Retainer(database, files, clock), library, failures, clock),
        anchor=lambda: _anchoring(ledgers),
        destroy=database.keys.destroy,
        arguments=lambda task, arguments: job_arguments(task, arguments, sealing),
    )
    return Parts(
        settings, clock, database, library, releases, storage, failures, figures, api, who, sender, desk, turns, news,
        ledgers, job_app(database.url, uses),
    )  # fmt: skip


def _form(settings: Settings) -> HostedForm | None:
    return HostedForm(settings.lender_form, settings.lender_secrets) if settings.lender_form else None


def _lender(http: httpx.AsyncClient, settings: Settings, clock: Clock) -> LenderClient | None:
    if settings.lender_url is None:
        return None
    return LenderClient(settings.lender_url, settings.lender_secrets, http, clock)


def _crm(http: httpx.AsyncClient, settings: Settings, clock: Clock) -> CrmClient | None:
    if settings.crm_url is None:
        return None
    return CrmClient(settings.crm_url, settings.crm_signing, f"urn:tillwise:bot:{settings.bot_number}", http, clock)


def _pace(settings: Settings) -> Pace:
    overall, chat = settings.messages_per_second, settings.messages_per_chat
    return Pace(
        per_chat=Rate(chat, 3) if chat else Rate(0), overall=Rate(overall, math.ceil(overall)) if overall else Rate(0)
    )


async def _lost(turns: Turns, desk: Desk, clock: Clock, conversation: int) -> None:
    """Messages no longer reach this person: whoever deals with them is told."""

    async def prepare(work: UnitOfWork, found: Conversation) -> tuple[Event, ...]:
        await desk.unreachable(work, found, clock.now())
        return ()

    await turns.deliver(conversation, f"unreachable:{conversation}:{clock.now().isoformat()}", prepare)


def _refreshing(parts: Parts) -> Callable[[int], Coroutine[Any, Any, None]]:
    async def published(number: int) -> None:
        try:
            await parts.library.refresh(number)
        except ContentError as error:
            _log.error("a release cannot be read; the one before stays", release=number)
            await parts.failures.record(Failure(parts.clock.now(), "content.release", str(error)))

    return published


async def _relaying(sender: Sender, clock: Clock) -> None:
    """Take up, every few seconds, what a process that is gone has left unsent."""
    while True:
        try:
            await sender.relay_once(clock.now())
        except OSError as error:
            _log.warning("the outbox cannot be read", error=type(error).__name__)
        await asyncio.sleep(RELAY_EVERY)


async def _sealing(ledgers: Ledgers) -> None:
    """Seal what turns have put into the ledgers, every second."""
    while True:
        try:
            await ledgers.seal()
        except (OSError, PostgresError, InterfaceError) as error:
            _log.warning("the ledgers cannot be sealed", error=type(error).__name__)
        await asyncio.sleep(SEAL_EVERY)


async def _retaining(retainer: Retainer, library: Library, failures: CountedFailures, clock: Clock) -> int:
    """Remove what has been kept long enough; staff are told where something stays that should have gone."""
    content = library.current
    if content.retention is None:
        await failures.record(Failure(clock.now(), "retention", "the published content says nothing of retention"))
        return 0
    try:
        report = await retainer.run(content.retention, content.number, SYSTEM)
    except AlreadyRunning:
        return 0
    late = {name: str(line.late) for name, line in report.lines.items() if line.late}
    if late:
        await failures.record(Failure(clock.now(), "retention", "records are past their time", details=late))
    return sum(line.removed for line in report.lines.values())


async def _anchoring(ledgers: Ledgers) -> None:
    """Note the ends of the ledgers in the audit and in the log, which stands outside of the database."""
    for name, seal in (await ledgers.anchor()).items():
        _log.info("ledger anchored", ledger=name, number=seal.number, hash=seal.hash)


@asynccontextmanager
async def _background(running: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Run something for the span of the block; should it end by itself, the process ends with it."""
    task = asyncio.create_task(running, name=name)
    task.add_done_callback(_ended)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("a part of the program has failed", part=task.get_name(), error=type(error).__name__)
        STOP.fail(task.get_name())


class PartFailed(TillwiseError):  # noqa: N818 -- named for what has happened
    """A part of the program that must always run has failed; the log says why."""


class _Stop:
    """Ends the program when a part of it has failed; waited for by whoever runs it."""

    def __init__(self) -> None:
        self._failed: asyncio.Future[str] | None = None

    def fail(self, part: str) -> None:
        """A part has failed: the program is to end."""
        if self._failed is not None and not self._failed.done():
            self._failed.set_result(part)

    async def wait(self) -> None:
        """Wait for ever, or for a part to fail: then `PartFailed` is raised."""
        self._failed = asyncio.get_running_loop().create_future()
        part = await self._failed
        raise PartFailed(f"the part '{part}' has failed; the log says why")


STOP: Final = _Stop()


@asynccontextmanager
async def _serving(parts: Parts, who: Account) -> AsyncIterator[str]:
    """The web server, and updates coming in by webhook or polling."""
    settings = parts.settings
    intake = Intake(
        HandlerDesk(who.id, parts.turns.take, _reach(parts), parts.clock),
        TurnWatch(
            counted=lambda outcome, seconds: parts.figures.turn(CHANNEL, outcome, seconds),
            failed=parts.failures.record,
        ),
    )
    await _announce(parts)
    watch = DeskWatch(parts.database)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_background(watch.run(), "desk"))
        web = serving(_web(parts, intake, watch), settings.host, settings.port, before_stop=watch.close)
        url = await stack.enter_async_context(web)
        if settings.webhook_url and settings.webhook_secret:
            hook = f"{settings.webhook_url}/telegram"
            await take_by_webhook(parts.api, hook, settings.webhook_secret.get_secret_value())
        else:
            await take_by_polling(parts.api)
            await stack.enter_async_context(_background(Polling(parts.api, intake.feed).run(), "polling"))
        yield url


def _reach(parts: Parts) -> Callable[[str, str, bool], Coroutine[Any, Any, None]]:
    async def reach(channel: str, address: str, reachable: bool) -> None:
        try:
            await set_reachable(parts.database, channel, address, reachable)
        except OSError:
            raise NotTaken("the database cannot be reached") from None

    return reach


async def _announce(parts: Parts) -> None:
    """Show the commands in the channel's menu, in every language."""
    texts = parts.library.current.texts
    listed = {locale: _menu(texts, locale) for locale in texts.locales}
    await offer_commands(parts.api, {"": listed[texts.locales[0]], **listed})


def _menu(texts: Texts, locale: str) -> list[tuple[str, str]]:
    return [(name, texts.label(Text(f"command.{name}.about"), locale)) for name in COMMANDS]


def _web(parts: Parts, intake: Intake, watch: DeskWatch) -> ASGIApp:
    settings = parts.settings
    app = FastAPI(title="Tillwise", docs_url=None, redoc_url=None, openapi_url=None)
    checks = {"database": lambda: parts.database.pool.fetchval("SELECT 1")}
    app.router.routes.extend(health_routes(checks, parts.figures))
    if settings.lender_secrets:
        app.include_router(lender_router(parts.news.receive, settings.lender_secrets, parts.clock))
    access = ConsoleAccess(parts.database, parts.clock)

    def texts() -> Texts:
        return parts.library.current.texts

    app.include_router(access_router(access, texts))
    app.include_router(compliance_router(access, CustomerStories(parts.database, parts.clock)))
    views = DeskPages(parts.storage, parts.desk, parts.clock)
    acts = Supervision(parts.storage, parts.turns, parts.desk, parts.clock)
    app.include_router(desk_router(access, views, watch, texts, acts))
    app.add_exception_handler(HTTPException, refusals(texts))
    if settings.webhook_secret:
        hook = TelegramWebhook(intake.feed, settings.webhook_secret.get_secret_value())
        return telegram_hook("/telegram", hook, app)
    return app
