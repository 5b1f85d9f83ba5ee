"""The lender's side for those who connect a lender: `lender simulate` runs the demo lender alone, against any bot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.app import STOP, SystemClock
from bot.commands.shell import fail, run
from bot.simulator.lender.app import create_lender
from bot.web.server import serving

lender = typer.Typer(help="The lender's side, for those who connect one.", no_args_is_help=True)


@lender.callback()
def group() -> None:
    """The lender's side, for those who connect one."""


@lender.command("simulate")
def lender_simulate(
    secret: Annotated[
        str,
        typer.Option(
            envvar="BOT_LENDER_SECRET",
            show_default=False,
            help="The secret shared with the bot, or several separated by commas. Better from the environment than here.",
        ),
    ] = "",
    callback: Annotated[
        str, typer.Option(help="Where events go that belong to applications which name no address themselves.")
    ] = "http://127.0.0.1:8080/webhooks/lender",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes any free one.")] = 8091,
    host: Annotated[
        str, typer.Option(help="The address to listen on. The control interface asks for no password.")
    ] = "127.0.0.1",
    state: Annotated[Path | None, typer.Option(help="A file in which applications outlive the process.")] = None,
) -> None:
    """Run the demo lender alone: it takes signed applications and tells a bot by signed events how they fare.

    Decide, ask for documents, delay and send again through its control interface (docs/lender-api.md). Ctrl-C ends it.
    """
    secrets = tuple(one.strip() for one in secret.split(",") if one.strip())
    if not secrets:
        fail(
            "BOT_LENDER_SECRET is missing: set it to the secret that the bot has, `whsec_` and base64 of at least 24 bytes"
        )

    async def simulate() -> None:
        simulated = create_lender(secrets, callback, SystemClock(), state=state)
        desk = simulated.state.desk
        desk.start()
        try:
            async with serving(simulated, host, port) as url:
                typer.echo(f"The demo lender answers at {url} and tells {callback}. Ctrl-C ends it.")
                await STOP.wait()
        finally:
            await desk.close()

    run(simulate())
