"""A page that a customer has sent: fetched from the channel, looked at, scanned, kept encrypted, and told about.

What it takes stands outside of the turn, so it is a job's; the row and what the customer is told are one transaction. Jobs of one
application follow each other, so pages keep the order in which they were sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.applications.documents import LIMITS, Fault, Limits, Page, inspect, joining
from bot.applications.stages import FINAL
from bot.conversation.consents import financial_agreed
from bot.conversation.kept_pages import DRAFT, drafts, forget, hand_on, pages_values, removal, so_far
from bot.conversation.ports import (
    Conversation,
    Failure,
    Failures,
    Files,
    FileTooLarge,
    Scanner,
    ScannerUnavailable,
    Storage,
    UnitOfWork,
)
from bot.conversation.signals import look_at_file
from bot.conversation.turn import Prepare, Turns
from bot.core.clock import Clock
from bot.core.errors import TillwiseError
from bot.core.values import Text, Value
from bot.dialogs.events import Event, Signalled
from bot.ledger.audit import CUSTOMER, SYSTEM, audited
from bot.publishing.content import Content

PATIENCE: Final = 1.0
"""Seconds after which a page that is still being looked at is said to be."""

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SentPage:
    """A page on its way: what it will be known by, what it belongs to, and the channel's file. `replaces` names a page."""

    page: str
    application: str
    conversation: int
    document: str
    kind: str
    file: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    media_type: str
    size: int
    digest: str
    scanned: bool


class DocumentPages:
    """Takes pages in. `fetch` gets a file from the channel by its handle; without a `scanner` pages are kept unscanned.

    `content` is that of the moment, whose rules look at a page that other accounts have sent, too. What takes longer than `patience`
    seconds is said to be under way.
    """

    def __init__(  # noqa: PLR0913 -- the ports of a page, each given by name
        self,
        *,
        storage: Storage,
        turns: Turns,
        fetch: Callable[[str], Awaitable[bytes]],
        files: Files,
        scanner: Scanner | None,
        failures: Failures,
        clock: Clock,
        content: Callable[[], Content],
        limits: Limits = LIMITS,
        patience: float = PATIENCE,
    ) -> None:
        self._content = content
        self._storage = storage
        self._turns = turns
        self._fetch = fetch
        self._files = files
        self._scanner = scanner
        self._failures = failures
        self._clock = clock
        self._limits = limits
        self._patience = patience

    async def keep(self, sent: SentPage, *, last: bool) -> None:
        """Take a page in. Raises whatever went wrong, for another attempt, where this is not the `last`."""
        async with self._storage.work() as work:
            conversation = await work.look(sent.conversation)
            pages = await work.pages.of_document(sent.application, sent.document)
            if conversation is None or await _closed(work, conversation, sent):
                return
        judging = asyncio.create_task(self._judged(sent, pages, last=last))
        try:
            await asyncio.wait((judging,), timeout=self._patience)
            if not judging.done():
                await self._say_under_way(sent)
            judged = await judging
        except Exception:
            await self._say_under_way(sent)
            raise
        finally:
            judging.cancel()
        await self._turns.deliver(sent.conversation, f"page:{sent.page}", self._telling(sent, judged))

    async def _say_under_way(self, sent: SentPage) -> None:
        """What takes its time, another attempt included, is told once, in a message that becomes the result."""

        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            if await _closed(work, conversation, sent):
                return ()
            shown: dict[str, Value] = {"card": Text("document.checking"), "slot": _slot(sent), "placed": "new"}
            return (Signalled(self._clock.now(), "document", "under_way", shown),)

        await self._turns.deliver(sent.conversation, f"page:{sent.page}:under_way", prepare)

    async def _judged(self, sent: SentPage, pages: Sequence[Page], *, last: bool) -> _Kept | Fault:
        try:
            content = await self._fetch(sent.file)
            return await self._looked_at(sent, content, pages)
        except FileTooLarge:
            return Fault.TOO_LARGE
        except Exception as error:  # whatever it is, the customer is told at last, and staff see it
            if not last:
                raise
            await self._report(sent, error)
            return Fault.NOT_CHECKED if isinstance(error, ScannerUnavailable) else Fault.NOT_FETCHED

    async def _report(self, sent: SentPage, error: Exception) -> None:
        where = "document.scan" if isinstance(error, ScannerUnavailable) else "document.page"
        # Only our own errors are known to hold nothing personal.
        why = str(error) if isinstance(error, TillwiseError) else type(error).__name__
        details = {"application": sent.application}
        await self._failures.record(Failure(self._clock.now(), where, why, sent.conversation, details))

    async def _looked_at(self, sent: SentPage, content: bytes, pages: Sequence[Page]) -> _Kept | Fault:
        media_type = await asyncio.to_thread(inspect, content, self._limits)
        if isinstance(media_type, Fault):
            return media_type
        kept = _Kept(media_type, len(content), self._files.digest(content), scanned=self._scanner is not None)
        fault = joining(_named(pages, sent.replaces), kept.digest, kept.size, pages, self._limits)
        if fault is not None:
            return fault
        if self._scanner is not None and (found := await self._scanner.scan(content)) is not None:
            await self._failures.record(
                Failure(
                    self._clock.now(), "document.infected", found, sent.conversation, {"application": sent.application}
                )
            )
            return Fault.INFECTED
        await self._files.write(sent.page, sent.conversation, content)
        return kept

    def _telling(self, sent: SentPage, judged: _Kept | Fault) -> Prepare:
        async def prepare(work: UnitOfWork, conversation: Conversation) -> tuple[Event, ...]:
            if await _closed(work, conversation, sent) or not await financial_agreed(work, sent.conversation):
                work.defer(removal([sent.page]))
                return ()
            pages = await work.pages.of_document(sent.application, sent.document)
            fault = (
                judged
                if isinstance(judged, Fault)
                else joining(_named(pages, sent.replaces), judged.digest, judged.size, pages, self._limits)
            )
            if fault is None and not isinstance(judged, Fault):
                await self._take(work, conversation, sent, judged, pages)
            signal = await self._signal(work, conversation, sent, fault)
            return (signal if await work.shown(conversation.id, _slot(sent)) is None else _in_place(signal, sent),)

        return prepare

    async def _take(
        self, work: UnitOfWork, conversation: Conversation, sent: SentPage, kept: _Kept, pages: Sequence[Page]
    ) -> None:
        now, replaced = self._clock.now(), _named(pages, sent.replaces)
        position = replaced.position if replaced else max((page.position for page in pages), default=0) + 1
        if replaced:
            await forget(work, [replaced])
        await work.pages.add(
            Page(
                sent.page, conversation.id, sent.application, sent.document, position, sent.kind, sent.file,
                kept.media_type, kept.size, kept.digest, kept.scanned, now,
            )
        )  # fmt: skip
        work.audit(
            audited(
                "document.page_kept", CUSTOMER, conversation.id, now,
                application=sent.application, document=sent.document, page=sent.page, scanned=kept.scanned,
            )
        )  # fmt: skip
        if others := await work.pages.elsewhere(kept.digest, conversation.id):
            work.audit(
                audited(
                    "document.same_elsewhere", SYSTEM, conversation.id, now,
                    application=sent.application, page=sent.page, customers=others,
                )
            )  # fmt: skip
            await look_at_file(work, self._content(), sent.application, others, now)

    async def _signal(
        self, work: UnitOfWork, conversation: Conversation, sent: SentPage, fault: Fault | None
    ) -> Signalled:
        now = self._clock.now()
        application = await work.applications.get(sent.application)
        pages = await work.pages.of_document(sent.application, sent.document)
        values: dict[str, Value] = {"application": sent.application, **pages_values(sent.document, pages)}
        if fault is not None:
            values["told"] = self._refused(work, sent, fault, values["document_name"])
        if application is None or application.reference is None:
            return _to_draft(conversation, sent, values, now)
        if fault is None and sent.document not in application.progress.missing:
            await hand_on(work, sent.conversation, sent.application, sent.document, now)
            told = {"told": Text("papers.passed_on", {"document": values["document_name"]})}
            return Signalled(now, "application", "page_passed_on", told)
        outcome = "page_kept" if fault is None else "page_refused" if pages else "no_page"
        return Signalled(now, "application", outcome, values)

    def _refused(self, work: UnitOfWork, sent: SentPage, fault: Fault, named: Value) -> Text:
        now = self._clock.now()
        work.audit(
            audited(
                "document.page_refused", SYSTEM, sent.conversation, now,
                application=sent.application, document=sent.document, why=str(fault),
            )
        )  # fmt: skip
        told: dict[str, Value] = {
            "document": named,
            "page_mib": self._limits.page_bytes // _MIB,
            "document_mib": self._limits.document_bytes // _MIB,
            "most": self._limits.pages,
        }
        return Text(f"document.refused.{fault}", told)


