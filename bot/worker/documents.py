"""Handing a customer's document on to the lender that has asked for it."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.applications.stages import FINAL
from bot.conversation.consents import halted
from bot.conversation.lender_news import LenderNews
from bot.conversation.ports import Job, Storage
from bot.core.errors import GatewayError
from bot.dialogs.model import Notice
from bot.gateways.lender.client import LenderClient, Refused
from bot.worker.lender_calls import GivenUp


@dataclass(frozen=True, slots=True)
class Sent:
    """A document on its way: the application and the lender's id of what is asked for, and the channel's file."""

    application: str
    conversation: int
    document: str
    kind: str
    file: str
    name: str

    @property
    def file_name(self) -> str:
        """A name for the lender; photos come without one."""
        return self.name or f"{self.document}.{'jpg' if self.kind == 'photo' else 'bin'}"


class Documents:
    """Fetches documents from the channel with `fetch` and sends them to the lender; nothing is kept on the way.

    `notices` are those of today: what the customer has taken the consent back for is not sent.
    """

    def __init__(  # noqa: PLR0913, PLR0917 -- made in one place only
        self,
        storage: Storage,
        lender: LenderClient | None,
        fetch: Callable[[str], Awaitable[bytes]],
        news: LenderNews,
        given_up: GivenUp,
        notices: Callable[[], Mapping[str, Notice]],
    ) -> None:
        self._storage = storage
        self._lender = lender
        self._fetch = fetch
        self._news = news
        self._given_up = given_up
        self._notices = notices

    async def send(self, sent: Sent, key: str, job: Job, *, last: bool) -> None:
        """Hand a document on. Raises `GatewayError` when another attempt is worth it and this is not the `last`.

        Nothing is handed on for an application that has ended meanwhile.
        """
        async with self._storage.work() as work:
            application = await work.applications.get(sent.application)
            why = await halted(work, application, self._notices()) if application else None
        if why == "withdrawn" or application is None or application.reference is None or self._lender is None:
            return
        if application.progress.stage in FINAL:
            return
        media_type = mimetypes.guess_type(sent.file_name)[0] or "application/octet-stream"
        try:
            content = await self._fetch(sent.file)
            answer = await self._lender.send_document(
                application.reference, sent.document, sent.file_name, content, media_type
            )
        except GatewayError as error:
            if not last and not isinstance(error, Refused):
                raise
            await self._given_up.record("document", job, error)
            await self._news.document_lost(sent.conversation, key)
        else:
            await self._given_up.settled("document", application)
            await self._news.heard(application, answer)
