"""Leads at the command line: written out as a table for people and other programs. Every time is audited."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from bot.app import SystemClock
from bot.commands.shell import fail, opened, run
from bot.conversation.lead_reports import lead_reports
from bot.handoff.lead_reports import COLUMNS, LeadReport, row
from bot.handoff.scoring import LeadRules, score
from bot.handoff.spreadsheet import BOM, table
from bot.ledger.audit import audited, by_operator
from bot.publishing.library import Library
from bot.settings import load_storage
from bot.storage.database import Database
from bot.storage.ledgers import record_acts
from bot.storage.releases import PostgresReleases
from bot.storage.unit_of_work import PostgresStorage

leads = typer.Typer(help="Leads of customers who should meet a person.", no_args_is_help=True)
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)


@leads.callback()
def group() -> None:
    """Leads of customers who should meet a person."""


@leads.command("export")
def export(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leads opened from this day on, in the market's time.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write, for its owner alone. Else it is printed.")
    ] = None,
    excel: Annotated[bool, typer.Option("--excel", help="Mark the file as UTF-8, as Excel needs it.")] = False,
    by: Annotated[str, typer.Option(help="Who exports, for the audit.")] = "command line",
) -> None:
    """Write leads as CSV. Name and telephone stand in it only where the customer agrees to be contacted."""
    settings = load_storage()
    from_then = since.replace(tzinfo=ZoneInfo(settings.timezone)) if since else _FIRST
    written: list[str] = []

    async def read() -> None:
        async with opened() as database:
            rules = await _rules(database, settings.default_locale, settings.timezone)
            storage = PostgresStorage(database, SystemClock(), owner="leads")
            async with database.transaction() as connection:
                found = await lead_reports(storage.unit(connection), from_then)
                named = sum(one.contact is not None for one in found)
                details = {"leads": len(found), "named": named}
                act = audited("leads.exported", by_operator(by), None, datetime.now(UTC), **details)
                await record_acts(connection, [act])
        written.append(_csv(found, rules, settings.currency))

    run(read())
    _write((BOM if excel else "") + written[0], out)


async def _rules(database: Database, locale: str, timezone: str) -> LeadRules:
    library = Library(PostgresReleases(database), SystemClock(), locale, timezone)
    return (await library.refresh()).lead_rules


def _csv(found: list[LeadReport], rules: LeadRules, currency: str) -> str:
    return table([COLUMNS, *(row(one, score(rules, one.lead.facts), currency) for one in found)])


def _write(content: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content.encode())
        return
    try:
        out.touch(mode=0o600)
        out.write_bytes(content.encode())
    except OSError as error:
        fail(f"{out}: {error.strerror or error}")
