"""The desk as supervisors see it: read at one moment, changing and locking nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from bot.conversation.desk_leads import HELD
from bot.conversation.ports import UnitOfWork
from bot.handoff.checked import reasons
from bot.handoff.claims import ClaimRules
from bot.handoff.overview import LOOK_BACK, HeldWords, Known, Overview, Spoke, overview
from bot.handoff.records import Assignment, Lead, Manager
from bot.handoff.scoring import LeadRules, score
from bot.handoff.service_level import Figures, Met, Targets, due, figures

LOOKED_AT: Final = 20
"""Lines in which the last word of a customer or a manager is looked for."""


@dataclass(frozen=True, slots=True)
class Board:
    """Reads within one unit of work."""

    work: UnitOfWork
    targets: Targets
    rules: LeadRules
    claims: ClaimRules = field(default=ClaimRules())

    async def overview(self, now: datetime) -> Overview:
        """Who waits and for how long, who is there with what load, who talks with whom, the figures of the last days."""
        leads = await self.work.leads.open()
        held = tuple(lead for lead in leads if lead.status in HELD)
        known = Known(
            leads=leads,
            given=await self.work.assignments.open(),
            managers=await self.work.managers.all(),
            stages={lead.conversation: stage for lead in held if (stage := await self._stage(lead))},
            spoken={lead.conversation: spoke for lead in held if (spoke := await self._spoke(lead))},
            figures=await self.figures(now - LOOK_BACK, now),
        )
        seen = overview(known, self.targets, lambda lead: score(self.rules, lead.facts), now)
        return replace(seen, held=await self._held({manager.id: manager for manager in known.managers}))

    async def _held(self, managers: Mapping[int, Manager]) -> tuple[HeldWords, ...]:
        """The words that wait for a supervisor, oldest first."""
        return tuple(
            HeldWords(
                message,
                managers[message.manager],
                reasons(self.claims, message.found),
                due(self.targets.hours, message.created_at, self.claims.decide_within),
            )
            for message in await self.work.checked.held()
            if message.manager in managers
        )

    async def history(self, lead: int) -> tuple[Assignment, ...]:
        """To whom the lead was given, when, why, and what became of it, oldest first."""
        return await self.work.assignments.of_lead(lead)

    async def figures(self, since: datetime, now: datetime) -> Figures:
        """How fast those met a person who asked from `since` on; who gave up waiting is left out."""
        return figures(self.targets, _meetings(await self.work.leads.since(since)), now)

    async def _stage(self, lead: Lead) -> str | None:
        """The stage of the customer's last application."""
        applications = await self.work.applications.of_conversation(lead.conversation)
        return str(applications[-1].progress.stage) if applications else None

    async def _spoke(self, lead: Lead) -> Spoke | None:
        """The last word in the talk that was a person's."""
        lines = await self.work.transcript(lead.conversation, LOOKED_AT)
        return next((Spoke(line.author, line.at) for line in reversed(lines) if line.author != "bot"), None)


def _meetings(leads: Sequence[Lead]) -> Iterable[Met]:
    return (Met(one.created_at, one.accepted_at) for one in leads if one.accepted_at or one.status != "returned")
