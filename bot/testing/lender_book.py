"""The lender's side of one application in a story: its counter, and the events in which it tells of stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.applications.events import DELAYED, OURS, STAGE_CHANGED, EventData, Instalment, LenderEvent, Offer
from bot.applications.stages import Stage
from bot.core.values import Money, Months, Rate
from bot.dialogs.stories import Lender

ANSWERS: Final[Mapping[str, Stage | None]] = {
    "withdraw": Stage.WITHDRAWN,
    "accept-offer": Stage.SIGNING,
    "request-review": Stage.DECLINED,
    "corrections": None,
}
"""The stage that the lender answers with when it does what a customer wishes; None: the one it told of last."""

CONTRACT: Final = "https://lender.example/contract"
NEXT: Final = Money(Decimal("3451.86"))
OFFERED = Offer(Money(Decimal(40_000)), Months(12), Rate(Decimal("0.065")))


@dataclass(slots=True)
class LenderBook:
    """`counter` is that of the `last` event. It grows by two, so that one that comes late finds a place before it."""

    counter: int = 100
    last: LenderEvent | None = None

    def event(self, act: Lender, reference: str, at: datetime) -> LenderEvent:
        """The event in which the lender tells what the story says."""
        if act.how == "again":
            assert self.last is not None, "the lender has told nothing yet"
            return self.last
        if act.how == "late":
            return _event(act, reference, self.counter - 1, at)
        self.counter += 2
        self.last = _event(act, reference, self.counter, at)
        return self.last

    def answer(self, action: str, reference: str, at: datetime) -> LenderEvent:
        """How the application stands once the lender has done what the customer wishes."""
        self.counter += 2
        stage = ANSWERS[action] or (self.last and self.last.data.stage) or Stage.SUBMITTED
        return LenderEvent(
            OURS, f"status-{self.counter}", STAGE_CHANGED, reference, self.counter, at, EventData(stage=stage)
        )


def _event(act: Lender, reference: str, counter: int, at: datetime) -> LenderEvent:
    kind = DELAYED if act.act == "delayed" else STAGE_CHANGED
    return LenderEvent("lender", f"{reference}-{counter}", kind, reference, counter, at, _data(act, at))


def _data(act: Lender, at: datetime) -> EventData:
    if act.act == "delayed":
        return EventData(expected_at=at + timedelta(days=3))
    stage = Stage(act.act)
    return EventData(
        stage=stage,
        missing=act.items if stage is Stage.DOCS_MISSING else (),
        reasons=act.items if stage is Stage.DECLINED else (),
        offer=OFFERED if stage in {Stage.APPROVED, Stage.COUNTER_OFFER} else None,
        appointment=at.date() + timedelta(days=2) if stage is Stage.SITE_VISIT else None,
        signing_url=CONTRACT if stage is Stage.SIGNING else None,
        instalment=Instalment(at.date() + timedelta(days=30), NEXT)
        if stage in {Stage.DISBURSED, Stage.REPAYING}
        else None,
    )
