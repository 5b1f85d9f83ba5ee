"""How a bot gets its updates: long polling, or a webhook."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final
from urllib.parse import urlsplit

from telegram import WebhookInfo
from telegram.constants import UpdateType

from bot.simulator.errors import bad_request, conflict
from bot.simulator.methods.call import Call, Methods
from bot.simulator.world import Webhook

LONGEST_POLL: Final = 50
_SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}$")


async def get_updates(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#getupdates — a second poll ends the first with 409."""
    if call.bot.webhook is not None:
        raise conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        )
    _allow(call)
    limit = min(max(call.arguments.integer("limit", 100), 1), 100)
    seconds = min(max(call.arguments.integer("timeout"), 0), LONGEST_POLL)
    if offset := call.arguments.integer("offset"):
        call.bot.updates.confirm(offset)
    await _wait_for_update(call, seconds)
    return call.bot.updates.batch(limit)


async def _wait_for_update(call: Call, seconds: int) -> None:
    call.bot.polls += 1
    poll = call.bot.polls
    call.bot.updates.added.notify()
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not call.bot.updates.pending() and not call.world.closed and (left := end - loop.time()) > 0:
        await call.bot.updates.added.wait(left)
        if call.bot.webhook is not None:
            raise conflict("terminated by setWebhook request")
        if poll != call.bot.polls:
            raise conflict("terminated by other getUpdates request; make sure that only one bot instance is running")


def _allow(call: Call) -> None:
    if call.arguments.has("allowed_updates"):
        kinds = call.arguments.json("allowed_updates", "allowed_updates")
        call.bot.updates.allow(set(kinds) & {str(kind) for kind in UpdateType} if isinstance(kinds, list) else ())


def set_webhook(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#setwebhook — plain HTTP is let in unless the limits say otherwise."""
    url = call.arguments.text("url")
    if not url:
        return delete_webhook(call)
    webhook = Webhook(url, call.arguments.text("secret_token"), _connections(call))
    _check(call, webhook)
    _allow(call)
    if call.arguments.flag("drop_pending_updates"):
        call.bot.updates.clear()
    call.bot.webhook = webhook
    call.bot.updates.added.notify()
    call.world.journal.record("bot", None, call.bot)
    call.world.on_webhook(call.bot)
    return True


def _connections(call: Call) -> int:
    return min(max(call.arguments.integer("max_connections", 40), 1), 100)


def _check(call: Call, webhook: Webhook) -> None:
    parts = urlsplit(webhook.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("invalid webhook URL specified")
    if parts.scheme == "http" and call.world.limits.https_only:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if len(webhook.secret) > 256:
        raise bad_request("secret token is too long")
    if not _SECRET.match(webhook.secret):
        raise bad_request("secret token contains unallowed characters")


def delete_webhook(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#deletewebhook as documented."""
    if call.arguments.flag("drop_pending_updates"):
        call.bot.updates.clear()
    if call.bot.webhook is not None:
        call.bot.webhook = None
        call.world.on_webhook(call.bot)
        call.world.journal.record("bot", None, call.bot)
    return True


def get_webhook_info(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#getwebhookinfo as documented."""
    webhook, updates = call.bot.webhook, call.bot.updates
    allowed = sorted(updates.allowed) if updates.allowed is not None else None
    if webhook is None:
        return WebhookInfo("", False, len(updates), allowed_updates=allowed)
    return WebhookInfo(
        webhook.url, False, len(updates), last_error_date=webhook.last_error_date,
        last_error_message=webhook.last_error_message, max_connections=webhook.max_connections,
        allowed_updates=allowed, ip_address="127.0.0.1",
    )  # fmt: skip


METHODS: Methods = {
    "getupdates": get_updates,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
}
