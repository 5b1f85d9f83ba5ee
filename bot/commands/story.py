"""A customer's story at the command line, and the link to the pages that show it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.app import SystemClock
from bot.commands.shell import fail, opened, run
from bot.conversation.story import CustomerStory, as_json, as_text
from bot.storage.console_access import ConsoleAccess
from bot.storage.customer_stories import CustomerStories
from bot.storage.repositories.managers import PostgresManagers
from bot.web.access import ROLES


def console_link(
    role: Annotated[str, typer.Option(help="What the link lets do: compliance or supervisor.")] = "compliance",
    manager: Annotated[int | None, typer.Option(help="The number of the manager who is to supervise.")] = None,
    base: Annotated[str, typer.Option(help="Where staff reach the bot's web server.")] = "http://127.0.0.1:8080",
) -> None:
    """Print a link with which somebody of the staff signs in to the pages: it works once, for a quarter of an hour."""
    if role not in ROLES:
        fail(f"there is no role '{role}'; there are {', '.join(ROLES)}")

    if (role == "supervisor") is (manager is None):
        fail("--manager NUMBER goes with --role supervisor: `manager list` shows the numbers")

    async def issue() -> None:
        async with opened() as database:
            known = await PostgresManagers(database.pool).get(manager) if manager is not None else None
            if manager is not None and (known is None or not known.profile.supervisor):
                fail(f"manager {manager} is no supervisor; `manager edit` makes one, `manager list` shows who is")
            key = await ConsoleAccess(database, SystemClock()).issue(role, manager)
        typer.echo(f"{base.rstrip('/')}/console/enter?key={key}")

    run(issue())


def story(
    customer: Annotated[str, typer.Argument(help="The customer's number, or the reference of an application.")],
    whole: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell what a customer was shown, in which edition of the content, and what was decided by which rules. The look is audited."""
    found: list[CustomerStory] = []

    async def read() -> None:
        async with opened() as database:
            stories = CustomerStories(database, SystemClock())
            number = await stories.find(customer)
            told = await stories.read(number, "command line") if number is not None else None
            found.extend([told] if told else [])

    run(read())
    if not found:
        fail("there is no such customer: give a customer's number, or the reference of an application")
    typer.echo(json.dumps(as_json(found[0]), ensure_ascii=False, indent=2) if whole else as_text(found[0]))
