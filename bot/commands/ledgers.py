"""Proving the ledgers: `consents verify`, `audit verify`, and a customer's receipt against both ledger and words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bot.app import SystemClock
from bot.commands.shell import fail, opened, plain, run
from bot.conversation.papers.receipt import read
from bot.ledger.chain import Fault, Seal
from bot.storage.ledgers import Ledgers
from bot.storage.receipts import Finding, verify_receipt

consents = typer.Typer(help="The ledger of consents: proofs and receipts.", no_args_is_help=True)
audit = typer.Typer(help="The audit: every act that has consequences, sealed.", no_args_is_help=True)

_NOTED: Final = re.compile(r"(\d+):([0-9a-f]{64})")
_Noted = Annotated[
    list[str] | None,
    typer.Option("--noted", help="NUMBER:HASH of a seal that was noted outside, as in the log. May be repeated."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@consents.command("verify")
def consents_verify(noted: _Noted = None, as_json: _Json = False) -> None:
    """Prove that no consent record was changed, removed, put in or moved. Exit code 1 where one was."""
    _verify("consent", noted, as_json)


@audit.command("verify")
def audit_verify(noted: _Noted = None, as_json: _Json = False) -> None:
    """Prove that no audited act was changed, removed, put in or moved. Exit code 1 where one was."""
    _verify("audit", noted, as_json)


@consents.command("receipt")
def consents_receipt(file: Annotated[Path, typer.Argument(help="The receipt's JSON, as the customer has it.")]) -> None:
    """Hold a customer's receipt against the ledger and the words that were published. Exit code 1 where they disagree."""
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror or error}")
    held = plain(lambda: read(content))
    findings: list[Finding] = []

    async def verify() -> None:
        async with opened() as database:
            findings.extend(await verify_receipt(database, Ledgers(database, SystemClock()), held))

    run(verify())
    for finding in findings:
        typer.echo(f"{'holds' if finding.holds else 'FAULT'}: {finding.what}")
    raise typer.Exit(0 if all(finding.holds for finding in findings) else 1)


def _verify(ledger: str, noted: list[str] | None, as_json: bool) -> None:
    kept = dict(_noted(one) for one in noted or ())
    found: list[Fault] = []

    async def verify() -> None:
        async with opened() as database:
            ledgers = Ledgers(database, SystemClock())
            await ledgers.seal()
            last, waiting, wrong = await ledgers.verify(ledger, kept)
        found.extend(wrong)
        typer.echo(json.dumps(_json(ledger, last, waiting, wrong)) if as_json else _text(last, waiting, wrong))

    run(verify())
    raise typer.Exit(1 if found else 0)


def _noted(written: str) -> tuple[int, str]:
    match = _NOTED.fullmatch(written)
    if match is None:
        fail(f"'{written}' is not a seal: give its number and hash as NUMBER:HASH")
    return int(match[1]), match[2]


def _json(ledger: str, last: Seal | None, waiting: int, wrong: list[Fault]) -> dict[str, Any]:
    end = {"number": last.number, "hash": last.hash} if last else None
    return {
        "ledger": ledger,
        "whole": not wrong,
        "last": end,
        "waiting": waiting,
        "faults": [str(one) for one in wrong],
    }


def _text(last: Seal | None, waiting: int, wrong: list[Fault]) -> str:
    lines = [f"fault: {one}" for one in wrong]
    lines.append(f"{last.number if last else 0} records sealed, {waiting} waiting, {len(wrong)} faults")
    if last and not wrong:
        lines.append(f"The ledger is whole. Its end, to be noted: {last.number}:{last.hash}")
    return "\n".join(lines)
