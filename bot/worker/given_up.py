"""Calls to other systems that are given up at last: kept for staff, who can have them made again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.conversation.ports import DeadLetter, DeadLetters, Failure, Failures, Job, Receiver
from bot.core.clock import Clock
from bot.core.errors import TillwiseError
from bot.gateways.crm import CrmRefused
from bot.gateways.lender.client import Refused

ATTEMPTS: Final = 8
"""Attempts at the lender in about four minutes; after the last one the customer is told, and staff see it."""

CRM_ATTEMPTS: Final = 12
"""Attempts at the customer-relations system in about 70 minutes: nobody waits for it in a chat."""

_ABOUT: Final[dict[Receiver, tuple[str, int]]] = {"lender": ("application", ATTEMPTS), "crm": ("event", CRM_ATTEMPTS)}
"""What a call to each receiver is about, as its job's payload names it, and after how many attempts it is given up."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Keeps calls to one receiver that were given up where staff look: as a letter that can be sent again, and as a failure."""

    letters: DeadLetters
    failures: Failures
    clock: Clock
    receiver: Receiver = "lender"

    async def record(self, call: str, job: Job, error: Exception) -> None:
        """A call was given up; `job` makes it again, and its payload names what it is about and the conversation."""
        about, attempts = _ABOUT[self.receiver]
        now, subject, conversation = self.clock.now(), job.payload[about], job.payload["conversation"]
        # Only our own errors are known to hold nothing personal.
        why = str(error) if isinstance(error, TillwiseError) else type(error).__name__
        tried = 1 if isinstance(error, Refused | CrmRefused) else attempts
        await self.letters.add(DeadLetter(call, subject, conversation, job, why, tried, now, receiver=self.receiver))
        failure = Failure(
            now, f"lender.{call}" if self.receiver == "lender" else f"crm.{call}", why, conversation, {about: subject}
        )
        await self.failures.record(failure)

    async def settled(self, call: str, subject: str) -> None:
        """The call has succeeded: what was left for staff before is done."""
        await self.letters.settle(subject, call, self.clock.now())
