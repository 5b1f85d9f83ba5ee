from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.errors import StateError
from bot.ledger.audit import ACTS, CUSTOMER, audited

AT = datetime(2026, 11, 20, tzinfo=UTC)
PAGE = (Path(__file__).parents[3] / "docs" / "audit.md").read_text(encoding="utf-8")


def test_an_act_that_is_not_listed_is_not_audited() -> None:
    with pytest.raises(StateError):
        audited("consent.forgotten", CUSTOMER, 1, AT)


@pytest.mark.parametrize("details", [{}, {"lead": 1, "manager": 2, "phone": "138"}])
def test_an_act_has_exactly_the_details_that_are_listed(details: dict[str, str | int]) -> None:
    with pytest.raises(StateError):
        audited("lead.accepted", CUSTOMER, 1, AT, **details)


def test_the_documented_acts_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.+?) \| (.*?) \|$", PAGE, re.MULTILINE)
    documented = {name: (about, tuple(re.findall(r"`(\w+)`", details))) for name, about, details in rows}
    assert documented == {name: (act.about, act.details) for name, act in ACTS.items()}


def test_names_are_dotted_and_say_subject_and_what_became_of_it() -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)*", name) for name in ACTS)
