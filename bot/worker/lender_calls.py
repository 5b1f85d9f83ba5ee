"""Calls to the lender that are made by jobs: tried again with growing pauses, and left for staff when they are given up."""

from __future__ import annotations

import structlog

from bot.applications.application import Application
from bot.applications.events import LenderEvent
from bot.conversation.lender_news import LenderNews
from bot.conversation.ports import Job, Storage
from bot.core.errors import GatewayError
from bot.gateways.lender.client import Action, LenderClient, Refused, Unreachable
from bot.worker.given_up import GivenUp

_log = structlog.get_logger(__name__)


class LenderCalls:
    """What a customer wishes of the lender, and what we ask it ourselves; `lender` is None where none is configured."""

    def __init__(self, storage: Storage, lender: LenderClient | None, news: LenderNews, given_up: GivenUp) -> None:
        self._storage = storage
        self._lender = lender
        self._news = news
        self._given_up = given_up

    async def act(self, action: Action, application_id: str, request: str, job: Job, *, last: bool) -> None:
        """Have the lender do something. Raises `Unreachable` when it is worth another attempt and not the `last`."""
        async with self._storage.work() as work:
            application = await work.applications.get(application_id)
        if application is None:
            return
        if application.reference is None and action == "withdraw":
            await self._news.taken_back(application, request)
            return
        try:
            answer = await self._asked(action, application)
        except Refused as refusal:
            await self._refused(action, application, request, job, refusal)
        except Unreachable as error:
            if not last:
                raise
            await self._given_up.record(action, job, error)
            await self._news.failed(application, request, "failed")
        else:
            await self._given_up.settled(action, application.id)
            await self._news.answered(application, answer, request, "accepted")

    async def _asked(self, action: Action, application: Application) -> LenderEvent:
        if self._lender is None or application.reference is None:
            raise Refused(0, "no-lender-configured")
        return await self._lender.act(application.reference, action)

    async def _refused(
        self, action: Action, application: Application, request: str, job: Job, refusal: Refused
    ) -> None:
        """A wish that comes too late is an answer; anything else that is refused, staff look at."""
        if refusal.status != 409:
            await self._given_up.record(action, job, refusal)
        await self._news.failed(application, request, "refused")

    async def check_late(self, application_id: str) -> None:
        """A stage should be over: where it is not, ask the lender, and where that knows nothing new either, apologise."""
        application = await self._news.overdue(application_id)
        if application is None:
            return
        if self._lender is not None and application.reference is not None:
            try:
                await self._news.heard(application, await self._lender.status(application.reference))
            except GatewayError as error:
                _log.info("the lender was asked in vain", error=type(error).__name__)
        if (still := await self._news.overdue(application_id)) is not None:
            await self._news.apologise(still)
