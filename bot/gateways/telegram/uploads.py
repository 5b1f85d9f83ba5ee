"""Files sent along with a call: such a call's body is `multipart/form-data`, every other's is JSON.

https://core.telegram.org/bots/api#sending-files
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

JSON: Final = "application/json"
_BARE: Final = re.compile(r"[^\w .()-]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a call's parameter holds."""

    name: str
    media_type: str
    content: bytes


def body_of(params: Mapping[str, Any]) -> tuple[str, bytes]:
    """Content type and body of a call with these parameters."""
    if not any(isinstance(value, Upload) for value in params.values()):
        return JSON, orjson.dumps(params)
    boundary = secrets.token_hex(16)
    parts = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), _part(name, value)) for name, value in params.items())
    return f"multipart/form-data; boundary={boundary}", parts + b"--%b--\r\n" % boundary.encode()


def _part(name: str, value: Any) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"'
    if isinstance(value, Upload):
        file = _BARE.sub("_", value.name)
        head += f'; filename="{file}"\r\nContent-Type: {value.media_type}'
    return f"{head}\r\n\r\n".encode() + _content(value)


def _content(value: Any) -> bytes:
    if isinstance(value, Upload):
        return value.content
    return value.encode() if isinstance(value, str) else orjson.dumps(value)
