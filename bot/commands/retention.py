"""How long data is kept, at the command line: carried out, reported, and stopped for a case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

import typer

from bot.app import SystemClock
from bot.applications.retention import CLASSES, KEPT, Retention
from bot.commands.shell import fail, opened, plain, run
from bot.core.errors import StateError
from bot.ledger.audit import by_operator
from bot.publishing.library import Library
from bot.settings import StorageSettings, load_storage
from bot.storage.customer_stories import CustomerStories
from bot.storage.database import Database
from bot.storage.files import EncryptedFiles
from bot.storage.legal_holds import LegalHolds
from bot.storage.releases import PostgresReleases
from bot.storage.retention import AlreadyRunning, Line, Report, Retainer

retention = typer.Typer(help="How long data is kept, and what is removed.", no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_By = Annotated[str, typer.Option(help="Who does it, for the audit.")]
_Customer = Annotated[str, typer.Argument(help="The customer's number, or the reference of an application.")]
_Case = Annotated[str, typer.Option(help="The reference of the case, such as CLAIM-2026-17; no words and no names.")]


@retention.command("run")
def retention_run(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what is past its time; remove nothing.")
    ] = False,
    as_json: _Json = False,
    by: _By = "command line",
) -> None:
    """Remove now whatever is past its time, as the worker does every night, and print the report."""

    async def removed() -> None:
        settings = plain(load_storage)
        async with opened() as database:
            rules, release = await _rules(database, settings)
            retainer = _retainer(database, settings)
            if dry_run:
                _print(rules, await retainer.due(rules), as_json, None)
                return
            try:
                report = await retainer.run(rules, release, by_operator(by))
            except AlreadyRunning as error:
                fail(str(error))
            _print(rules, report.lines, as_json, report)

    run(removed())


@retention.command("report")
def retention_report(
    runs: Annotated[int, typer.Option(min=1, max=366, help="How many of the newest runs.")] = 1, as_json: _Json = False
) -> None:
    """Print what is kept how long and why, and what came of the newest runs. Exit code 1 where something is past its time."""
    late: list[int] = []

    async def told() -> None:
        settings = plain(load_storage)
        async with opened() as database:
            rules, _ = await _rules(database, settings)
            reports = await _retainer(database, settings).last(runs)
            for report in reports:
                _print(rules, report.lines, as_json, report)
            if not reports:
                typer.echo("Retention has not run yet.", err=as_json)
            if not as_json:
                _print_reasons(rules)
            late.extend(line.late for report in reports[:1] for line in report.lines.values())

    run(told())
    raise typer.Exit(1 if any(late) else 0)


@retention.command("hold")
def retention_hold(customer: _Customer, case: _Case, by: _By = "command line") -> None:
    """Keep whatever there is of a customer for a case, until it is lifted."""

    async def held() -> None:
        async with opened() as database:
            number = await _number(database, customer)
            try:
                placed = await LegalHolds(database).place(number, case, by, datetime.now(UTC))
            except StateError as error:
                fail(str(error))
            typer.echo(
                f"Customer {number} is kept for {case}." if placed else f"{case} keeps customer {number} already."
            )

    run(held())


@retention.command("lift")
def retention_lift(customer: _Customer, case: _Case, by: _By = "command line") -> None:
    """Let go of what a case keeps of a customer; what is past its time goes with the next run."""

    async def lifted() -> None:
        async with opened() as database:
            number = await _number(database, customer)
            if not await LegalHolds(database).lift(number, case, by, datetime.now(UTC)):
                fail(f"{case} keeps nothing of customer {number}; `retention holds` shows what stands")
            typer.echo(f"{case} keeps customer {number} no longer.")

    run(lifted())


@retention.command("holds")
def retention_holds() -> None:
    """List the holds that stand, with the customer, the case and the day since when."""

    async def listed() -> None:
        async with opened() as database:
            for hold in await LegalHolds(database).open():
                typer.echo(f"{hold.customer}  {hold.case}  since {hold.placed_at:%Y-%m-%d}")

    run(listed())


async def _number(database: Database, named: str) -> int:
    number = await CustomerStories(database, SystemClock()).find(named)
    if number is None:
        fail(f"there is no customer '{named}'; give a number, or the reference of an application")
    return number


async def _rules(database: Database, settings: StorageSettings) -> tuple[Retention, int]:
    library = Library(PostgresReleases(database), SystemClock(), settings.default_locale, settings.timezone)
    content = await library.refresh()
    return content.retention or _no_rules(), content.number


def _no_rules() -> NoReturn:
    fail("the published content says nothing of retention: run `python -m bot content publish`")


def _retainer(database: Database, settings: StorageSettings) -> Retainer:
    return Retainer(database, EncryptedFiles(settings.files or settings.data_dir / "files", database), SystemClock())


def _print(rules: Retention, lines: Mapping[str, Line], as_json: bool, report: Report | None) -> None:
    if as_json:
        typer.echo(json.dumps(_json(lines, report)))
        return
    if report:
        typer.echo(f"{report.began_at:%Y-%m-%d %H:%M}Z, release {report.release}, by {report.actor}")
    typer.echo(f"{'class':<20}{'kept':>18}{'removed':>9}{'on hold':>9}{'past its time':>15}  oldest left")
    for name, line in lines.items():
        rule = rules.rules[name]
        oldest = f"{line.oldest:%Y-%m-%d}" if line.oldest else "none"
        since = f"{rule.days} d, {rule.since}"
        typer.echo(f"{name:<20}{since:>18}{line.removed:>9}{line.held:>9}{line.late:>15}  {oldest}")


def _print_reasons(rules: Retention) -> None:
    typer.echo("\nKept for a time:")
    for name, rule in rules.rules.items():
        typer.echo(f"- {name}: {CLASSES[name].about}; {rule.days} days from '{rule.since}'. {rule.why}")
    typer.echo("\nKept without an end:")
    for name, why in rules.kept.items():
        typer.echo(f"- {KEPT[name]}: {why}")


def _json(lines: Mapping[str, Line], report: Report | None) -> dict[str, Any]:
    told = {
        name: {
            "removed": line.removed, "on_hold": line.held, "past_its_time": line.late,
            "oldest": line.oldest and line.oldest.isoformat(),
        }
        for name, line in lines.items()
    }  # fmt: skip
    if report is None:
        return {"classes": told}
    began, ended = report.began_at.isoformat(), report.ended_at.isoformat()
    return {"began_at": began, "ended_at": ended, "by": report.actor, "release": report.release, "classes": told}
