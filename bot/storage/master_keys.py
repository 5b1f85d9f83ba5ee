"""Master keys: they wrap the keys of people and are never stored beside them. Several at a time, so that they can be rotated."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.core.errors import SettingsError
from bot.storage.envelope import KEY_BYTES, Broken, new_material

_PREFIX: Final = "mk_"
_VERSION: Final = b"\x01"
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_HEAD: Final = len(_VERSION) + _ID_BYTES

HOW_TO: Final = "make one by `python -m bot keys new` and keep it outside of the database and its backups"


def new_master_key() -> str:
    """A new master key, as `BOT_MASTER_KEYS` takes it."""
    return _PREFIX + base64.urlsafe_b64encode(new_material()).decode().rstrip("=")


class MasterKeys:
    """Wraps with the first key, unwraps with whichever has wrapped."""

    def __init__(self, written: Sequence[str]) -> None:
        """`written` as `new_master_key` gives them. Raises `SettingsError`."""
        if not written:
            raise SettingsError(f"BOT_MASTER_KEYS is missing: {HOW_TO}")
        materials = [_read(one) for one in written]
        self._ciphers = {_id(material): AESGCM(material) for material in materials}
        self._first = _id(materials[0])

    def wrap(self, name: bytes, material: bytes) -> bytes:
        """A key wrapped for storing; `name` is what it is stored under and unwraps only there."""
        nonce = os.urandom(_NONCE_BYTES)
        head = _VERSION + self._first
        return head + nonce + self._ciphers[self._first].encrypt(nonce, material, head + name)

    def unwrap(self, name: bytes, wrapped: bytes) -> bytes:
        """The key that was wrapped. Raises `SettingsError` where its master key is not here, `Broken` where it was changed."""
        head, nonce, sealed = wrapped[:_HEAD], wrapped[_HEAD : _HEAD + _NONCE_BYTES], wrapped[_HEAD + _NONCE_BYTES :]
        cipher = self._ciphers.get(head[len(_VERSION) :])
        if cipher is None:
            raise SettingsError(
                "BOT_MASTER_KEYS lacks a key that the keys database was wrapped with: add the former key behind the new one"
            )
        try:
            return cipher.decrypt(nonce, sealed, head + name)
        except (InvalidTag, ValueError):
            raise Broken("a wrapped key was changed or moved") from None

    def wrapped_by_first(self, wrapped: bytes) -> bool:
        """Whether it is the first key that has wrapped this."""
        return wrapped[len(_VERSION) : _HEAD] == self._first


def kept_in(file: Path) -> tuple[str, ...]:
    """The master keys in a file of ours, one made where there is none; only the file's owner may read it.

    For the embedded database alone: whoever has the folder has both, so it keeps nothing from them but the habit.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w") as made:
            made.write(new_master_key() + "\n")
    return tuple(file.read_text().split())


def _read(written: str) -> bytes:
    encoded = written.removeprefix(_PREFIX)
    try:
        material = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        material = b""
    if len(material) != KEY_BYTES:
        raise SettingsError(f"BOT_MASTER_KEYS is wrong: each must be {_PREFIX}… with {KEY_BYTES} bytes; {HOW_TO}")
    return material


def _id(material: bytes) -> bytes:
    return hashlib.sha256(b"tillwise master key" + material).digest()[:_ID_BYTES]
