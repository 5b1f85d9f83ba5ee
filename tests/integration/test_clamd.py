from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from bot.conversation.ports import ScannerUnavailable
from bot.core.errors import SettingsError
from bot.gateways.clamd import Clamd, scanner_at
from bot.testing.samples import FOUND, sample, serving_clamd


async def test_a_clean_and_a_harmful_file_are_told_apart() -> None:
    async with serving_clamd() as address:
        scanner = scanner_at(address)
        assert await scanner.scan(sample("page 1")) is None
        assert await scanner.scan(sample("harmful")) == FOUND
        assert await scanner.scan(b"x" * 300_000 + sample("harmful")) == FOUND


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"\xff\xff"])
async def test_an_answer_without_a_verdict_is_no_verdict(answer: bytes) -> None:
    async with serving_clamd(answer) as address:
        with pytest.raises(ScannerUnavailable):
            await scanner_at(address).scan(b"x")


async def test_a_scanner_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ScannerUnavailable):
        await scanner_at(f"tcp://127.0.0.1:{port}").scan(b"x")


async def test_a_scanner_that_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        scanner = Clamd(host="127.0.0.1", port=silent.getsockname()[1], timeout=0.2)
        with pytest.raises(ScannerUnavailable):
            await scanner.scan(b"x")


async def test_a_scanner_is_reached_by_its_socket(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0\0\0\0")
        writer.write(b"stream: OK\0")
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(serve, tmp_path / "clamd.sock"):
        assert await scanner_at(f"unix://{tmp_path}/clamd.sock").scan(b"x") is None


@pytest.mark.parametrize("wrong", ["clamd", "http://127.0.0.1:3310", "tcp://", "unix://relative", "tcp://host:port"])
def test_a_wrong_address_is_told(wrong: str) -> None:
    with pytest.raises(SettingsError, match="BOT_SCANNER is wrong"):
        scanner_at(wrong)
