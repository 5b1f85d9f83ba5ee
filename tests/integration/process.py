"""The bot as a process of its own, for tests that kill it, end it, or run several on one database.

Importing the program costs seconds, and these tests start it again and again: so a server process imports it once and
forks it for each start, where it does all that `python -m bot` does. `command` runs the real command from nothing.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from bot.testing.network import free_port

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 30.0
_forking: Final = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(["bot.__main__"])


def settings(token: str, telegram: str, database: str, *, webhook: bool = False) -> dict[str, str]:
    """What a bot needs that serves people faster than any, on a free port."""
    port = free_port()
    hook = {"BOT_WEBHOOK_URL": f"http://127.0.0.1:{port}", "BOT_WEBHOOK_SECRET": "a-secret-of-the-tests"}
    return {
        "BOT_TOKEN": token,
        "BOT_TELEGRAM_API": telegram,
        "BOT_DATABASE_URL": database,
        "BOT_MASTER_KEYS": os.environ["BOT_MASTER_KEYS"],
        "BOT_PORT": str(port),
        "BOT_MESSAGES_PER_CHAT": "0",
        "BOT_MESSAGES_PER_SECOND": "0",
        **(hook if webhook else {}),
    }


class BotProcess:
    """`python -m bot ARGUMENTS` with these settings and no others; what it writes to standard error goes to `log`."""

    def __init__(self, log: Path, settings: Mapping[str, str], *arguments: str) -> None:
        self._log = log
        self.settings = dict(settings)
        self._arguments = arguments or ("run",)
        self._process: BaseProcess | None = None

    @property
    def written(self) -> str:
        """What the process started last has written so far."""
        return self._log.read_text() if self._log.exists() else ""

    async def start(self) -> None:
        """Start it, and come back when it says that it is running."""
        self._launch()
        async with asyncio.timeout(PATIENCE):
            while "is running at" not in self.written:
                assert self._running.is_alive(), self.written
                await asyncio.sleep(0.01)

    def kill(self) -> None:
        """SIGKILL: it ends in the middle of whatever it does."""
        self._running.kill()
        self._running.join()

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; the exit code."""
        assert self._running.pid is not None
        os.kill(self._running.pid, number)
        return await self.ended()

    async def ended(self) -> int:
        """The exit code, once it has ended by itself."""
        await asyncio.to_thread(self._running.join, PATIENCE)
        code = self._running.exitcode
        assert code is not None, f"it goes on\n{self.written}"
        return code

    async def outcome(self) -> tuple[int, str]:
        """Run it to its end; the exit code and what it wrote."""
        self._launch()
        return await self.ended(), self.written

    def close(self) -> None:
        """Whatever happens in the test, no process outlives it."""
        if self._process is not None and self._process.is_alive():
            self.kill()

    @property
    def _running(self) -> BaseProcess:
        assert self._process is not None, "it was not started"
        return self._process

    def _launch(self) -> None:
        self._log.write_text("")
        self._process = _forking.Process(target=_main, args=(str(self._log), self.settings, self._arguments))
        self._process.start()


def _main(log: str, settings: Mapping[str, str], arguments: tuple[str, ...]) -> None:
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND), sys.stderr.fileno())
    for name in [name for name in os.environ if name.startswith("BOT_")]:
        del os.environ[name]
    os.environ.update(settings)
    sys.argv = ["bot", *arguments]
    from bot.__main__ import main  # noqa: PLC0415 -- imported by the server process already

    main()


def command(settings: Mapping[str, str], *arguments: str) -> subprocess.Popen[str]:
    """`python -m bot ARGUMENTS`, begun from nothing in a process group of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments], cwd=ROOT, env={**environment, **settings}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
