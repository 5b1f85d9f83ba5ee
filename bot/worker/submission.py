"""Handing an application to the lender: it may be tried again, and never makes two applications."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from bot.applications.application import Application
from bot.applications.stages import FINAL
from bot.conversation.consents import financial_agreed, halted
from bot.conversation.lender_news import LenderNews
from bot.conversation.ports import Job, Storage
from bot.conversation.sensitive import FINANCIAL_ANSWERS, without_financial
from bot.core.values import Money, Months, Rate, Value
from bot.dialogs.model import Notice
from bot.gateways.lender.client import LenderClient, Refused, Submission, Unreachable
from bot.worker.given_up import GivenUp


class Submissions:
    """Submits applications; `lender` is None where no lender is configured. `notices` are those of today."""

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

    async def submit(self, application_id: str, request: str, locale: str, job: Job, *, last: bool) -> None:
        """Submit an application once more. Raises `Unreachable` when it is worth another attempt and not the `last`."""
        async with self._storage.work() as work:
            application = await work.applications.get(application_id)
            quote = await work.quotes.latest(application.conversation) if application else None
            screening = await work.screenings.latest(application.id) if application else None
            why = await halted(work, application, self._notices()) if application else None
            agreed = application is not None and await financial_agreed(work, application.conversation)
        if application is None:
            return
        if application.progress.stage in FINAL:
            why = "withdrawn"
        if why is not None and application.reference is None:
            await self._news.cancelled(application, request, why)
            return
        rate = quote.values.get("rate") if quote and quote.id == application.quote else None
        signals = screening.named() if screening else ()
        agreed_to = application if agreed else replace(application, answers=without_financial(application.answers))
        submission = _submission(agreed_to, rate if isinstance(rate, Rate) else None, locale, signals)
        try:
            reference = application.reference or await self._handed_in(submission)
        except Refused as refusal:
            await self._given_up.record("submit", job, refusal)
            await self._news.failed(application, request, "refused")
        except Unreachable as error:
            if not last:
                raise
            await self._given_up.record("submit", job, error)
            await self._news.failed(application, request, "failed")
        else:
            await self._given_up.settled("submit", application.id)
            await self._news.receipt(application, reference, request)

    async def _handed_in(self, submission: Submission) -> str:
        if self._lender is None:
            raise Refused(0, "no-lender-configured")
        return (await self._lender.submit(submission, submission.application)).reference


def _submission(
    application: Application, rate: Rate | None, locale: str, signals: tuple[tuple[str, str], ...]
) -> Submission:
    return Submission(
        application=application.id,
        product=application.product,
        amount=application.amount,
        months=application.months,
        method=application.method,
        segment=application.segment,
        answers={name: plain(value) for name, value in application.answers.items()},
        consents=application.consents,
        callback_url=None,
        locale=locale,
        rate=rate,
        signals=signals,
        not_given=() if "open_debts" in application.answers else FINANCIAL_ANSWERS,
    )


def plain(value: Value) -> str:
    """An answer as the lender reads it: amounts and months as plain numbers."""
    match value:
        case Money(amount=number) | Rate(fraction=number):
            return format(number, "f")
        case Decimal():
            return format(value, "f")
        case Months(count=count):
            return str(count)
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
