"""The control interface of the lender's page and of scripts: look, step, delay, ask, decide, send again, and watch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel, Field

from bot.applications.stages import Stage
from bot.simulator.lender.desk import Desk, view
from bot.simulator.lender.errors import Refusal
from bot.simulator.lender.labels import DOCUMENT_LABELS, REASON_LABELS, options
from bot.simulator.lender.records import Record, Terms, terms


class Settings(BaseModel):
    """What to change of the lender's behaviour; what is absent stays."""

    automatic: bool | None = None
    pace_seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    duplicates: bool | None = None
    disorder: bool | None = None


class Step(BaseModel):
    """The stage to go to, one of `next_stages`; the usual one when absent."""

    stage: Stage | None = None


class Delay(BaseModel):
    """How much longer the present stage takes, in seconds."""

    seconds: Annotated[float, Field(gt=0, le=30 * 86400)]


class Wanted(BaseModel):
    """A document to ask the customer for."""

    document: str


class Decision(BaseModel):
    """A decision; amount, months and rate are those asked for, and a usual reason is given, where they are absent."""

    decision: Literal["approved", "counter_offer", "declined"]
    amount: Annotated[Decimal, Field(gt=0, lt=10**10, decimal_places=2)] | None = None
    months: Annotated[int, Field(gt=0, le=600)] | None = None
    rate: Annotated[Decimal, Field(ge=0, lt=1)] | None = None
    reasons: Annotated[list[str], Field(max_length=4)] = []


def control_router(desk: Desk) -> APIRouter:
    """The routes under `/control`. They are for the demo alone, and answer whoever can reach them."""
    router = APIRouter(prefix="/control")

    @router.get("/applications")
    async def applications() -> dict[str, Any]:
        return {"automatic": desk.automatic, "applications": [view(record) for record in desk.records()]}

    @router.get("/settings")
    async def settings() -> dict[str, Any]:
        return desk.settings()

    @router.put("/settings")
    async def change(wanted: Settings) -> dict[str, Any]:
        return desk.change(**wanted.model_dump())

    @router.get("/options")
    async def choices() -> dict[str, Any]:
        return options()

    @router.post("/applications/{reference}/step")
    async def step(reference: str, wanted: Step | None = None) -> dict[str, Any]:
        return view(desk.step(reference, wanted.stage if wanted else None))

    @router.post("/applications/{reference}/delay")
    async def delay(reference: str, wanted: Delay) -> dict[str, Any]:
        return view(desk.delay(reference, wanted.seconds))

    @router.post("/applications/{reference}/request-document")
    async def request_document(reference: str, wanted: Wanted) -> dict[str, Any]:
        _known((wanted.document,), DOCUMENT_LABELS)
        return view(desk.request_document(reference, wanted.document))

    @router.post("/applications/{reference}/decide")
    async def decide(reference: str, wanted: Decision) -> dict[str, Any]:
        _known(wanted.reasons, REASON_LABELS)
        return view(
            desk.decide(reference, Stage(wanted.decision), _offer(desk.record(reference), wanted), wanted.reasons)
        )

    @router.post("/applications/{reference}/resend")
    async def resend(reference: str) -> dict[str, Any]:
        return view(desk.resend(reference))

    @router.get("/events", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[dict[str, Any]]:
        async for news in desk.watch():
            yield news

    return router


def _offer(record: Record, wanted: Decision) -> Terms | None:
    """What is offered; where nothing is said of a counter-offer, it is a usual one."""
    said = (wanted.amount, wanted.months, wanted.rate)
    return terms(record, *said) if wanted.decision == "approved" or any(one is not None for one in said) else None


def _known(ids: Iterable[str], choices: Collection[str]) -> None:
    if not all(name in choices for name in ids):
        raise Refusal(422, "unknown-option")
