"""The door for Telegram's updates: one plain ASGI endpoint, since every update passes here.

Telegram is answered 200 only when the turn is committed; anything else makes it bring the update again. A press is
answered in the same breath: Telegram carries out the call that a reply's body names.
https://core.telegram.org/bots/api#making-requests-when-getting-updates
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.conversation.incoming import NotTaken
from bot.core.errors import SettingsError

LARGEST_UPDATE: Final = 1024 * 1024
_SECRET_HEADER: Final = b"x-telegram-bot-api-secret-token"

Feed: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]


class TelegramWebhook:
    """The ASGI endpoint. `feed` takes an update and says what to reply; `secret` is what Telegram was given to show.

    200: taken. 400: not an update. 401, 403: no secret, the wrong one. 405: not a POST. 413: too large. 503: could not
    be kept, send it again.
    """

    def __init__(self, feed: Feed, secret: str, *, largest: int = LARGEST_UPDATE) -> None:
        if not secret:
            raise SettingsError("BOT_WEBHOOK_SECRET is missing: without it anybody could send updates to the webhook")
        self._feed = feed
        self._secret = secret.encode()
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["method"] != "POST":
            return await _respond(send, 405)
        shown = next((value for name, value in scope["headers"] if name == _SECRET_HEADER), None)
        if shown is None:
            return await _respond(send, 401)
        if not hmac.compare_digest(shown, self._secret):
            return await _respond(send, 403)
        body = await self._body(receive)
        if body is None:
            return await _respond(send, 413)
        return await self._take(body, send)

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body; None when it is too large."""
        body = bytearray()
        while True:
            message = await receive()
            body.extend(message.get("body", b""))
            if len(body) > self._largest:
                return None
            if not message.get("more_body", False):
                return bytes(body)

    async def _take(self, body: bytes, send: Send) -> None:
        try:
            update = orjson.loads(body)
        except orjson.JSONDecodeError:
            update = None
        if not isinstance(update, dict) or "update_id" not in update:
            return await _respond(send, 400)
        try:
            reply = await self._feed(update)
        except NotTaken:
            return await _respond(send, 503)
        return await _respond(send, 200, orjson.dumps(reply) if reply else b"")


def at(path: str, hook: TelegramWebhook, elsewhere: ASGIApp) -> ASGIApp:
    """The hook at `path` with nothing before it, since every update passes there; all other paths are another application's."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        here = scope["type"] == "http" and scope["path"] == path
        await (hook if here else elsewhere)(scope, receive, send)

    return door


async def _respond(send: Send, status: int, body: bytes = b"") -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    if body:
        headers.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
