"""Invitations of account managers: a link's one-time code, of which only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "join-"
"""What the payload of an invitation link begins with; the code follows."""


def new_code() -> str:
    """A code nobody can guess, fit for the payload of a link."""
    return secrets.token_urlsafe(16)


def hashed(code: str) -> str:
    """What is kept of a code: its SHA-256 as lower-case hexadecimal."""
    return hashlib.sha256(code.encode()).hexdigest()


def payload(code: str) -> str:
    """The payload of the invitation link."""
    return f"{PREFIX}{code}"


def code_in(link_payload: str | None) -> str | None:
    """The code that a link's payload carries, or None where it is no invitation."""
    if link_payload is None or not link_payload.startswith(PREFIX):
        return None
    return link_payload.removeprefix(PREFIX) or None
