"""Account managers at the command line: added with an invitation, listed, and given what routing reads of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import yaml

from bot.commands.shell import fail, opened, plain, run
from bot.gateways.telegram.account import account
from bot.gateways.telegram.client import BotApi
from bot.handoff.introductions import photo_of
from bot.handoff.invitations import hashed, new_code, payload
from bot.handoff.profiles import Profile, parse_profile, written_profile
from bot.handoff.records import Manager
from bot.ledger.audit import audited, by_operator
from bot.publishing.sources import parse_yaml
from bot.settings import load
from bot.storage.ledgers import record_acts
from bot.storage.repositories.managers import PostgresManagers

managers = typer.Typer(help="Account managers.", no_args_is_help=True)


@managers.command("add")
def manager_add(
    name: Annotated[str, typer.Argument(help="The name that customers see.")],
    role: Annotated[
        str,
        typer.Option(
            help="The role that customers see: account_manager, senior_account_manager or team_lead in each one's language, or words."
        ),
    ] = "account_manager",
    hours: Annotated[
        str, typer.Option(help="Working hours that customers read: a week as written here, or words.")
    ] = "Mo-Fr 09:00-18:00",
    language: Annotated[str, typer.Option(help="The language that the bot speaks with the manager.")] = "zh",
    profile: Annotated[
        Path | None, typer.Option(help="The file of what routing reads: docs/account-managers.md.")
    ] = None,
) -> None:
    """Add an account manager and print the invitation link, which works once. Needs BOT_TOKEN."""
    settings = plain(load)
    known = _read(profile) if profile else Profile()

    async def add() -> None:
        code = new_code()
        async with BotApi(settings.token.get_secret_value(), settings.telegram_api) as api:
            who = await account(api)
        async with opened() as database:
            invited = Manager(0, name, role, hours, language, invitation=hashed(code), profile=known)
            async with database.transaction() as connection:
                added = await PostgresManagers(connection).add(invited)
                act = audited("manager.invited", by_operator("command line"), None, datetime.now(UTC), manager=added.id)
                await record_acts(connection, [act])
        typer.echo(f"https://t.me/{who.username}?start={payload(code)}")

    run(add())


@managers.command("edit")
def manager_edit(
    number: Annotated[int, typer.Argument(help="The manager's number, as listed.")],
    profile: Annotated[Path, typer.Argument(help="The file of what routing reads: docs/account-managers.md.")],
) -> None:
    """Replace what routing reads of a manager by what the file says."""
    known = _read(profile)

    async def edit() -> None:
        async with opened() as database, database.transaction() as connection:
            repository = PostgresManagers(connection)
            if await repository.get(number) is None:
                fail(f"there is no manager {number}; `manager list` shows who there is")
            if known.backup == number or (known.backup and await repository.get(known.backup) is None):
                fail(f"backup: manager {known.backup} cannot stand in; `manager list` shows who there is")
            await repository.set_profile(number, known)
            act = audited("manager.changed", by_operator("command line"), None, datetime.now(UTC), manager=number)
            await record_acts(connection, [act])

    run(edit())


@managers.command("photo")
def manager_photo(
    number: Annotated[int, typer.Argument(help="The manager's number, as listed.")],
    file: Annotated[Path, typer.Argument(help="A JPEG or PNG of at most 1 MB.")],
) -> None:
    """Keep the photo that customers see when the manager comes."""
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror or error}")
    photo = plain(lambda: photo_of(content))

    async def kept() -> None:
        async with opened() as database, database.transaction() as connection:
            repository = PostgresManagers(connection)
            if await repository.get(number) is None:
                fail(f"there is no manager {number}; `manager list` shows who there is")
            await repository.set_photo(number, photo)
            act = audited("manager.changed", by_operator("command line"), None, datetime.now(UTC), manager=number)
            await record_acts(connection, [act])

    run(kept())


@managers.command("list")
def manager_list() -> None:
    """List the managers: number, name, whether joined and on duty, and what routing reads."""

    async def listed() -> None:
        async with opened() as database:
            for manager in await PostgresManagers(database.pool).all():
                duty = "invited" if manager.conversation is None else "on duty" if manager.on_duty else "away"
                typer.echo(f"{manager.id}  {manager.name}  {manager.language}  {duty}")
                document = written_profile(manager.profile)
                if document:
                    written = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
                    typer.echo("".join(f"    {line}\n" for line in written.splitlines()), nl=False)

    run(listed())


def _read(file: Path) -> Profile:
    """The profile in a file; what is wrong with it ends the program with one sentence."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file}: {error}")
    return plain(lambda: parse_profile(parse_yaml(text, file.name), file.name))
