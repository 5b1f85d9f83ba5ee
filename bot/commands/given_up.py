"""What was given up and waits for staff, at the command line: listed, and made again. For the lender and for a CRM alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.commands.shell import fail, opened, run
from bot.conversation.ports import Receiver
from bot.storage.database import Database
from bot.storage.dead_letters import PostgresDeadLetters
from bot.storage.lender_events import PostgresLenderEvents
from bot.storage.sealing import Sealing

submissions = typer.Typer(help="What could not be handed to the lender.", no_args_is_help=True)
crm = typer.Typer(help="What a customer-relations system is told.", no_args_is_help=True)
dead_letters = typer.Typer(help="Events of leads that could not be delivered.", no_args_is_help=True)
crm.add_typer(dead_letters, name="dead-letters")

_By = Annotated[str, typer.Option(help="Who has them made again.")]


@crm.callback()
def group() -> None:
    """What a customer-relations system is told."""


@submissions.command("list")
def submissions_list() -> None:
    """List what could not be handed to the lender and waits for staff: calls that were given up, events that nobody takes in.

    Events are kept and listed where this version does not understand them, or no application has their reference.
    """

    async def listed() -> None:
        async with opened() as database:
            await _list(database, "lender", "application")
            for odd in await PostgresLenderEvents(database.pool, Sealing(database.keys, database.pool)).odd():
                why = "is not understood" if not odd.understood else "has no application yet"
                typer.echo(
                    f"-  {odd.received_at:%Y-%m-%d %H:%M}Z  event {odd.id} of {odd.source}, {odd.type},"
                    f" about {odd.reference}: {why}"
                )

    run(listed())


@submissions.command("retry")
def submissions_retry(
    numbers: Annotated[list[int], typer.Argument(help="Numbers as `submissions list` shows them.")],
    by: _By = "command line",
) -> None:
    """Have calls to the lender made again that were given up; a running worker makes them, and the customer hears of it."""
    run(_again("lender", numbers, by, "submissions list"))


@dead_letters.command("list")
def dead_letters_list() -> None:
    """List the events of leads that were given up and wait for staff. None names a customer."""

    async def listed() -> None:
        async with opened() as database:
            await _list(database, "crm", "event")

    run(listed())


@dead_letters.command("retry")
def dead_letters_retry(
    numbers: Annotated[list[int], typer.Argument(help="Numbers as `crm dead-letters list` shows them.")],
    by: _By = "command line",
) -> None:
    """Have events of leads delivered again that were given up; a running worker delivers them, each under its own id."""
    run(_again("crm", numbers, by, "crm dead-letters list"))


async def _list(database: Database, receiver: Receiver, about: str) -> None:
    for letter in await PostgresDeadLetters(database).open(receiver):
        typer.echo(
            f"{letter.number}  {letter.at:%Y-%m-%d %H:%M}Z  {letter.call}  {about} {letter.subject}"
            f"  after {letter.attempts} attempts: {letter.error}"
        )


async def _again(receiver: Receiver, numbers: list[int], by: str, shown_by: str) -> None:
    async with opened() as database:
        letters = PostgresDeadLetters(database)
        unknown = [one for one in numbers if await letters.retry(one, by, datetime.now(UTC), receiver) is None]
    if unknown:
        fail(f"nothing waits under {', '.join(map(str, unknown))}; `{shown_by}` shows what does")
    typer.echo("A worker makes them again now.")
