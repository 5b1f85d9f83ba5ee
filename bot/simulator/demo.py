"""The demo's own server: simulator, page and demo lender together, and invitations for account managers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.routing import Route

from bot.core.clock import Clock
from bot.simulator.lender.app import create_lender
from bot.simulator.server import create_simulator

Invite = Callable[[str, str], Awaitable[str]]
"""Makes an invitation link for the account manager of the given name, who reads the given language."""


@dataclass(slots=True)
class DemoHooks:
    """What only the bot's side knows, filled in once it runs: where the lender's events go, how a manager is invited."""

    lender_callback: str = ""
    invite: Invite | None = None


def create_demo(lender_secret: str, hooks: DemoHooks, clock: Clock) -> FastAPI:
    """The simulator with the demo lender at `/lender` and `GET /demo/invitation?name=…&language=…`.

    The lender is at `app.state.lender`; its `state.desk` is to be closed when the server begins to stop.
    """
    lender = create_lender((lender_secret,), lambda: hooks.lender_callback, clock)

    async def invitation(request: Request) -> Response:
        if hooks.invite is None:
            return JSONResponse({"error": "the bot is not running yet"}, 404)
        asked = request.query_params
        return JSONResponse({"link": await hooks.invite(asked.get("name", ""), asked.get("language", ""))})

    app = create_simulator(clock=clock, mounts={"/lender": lender})
    app.router.routes.insert(0, Route("/demo/invitation", invitation))
    app.state.lender = lender
    return app
