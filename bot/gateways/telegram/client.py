"""Outgoing Bot API calls: JSON, or a form where a file goes along, over kept-alive connections; results stay plain JSON values.

The token is a part of every address, so neither an address nor an error of the HTTP library ever leaves this module.
Building the results as aiogram's objects would cost several times what the call does.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import orjson

from bot.core.errors import SettingsError
from bot.gateways.telegram.errors import Misconfigured, ServerFailed, error_of
from bot.gateways.telegram.http import Direct, Http, Proxied
from bot.gateways.telegram.uploads import body_of

TELEGRAM: Final = "https://api.telegram.org"


def bot_id(token: str) -> int:
    """The bot's own id, which its token begins with."""
    number, colon, secret = token.partition(":")
    if not (number.isdecimal() and colon and secret):
        raise SettingsError(
            "BOT_TOKEN is not a bot's token, which looks like 123456:ABC-DEF; @BotFather hands them out"
        )
    return int(number)


class BotApi:
    """A bot's calls to a Bot API server. Made inside the running event loop; `close` it there.

    `base` is the server's address without the `/bot…` part. At most `connections` calls run at once, the others
    wait. A call without an answer fails after `within` seconds.
    """

    def __init__(self, token: str, base: str = TELEGRAM, *, connections: int = 100, within: float = 30) -> None:
        self.id = bot_id(token)
        self._root = f"/bot{token}/"
        self._within = within
        base, proxy = base.rstrip("/"), _proxy(base)
        self._http: Http = Proxied(base, connections, proxy) if proxy else Direct(base, connections)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"BotApi({self.id})"

    async def close(self) -> None:
        """Close the connections; calls under way fail."""
        await self._http.close()

    async def call(self, method: str, params: Mapping[str, Any] | None = None, *, within: float | None = None) -> Any:
        """Carry out `method` and give its result as it came; `within` so many seconds. Raises a `TelegramError`.

        A parameter may be an `Upload`.
        """
        kind, sent = body_of(params or {})
        status, body = await self._post(method, sent, kind, within or self._within)
        answer = _read(status, body)
        if answer.get("ok") is True:
            return answer.get("result")
        raise error_of(status, answer)

    async def _post(self, method: str, body: bytes, kind: str, within: float) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(within):
                return await self._http.post(self._root + method, body, kind)
        except TimeoutError:
            raise ServerFailed(f"{method}: no answer within {within:g} s") from None
        except OSError as error:
            raise ServerFailed(f"{method}: {type(error).__name__}") from None


def _read(status: int, body: bytes) -> Mapping[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if isinstance(answer, dict) and "ok" in answer:
        return answer
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.OK:
        raise ServerFailed(f"{status} without a Bot API answer")
    raise Misconfigured(f"{status} without a Bot API answer: is this the address of a Bot API server?")


def _proxy(base: str) -> str | None:
    """The proxy that the environment names for `base`; never one for this machine itself."""
    address = urlsplit(base)
    host = address.hostname or ""
    if _loopback(host) or proxy_bypass(host):
        return None
    return getproxies().get(address.scheme)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
