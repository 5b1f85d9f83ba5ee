"""Field agents at the command line: added with their places, listed, and their QR codes printed or saved."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import segno
import typer

from bot.commands.shell import fail, opened, plain, run
from bot.gateways.telegram.account import account
from bot.gateways.telegram.client import BotApi
from bot.growth.field_agents import CHANNEL, INVITATION, AgentLink, new_code, payload
from bot.handoff import invitations
from bot.ledger.audit import audited, by_operator
from bot.settings import load
from bot.storage.ledgers import record_acts
from bot.storage.repositories.field_agents import PostgresFieldAgents
from bot.storage.repositories.field_leads import PostgresFieldLeads
from bot.storage.sealing import Sealing

agents = typer.Typer(help="Field agents, who bring customers by a QR code for each place.", no_args_is_help=True)
KINDS = (".svg", ".png", ".pdf")


@agents.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The agent's name, as account managers read it.")],
    place: Annotated[
        list[str], typer.Option(help="A place where the agent meets customers; may be given several times.")
    ],
    channel: Annotated[str, typer.Option(help="How figures call the way these customers come by.")] = "field",
) -> None:
    """Add a field agent with a code for each place."""
    if not CHANNEL.fullmatch(channel):
        fail(f"'{channel}' is no channel; use up to 32 small letters, digits and _")

    async def kept() -> None:
        now = datetime.now(UTC)
        async with opened() as database, database.transaction() as connection:
            found = PostgresFieldAgents(connection)
            number = await found.add(name, channel, now)
            for one in dict.fromkeys(place):
                await found.add_link(new_code(), number, one)
            await record_acts(
                connection, [audited("agent.added", by_operator("command line"), None, now, agent=number)]
            )
        typer.echo(f"Agent {number} is added, with {len(dict.fromkeys(place))} places.")

    run(kept())


@agents.command("list")
def listed() -> None:
    """List the field agents with their places and codes."""

    async def told() -> None:
        async with opened() as database:
            for link in await PostgresFieldAgents(database.pool).all_links():
                typer.echo(f"{link.agent.id}  {link.agent.name}  {link.agent.channel}  {link.place}  {link.code}")

    run(told())


@agents.command("invite")
def invite(agent: Annotated[int, typer.Argument(help="The agent's number, as listed.")]) -> None:
    """Print an invitation link by which the agent joins in the chat; it works once, and the one before no longer. Needs BOT_TOKEN."""
    settings = plain(load)

    async def made() -> None:
        code = invitations.new_code()
        async with BotApi(settings.token.get_secret_value(), settings.telegram_api) as api:
            who = await account(api)
        async with opened() as database, database.transaction() as connection:
            if not await PostgresFieldAgents(connection).invite(agent, invitations.hashed(code)):
                fail(f"there is no agent {agent}; `agent list` shows who there is")
            act = audited("agent.invited", by_operator("command line"), None, datetime.now(UTC), agent=agent)
            await record_acts(connection, [act])
        typer.echo(f"https://t.me/{who.username}?start={INVITATION}{code}")

    run(made())


@agents.command("remove")
def remove(agent: Annotated[int, typer.Argument(help="The agent's number, as listed.")]) -> None:
    """Remove an agent: the codes hold no longer, and what no owner has decided on is taken back and emptied."""

    async def removed() -> None:
        now = datetime.now(UTC)
        async with opened() as database, database.transaction() as connection:
            taken_back = await PostgresFieldLeads(connection, Sealing(database.keys, connection)).revoke(agent)
            if not await PostgresFieldAgents(connection).remove(agent, now):
                fail(f"there is no agent {agent}; `agent list` shows who there is")
            act = audited("agent.removed", by_operator("command line"), None, now, agent=agent)
            await record_acts(connection, [act])
        typer.echo(f"Agent {agent} is removed; {taken_back} open links were taken back.")

    run(removed())


@agents.command("revoke")
def revoke(
    agent: Annotated[int, typer.Argument(help="The agent's number, as listed.")],
    place: Annotated[str, typer.Option(help="The place whose code is taken back, with the open links from there.")],
) -> None:
    """Take an agent's code for a place back."""

    async def revoked() -> None:
        now = datetime.now(UTC)
        async with opened() as database, database.transaction() as connection:
            taken_back = await PostgresFieldLeads(connection, Sealing(database.keys, connection)).revoke(agent, place)
            if not await PostgresFieldAgents(connection).revoke(agent, place, now):
                fail(f"agent {agent} has no code for '{place}'; `agent list` shows which there are")
            act = audited("agent.revoked", by_operator("command line"), None, now, agent=agent)
            await record_acts(connection, [act])
        typer.echo(f"The code for {place} is taken back, and {taken_back} open links.")

    run(revoked())


@agents.command("qr")
def qr(
    agent: Annotated[int, typer.Argument(help="The agent's number.")],
    place: Annotated[str, typer.Option(help="The place; may be left out where the agent has one.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="A file to save the code in: .svg, .png or .pdf. Else it is printed.")
    ] = None,
) -> None:
    """Print the link and the QR code of an agent's place, or save the code. Needs BOT_TOKEN."""
    if out is not None and out.suffix not in KINDS:
        fail(f"'{out.name}' is no kind of file for a QR code; use one of {', '.join(KINDS)}")
    settings = load()
    links: list[str] = []

    async def made() -> None:
        async with opened() as database:
            found = [link for link in await PostgresFieldAgents(database.pool).all_links() if link.agent.id == agent]
        chosen = [link for link in found if link.place == place or not place]
        if len(chosen) == 1:
            async with BotApi(settings.token.get_secret_value(), settings.telegram_api) as api:
                who = await account(api)
            links.append(link_of(who.username, chosen[0]))

    run(made())
    if not links:
        fail(f"agent {agent} has no such place, or several; see `agent list`, and name one with --place")
    typer.echo(links[0])
    code = segno.make(links[0], error="m", micro=False)
    if out is None:
        code.terminal(compact=True)
    else:
        code.save(str(out), scale=10, border=4)


def link_of(bot: str, link: AgentLink) -> str:
    """The address that an agent's QR code holds."""
    return f"https://t.me/{bot}?start={payload(link.code)}"
