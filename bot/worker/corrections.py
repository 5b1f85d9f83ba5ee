"""Corrections of what the lender has: an answer that a customer has put right goes to it, for each application under way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.applications.application import Application
from bot.applications.events import LenderEvent
from bot.applications.stages import FINAL
from bot.conversation.consents import halted
from bot.conversation.lender_news import LenderNews
from bot.conversation.ports import Job, Storage
from bot.core.values import Value
from bot.dialogs.model import Notice
from bot.gateways.lender.client import LenderClient, Refused, Unreachable
from bot.worker.given_up import GivenUp
from bot.worker.submission import plain

CALL = "correct"
"""What the call is called where staff look."""


@dataclass(frozen=True, slots=True)
class Correction:
    """An answer to be put right at the lender, by its name. `application` is the newest one that is under way there."""

    application: str
    conversation: int
    request: str
    field: str


class Corrections:
    """Sends corrections. What the answer is now is read at each attempt: it stands in no job.

    `notices` are those of today: what the customer has taken the consent back for is not sent.
    """

    def __init__(
        self,
        storage: Storage,
        lender: LenderClient | None,
        news: LenderNews,
        given_up: GivenUp,
        notices: Callable[[], Mapping[str, Notice]],
    ) -> None:
        self._storage = storage
        self._lender = lender
        self._news = news
        self._given_up = given_up
        self._notices = notices

    async def send(self, correction: Correction, job: Job, *, last: bool) -> None:
        """Send a correction. Raises `Unreachable` when another attempt is worth it and this is not the `last`.

        It ends at the first application for which it does not succeed: the customer is told, and given to a person.
        """
        async with self._storage.work() as work:
            conversation = await work.look(correction.conversation)
            known = await work.applications.of_conversation(correction.conversation)
            under_way = [one for one in known if one.reference is not None and one.progress.stage not in FINAL]
            why = [await halted(work, one, self._notices()) for one in under_way]
        value = conversation.state.known.get(correction.field) if conversation else None
        if value is None:  # erased meanwhile
            return
        if not under_way:
            await self._news.not_corrected(correction.conversation, correction.request, correction.field, "refused")
            return
        if any(why):
            await self._news.not_corrected(correction.conversation, correction.request, correction.field, "no_consent")
            return
        for application in under_way:
            if not await self._sent(correction, application, value, job, last=last):
                return
        await self._news.all_corrected(correction.conversation, correction.request)

    async def _sent(
        self, correction: Correction, application: Application, value: Value, job: Job, *, last: bool
    ) -> bool:
        try:
            answer = await self._call(correction, application, plain(value))
        except (Refused, Unreachable) as error:
            refused = isinstance(error, Refused)
            if not refused and not last:
                raise
            if not isinstance(error, Refused) or error.status != 409:
                about = replace(job, payload={**job.payload, "application": application.id})
                await self._given_up.record(CALL, about, error)
            why = "refused" if refused else "failed"
            await self._news.not_corrected(correction.conversation, correction.request, correction.field, why)
            return False
        await self._given_up.settled(CALL, application.id)
        await self._news.corrected(application, correction.field, answer, correction.request)
        return True

    async def _call(self, correction: Correction, application: Application, value: str) -> LenderEvent:
        if self._lender is None or application.reference is None:
            raise Refused(0, "no-lender-configured")
        key = f"{application.id}:{correction.request}:{_mark(value)}"
        return await self._lender.correct(application.reference, {correction.field: value}, key)


def _mark(value: str) -> str:
    """Tells two values apart in a key: an answer that is put right once more between two attempts is another correction."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]
