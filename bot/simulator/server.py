"""The simulator as one web application, and how to run it."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bot.core.clock import Clock
from bot.simulator.bot_api import bot_api_routes
from bot.simulator.control import router
from bot.simulator.errors import ApiError, ControlError
from bot.simulator.limits import Limits
from bot.simulator.webhooks import WebhookSender
from bot.simulator.world import BotAccounts, World
from bot.web.server import serving

PAGE = Path(__file__).parent / "static"


class SystemClock:
    """The computer's own time."""

    def now(self) -> datetime:
        """The present in UTC."""
        return datetime.now(UTC)


def create_simulator(  # noqa: PLR0913  # a composition root: each is a part to choose, by name
    *,
    clock: Clock | None = None,
    accounts: BotAccounts | None = None,
    limits: Limits | None = None,
    webhook_pause: float = 1.0,
    seed: int | None = None,
    mounts: Mapping[str, ASGIApp] | None = None,
    page: Path = PAGE,
) -> FastAPI:
    """A Bot API server with its control API and page.

    `webhook_pause` is the unit of the growing pauses between attempts at a webhook, in seconds; `seed` makes the chances
    of faults repeatable; `mounts` are further applications by path, for instance a lender at `/lender`; `page` is the
    folder served at `/` and `/static`. The world is found at `app.state.world`; its `close()` ends every open wait.
    """
    chance = random.Random(seed).random  # noqa: S311  # chances of faults are no secret
    world = World(clock or SystemClock(), chance, accounts or BotAccounts(), limits or Limits())
    sender = WebhookSender(world, webhook_pause)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        world.close()
        await sender.close()

    app = FastAPI(title="Simulator", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.world = world
    app.router.routes.extend(bot_api_routes(world))
    app.include_router(router)
    _explain_errors(app)
    for path, mounted in (mounts or {}).items():
        app.mount(path, mounted)
    app.mount("/static", StaticFiles(directory=page, check_dir=False))
    app.mount("/", StaticFiles(directory=page, html=True, check_dir=False))
    return app


def _explain_errors(app: FastAPI) -> None:
    @app.exception_handler(ControlError)
    async def refused(_: Request, error: ControlError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, error.status)

    @app.exception_handler(ApiError)
    async def failed(_: Request, error: ApiError) -> JSONResponse:
        return JSONResponse({"error": error.description}, error.code)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        places = (f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors())
        return JSONResponse({"error": "; ".join(places)}, 400)


def running(app: FastAPI, host: str = "127.0.0.1", port: int = 0) -> contextlib.AbstractAsyncContextManager[str]:
    """Serve a simulator in the present event loop; gives its base URL, and stops at the end of the block.

    Port 0 takes any free port. A port that is taken raises `OSError`.
    """
    return serving(app, host, port, before_stop=app.state.world.close)
