from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from bot.core.errors import SettingsError
from bot.storage.embedded import EmbeddedServer, embedded

PROGRAM = """
import asyncio, sys
from pathlib import Path
from bot.storage.embedded import embedded

async def main():
    async with embedded(Path(sys.argv[1])) as url:
        print(url, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def running(directory: Path) -> bool:
    """Whether a server answers to the number its data names."""
    with suppress(FileNotFoundError, ProcessLookupError):
        number = int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(number, 0)
        return True
    return False


async def names(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    finally:
        await connection.close()


@asynccontextmanager
async def program(directory: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Another process that uses the server."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(directory), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        url = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
        assert url, (await process.communicate())[1].decode()
        yield process, url
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def test_the_server_keeps_its_data_and_runs_only_for_the_block(reachable_path: Path) -> None:
    async with embedded(reachable_path / "pg") as url:
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE kept (id int)")
        await connection.close()
    assert not running(reachable_path / "pg")
    async with embedded(reachable_path / "pg") as url:
        assert await names(url) == ["kept"]
    assert not running(reachable_path / "pg")


async def test_a_path_with_spaces_and_more_letters_than_a_socket_takes_is_no_trouble(reachable_path: Path) -> None:
    directory = reachable_path / "河谷 & co" / ("long" * 30)
    async with embedded(directory) as url:
        assert await names(url) == []


async def test_whoever_uses_the_server_last_stops_it(reachable_path: Path) -> None:
    one, other = EmbeddedServer(reachable_path), EmbeddedServer(reachable_path)
    assert one.start() == other.start()
    one.stop()
    one.stop()
    assert running(reachable_path)
    other.stop()
    assert not running(reachable_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_program_that_is_told_to_end_stops_the_server(reachable_path: Path, number: signal.Signals) -> None:
    async with program(reachable_path) as (process, _):
        assert running(reachable_path)
        process.send_signal(number)
        await asyncio.wait_for(process.wait(), 30)
    assert not running(reachable_path)


async def test_a_program_that_was_killed_does_not_keep_the_next_from_using_and_stopping_the_server(
    reachable_path: Path,
) -> None:
    async with program(reachable_path) as (process, url):
        process.kill()
        await process.wait()
        async with embedded(reachable_path) as again:
            assert again == url
            assert await names(again) == []
    assert not running(reachable_path)


async def test_a_pid_file_that_names_another_program_does_not_keep_the_server_from_starting(
    reachable_path: Path,
) -> None:
    async with embedded(reachable_path):
        pass
    lines = (
        str(os.getpid()),
        str(reachable_path / "data"),
        "1",
        "5432",
        str(reachable_path / "data"),
        "",
        "1 1",
        "ready",
    )
    (reachable_path / "data" / "postmaster.pid").write_text("\n".join(lines))
    async with embedded(reachable_path) as url:
        assert await names(url) == []


async def test_a_server_that_cannot_start_ends_the_start_with_one_sentence(reachable_path: Path) -> None:
    (reachable_path / "file").write_text("")
    with pytest.raises(SettingsError, match="BOT_DATA_DIR"):
        async with embedded(reachable_path / "file" / "pg"):
            pass


async def test_data_of_another_version_ends_the_start_with_one_sentence(reachable_path: Path) -> None:
    (reachable_path / "data").mkdir()
    (reachable_path / "data" / "PG_VERSION").write_text("12")
    with pytest.raises(SettingsError, match="cannot start"):
        async with embedded(reachable_path):
            pass
