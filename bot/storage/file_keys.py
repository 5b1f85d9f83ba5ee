"""The key that the keys of files are sealed by, from the settings or from a file that only its owner may read."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.conversation.ports import FileLost
from bot.core.errors import SettingsError

_NONCE: Final = 12
_HASHING: Final = b"tillwise: hash of a file's content"


class SharedKeyCipher:
    """See `Cipher`: `keys` are 32 bytes each, the first one seals, each opens. What is sealed is bound to its person."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = [AESGCM(key) for key in keys]
        self._hashing = hmac.digest(keys[-1], _HASHING, "sha256")  # the oldest, so that hashes outlive a rotation

    async def seal(self, person: int, content: bytes) -> bytes:
        """See `Cipher.seal`."""
        nonce = os.urandom(_NONCE)
        return nonce + self._ciphers[0].encrypt(nonce, content, str(person).encode())

    async def open(self, person: int, sealed: bytes) -> bytes:
        """See `Cipher.open`."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], str(person).encode())
            except InvalidTag:
                continue
        raise FileLost("no key opens the file")

    def keyed_hash(self, content: bytes) -> str:
        """See `Cipher.keyed_hash`."""
        return hmac.new(self._hashing, content, hashlib.sha256).hexdigest()


def keys_of(configured: str) -> tuple[bytes, ...]:
    """The keys of `BOT_FILES_KEY`, in their order. Raises `SettingsError`."""
    return tuple(_key(part.strip()) for part in configured.split(",") if part.strip())


def kept_key(path: Path) -> bytes:
    """The key in a file, made where there is none. Raises `SettingsError` where others may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 -- with a mode
            file.write(binascii.b2a_base64(os.urandom(32)))
    except FileExistsError:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path.name} may be read by others than its owner: set its mode to 600") from None
    return _key(path.read_text("ascii").strip())


def _key(written: str) -> bytes:
    try:
        key = binascii.a2b_base64(written, strict_mode=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SettingsError("BOT_FILES_KEY is wrong: it must be base64 of 32 random bytes")
    return key
