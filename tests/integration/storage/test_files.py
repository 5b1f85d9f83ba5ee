from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.conversation.ports import FileLost
from bot.core.errors import SettingsError
from bot.storage.file_keys import SharedKeyCipher, kept_key, keys_of
from bot.storage.files import CHUNK, EncryptedFiles

OLD, NEW = os.urandom(32), os.urandom(32)
PERSON = 7


def name() -> str:
    return str(uuid.uuid4())


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def files(tmp_path: Path) -> EncryptedFiles:
    return EncryptedFiles(tmp_path, SharedKeyCipher((NEW,)))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
async def test_what_is_written_is_read_and_nothing_of_it_stands_on_the_disk(
    files: EncryptedFiles, tmp_path: Path, size: int
) -> None:
    content, kept = (b"Li Orchard, lease " * (size // 18 + 1))[:size], name()
    await files.write(kept, PERSON, content)
    assert await files.read(kept, PERSON) == content
    (path,) = stored(tmp_path)
    assert b"Orchard" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


async def test_a_file_that_was_changed_cut_moved_or_swapped_does_not_open(
    files: EncryptedFiles, tmp_path: Path
) -> None:
    kept, other = name(), name()
    content = os.urandom(2 * CHUNK + 100)
    await files.write(kept, PERSON, content)
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
            await files.read(kept, PERSON)
    path.write_bytes(whole)
    with pytest.raises(FileLost):
        await files.read(kept, PERSON + 1)
    (tmp_path / other[:2]).mkdir(exist_ok=True)
    (tmp_path / other[:2] / other).write_bytes(whole)
    with pytest.raises(FileLost):
        await files.read(other, PERSON)


async def test_a_removed_file_is_gone_and_removing_it_again_is_no_error(files: EncryptedFiles, tmp_path: Path) -> None:
    kept = name()
    await files.write(kept, PERSON, b"lease")
    await files.remove([kept])
    await files.remove([kept])
    assert stored(tmp_path) == []
    with pytest.raises(FileLost):
        await files.read(kept, PERSON)


async def test_files_are_told_apart_by_when_they_were_written(files: EncryptedFiles) -> None:
    kept = name()
    await files.write(kept, PERSON, b"lease")
    now = datetime.now(UTC)
    assert await files.names_before(now + timedelta(minutes=1)) == (kept,)
    assert await files.names_before(now - timedelta(minutes=1)) == ()


async def test_a_new_key_seals_and_the_old_one_still_opens_and_recognises(tmp_path: Path) -> None:
    kept, before, after = name(), SharedKeyCipher((OLD,)), SharedKeyCipher((NEW, OLD))
    await EncryptedFiles(tmp_path, before).write(kept, PERSON, b"lease")
    assert await EncryptedFiles(tmp_path, after).read(kept, PERSON) == b"lease"
    assert before.keyed_hash(b"lease") == after.keyed_hash(b"lease") != SharedKeyCipher((NEW,)).keyed_hash(b"lease")
    with pytest.raises(FileLost):
        await before.open(PERSON, await after.seal(PERSON, b"key"))


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    made = kept_key(tmp_path / "files.key")
    assert made == kept_key(tmp_path / "files.key")
    (tmp_path / "files.key").chmod(0o644)
    with pytest.raises(SettingsError, match=r"files\.key may be read by others"):
        kept_key(tmp_path / "files.key")


@pytest.mark.parametrize("wrong", ["short", "bm90IDMyIGJ5dGVz", "é"])
def test_a_wrong_key_is_told(wrong: str) -> None:
    with pytest.raises(SettingsError, match="BOT_FILES_KEY is wrong"):
        keys_of(wrong)
