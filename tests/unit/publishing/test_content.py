from __future__ import annotations

from datetime import date

import pytest

from bot.core.errors import ContentError
from bot.publishing.content import assemble, with_days
from bot.publishing.menu import command_words, parse_menu
from tests.unit.publishing.content import documents, release

BOOK = assemble(release()).book


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("农户", "t.farmer"),
        ("🌾 农户", "t.farmer"),
        ("种地", "t.farmer"),
        ("farmer", "t.farmer"),
        ("shop owner", "t.trader"),
        ("stall", "t.trader"),
    ],
)
def test_a_label_may_be_typed_in_any_language_with_or_without_its_picture_or_by_a_synonym(
    typed: str, label: str
) -> None:
    assert label in BOOK.words[typed]


def test_a_word_on_two_buttons_means_both() -> None:
    content = documents()
    content["messages"]["zh"]["t.trader.also"] = "种地"
    assert {"t.farmer", "t.trader"} <= assemble(release(content)).book.words["种地"]


def test_a_label_with_a_placeholder_is_typed_by_its_synonyms_only() -> None:
    content = documents()
    for words in content["messages"].values():
        words["t.farmer"] = "{name}"
    words = assemble(release(content)).book.words
    assert "种地" in words
    assert not any("name" in word for word in words if "t.farmer" in words[word])


@pytest.mark.parametrize("typed", ["人工", "找人", "human", "/human"])
def test_a_command_is_understood_in_every_language(typed: str) -> None:
    assert BOOK.commands[typed] == "human"
    assert BOOK.command_flows["human"] == "welcome"


def test_command_words_are_compared_without_case_width_and_punctuation() -> None:
    assert command_words({"en": {"command.human.words": "Talk to a Person! | ＨＵＭＡＮ"}}) == {
        "talk to a person": "human",
        "human": "human",
        "/human": "human",
    }


def test_the_book_knows_what_every_text_needs() -> None:
    assert BOOK.placeholders["t.which"] == frozenset()
    assert BOOK.placeholders["answer.limits"] == {
        "smallest_amount", "largest_amount", "shortest_term", "longest_term",
    }  # fmt: skip


def test_the_book_knows_where_a_conversation_begins_and_its_notices() -> None:
    assert (BOOK.entry, BOOK.home, BOOK.resume) == ("welcome", "welcome", "welcome")
    assert BOOK.notices["contact"].recipients == ("rivergate",)


def test_a_mistake_in_the_menu_is_told_with_its_field() -> None:
    with pytest.raises(ContentError, match=r"commands\.yaml: home: add this field"):
        parse_menu({"entry": "welcome", "resume": "welcome", "commands": {}})


def test_days_written_as_text_are_days_again_and_nothing_else_is() -> None:
    written = {"since": "2026-09-20", "list": ["2026-09-20"], "code": "2026-09-20x", "number": 3}
    day = date(2026, 9, 20)
    assert with_days(written) == {"since": day, "list": [day], "code": "2026-09-20x", "number": 3}


def test_texts_of_a_release_are_shown_in_the_configured_language_and_time_zone() -> None:
    content = assemble(release(), default_locale="en", timezone="Africa/Nairobi")
    assert content.texts.nearest(None) == "en"
