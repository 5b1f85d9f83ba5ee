"""Files that customers have sent, each encrypted under a key of its own, outside the database.

Format: `TWF1`, the length of the sealed key (two bytes), the sealed key, seven random bytes, then the content in chunks, each
under AES-256-GCM with a nonce of the random bytes, the chunk's number and whether it is the last one: the STREAM construction
(Hoang, Reyhanitabar, Rogaway, Vizár 2015). A file that was cut off, put together anew, or exchanged for another, whose name it is
bound to, does not open. The file's key is sealed under the person's, so that what an erased person has sent cannot be read in any copy or backup.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.conversation.ports import FileLost
from bot.storage.database import Database
from bot.storage.envelope import Broken, key_of, place_of
from bot.storage.sealing import Sealing

CHUNK: Final = 64 * 1024
_MAGIC: Final = b"TWF1"
_PREFIX: Final = 7
_TAG: Final = 16
_NAME: Final = re.compile(r"[0-9a-f-]{8,64}")


class EncryptedFiles:
    """See `Files`; they lie under `folder`, which is made for the owner alone. The people are those of `database`."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder
        self._database = database

    def digest(self, content: bytes) -> str:
        """See `Files.digest`; keyed by the secret that look-ups are keyed by."""
        return self._database.keys.hashed("file", hashlib.sha256(content).hexdigest()).hex()

    async def write(self, name: str, person: int, content: bytes) -> None:
        """See `Files.write`. Raises `LookupError` where there is no such person."""
        key = AESGCM.generate_key(256)
        theirs = await Sealing(self._database.keys, self._database.pool).key(person)
        sealed = theirs.seal(_place(name, person), key)
        await asyncio.to_thread(_write, self._path(name), b"".join(_encrypted(name, key, sealed, content)))

    async def read(self, name: str, person: int) -> bytes:
        """See `Files.read`."""
        try:
            stored = await asyncio.to_thread(self._path(name).read_bytes)
        except FileNotFoundError:
            raise FileLost("the file is not there") from None
        sealed, rest = _opened(stored)
        key = await self._key(name, person, sealed)
        return await asyncio.to_thread(_decrypted, name, key, rest)

    async def remove(self, names: Sequence[str]) -> None:
        """See `Files.remove`."""
        await asyncio.to_thread(_remove, [self._path(name) for name in names])

    async def names_before(self, at: datetime) -> tuple[str, ...]:
        """The names of the files that were written before a time."""
        return await asyncio.to_thread(_names_before, self._folder, at.timestamp())

    async def _key(self, name: str, person: int, sealed: bytes) -> bytes:
        try:
            theirs = await self._database.keys.get(key_of(sealed))
            if theirs is None:
                raise FileLost("its person was erased")
            return theirs.open(_place(name, person), sealed)
        except Broken:
            raise FileLost("the file was changed, or is another person's") from None

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("a file's name is a lower-case UUID")
        return self._folder / name[:2] / name


def _place(name: str, person: int) -> str:
    """What the key of a file is bound to."""
    return place_of("file", "key", name, person)


def _write(path: Path, content: bytes) -> None:
    """Put the content in place as a whole, readable by its owner alone, and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 -- with a mode
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()


def _names_before(folder: Path, time: float) -> tuple[str, ...]:
    found = (path for path in folder.glob("??/*") if path.is_file() and path.stat().st_mtime < time)
    return tuple(path.stem for path in found)


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


def _encrypted(name: str, key: bytes, sealed: bytes, content: bytes) -> Iterator[bytes]:
    prefix, cipher = os.urandom(_PREFIX), AESGCM(key)
    yield _MAGIC + len(sealed).to_bytes(2, "big") + sealed + prefix
    starts = range(0, max(len(content), 1), CHUNK)
    for number, start in enumerate(starts):
        nonce = _nonce(prefix, number, last=number == len(starts) - 1)
        yield cipher.encrypt(nonce, content[start : start + CHUNK], name.encode())


def _opened(stored: bytes) -> tuple[bytes, bytes]:
    """The sealed key, and what follows it."""
    start = len(_MAGIC) + 2
    length = int.from_bytes(stored[len(_MAGIC) : start], "big")
    if not stored.startswith(_MAGIC) or len(stored) < start + length + _PREFIX + _TAG:
        raise FileLost("the file is not one of ours")
    return stored[start : start + length], stored[start + length :]


def _decrypted(name: str, key: bytes, rest: bytes) -> bytes:
    prefix, body, cipher = rest[:_PREFIX], rest[_PREFIX:], AESGCM(key)
    starts = range(0, len(body), CHUNK + _TAG)
    try:
        return b"".join(
            cipher.decrypt(
                _nonce(prefix, number, last=number == len(starts) - 1),
                body[start : start + CHUNK + _TAG],
                name.encode(),
            )
            for number, start in enumerate(starts)
        )
    except InvalidTag:
        raise FileLost("the file was changed") from None
