"""Limits of the Bot API: sizes that always hold, and flood control that can be switched on.

Sizes: https://core.telegram.org/bots/api. Flood control: https://core.telegram.org/bots/faq (about one message a second
in a chat, thirty a second in all); Telegram publishes no exact figures, so the burst is configurable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from bot.simulator.errors import ControlError, bad_request, too_many_requests
from bot.simulator.files import Kind

TEXT_LENGTH: Final = 4096  # characters after entities parsing
CAPTION_LENGTH: Final = 1024
SOURCE_BYTES: Final = 1 << 15  # a text before parsing
CALLBACK_DATA_BYTES: Final = 64
CALLBACK_ANSWER_LENGTH: Final = 200
TOPIC_NAME_LENGTH: Final = 128
START_PAYLOAD_LENGTH: Final = 64
UPLOAD_BYTES: Final[Mapping[Kind, int]] = {"photo": 10 << 20}
OTHER_UPLOAD_BYTES: Final = 50 << 20
DOWNLOAD_BYTES: Final = 20 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What can be chosen. Rates are messages a second; a burst is how many may follow each other at once.

    Without `rich_messages` it is a server from before Bot API 10.1, which does not know them.
    """

    flood_control: bool = False
    chat_rate: float = 1.0
    chat_burst: int = 3
    total_rate: float = 30.0
    https_only: bool = False
    callback_seconds: float = 60.0
    rich_messages: bool = True

    def changed(self, wanted: Mapping[str, Any]) -> Limits:
        """These limits with some replaced; raises `ControlError` for an unknown name."""
        try:
            return replace(self, **wanted)
        except TypeError:
            raise ControlError(f"limits are {', '.join(self.__slots__)}") from None

    def view(self) -> dict[str, Any]:
        """As the control API shows them."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: datetime

    def wait(self, rate: float, burst: float, now: datetime) -> float:
        """Seconds until one more may pass; 0 when one may pass now."""
        self.tokens = min(burst, self.tokens + (now - self.at).total_seconds() * rate)
        self.at = now
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) / rate


class FloodControl:
    """Token buckets, one for each chat and one over all chats of the bot."""

    def __init__(self) -> None:
        self._chats: dict[int, _Bucket] = {}
        self._total: _Bucket | None = None

    def admit(self, chat: int, limits: Limits, now: datetime) -> None:
        """Count one message to the chat; raises 429 with the whole seconds to wait when there were too many."""
        if not limits.flood_control:
            return
        own = self._chats.setdefault(chat, _Bucket(limits.chat_burst, now))
        total = self._total = self._total or _Bucket(limits.total_rate, now)
        wait = max(own.wait(limits.chat_rate, limits.chat_burst, now), total.wait(limits.total_rate, 30, now))
        if wait > 0:
            raise too_many_requests(math.ceil(wait))
        own.tokens -= 1
        total.tokens -= 1


def check_text(text: str) -> None:
    """Raises when a message's text, after parsing, is empty or too long."""
    if not text:
        raise bad_request("text must be non-empty")
    if len(text) > TEXT_LENGTH:
        raise bad_request("message is too long")


def check_upload(kind: Kind, size: int) -> None:
    """Raises when a file is empty or larger than a bot may send."""
    if size == 0:
        raise bad_request("file must be non-empty")
    if size > UPLOAD_BYTES.get(kind, OTHER_UPLOAD_BYTES):
        raise bad_request(f"file of size {size} bytes is too big for a {kind}")
