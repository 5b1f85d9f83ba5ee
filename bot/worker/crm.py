"""Telling a customer-relations system of the moves of leads: tried again with growing pauses, at last left for staff."""

from __future__ import annotations

from collections.abc import Callable

from bot.conversation.crm import move_in
from bot.conversation.lead_reports import lead_report, manager_name
from bot.conversation.ports import Job, Storage
from bot.core.values import Values
from bot.gateways.crm import CrmClient, CrmRefused, CrmUnreachable, LeadEvent
from bot.handoff.lead_reports import TYPES, told
from bot.handoff.scoring import Score
from bot.worker.given_up import GivenUp

CALL = "event"
"""What the call is named among those given up."""


class CrmNews:
    """Tells moves of leads; `crm` is None where no system is configured, and then nothing is sent.

    `score` counts by the rules of today, `currency` is that of amounts that have none.
    """

    def __init__(
        self,
        crm: CrmClient | None,
        storage: Storage,
        score: Callable[[Values], Score],
        currency: str,
        given_up: GivenUp,
    ) -> None:
        self._crm = crm
        self._storage = storage
        self._score = score
        self._currency = currency
        self._given_up = given_up

    async def tell(self, job: Job, *, last: bool) -> None:
        """Bring the event of a job. Raises `CrmUnreachable` when another attempt is worth it and this is not the `last`.

        Who the customer is, is read for each attempt: a consent that has ended meanwhile is respected.
        """
        if self._crm is None:
            return
        move = move_in(job.payload)
        async with self._storage.work() as work:
            report = await lead_report(work, job.payload["conversation"], move.lead)
            manager = await manager_name(work, move.manager)
        if report is None:
            return
        data = told(move, report, manager, self._score(report.lead.facts), self._currency)
        try:
            await self._crm.tell(LeadEvent(move.id, TYPES[move.name], move.lead, move.at, data))
        except CrmRefused as refusal:
            await self._given_up.record(CALL, job, refusal)
        except CrmUnreachable as error:
            if not last:
                raise
            await self._given_up.record(CALL, job, error)
        else:
            await self._given_up.settled(CALL, move.id)
