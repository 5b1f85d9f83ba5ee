"""The story format: what is written is what is read, and a slip is told with file, step and remedy."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.errors import ContentError
from bot.core.values import Money, Months, Text
from bot.dialogs.stories import (
    VERBS,
    Buttons,
    Figures,
    Knows,
    Lender,
    Manager,
    Opens,
    Passes,
    Presses,
    Says,
    Sees,
    Sends,
    Shares,
    fits,
    parse_story,
    plain_text,
)
from bot.publishing.sources import parse_yaml
from bot.resources import PACKAGE

SCENES = {"begun": parse_yaml("steps: [opened, {presses: zh}]", "begun.yaml")}


def story(steps: str, more: str = "") -> object:
    return parse_yaml(
        f"story: a story\n{more}\nsteps:\n" + "\n".join(f"  {line}" for line in steps.splitlines()), "s.yaml"
    )


def refusal(steps: str, more: str = "") -> str:
    with pytest.raises(ContentError) as raised:
        parse_story(story(steps, more), "s.yaml", SCENES)
    return str(raised.value)


def test_steps_are_read_as_written() -> None:
    read = parse_story(
        story(
            "- opened: {payload: p}\n- says: {zh: 三, en: three}\n- says again\n- presses again: a\n- shares: {phone: '1'}\n"
            "- sends: photo\n- lender: {declined: [x]}\n- lender late: docs_check\n- manager: {says: hi}\n"
            "- after: 10 minutes\n- sees: [a, '…']\n- manager sees: [b]\n- knows: {x: null, y: 5}\n- buttons: []\n"
            "- figure: chart\n- figure: [table, chart]"
        ),
        "s.yaml",
    )
    assert [line.what for line in read.lines] == [
        Opens("p"), Says({"zh": "三", "en": "three"}), Says(None), Presses("a", "again"), Shares("1"), Sends("photo"),
        Lender("declined", ("x",)), Lender("docs_check", how="late"), Manager("says", "hi"), Passes(timedelta(minutes=10)),
        Sees(("a", "…")), Sees(("b",), by="manager"), Knows({"x": None, "y": "5"}), Buttons(()),
        Figures(("chart",)), Figures(("table", "chart")),
    ]  # fmt: skip


def test_a_story_says_what_it_shows_and_where_it_is_played() -> None:
    read = parse_story(
        story("- opened", "rule: [1, 2]\nlocale: [zh, en]\noperator: third_party\nmanagers: 0\nrunners: bot"), "s"
    )
    assert (read.title, read.rules, read.locales, read.operator, read.managers, read.runners) == (
        "a story", (1, 2), ("zh", "en"), "third_party", 0, ("bot",),
    )  # fmt: skip


def test_a_scene_brings_its_steps_and_their_places() -> None:
    read = parse_story(story("- scene: begun\n- presses: en"), "s.yaml", SCENES)
    assert [line.place for line in read.lines] == ["begun.yaml: step 1", "begun.yaml: step 2", "s.yaml: step 2"]


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("- waves: hello", f"s.yaml: step 1: 'waves' is not known; use one of {', '.join(VERBS)}"),
        ("- opened\n- {says: a, sees: [b]}", "s.yaml: step 2: write one act or one expectation a step"),
        ("- says: [a]", "s.yaml: step 1: says: write a text here"),
        ("- sees: a", "s.yaml: step 1: sees: write a list here"),
        ("- sends: letter", "s.yaml: step 1: sends: 'letter' is not known; use one of photo, document, voice, video, sticker, location, other"),
        ("- after: soon", "s.yaml: step 1: after: write a time such as 10 minutes"),
        ("- shares: {number: '1'}", "s.yaml: step 1: shares: number: this field is not known; use phone, own"),
        ("- scene: lost", "s.yaml: step 1: there is no scene 'lost'; use one of begun"),
        ("- manager: waves", "s.yaml: step 1: manager: 'waves' is not known; use one of accepts, returns"),
    ],
)  # fmt: skip
def test_a_step_that_is_none_is_told_with_file_step_and_remedy(steps: str, told: str) -> None:
    assert refusal(steps) == told


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("rule: ten", "s.yaml: rule: write a whole number here"),
        ("operator: nobody", "s.yaml: operator: 'nobody' is not known; use one of lender, third_party"),
        ("runners: [moon]", "s.yaml: runners: 'moon' is not known; use one of engine, turns, bot"),
        (
            "mood: good",
            "s.yaml: mood: this field is not known; use story, rule, locale, operator, managers, supervisor, agent, runners, steps",
        ),
    ],
)
def test_a_heading_that_is_none_is_told_with_file_field_and_remedy(more: str, told: str) -> None:
    assert refusal("- opened", more) == told


def test_a_scene_that_leads_back_to_itself_is_refused() -> None:
    round_about = {"a": {"steps": [{"scene": "b"}]}, "b": {"steps": [{"scene": "a"}]}}
    with pytest.raises(ContentError, match="leads back to itself"):
        parse_story(story("- scene: a"), "s.yaml", round_about)


@pytest.mark.parametrize(
    ("expected", "seen", "fit"),
    [
        ("", "", True), ("", "a", False), ("a b", "a b", True), ("a b", "b a", False), ("a", "a b", False),
        ("…", "", True), ("a …", "a b c", True), ("… c", "a b c", True), ("a … c", "a c", True), ("a … c", "a b", False),
        ("… b …", "a b c", True), ("… …", "a", True),
    ],
)  # fmt: skip
def test_dots_stand_for_any_number_of_texts(expected: str, seen: str, fit: bool) -> None:
    assert fits(tuple(expected.split()), tuple(seen.split())) is fit


def test_values_are_written_plainly() -> None:
    values = (Money(Decimal("50000.00")), Months(9), Text("a.b"), True, "x", 5, None, ("a", Months(1)))
    assert [plain_text(value) for value in values] == ["50000", "9", "a.b", "yes", "x", "5", "None", "a, 1"]


def test_every_verb_is_explained_to_authors() -> None:
    explained = (PACKAGE.parent / "docs" / "stories.md").read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"`{verb}`" not in explained and f"`{verb}:" not in explained] == []
