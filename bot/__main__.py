"""The commands: `python -m bot COMMAND`, or `tillwise COMMAND`."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import app as program
from bot import demo as demonstration
from bot.commands import answers, keys, ledgers
from bot.commands.agents import agents
from bot.commands.given_up import crm, submissions
from bot.commands.leads import leads
from bot.commands.lender import lender
from bot.commands.managers import managers
from bot.commands.retention import retention
from bot.commands.shell import fail as _fail
from bot.commands.shell import plain as _plain
from bot.commands.shell import run as _run
from bot.commands.story import console_link, story
from bot.conversation.services.registry import SERVICES
from bot.dialogs.diagram import diagram
from bot.dialogs.reader import parse_flows
from bot.products.report import quote_report, report_table
from bot.publishing.check import check
from bot.publishing.sources import read_documents
from bot.settings import load, load_storage

cli = typer.Typer(
    name="tillwise",
    help="Tillwise, a lender's conversational bot for small businesses. Settings come from the environment: docs/settings.md.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
content = typer.Typer(help="Content: flows, texts, products, stories, answers and notices.", no_args_is_help=True)
cli.add_typer(submissions, name="submissions")
cli.add_typer(crm, name="crm")
cli.add_typer(leads, name="leads")
cli.add_typer(lender, name="lender")
cli.add_typer(content, name="content")
content.command("learn")(answers.content_learn)
content.command("evaluate")(answers.content_evaluate)
cli.add_typer(managers, name="manager")
cli.add_typer(agents, name="agent")
cli.add_typer(keys.keys, name="keys")
cli.add_typer(retention, name="retention")
cli.add_typer(ledgers.consents, name="consents")
cli.add_typer(ledgers.audit, name="audit")
cli.command()(story)
cli.command("console-link")(console_link)


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the page to open.")] = 8090,
    bot_port: Annotated[int, typer.Option(help="Port of the bot's own web server.")] = 8080,
    polling: Annotated[bool, typer.Option(help="Have the bot ask for updates instead of taking a webhook.")] = False,
    data_dir: Annotated[Path, typer.Option(help="Where the demo's database lies; it is emptied at each start.")] = Path(
        "var/demo"
    ),
    topics: Annotated[bool, typer.Option(help="Show each customer as a topic in the manager's chat.")] = False,
) -> None:
    """Play it: customer, account manager and lender on one page, everything running for real on this machine.

    Needs no settings and no Telegram. Ctrl-C ends everything.
    """

    async def run() -> None:
        async with demonstration.demo(
            page_port=port, bot_port=bot_port, data_dir=data_dir, polling=polling, topics=topics
        ) as running:
            typer.echo(f"\n  Tillwise is running. Open  {running.page}\n  Ctrl-C ends it.\n")
            await program.STOP.wait()

    _run(run(), "text", logging.WARNING)  # who plays it has no use for the records of its operation


@cli.command()
def run(
    worker: Annotated[bool, typer.Option(help="Run jobs in this process too.")] = True,
) -> None:
    """Run the bot: web server, updates by webhook or polling, and jobs.

    Several processes may run on one database when updates come by webhook.
    """
    settings = _settings()

    async def serve() -> None:
        async with program.running(settings, worker=worker) as running:
            typer.echo(f"@{running.account.username} is running at {running.url}", err=True)
            await program.STOP.wait()

    _run(serve(), settings.log_format)


@cli.command()
def worker() -> None:
    """Run only jobs: timers, submissions to the lender, expiry of leads, and sending what a crash left unsent."""
    settings = _settings()

    async def serve() -> None:
        async with program.running(settings, serve=False):
            await program.STOP.wait()

    _run(serve(), settings.log_format)


@cli.command()
def migrate() -> None:
    """Bring the database schema up to date. `run` and `worker` do so at their start too."""
    settings = _plain(load_storage)

    async def bring() -> None:
        async with program.migrated(settings):
            typer.echo("The database schema is up to date.")

    _run(bring())


@cli.command()
def quote(  # noqa: PLR0913, PLR0917  # each is an option of the command line
    method: Annotated[str | None, typer.Option(help="How it is repaid, such as annuity; see docs/algorithms.")] = None,
    principal: Annotated[str | None, typer.Option(help="What is lent; of a revolving line its limit.")] = None,
    rate: Annotated[str | None, typer.Option(help="Contract rate a year as a fraction, such as 0.072.")] = None,
    months: Annotated[str | None, typer.Option(help="Term in months.")] = None,
    start: Annotated[str | None, typer.Option(help="Day of the pay-out, such as 2024-01-31; else today.")] = None,
    maturity: Annotated[str | None, typer.Option(help="Last day, instead of a term.")] = None,
    basis: Annotated[str | None, typer.Option(help="Days of a year for interest by day: 360 or 365.")] = None,
    grace: Annotated[str | None, typer.Option(help="Months of interest only, of grace_annuity.")] = None,
    fee: Annotated[list[str] | None, typer.Option(help="upfront:AMOUNT or monthly:AMOUNT; may be repeated.")] = None,
    flat_fee_rate: Annotated[str | None, typer.Option(help="Flat fee, a fraction of the initial principal.")] = None,
    settle_after: Annotated[str | None, typer.Option(help="Months after which everything is repaid.")] = None,
    settle_fee_rate: Annotated[str | None, typer.Option(help="Fee on what is repaid early, a fraction.")] = None,
    events: Annotated[Path | None, typer.Option(help="JSON file of draws and repayments, of revolving.")] = None,
    share: Annotated[str | None, typer.Option(help="Part of each week's takings that is paid, of turnover.")] = None,
    takings: Annotated[Path | None, typer.Option(help="JSON file of weekly takings, of turnover.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Compute a quote as the bot does, for any terms: every payment, and what it costs a year."""
    options = {
        "method": method, "principal": principal, "rate": rate, "months": months, "start": start, "maturity": maturity,
        "basis": basis, "grace": grace, "fee": fee, "flat-fee-rate": flat_fee_rate, "settle-after": settle_after,
        "settle-fee-rate": settle_fee_rate, "share": share,
        "events": events and _parsed(events), "takings": takings and _parsed(takings),
    }  # fmt: skip
    try:
        report = quote_report(options, datetime.now(UTC).astimezone().date())
    except ValueError as error:
        _fail(str(error))
    typer.echo(json.dumps(report, indent=2) if as_json else report_table(report))


