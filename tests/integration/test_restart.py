"""The process killed at any moment, ended in order, and started with settings that cannot be right."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, Literal, LiteralString, TypeAlias

import psutil
import psycopg
import pytest

from bot.app import migrated, publish
from bot.settings import StorageSettings
from bot.simulator.client import SeenMessage, SimulatorClient
from bot.simulator.server import create_simulator, running
from bot.simulator.world import BotAccounts
from bot.storage.master_keys import new_master_key
from bot.testing.network import free_port
from tests.integration.applicant import FORM, REVIEW, Applicant, Question
from tests.integration.process import PATIENCE, BotProcess, command, settings

pytestmark = pytest.mark.xdist_group("processes")

Mode: TypeAlias = Literal["polling", "webhook"]
both = pytest.mark.parametrize("mode", ["polling", "webhook"])
TOKEN: Final = "7000000002:token-of-a-bot-that-is-killed"
MESSAGES: Final = ["sendMessage", "editMessageText", "editMessageReplyMarkup"]


@dataclass
class Street:
    """A bot's process, the people who talk to it, and its database."""

    simulator: SimulatorClient
    process: BotProcess
    database: str
    joined: int = field(default=0)

    async def applicant(self) -> Applicant:
        self.joined += 1
        return Applicant(await self.simulator.join(f"客户{self.joined}"))

    async def at_rest(self) -> None:
        """When the bot knows of everything it has sent; people are slower than the twentieth of a second that takes."""
        async with asyncio.timeout(PATIENCE):
            while self._one("SELECT count(*) FROM outbox WHERE sent_at IS NULL"):  # noqa: ASYNC110 -- another process marks
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def held_up(self, *, turns: int) -> AsyncIterator[None]:
        """The conversations of the first so many customers are locked: their turns wait in the middle."""
        async with await psycopg.AsyncConnection.connect(self.database) as connection:
            await connection.execute("SELECT 1 FROM conversation ORDER BY id LIMIT %s FOR UPDATE", [turns])
            yield

    async def waiting_turns(self, count: int) -> None:
        """So many turns have come to wait for a lock."""
        async with asyncio.timeout(PATIENCE):
            while self._one("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") < count:  # noqa: ASYNC110 -- another process waits
                await asyncio.sleep(0.01)

    async def restart(self) -> None:
        """Start again, long enough after a kill for what was left unsent to be taken over."""
        self._one("UPDATE outbox SET lease_until = now() - interval '1 second' WHERE sent_at IS NULL RETURNING 1")
        await self.process.start()

    def _one(self, statement: LiteralString) -> Any:
        with psycopg.connect(self.database, autocommit=True) as connection:
            row = connection.execute(statement).fetchone()
        return row[0] if row else None


Answer: TypeAlias = Callable[[], Awaitable[None]]
Moment: TypeAlias = Callable[[Street, Answer], Awaitable[None]]


@asynccontextmanager
async def street(mode: Mode, database: str, folder: Path) -> AsyncIterator[Street]:
    async with running(create_simulator(webhook_pause=0.02)) as address, SimulatorClient(address) as simulator:
        async with migrated(StorageSettings(database_url=database, data_dir=folder)) as opened:
            await publish(opened, "zh", "Asia/Shanghai", by="test")
        process = BotProcess(folder / "log", settings(TOKEN, address, database, webhook=mode == "webhook"))
        try:
            yield Street(simulator, process, database)
        finally:
            process.close()


async def as_it_arrives(street: Street, answer: Answer) -> None:
    """Killed as soon as the answer is on its way."""
    await answer()
    street.process.kill()


async def a_moment_later(street: Street, answer: Answer) -> None:
    """Killed somewhere in the turn, or right before or after it."""
    await answer()
    await asyncio.sleep(random.uniform(0, 0.03))  # noqa: S311 -- any moment will do
    street.process.kill()


async def in_the_turn(street: Street, answer: Answer) -> None:
    """Killed with the update in its hands, and nothing committed."""
    async with street.held_up(turns=1):
        await answer()
        await street.waiting_turns(1)
        street.process.kill()


async def between_commit_and_send(street: Street, answer: Answer) -> None:
    """Killed with the answer kept, and nothing sent of what came of it."""
    await street.simulator.set_faults(too_many_requests={"methods": MESSAGES, "retry_after": 600})
    await answer()
    await struck(street.simulator, "too_many_requests")
    street.process.kill()
    await street.simulator.set_faults()


