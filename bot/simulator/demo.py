"""The demo's own server: simulator, page and demo lender together, and invitations for account managers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.routing import Route

from bot.core.clock import Clock
from bot.simulator.lender.app import create_lender
from bot.simulator.server import create_simulator
from bot.simulator.world import BotAccounts

Invite = Callable[[str, str], Awaitable[str]]
"""Makes an invitation link for the account manager of the given name, who reads the given language."""


Staff = Callable[[str], Awaitable[Sequence[Mapping[str, Any]]]]
"""Has the lender's staff come in, who then speak the given language, and tells who they are."""


@dataclass(slots=True)
class DemoHooks:
    """What only the bot's side knows, filled in once it runs: where the lender's events go, how a manager is invited, who the staff are."""

    lender_callback: str = ""
    invite: Invite | None = None
    staff: Staff | None = None


def create_demo(lender_secret: str, hooks: DemoHooks, clock: Clock, *, topics: bool = False) -> FastAPI:
    """The simulator with the demo lender at `/lender`, `GET /demo/invitation?name=…&language=…` and `POST /demo/staff?language=…`.

    The lender is at `app.state.lender`; its `state.desk` is to be closed when the server begins to stop.
    """
    lender = create_lender((lender_secret,), lambda: hooks.lender_callback, clock)

    async def invitation(request: Request) -> Response:
        if hooks.invite is None:
            return JSONResponse({"error": "the bot is not running yet"}, 404)
        asked = request.query_params
        return JSONResponse({"link": await hooks.invite(asked.get("name", ""), asked.get("language", ""))})

    async def staff(request: Request) -> Response:
        if hooks.staff is None:
            return JSONResponse({"error": "the bot is not running yet"}, 503)
        return JSONResponse({"staff": await hooks.staff(request.query_params.get("language", ""))})

    app = create_simulator(clock=clock, mounts={"/lender": lender}, accounts=BotAccounts(topics=topics))
    app.router.routes.insert(0, Route("/demo/invitation", invitation))
    app.router.routes.insert(0, Route("/demo/staff", staff, methods=["POST"]))
    app.state.lender = lender
    return app
