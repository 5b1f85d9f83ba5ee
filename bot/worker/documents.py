"""Handing a customer's document on to the lender that has asked for it: all its pages, in order, in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.applications.application import Application
from bot.applications.documents import SUFFIXES, Page
from bot.applications.stages import FINAL
from bot.conversation.consents import financial_agreed, halted
from bot.conversation.lender_news import LenderNews
from bot.conversation.ports import FileLost, Files, Job, Storage
from bot.core.errors import GatewayError
from bot.dialogs.model import Notice
from bot.gateways.lender.client import LenderClient, PageFile, Refused
from bot.worker.given_up import GivenUp


@dataclass(frozen=True, slots=True)
class Sent:
    """A document on its way: the application and the lender's id of what is asked for."""

    application: str
    conversation: int
    document: str


class Documents:
    """Reads the pages of documents and sends them to the lender; in clear they are only on the way.

    `notices` are those of today: what the customer has taken the consent back for is not sent.
    """

    def __init__(  # noqa: PLR0913, PLR0917 -- made in one place only
        self,
        storage: Storage,
        lender: LenderClient | None,
        files: Files,
        news: LenderNews,
        given_up: GivenUp,
        notices: Callable[[], Mapping[str, Notice]],
    ) -> None:
        self._storage = storage
        self._lender = lender
        self._files = files
        self._news = news
        self._given_up = given_up
        self._notices = notices

    async def send(self, sent: Sent, key: str, job: Job, *, last: bool) -> None:
        """Hand a document on. Raises `GatewayError` when another attempt is worth it and this is not the `last`.

        Nothing is handed on for an application that has ended meanwhile, nor pages that have gone meanwhile.
        """
        async with self._storage.work() as work:
            application = await work.applications.get(sent.application)
            why = await halted(work, application, self._notices()) if application else None
            agreed = await financial_agreed(work, sent.conversation)
            found = await work.pages.of_document(sent.application, sent.document)
        pages = [page for page in found if page.completed_at is not None]
        if why == "withdrawn" or not agreed or application is None or not pages or application.progress.stage in FINAL:
            return
        try:
            await self._hand_in(application, sent, pages, key)
        except (GatewayError, FileLost) as error:
            if not last and not isinstance(error, Refused | FileLost):
                raise
            await self._given_up.record("document", job, error)
            await self._news.document_lost(application, sent.document, key)
        else:
            await self._given_up.settled("document", application.id)

    async def _hand_in(self, application: Application, sent: Sent, pages: Sequence[Page], key: str) -> None:
        if self._lender is None or application.reference is None:
            raise Refused(0, "no-lender-configured")
        contents = [await self._file(number, page) for number, page in enumerate(pages, 1)]
        answer = await self._lender.send_document(application.reference, sent.document, contents)
        await self._news.document_taken(application, sent.document, len(pages), key)
        await self._news.heard(application, answer)

    async def _file(self, number: int, page: Page) -> PageFile:
        """A page with a name that says what it is and which page, never the customer's own name for the file."""
        content = await self._files.read(page.id, page.conversation)
        return PageFile(f"{page.document}-{number:02d}.{SUFFIXES[page.media_type]}", content, page.media_type)