async def between_send_and_mark(street: Street, answer: Answer) -> None:
    """Killed when the next question is on the phone, while the bot has not heard that it is."""
    await street.simulator.set_faults(timeout={"methods": ["sendMessage"], "seconds": 600})
    await answer()
    await struck(street.simulator, "timeout")
    street.process.kill()
    await street.simulator.set_faults()


async def struck(simulator: SimulatorClient, fault: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not (await simulator.state())["faults"][fault]["struck"]:  # noqa: ASYNC110 -- behind a real connection
            await asyncio.sleep(0.005)


KILLED: Final[Mapping[str, Moment]] = {
    "consent.credit_enquiry": as_it_arrives,
    "amount.ask": between_commit_and_send,
    "purpose.ask": in_the_turn,
    "business_name.ask": between_send_and_mark,
    "uscc.ask": in_the_turn,
    "monthly_turnover.ask": a_moment_later,
    "phone.ask": between_commit_and_send,
}
ASKED_TWICE: Final = sum(moment in (a_moment_later, between_send_and_mark) for moment in KILLED.values())
"""How many questions may come twice, since the process was killed before it could know that they had arrived."""


@both
async def test_a_process_killed_at_any_moment_loses_no_answer_and_takes_none_twice(
    mode: Mode, empty_database_url: str, tmp_path: Path
) -> None:
    async with street(mode, empty_database_url, tmp_path) as s:
        await s.process.start()
        customer = await s.applicant()
        await customer.phone.start()
        for question in FORM:
            message = await customer.is_asked(question)
            await _answer(s, customer, question, message)
        review = await customer.is_asked(REVIEW)

        assert customer.reviewed(review) == customer.review()
        again = Counter(await customer.openings()) - Counter(customer.words.opening(one.asked) for one in FORM)
        assert sum(again.values()) <= ASKED_TWICE, again


async def _answer(street: Street, customer: Applicant, question: Question, message: SeenMessage) -> None:
    answer = partial(customer.answers, question, message)
    if (moment := KILLED.get(question.asked)) is None:
        await answer()
    else:
        await street.at_rest()
        await moment(street, answer)
        await street.restart()


@both
async def test_a_batch_of_updates_broken_off_in_the_middle_is_taken_whole_and_once(
    mode: Mode, empty_database_url: str, tmp_path: Path
) -> None:
    async with street(mode, empty_database_url, tmp_path) as s:
        await s.process.start()
        customers = [await s.applicant() for _ in range(10)]
        for customer in customers:
            await customer.phone.start()
            await customer.fills_in(FORM[:1])
        asked = [await customer.is_asked(FORM[1]) for customer in customers]
        await s.at_rest()
        s.process.kill()
        for customer, message in zip(customers, asked, strict=True):
            await customer.answers(FORM[1], message)
        async with s.held_up(turns=5):
            await s.process.start()
            await s.waiting_turns(5)
            await customers[-1].is_asked(FORM[2])
            s.process.kill()
        await s.restart()
        for customer in customers:
            customer.phone.seen = 0
            await customer.fills_in(FORM[2:3])
            await customer.is_asked(FORM[3])
            assert (await customer.openings()).count(customer.words.opening(FORM[1].asked)) == 1


async def _said(stream: IO[str], words: str) -> None:
    """Wait until the program has written a line with these words."""

    def read() -> None:
        for line in stream:
            if words in line:
                return
        raise AssertionError(f"it ended without saying '{words}'")

    async with asyncio.timeout(2 * PATIENCE):
        await asyncio.to_thread(read)


async def _ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and all else that was written to standard error."""
    _, errors = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    return process.returncode, errors


def _postgres_of(folder: Path) -> list[int]:
    """The processes of the database server that keeps its data below `folder`."""
    return [
        process.pid
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres" and any(str(folder) in part for part in process.info["cmdline"] or ())
    ]


async def test_ctrl_c_ends_the_demo_and_its_database_in_order(reachable_path: Path) -> None:
    ports = ("--port", str(free_port()), "--bot-port", str(free_port()))
    with command({}, "demo", *ports, "--data-dir", str(reachable_path)) as program:
        assert program.stdout
        await _said(program.stdout, "Ctrl-C ends it")
        assert _postgres_of(reachable_path)
        os.killpg(program.pid, signal.SIGINT)
        assert await _ended(program) == (0, "")
        assert not _postgres_of(reachable_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_running_bot_ends_in_order_when_asked_and_takes_its_database_along(
    number: signal.Signals, reachable_path: Path, tmp_path: Path
) -> None:
    async with running(create_simulator()) as telegram:
        told = {"BOT_TOKEN": TOKEN, "BOT_TELEGRAM_API": telegram, "BOT_PORT": "0", "BOT_DATA_DIR": str(reachable_path)}
        publishing = BotProcess(tmp_path / "log", told, "content", "publish")
        assert await publishing.outcome() == (0, "")
        process = BotProcess(tmp_path / "log", told)
        await process.start()
        assert _postgres_of(reachable_path)
        assert await process.end(number) == 0
        assert "Traceback" not in process.written
        assert not _postgres_of(reachable_path)


GIVEN: Final = {"BOT_TOKEN": TOKEN}
KEYS: Final = {"BOT_MASTER_KEYS": new_master_key()}
WRONG: Final[Sequence[tuple[Mapping[str, str], str]]] = [
    ({}, "BOT_TOKEN is missing"),
    ({"BOT_TOKEN": "none"}, "BOT_TOKEN is wrong"),
    (GIVEN | {"BOT_PORT": "eighty"}, "BOT_PORT is wrong"),
    (GIVEN | {"BOT_TELEGRAM_API": "telegram"}, "BOT_TELEGRAM_API is wrong"),
    (GIVEN | {"BOT_WEBHOOK_URL": "https://example.org"}, "BOT_WEBHOOK_SECRET is missing"),
    (GIVEN | {"BOT_LENDER_URL": "https://example.org"}, "BOT_LENDER_SECRET is missing"),
    (GIVEN | {"BOT_OPERATOR": "somebody"}, "BOT_OPERATOR is wrong"),
    (GIVEN | {"BOT_TIMEZONE": "Mars/Olympus"}, "BOT_TIMEZONE is wrong"),
    (GIVEN | {"BOT_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "BOT_MASTER_KEYS is missing"),
    (
        GIVEN | {"BOT_DATABASE_URL": "postgresql://x@127.0.0.1:1/x", "BOT_MASTER_KEYS": "mk_short"},
        "BOT_MASTER_KEYS is wrong",
    ),
    (GIVEN | {"BOT_DATABASE_URL": "mysql://here/it"}, "BOT_DATABASE_URL must name a PostgreSQL database"),
    (GIVEN | {"BOT_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"} | KEYS, "BOT_DATABASE_URL cannot be reached"),
]


@pytest.mark.parametrize(("wrong", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
async def test_a_setting_that_cannot_be_right_ends_the_start_with_one_sentence(
    wrong: Mapping[str, str], sentence: str, tmp_path: Path
) -> None:
    code, written = await BotProcess(tmp_path / "log", wrong).outcome()
    assert (code, written.count("\n")) == (2, 1), written
    assert written.startswith("tillwise: ")
    assert sentence in written


async def test_what_only_shows_at_the_start_ends_it_with_one_sentence_too(
    empty_database_url: str, tmp_path: Path
) -> None:
    async with running(create_simulator(accounts=BotAccounts(tokens=frozenset({"1:other"})))) as telegram:
        process = BotProcess(tmp_path / "log", settings(TOKEN, telegram, empty_database_url))
        unpublished = await process.outcome()
        async with migrated(StorageSettings(database_url=empty_database_url, data_dir=tmp_path)) as database:
            await publish(database, "zh", "Asia/Shanghai", by="test")
        unknown = await process.outcome()
    unreachable = await process.outcome()
    assert unpublished == (2, "tillwise: no content is published yet; run `python -m bot content publish`\n")
    assert unknown == (2, "tillwise: the Bot API server at BOT_TELEGRAM_API does not know BOT_TOKEN (Unauthorized)\n")
    assert unreachable[0] == 2
    assert unreachable[1].startswith("tillwise: the Bot API server at BOT_TELEGRAM_API cannot be reached (")
    assert unreachable[1].count("\n") == 1


async def test_a_port_that_is_taken_is_named(empty_database_url: str, tmp_path: Path) -> None:
    async with street("polling", empty_database_url, tmp_path) as s, running(create_simulator()) as other:
        port = other.rpartition(":")[2]
        taken = BotProcess(tmp_path / "log", s.process.settings | {"BOT_PORT": port})
        code, written = await taken.outcome()
        assert (code, written.count("\n")) == (2, 1), written
        assert f"cannot listen on 127.0.0.1:{port}" in written


async def test_the_command_itself_refuses_to_start_without_settings() -> None:
    assert await _ended(command({}, "run")) == (
        2, "tillwise: BOT_TOKEN is missing: The bot's token, from BotFather: `123456:ABC…`.\n",
    )  # fmt: skip
