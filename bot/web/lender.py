"""The door for the lender's signed events. Neither a body nor anything in it is ever logged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from fastapi import APIRouter, HTTPException, Request, Response

from bot.applications.events import LenderEvent
from bot.core.clock import Clock
from bot.gateways.lender.webhooks import Malformed, Unauthorised, verify

LARGEST_EVENT: Final = 64 * 1024

_log = structlog.get_logger(__name__)


def lender_router(receive: Callable[[LenderEvent], Awaitable[None]], secrets: Sequence[str], clock: Clock) -> APIRouter:
    """The route `POST /webhooks/lender`.

    `receive` has kept the event, for good, when it returns: only then is the lender told so by 204, and a lender that
    is told anything else sends the event again. 401: signature or time is wrong. 400: not an event. 413: too large.
    503: it could not be kept.
    """
    router = APIRouter()

    @router.post("/webhooks/lender", status_code=204, max_body_size=LARGEST_EVENT)
    async def lender_event(request: Request) -> Response:
        event = _verified(request, await request.body(), secrets, clock)
        try:
            await receive(event)
        except Exception as error:  # noqa: BLE001 — whatever went wrong is ours: the lender must keep its event and send it again
            _log.warning("lender event not kept", event_id=event.id, error=type(error).__name__)
            raise HTTPException(503, "not kept, send it again", {"retry-after": "5"}) from None
        return Response(status_code=204)

    return router


def _verified(request: Request, body: bytes, secrets: Sequence[str], clock: Clock) -> LenderEvent:
    try:
        return verify(request.headers, body, secrets, clock.now())
    except Unauthorised as error:
        raise HTTPException(401, str(error)) from None
    except Malformed as error:
        raise HTTPException(400, str(error)) from None
