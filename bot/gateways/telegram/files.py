"""Files that customers have sent, fetched from Telegram by their handle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import httpx

from bot.conversation.ports import FileTooLarge
from bot.gateways.telegram.delivery import Caller
from bot.gateways.telegram.errors import Rejected, ServerFailed

LARGEST: Final = 20 * 1024 * 1024
"""Bytes; Telegram lets bots fetch no more. https://core.telegram.org/bots/api#getfile"""

_TOO_BIG: Final = "file is too big"


@dataclass(frozen=True, slots=True)
class TelegramFiles:
    """Fetches files for one bot. The token is part of the address, so no error text repeats one."""

    client: Caller
    http: httpx.AsyncClient
    base: str
    token: str

    async def fetch(self, file: str) -> bytes:
        """The file's content. Raises `FileTooLarge`, or a `TelegramError`; `ServerFailed` is worth another attempt."""
        try:
            found = await self.client.call("getFile", {"file_id": file})
        except Rejected as error:
            if _TOO_BIG in str(error):
                raise FileTooLarge("getFile: the file is too large to be fetched") from None
            raise
        if int(found.get("file_size") or 0) > LARGEST or not found.get("file_path"):
            raise FileTooLarge("getFile: the file is too large to be fetched")
        try:
            answer = await self.http.get(f"{self.base}/file/bot{self.token}/{found['file_path']}")
        except httpx.HTTPError as error:
            raise ServerFailed(f"file: {type(error).__name__}") from None
        if answer.status_code != httpx.codes.OK:
            raise ServerFailed(f"file: {answer.status_code}")
        return answer.content
