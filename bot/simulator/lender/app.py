"""The demo lender as an application of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends, FastAPI

from bot.core.clock import Clock
from bot.gateways.signatures import check_secret
from bot.simulator.lender.contract import contract_router
from bot.simulator.lender.control import control_router
from bot.simulator.lender.courier import TIMING, Timing
from bot.simulator.lender.desk import Desk
from bot.simulator.lender.errors import Refusal, answer_refusal
from bot.simulator.lender.form import form_router
from bot.simulator.lender.intake import intake_router

PREFIX: Final = "/lender"


def create_lender(
    secrets: Sequence[str],
    callback_url: str | Callable[[], str],
    clock: Clock,
    *,
    state: Path | None = None,
    timing: Timing = TIMING,
) -> FastAPI:
    """The lender, to be run alone or mounted at `/lender`; alone it answers with and without that prefix.

    Each of `secrets` holds, and signs, both ways. `callback_url` takes the events of applications that name none themselves. `state` is the
    file in which applications outlive the process. The desk is at `app.state.desk`: where the lender is mounted its lifespan does not run, so the program
    that mounts it calls `desk.start()` once the loop runs and awaits `desk.close()` when the server begins to stop,
    which also ends the open event streams. Raises `SettingsError` when a secret is not one.
    """
    for secret in secrets:
        check_secret(secret)
    desk = Desk(secrets, callback_url, clock, state, timing)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        desk.start()
        yield
        await desk.close()

    async def awake() -> None:
        desk.start()

    app = FastAPI(title="Rivergate Microfinance (fictional demo lender)", lifespan=lifespan)
    app.state.desk = desk
    app.add_exception_handler(Refusal, answer_refusal)
    for prefix in ("", PREFIX):
        app.include_router(_routes(desk, secrets, clock), prefix=prefix, dependencies=[Depends(awake)])
    return app


def _routes(desk: Desk, secrets: Sequence[str], clock: Clock) -> APIRouter:
    router = APIRouter()
    router.include_router(intake_router(desk, secrets, clock))
    router.include_router(control_router(desk))
    router.include_router(contract_router(desk))
    router.include_router(form_router(desk, secrets, clock))
    return router
