"""The real bot in its house: a process of its own parts on PostgreSQL, the simulator and the demo lender, all over HTTP.

Jobs run when the story has come that far, so that what takes its time in the world takes none here.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.app import Running, SystemClock, migrated, running
from bot.conversation.services.registry import SERVICES
from bot.handoff import invitations
from bot.handoff.records import Manager
from bot.publishing.library import Library
from bot.settings import StorageSettings, load
from bot.simulator.client import SimulatorClient
from bot.simulator.lender.app import create_lender
from bot.simulator.lender.desk import Desk
from bot.simulator.server import create_simulator
from bot.simulator.server import running as serving_simulator
from bot.simulator.world import BotAccounts, World
from bot.storage.releases import PostgresReleases
from bot.storage.repositories.managers import PostgresManagers
from bot.testing.lender_book import ANSWERS
from bot.testing.marks import Marks
from bot.testing.memory_stage import ANSWERED, TO_LENDER
from bot.testing.network import free_port
from bot.testing.samples import serving_clamd

TOKEN: Final = "7000000001:stories"
PATIENCE: Final = 60.0
_DUE: Final = """
SELECT count(*) FROM procrastinate_jobs AS job WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()
AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo' AND lock = job.lock AND id < job.id)
"""
"""Jobs that a worker would take now: none that waits behind another one by its lock."""

_HOLD: Final = (
    "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day'"
    " WHERE status = 'todo' AND scheduled_at IS NULL AND task_name = ANY($1)"
)
_BREAK: Final = """
CREATE SEQUENCE IF NOT EXISTS story_faults;
ALTER SEQUENCE story_faults RESTART;
CREATE OR REPLACE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('story_faults') = 1 THEN RAISE EXCEPTION 'broken on purpose'; END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER fail_once BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION fail_once();
"""


class Gate:
    """Stands before the lender: answers with `status` instead of letting in, where one is set.

    What the lender is told of an application, the story answers: `standing` makes the answer to an action.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.status: int | None = None
        self.standing: Callable[[str], dict[str, Any]] | None = None
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answering(str(scope.get("path", "")).rpartition("/")[2])(scope, receive, send)

    def _answering(self, action: str) -> ASGIApp:
        if self.status is not None:
            return JSONResponse({"code": "not-today"}, self.status)
        if self.standing is not None and action in ANSWERS:
            return JSONResponse(self.standing(action))
        return self._app


