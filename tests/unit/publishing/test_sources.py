from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.errors import ContentError
from bot.publishing.release import digest_of
from bot.publishing.sources import parse_yaml, read_documents
from tests.unit.publishing.content import SOURCES, documents


def test_documents_survive_json_unchanged() -> None:
    read = read_documents(SOURCES)
    assert json.loads(json.dumps(read)) == read


def test_documents_hold_every_kind_of_content_by_file() -> None:
    read = read_documents(SOURCES)
    assert set(read) == {
        "flows",
        "commands",
        "products",
        "stories",
        "answers",
        "notices",
        "lead_rules",
        "desk",
        "usual_times",
        "appointments",
        "branches",
        "claims",
        "field_leads",
        "retention",
        "signals",
        "messages",
    }
    assert read["flows"]["welcome.yaml"]["entry"] == "segment"
    assert {"zh", "en"} <= set(read["messages"])


def test_only_true_and_false_are_truth_values_and_days_and_times_stay_text() -> None:
    said = parse_yaml("on: {a: yes, b: true, c: 12:30, d: 2026-09-20, e: 0.0345, f: 007, g: , h: -3}", "x.yaml")
    expected = {"a": "yes", "b": True, "c": "12:30", "d": "2026-09-20", "e": 0.0345, "f": "007", "g": None, "h": -3}
    assert said == {"on": expected}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3", r"x\.yaml:3: 'a' is given twice"),
        ("a:\n  b: [1", r"x\.yaml:2: "),
        ("a: 1\n1: b", r"x\.yaml:2: the name '1' needs quotes"),
        ("a: b: c", r"x\.yaml:1: mapping values are not allowed here"),
        ("a: !!python/name:os.system", r"x\.yaml:1: could not determine a constructor"),
        ("a: 1\n--- \nb: 2", r"x\.yaml:2: "),
    ],
)
def test_a_mistake_in_yaml_is_told_with_file_and_line(text: str, told: str) -> None:
    with pytest.raises(ContentError, match=told):
        parse_yaml(text, "x.yaml")


def test_a_missing_file_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"commands\.yaml: the whole file: add it"):
        read_documents(replace(SOURCES, commands=tmp_path / "commands.yaml"))


def test_equal_documents_have_equal_digests_and_any_change_another() -> None:
    changed = documents()
    changed["messages"]["zh"]["t.which"] += "！"
    assert digest_of(documents()) == digest_of(documents())
    assert digest_of(changed) != digest_of(documents())


def test_the_order_of_steps_is_content_too() -> None:
    changed = documents()
    steps = changed["flows"]["welcome.yaml"]["steps"]
    changed["flows"]["welcome.yaml"]["steps"] = dict(reversed(steps.items()))
    assert digest_of(changed) != digest_of(documents())
