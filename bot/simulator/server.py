"""The simulator as one web application, and how to run it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
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


class _Server(uvicorn.Server):
    """A uvicorn server inside somebody else's loop: no signal handlers, and open waits end before it stops."""

    def __init__(self, config: uvicorn.Config, world: World) -> None:
        super().__init__(config)
        self._world = world

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End open waits, then stop as uvicorn does."""
        self._world.close()
        await super().shutdown(sockets)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes any free port. Raises `OSError` when the port is taken.

    Its protocol is named, since asyncio switches Nagle's algorithm off only where it is: without, answers written in two
    parts wait 40 ms for the client's delayed acknowledgement.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(2048)
    except OSError:
        bound.close()
        raise
    return bound


@contextlib.asynccontextmanager
async def running(app: FastAPI, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve a simulator in the present event loop; gives its base URL, and stops at the end of the block.

    Port 0 takes any free port. A port that is taken raises `OSError`.
    """
    listening = listening_socket(host, port)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, ws="none", timeout_keep_alive=75, timeout_graceful_shutdown=5
    )
    server = _Server(config, app.state.world)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.005)
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
