"""The page about the lender's interface says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.applications.events import DECLINE_REASONS, NO_DATA, parse
from bot.applications.stages import RULES, Stage
from bot.products.documents import DOCUMENTS
from bot.publishing.sources import read_documents

PAGE = (Path(__file__).parents[3] / "docs" / "lender-api.md").read_text(encoding="utf-8")
USUAL = read_documents()["usual_times"]
EXAMPLES = re.findall(r"```json event\n(.*?)```", PAGE, re.DOTALL)


def usual(stage: Stage) -> str:
    times = USUAL.get(stage)
    return f"{times['half']}, {times['most']}" if times else ""


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_an_event_is_one(example: str) -> None:
    assert parse(example.encode()).data != NO_DATA


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in (Stage.DRAFT, Stage.CONSENTED)])
def test_every_stage_is_described_as_the_table_has_it(stage: Stage) -> None:
    rule = RULES[stage]
    shown = "a new message" if rule.tells else "the card edited"
    assert f"| `{stage}` | {rule.actor} | {usual(stage)} | {shown} |".replace("|  |", "| |") in PAGE


@pytest.mark.parametrize("name", [*DOCUMENTS, *DECLINE_REASONS])
def test_every_document_and_reason_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE
