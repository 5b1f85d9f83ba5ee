"""The keys that personal data is sealed with: `keys new` and `keys rotate`."""

from __future__ import annotations

import typer

from bot.commands.shell import opened, run
from bot.storage.master_keys import new_master_key

keys = typer.Typer(help="The keys that personal data is sealed with.", no_args_is_help=True)


@keys.command("new")
def keys_new() -> None:
    """Print a new master key for BOT_MASTER_KEYS. Keep it where neither a database nor a backup of one is."""
    typer.echo(new_master_key())


@keys.command("rotate")
def keys_rotate() -> None:
    """Wrap every key anew by the first of BOT_MASTER_KEYS; the others may then be left out. People notice nothing."""

    async def rotate() -> None:
        async with opened() as database:
            typer.echo(f"{await database.keys.rotate()} keys wrapped anew.")

    run(rotate())