@content.command("check")
def content_check() -> None:
    """Check all authored content; lists every problem with file, place and remedy. Exit code 1 where it may not be published."""

    def problems() -> list[Any]:
        return list(check(read_documents(), SERVICES))

    found = _plain(problems)
    for problem in found:
        typer.echo(f"{'problem' if problem.blocking else 'note'}: {problem}")
    blocking = sum(problem.blocking for problem in found)
    typer.echo(f"{blocking} problems, {len(found) - blocking} notes")
    raise typer.Exit(1 if blocking else 0)


@content.command("publish")
def content_publish(
    note: Annotated[str, typer.Option(help="What has changed and why, for those who look back.")] = "",
    by: Annotated[str, typer.Option(help="Who publishes.")] = "command line",
) -> None:
    """Check the authored content and publish it as the next release. Running bots take it up within a second."""
    settings = _plain(load_storage)

    async def publish() -> None:
        async with program.migrated(settings) as database:
            release = await program.publish(database, settings.default_locale, settings.timezone, by=by, note=note)
            typer.echo(f"Release {release.number} is published.")

    _run(publish())


@content.command("diagram")
def content_diagram(flow: Annotated[str, typer.Argument(help="Name of the flow.")]) -> None:
    """Draw a flow as a Mermaid diagram."""
    flows = _plain(lambda: parse_flows(read_documents()["flows"], 0))
    if flow not in flows:
        _fail(f"there is no flow '{flow}'; there are {', '.join(sorted(flows))}")
    typer.echo(diagram(flows[flow]))


def _parsed(file: Path) -> Any:
    """The JSON in a file, its numbers exact."""
    try:
        return json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        _fail(f"{file}: {error.strerror or error}")
    except ValueError as error:
        _fail(f"{file} is not JSON: {error}")


def _settings() -> Any:
    return _plain(load)


def main() -> None:
    """The program."""
    cli()


if __name__ == "__main__":
    main()
