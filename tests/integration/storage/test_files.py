"""Files of customers: whole, bound to name and person, and gone with the person's key wherever a copy of them lies."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.conversation.ports import FileLost
from bot.storage.database import Database
from bot.storage.files import CHUNK, EncryptedFiles
from tests.integration.storage.conftest import World
from tests.integration.storage.test_keys import carry_out, erase


def name() -> str:
    return str(uuid.uuid4())


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def files(tmp_path: Path, database: Database) -> EncryptedFiles:
    return EncryptedFiles(tmp_path, database)


@pytest.fixture
async def person(on_postgres: World) -> int:
    """Somebody who sends files."""
    return (await on_postgres.known("42")).id


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
async def test_what_is_written_is_read_and_nothing_of_it_stands_on_the_disk(
    files: EncryptedFiles, person: int, tmp_path: Path, size: int
) -> None:
    content, kept = (b"Li Orchard, lease " * (size // 18 + 1))[:size], name()
    await files.write(kept, person, content)
    assert await files.read(kept, person) == content
    (path,) = stored(tmp_path)
    assert b"Orchard" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


async def test_a_file_that_was_changed_cut_moved_or_swapped_does_not_open(
    files: EncryptedFiles, person: int, on_postgres: World, tmp_path: Path
) -> None:
    kept, other = name(), name()
    content = os.urandom(2 * CHUNK + 100)
    await files.write(kept, person, content)
    (path,) = stored(tmp_path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-1] ^= 1
    head = len(whole) - len(content) - 3 * 16
    first, second = whole[head : head + CHUNK + 16], whole[head + CHUNK + 16 : head + 2 * (CHUNK + 16)]
    rest = whole[head + 2 * (CHUNK + 16) :]
    for broken in (
        bytes(flipped),
        whole[: head + 2 * (CHUNK + 16)],
        whole[:head] + second + first + rest,
        whole[:20],
        b"",
    ):
        path.write_bytes(broken)
        with pytest.raises(FileLost):
            await files.read(kept, person)
    path.write_bytes(whole)
    with pytest.raises(FileLost):
        await files.read(kept, (await on_postgres.known("43")).id)
    (tmp_path / other[:2]).mkdir(exist_ok=True)
    (tmp_path / other[:2] / other).write_bytes(whole)
    with pytest.raises(FileLost):
        await files.read(other, person)


async def test_a_removed_file_is_gone_and_removing_it_again_is_no_error(
    files: EncryptedFiles, person: int, tmp_path: Path
) -> None:
    kept = name()
    await files.write(kept, person, b"lease")
    await files.remove([kept])
    await files.remove([kept])
    assert stored(tmp_path) == []
    with pytest.raises(FileLost):
        await files.read(kept, person)


async def test_files_are_told_apart_by_when_they_were_written(files: EncryptedFiles, person: int) -> None:
    kept = name()
    await files.write(kept, person, b"lease")
    now = datetime.now(UTC)
    assert await files.names_before(now + timedelta(minutes=1)) == (kept,)
    assert await files.names_before(now - timedelta(minutes=1)) == ()


async def test_a_copy_of_the_folder_from_before_an_erasure_cannot_be_read_and_others_files_can(
    files: EncryptedFiles, person: int, on_postgres: World, database: Database, tmp_path: Path
) -> None:
    gone, stays = name(), name()
    other = (await on_postgres.known("43")).id
    await files.write(gone, person, b"lease")
    await files.write(stays, other, b"menu")
    backup = tmp_path / "backup"
    shutil.copytree(tmp_path, backup)
    await erase(on_postgres, "42")
    await carry_out(on_postgres, database)
    for folder in (tmp_path, backup):
        copy = EncryptedFiles(folder, database)
        assert await copy.read(stays, other) == b"menu"
        with pytest.raises(FileLost, match="erased"):
            await copy.read(gone, person)
    await files.write(gone, person, b"sent anew")
    assert await files.read(gone, person) == b"sent anew"


async def test_the_same_content_is_found_again_by_a_hash_that_nobody_else_can_make(files: EncryptedFiles) -> None:
    assert files.digest(b"lease") == files.digest(b"lease") != files.digest(b"menu")
    assert files.digest(b"lease") != hashlib.sha256(b"lease").hexdigest()