@dataclass(slots=True)
class House:
    """A running bot, and the levers of the world around it."""

    bot: Running
    simulator: SimulatorClient
    world: World
    http: httpx.AsyncClient
    marks: Marks
    gate: Gate
    lender_secret: str
    lender_desk: Desk
    files: Path

    async def taken(self, update: int) -> None:
        """Wait until the bot has acknowledged the update: its turn is committed, and what it says is with the sender."""
        key = f"telegram:{self.bot.account.id}:{update}"
        waiting = self.world.bots[self.bot.account.id].updates
        async with asyncio.timeout(PATIENCE):
            while any(one.update_id == update for one in waiting.pending()) or not await self._value(  # noqa: ASYNC110
                "SELECT count(*) FROM inbox WHERE key = $1", key
            ):
                await asyncio.sleep(0.005)

    def order(self, person: int, after: int) -> list[int]:
        """The messages of a person's chat in the order in which they were first sent or changed after a number."""
        events = self.world.journal.since(after)
        changed = [event for event in events if event.user == person and event.type in {"message", "edit", "delete"}]
        return [event.subject.id for event in changed]

    async def settle(self) -> None:
        """Run the jobs that are due and those that come of them, and have every message sent."""
        await self.run_jobs()
        await self.bot.parts.sender.flush()

    async def run_jobs(self) -> None:
        """What is handed to the lender waits until the story says so."""
        await self._do(_HOLD, TO_LENDER)
        while await self._value(_DUE):
            await self.bot.parts.jobs.run_worker_async(
                wait=False, concurrency=1, install_signal_handlers=False, listen_notify=False
            )
            await self._do(_HOLD, TO_LENDER)

    async def let_submissions_go(self, *, last: bool) -> None:
        """Hand in what waits; at the last of all attempts where that is said."""
        await self._do(
            "UPDATE procrastinate_jobs SET scheduled_at = now(), attempts = $1"
            " WHERE status = 'todo' AND task_name = ANY($2)",
            7 if last else 0,
            ANSWERED,
        )
        await self.run_jobs()

    async def let_documents_go(self) -> None:
        """Hand on the documents that wait."""
        await self._do(
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND task_name = 'send-document'"
        )
        await self.run_jobs()

    async def pass_time(self, time: timedelta) -> None:
        """Timers move nearer by as much."""
        await self._do(
            "UPDATE procrastinate_jobs SET scheduled_at = scheduled_at - $1::interval"
            " WHERE status = 'todo' AND NOT task_name = ANY($2)",
            time,
            TO_LENDER,
        )

    async def break_next_turn(self) -> None:
        """The next turn that says anything fails at writing it down."""
        await self._do(_BREAK)

    async def hire(self, name: str) -> str:
        """Invite an account manager; the link."""
        code = invitations.new_code()
        invited = Manager(0, name, "客户经理", "9:00–18:00", "zh", invitation=invitations.hashed(code))
        await PostgresManagers(self.bot.parts.database.pool).add(invited)
        return f"https://t.me/{self.bot.account.username}?start={invitations.payload(code)}"

    async def send_home(self) -> None:
        """No manager is on duty any more, and nobody waits for one."""
        await self._do("UPDATE account_manager SET on_duty = false, conversation_id = NULL")
        await self._do("UPDATE lead SET status = 'expired', closed_at = now() WHERE closed_at IS NULL")
        await self._do("DELETE FROM procrastinate_jobs")

    async def failures(self) -> list[str]:
        """What staff were told of, and forget it."""
        rows = await self.bot.parts.database.pool.fetch('DELETE FROM failure RETURNING "where", error')
        return [f"{row['where']}: {row['error']}" for row in rows]

    async def _do(self, statement: str, *given: Any) -> None:
        await self.bot.parts.database.pool.execute(statement, *given)

    async def _value(self, statement: str, *given: Any) -> Any:
        return await self.bot.parts.database.pool.fetchval(statement, *given)


@asynccontextmanager
async def house(
    database_url: str,
    marks: Marks,
    operator: str,
    *,
    hosted_form: bool = False,
    topics: bool = False,
    more: Mapping[str, str] | None = None,
) -> AsyncIterator[House]:
    """A bot run by `operator` for the span of the block, with `more` settings, its content published with marked words."""
    await _publish(database_url, marks)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    lender = create_lender((secret,), "http://127.0.0.1:9/nowhere", SystemClock())
    lender.state.desk.change(automatic=False)
    gate = Gate(lender)
    port = free_port()
    telegram = create_simulator(seed=1, mounts={"/lender": gate}, accounts=BotAccounts(topics=topics))
    async with serving_simulator(telegram) as page, serving_clamd() as scanner, temporary_folder() as files:
        settings = load(
            {
                "token": TOKEN, "telegram_api": page, "database_url": database_url, "operator": operator, "port": port,
                "webhook_url": f"http://127.0.0.1:{port}", "webhook_secret": secrets.token_urlsafe(24),
                "lender_url": f"{page}/lender",
                "lender_form": f"{page}/lender/forms/{{reference}}" if hosted_form else None,
                "lender_secret": secret, "messages_per_chat": 0, "messages_per_second": 0,
                "files": files, "scanner": scanner,
                **(more or {}),
            }
        )  # fmt: skip
        try:
            async with (
                running(settings, worker=False) as bot,
                SimulatorClient(page) as simulator,
                httpx.AsyncClient(base_url=bot.url) as http,
            ):
                yield House(bot, simulator, telegram.state.world, http, marks, gate, secret, lender.state.desk, files)
        finally:
            await lender.state.desk.close()


@asynccontextmanager
async def temporary_folder() -> AsyncIterator[Path]:
    """A folder of its own for the span of the block."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


async def _publish(database_url: str, marks: Marks) -> None:
    async with migrated(
        StorageSettings(database_url=database_url, data_dir=load({"token": TOKEN}).data_dir)
    ) as database:
        library = Library(PostgresReleases(database), SystemClock(), services=SERVICES)
        await library.publish(marks.documents, by="stories")
