"""The processes that are measured: each bot as a program of its own, and PostgreSQL; their CPU as the system counts it."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil

from bench.telegram import TOKEN, Telegram
from bot.app import migrated, publish
from bot.settings import StorageSettings
from bot.storage.embedded import embedded
from bot.storage.master_keys import new_master_key
from bot.testing.network import free_port

START_WITHIN: Final = 60.0
ROOT: Final = Path(__file__).parents[1]
TILLWISE: Final = ("-m", "bot", "run")


class DidNotStart(Exception):  # noqa: N818 -- what happened
    """A bot ended, or said nothing, before it took updates."""


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot at work, and the Telegram that it knows."""

    telegram: Telegram
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds of CPU that the bot has used."""
        return _seconds(self.process)


@dataclass(frozen=True, slots=True)
class Postgres:
    """A durable embedded PostgreSQL with the schema and the shipped content."""

    url: str
    master_key: str
    server: psutil.Process
    log: Path
    """Where the bots' own words go."""

    def cpu(self) -> float:
        """Seconds of CPU that the server has used with all its processes, those that have ended too."""
        children = self.server.children(recursive=True)
        ended = self.server.cpu_times()
        return sum(map(_seconds, [self.server, *children])) + ended.children_user + ended.children_system


def _seconds(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


@asynccontextmanager
async def postgres(directory: Path) -> AsyncIterator[Postgres]:
    """An empty, durable database with the content published. Raises `RuntimeError` where the server does not keep its word."""
    async with embedded(directory) as url:
        master_key = new_master_key()
        settings = StorageSettings(database_url=url, data_dir=directory, master_keys=master_key)
        async with migrated(settings) as database:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                if await database.pool.fetchval(f"SHOW {name}") != "on":
                    raise RuntimeError(f"PostgreSQL runs with {name} off: what it keeps would not survive a crash")
            await database.pool.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        async with migrated(settings) as database:
            await publish(database, "zh", "Asia/Shanghai", by="bench")
        number = (directory / "data" / "postmaster.pid").read_text().split()[0]
        yield Postgres(url, master_key, psutil.Process(int(number)), directory / "bots.log")


@asynccontextmanager
async def echo(log: Path) -> AsyncIterator[Bot]:
    """The stock echo bot; what it says goes to `log`."""
    telegram = Telegram()
    command = ["-m", "bench.echo", await telegram.start(), str(free_port()), _secret()]
    async with _running(telegram, command, {}, log) as bot:
        yield bot


@asynccontextmanager
async def tillwise(database: Postgres, command: Sequence[str] = TILLWISE) -> AsyncIterator[Bot]:
    """The bot as it is run in earnest, but without limits to its sending since nobody is real."""
    telegram = Telegram()
    port = free_port()
    settings = {
        "BOT_TOKEN": TOKEN,
        "BOT_TELEGRAM_API": await telegram.start(),
        "BOT_DATABASE_URL": database.url,
        "BOT_MASTER_KEYS": database.master_key,
        "BOT_WEBHOOK_URL": f"http://127.0.0.1:{port}",
        "BOT_WEBHOOK_SECRET": _secret(),
        "BOT_PORT": str(port),
        "BOT_MESSAGES_PER_SECOND": "0",
        "BOT_MESSAGES_PER_CHAT": "0",
    }
    async with _running(telegram, command, settings, database.log) as bot:
        yield bot


@asynccontextmanager
async def _running(
    telegram: Telegram, command: Sequence[str], settings: dict[str, str], log: Path
) -> AsyncIterator[Bot]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")} | settings
    with log.open("ab") as file:
        process = psutil.Popen([sys.executable, *command], cwd=ROOT, env=environment, stdout=file, stderr=file)
    try:
        await _started(telegram, process, log)
        yield Bot(telegram, process)
    finally:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
        await asyncio.to_thread(process.wait)
        telegram.stop()


async def _started(telegram: Telegram, process: psutil.Popen, log: Path) -> None:
    """Once the bot has told Telegram where it takes updates, and listens there."""
    until = time.monotonic() + START_WITHIN
    while not (telegram.webhook.done() and _listens(telegram.webhook.result()[0])):
        if process.poll() is not None or time.monotonic() > until:
            raise DidNotStart(f"a bot did not start; what it said last is in {log}")
        await asyncio.sleep(0.02)


def _listens(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((address.hostname, address.port)) == 0


def _secret() -> str:
    return secrets.token_urlsafe(24)
