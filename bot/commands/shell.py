"""What commands share: running to the end or to a signal, and ending with one sentence."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn, TypeVar

import typer
import uvloop

from bot import app as program
from bot import logs
from bot.core.errors import TillwiseError
from bot.settings import load_storage
from bot.storage.database import Database

T = TypeVar("T")


@asynccontextmanager
async def opened() -> AsyncIterator[Database]:
    """The configured database, its schema brought up to date. Raises `SettingsError`."""
    async with program.migrated(load_storage()) as database:
        yield database


def plain(read: Callable[[], T]) -> T:
    """What `read` gives; an error of ours ends the program with its one sentence."""
    try:
        return read()
    except TillwiseError as error:
        fail(str(error))


def run(work: Coroutine[Any, Any, None], log_format: Any = "text", least: int = logging.INFO) -> None:
    """Run until done or told to end: Ctrl-C and SIGTERM end everything in order. Logs are told from the level `least` on."""
    logs.configure(log_format, least)

    async def guarded() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    try:
        uvloop.run(guarded())
    except TillwiseError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.strerror or error}; BOT_HOST and BOT_PORT name the address, in the demo --port and --bot-port")


def fail(sentence: str) -> NoReturn:
    """End the program with one sentence and exit code 2."""
    typer.echo(f"tillwise: {sentence}", err=True)
    sys.exit(2)
