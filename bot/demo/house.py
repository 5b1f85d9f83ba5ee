"""Puts the demo together: the simulator with its page and lender, a bot on an empty database, and who works there."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.app import Running, SystemClock, database_url, migrated, publish, running
from bot.demo.cast import Cast
from bot.handoff.invitations import hashed, new_code, payload
from bot.handoff.records import Manager
from bot.settings import load
from bot.simulator.demo import DemoHooks, create_demo
from bot.simulator.server import running as serving_simulator
from bot.storage.database import Database
from bot.storage.keys import made_beside
from bot.storage.master_keys import new_master_key
from bot.storage.repositories.managers import PostgresManagers

TOKEN: Final = "7000000001:demo-token-of-the-simulator"  # noqa: S105 -- the simulator lets every token in
MANAGERS: Final = {
    "zh": ("方雅", "客户经理", "周一至周五 9:00–18:00"),
    "en": ("Ya Fang", "Account manager", "Mon–Fri 9:00–18:00"),
}
"""By language: the name of an account manager who gives none, the role and the hours."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo at work: the page to open, and the bot."""

    page: str
    bot: Running


@asynccontextmanager
async def demo(  # noqa: PLR0913 -- what a demo can be told
    *,
    host: str = "127.0.0.1",
    page_port: int = 8090,
    bot_port: int = 8080,
    data_dir: Path = Path("var/demo"),
    database: str | None = None,
    polling: bool = False,
    topics: bool = False,
    **more: Any,
) -> AsyncIterator[Demo]:
    """Everything for the span of the block, on an empty database. `more` are further settings of the bot."""
    lender_secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    hooks = DemoHooks()
    simulator = create_demo(lender_secret, hooks, SystemClock(), topics=topics)
    async with serving_simulator(simulator, host, page_port) as page:
        try:
            given: dict[str, Any] = {
                "token": TOKEN,
                "telegram_api": page,
                "lender_url": f"{page}/lender",
                "lender_form": f"{page}/lender/forms/{{reference}}",
                "lender_secret": lender_secret,
                "signals_key": secrets.token_urlsafe(32),
                "host": host,
                "port": bot_port,
                "data_dir": data_dir,
                "messages_per_chat": 0,  # nobody minds a fast demo; the simulator's own limits are off too
                # Never what the environment names: the demo empties its database.
                "database_url": database,
                "keys_url": None,
                "master_keys": new_master_key() if database else None,
                "webhook_url": None,
                "webhook_secret": None if polling else secrets.token_urlsafe(24),
                **more,
            }
            async with _bot(given, hooks, page, polling=polling) as bot:
                yield Demo(page, bot)
        finally:
            await simulator.state.lender.state.desk.close()


@asynccontextmanager
async def _bot(given: dict[str, Any], hooks: DemoHooks, page: str, *, polling: bool) -> AsyncIterator[Running]:
    # The webhook's address is known before the server listens on it, unless the port is any free one.
    if not polling:
        given = {**given, "webhook_url": f"http://{given['host']}:{given['port']}"}
    settings = load(given)
    configured = settings.database_url.get_secret_value() if settings.database_url else None
    async with database_url(configured, settings.data_dir) as url:
        await _emptied(url)
        await _emptied(await made_beside(url))
    async with migrated(settings) as database:
        await publish(database, settings.default_locale, settings.timezone, by="demo", note="the shipped content")
        async with running(settings) as bot:
            hooks.lender_callback = f"{bot.url}/webhooks/lender"
            hooks.invite = _inviting(database, bot)
            hooks.staff = Cast(database, bot, page).people
            yield bot


async def _emptied(url: str) -> None:
    """Forget earlier demos: the simulator does not remember their chats either."""
    async with Database(url, size=1) as database:
        await database.pool.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def _inviting(database: Database, bot: Running) -> Callable[[str, str], Coroutine[Any, Any, str]]:
    """Invites account managers, each by a link of its own."""

    async def invite(name: str, language: str) -> str:
        code = new_code()
        locale = bot.parts.library.current.texts.nearest(language)
        usual, role, hours = MANAGERS.get(locale, MANAGERS["en"])
        invited = Manager(0, name or usual, role, hours, locale, invitation=hashed(code))
        await PostgresManagers(database.pool).add(invited)
        return f"https://t.me/{bot.account.username}?start={payload(code)}"

    return invite
