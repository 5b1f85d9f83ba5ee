"""The form in which personal data lies in the database: sealed by AES-256-GCM under a key of its own person.

An envelope is `version (1 byte) | id of the key (16) | nonce (12, random) | ciphertext and tag`. Sealed in with it, though not
stored, is its place (`place_of`): a value that was copied into another row or column does not open there.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.core.errors import TillwiseError

KEY_BYTES: Final = 32
ID_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_VERSION: Final = b"\x01"
_HEAD: Final = len(_VERSION) + ID_BYTES


class Broken(TillwiseError):  # noqa: N818 -- what is true of the envelope
    """An envelope was changed, moved to another place, or is none; says nothing of what is in it."""


class Forgotten(TillwiseError):  # noqa: N818 -- what is true of the person
    """The key of an envelope was destroyed: nobody can read what is in it any more."""


class DataKey:
    """The key of one person, or of one record that outlives an erasure."""

    __slots__ = ("_cipher", "id")

    def __init__(self, key_id: bytes, material: bytes) -> None:
        self.id = key_id
        self._cipher = AESGCM(material)

    def seal(self, place: str, data: bytes) -> bytes:
        """The envelope of `data` for that place."""
        nonce = os.urandom(_NONCE_BYTES)
        head = _VERSION + self.id
        return head + nonce + self._cipher.encrypt(nonce, data, head + place.encode())

    def open(self, place: str, envelope: bytes) -> bytes:
        """What was sealed for that place. Raises `Broken`."""
        if key_of(envelope) != self.id:
            raise Broken("an envelope of another key")
        nonce, sealed = envelope[_HEAD : _HEAD + _NONCE_BYTES], envelope[_HEAD + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, envelope[:_HEAD] + place.encode())
        except (InvalidTag, ValueError):
            raise Broken(f"what is sealed in {place.partition('/')[0]} was changed or moved") from None


def new_material() -> bytes:
    """A new random key of 256 bits."""
    return os.urandom(KEY_BYTES)


def new_id() -> bytes:
    """A new random id of a key."""
    return os.urandom(ID_BYTES)


def key_of(envelope: bytes) -> bytes:
    """The id of the key that opens an envelope. Raises `Broken` where it is none of ours."""
    if len(envelope) <= _HEAD + _NONCE_BYTES or envelope[:1] != _VERSION:
        raise Broken("an envelope of an unknown form")
    return envelope[len(_VERSION) : _HEAD]


def place_of(table: str, column: str, *owner: object) -> str:
    """The place that a value is bound to: table, column, and what names its row or its owner."""
    return "/".join((table, column, *map(str, owner)))
