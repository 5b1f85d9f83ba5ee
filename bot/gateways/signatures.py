"""Standard Webhooks signatures, in both directions: HMAC-SHA256 over message id, time and content.

The library signs; the time is checked here against the caller's clock, since the library only knows its own. Several
secrets may hold at once, while one replaces another.
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from standardwebhooks import Webhook

from bot.core.errors import GatewayError, SettingsError

TOLERANCE: Final = timedelta(minutes=5)
ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"


class Unauthorised(GatewayError):  # noqa: N818 — the lender's agreement calls the answer so, and `raise` reads it aloud
    """A message is not signed by a secret that holds now, or its time is more than five minutes off."""


def sign(secrets: Sequence[str], message_id: str, now: datetime, content: str) -> dict[str, str]:
    """The three headers that sign `content` by each secret, so that whoever knows one of them can check it.

    Raises `SettingsError` when a secret is not one.
    """
    return {
        ID: message_id,
        TIMESTAMP: str(int(now.timestamp())),
        SIGNATURE: " ".join(_signature(secret, message_id, now, content) for secret in secrets),
    }


def check(headers: Mapping[str, str], content: str | bytes, secrets: Sequence[str], now: datetime) -> str:
    """The message id of a rightly signed message. Header names in lower case. Raises `Unauthorised`."""
    message_id, claimed = headers.get(ID), headers.get(SIGNATURE)
    if not message_id or not claimed:
        raise Unauthorised("a signature header is missing")
    sent_at = _sent_at(headers.get(TIMESTAMP, ""))
    if abs(now - sent_at) > TOLERANCE:
        raise Unauthorised("the timestamp is more than five minutes off")
    if not _signed(claimed, [_signature(secret, message_id, sent_at, _text(content)) for secret in secrets]):
        raise Unauthorised("no signature matches")
    return message_id


def same_signature(claimed: str, secrets: Sequence[str], message_id: str, at: datetime, content: str) -> bool:
    """Whether one of the signatures in `claimed` is that of `content` by one of the secrets."""
    return _signed(claimed, [_signature(secret, message_id, at, content) for secret in secrets])


def check_secret(secret: str, setting: str = "BOT_LENDER_SECRET") -> None:
    """Raise `SettingsError` when `secret` is not base64 of at least 24 bytes, with or without `whsec_` before it.

    `setting` is where it stands, for the sentence that says so.
    """
    try:
        key = binascii.a2b_base64(secret.removeprefix("whsec_"), strict_mode=True)
    except ValueError:
        key = b""
    if len(key) < 24:
        raise SettingsError(f"{setting} is wrong: it must be `whsec_` and base64 of 24 bytes or more")


def _signature(secret: str, message_id: str, at: datetime, content: str) -> str:
    return str(Webhook(secret).sign(message_id, at.astimezone(UTC), content))


def _signed(claimed: str, expected: Sequence[str]) -> bool:
    """Whether one of the signatures in a header, separated by spaces, is among those expected."""
    matches = [hmac.compare_digest(one.encode(), other.encode()) for one in claimed.split(" ") for other in expected]
    return any(matches)


def _sent_at(timestamp: str) -> datetime:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        raise Unauthorised("the timestamp is not one")
    return datetime.fromtimestamp(int(timestamp), UTC)


def _text(content: str | bytes) -> str:
    try:
        return content.decode() if isinstance(content, bytes) else content
    except UnicodeDecodeError:
        raise Unauthorised("the signed content is not text") from None
