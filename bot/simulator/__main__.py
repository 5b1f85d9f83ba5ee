"""The simulator alone: `python -m bot.simulator --port 8081`. Ctrl-C ends it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Annotated

import typer

from bot.simulator.limits import Limits
from bot.simulator.server import create_simulator, running
from bot.simulator.world import BotAccounts


def main(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8081,
    username: Annotated[str, typer.Option(help="User name of the bot, used in t.me links.")] = "tillwise_bot",
    flood_control: Annotated[
        bool, typer.Option(help="Refuse more than about a message a second in a chat.")
    ] = False,  # typer reads a flag so
    topics: Annotated[bool, typer.Option(help="The bot's private chats may have topics.")] = False,
) -> None:
    """Run a local Telegram Bot API with a phone page. Point a bot at it by its base URL; any token will do."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(host, port, username, flood_control=flood_control, topics=topics))


async def _serve(host: str, port: int, username: str, *, flood_control: bool, topics: bool) -> None:
    accounts = BotAccounts(username=username, topics=topics)
    app = create_simulator(accounts=accounts, limits=Limits(flood_control=flood_control))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(app, host, port) as url:
        typer.echo(f"Bot API: {url}/bot<token>/<method>    page: {url}/")
        await stop.wait()


if __name__ == "__main__":
    typer.run(main)