async def _closed(work: UnitOfWork, conversation: Conversation, sent: SentPage) -> bool:
    """Whether the page comes too late: its application has ended, or was given up before it was handed in."""
    application = await work.applications.get(sent.application)
    if application is None:
        return sent.application not in drafts(conversation.state)
    return application.progress.stage in FINAL


def _slot(sent: SentPage) -> str:
    """The place of the message that says that a page is being looked at."""
    return f"page.{sent.page}.under_way"


def _in_place(signal: Signalled, sent: SentPage) -> Signalled:
    """What is told of the page stands where it said that it was being looked at."""
    told = signal.values.get("told", Text("document.checked"))
    others = {name: value for name, value in signal.values.items() if name != "told"}
    return replace(signal, values={**others, "card": told, "slot": _slot(sent), "placed": "edit"})


def _to_draft(conversation: Conversation, sent: SentPage, values: dict[str, Value], now: datetime) -> Signalled:
    """The form goes on with the document that it is at; of a page of another one there are only words."""
    form = next((one for one in conversation.state.frames if one.answers.get(DRAFT) == sent.application), None)
    if form is not None and form.answers.get("document") == sent.document:
        return Signalled(now, "page", "kept", {"papers": "now", **values, **so_far(values["page_count"])})
    also = Text("papers.also_kept", {"document": values["document_name"], "page_count": values["page_count"]})
    return Signalled(now, "document", "kept", {"told": values.get("told", also)})


def _named(pages: Sequence[Page], page: str) -> Page | None:
    return next((one for one in pages if one.id == page), None)
