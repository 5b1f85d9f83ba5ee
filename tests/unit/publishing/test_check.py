from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.publishing.check import Problem, check
from tests.unit.publishing.content import documents

BEFORE = frozenset(check(documents()))


def problems(change: Callable[[dict[str, Any]], object], **options: Any) -> list[Problem]:
    """The problems that a change brings."""
    content = documents()
    change(content)
    return [problem for problem in check(content, **options) if problem not in BEFORE]


def told(change: Callable[[dict[str, Any]], object], **options: Any) -> list[str]:
    return [str(problem) for problem in problems(change, **options)]


def say(content: dict[str, Any], key: str, words: str | None, locale: str = "zh") -> None:
    if words is None:
        content["messages"][locale].pop(key)
    else:
        content["messages"][locale][key] = words


def test_words_that_one_language_lacks_are_told() -> None:
    assert told(lambda content: say(content, "t.which", None)) == [
        "locales/zh: t.which: this language has no words for it; write them"
    ]


def test_a_new_language_is_told_everything_it_lacks() -> None:
    found = problems(lambda content: content["messages"].update(sw={}))
    assert {problem.file for problem in found if problem.blocking} == {"locales/sw", "answers"}


def test_other_placeholders_in_one_language_are_told() -> None:
    (line,) = told(lambda content: say(content, "t.which", "您是{who}？"))
    assert "t.which: its placeholders differ" in line
    assert "by who" in line


def test_one_language_may_count_a_word_where_another_does_not() -> None:
    def count(content: dict[str, Any]) -> None:
        say(content, "t.which", "{n}天？")
        say(content, "t.which", "{n:day|days}?", "en")

    assert told(count) == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("{", "a brace stands alone"),
        ("{who:loud}", "unknown style"),
        ("<b>您是？", "its markup is not well-formed: <b> is not closed"),
        ("a < b", "its markup is not well-formed: '<' is neither"),
        ("长" * 3001, "it has 3001 characters"),
        ("包过的贷款", "'包过' is a forbidden claim (guaranteed_approval)"),
    ],
)
def test_words_that_cannot_be_shown_are_told(words: str, fault: str) -> None:
    lines = told(lambda content: say(content, "t.which", words))
    assert any(line.startswith("locales/zh: t.which: ") and fault in line for line in lines)


@pytest.mark.parametrize(("words", "fault"), [("长" * 41, "41 characters"), ("<b>农户</b>", "has markup")])
def test_a_label_that_no_button_can_show_is_told(words: str, fault: str) -> None:
    (line,) = told(lambda content: say(content, "t.farmer", words))
    assert fault in line


def test_synonyms_and_command_words_may_be_long_and_one_language_may_have_none() -> None:
    assert told(lambda content: say(content, "t.farmer.also", "|".join(["种地的人"] * 20))) == []
    assert told(lambda content: say(content, "t.farmer.also", None)) == []


def test_a_text_that_a_flow_needs_and_nobody_wrote_is_told_with_its_step() -> None:
    def forget(content: dict[str, Any]) -> None:
        content["flows"]["welcome.yaml"]["steps"]["segment"]["choose"] = "t.gone"

    lines = told(forget)
    assert "flows/welcome.yaml: segment: text 't.gone' has no words; add it to the catalogues" in lines


def test_a_text_that_the_catalogue_needs_and_nobody_wrote_is_told() -> None:
    def forget(content: dict[str, Any]) -> None:
        say(content, "lender.rivergate", None)
        say(content, "lender.rivergate", None, "en")

    assert told(forget) == ["products: the text 'lender.rivergate' has no words in any language; write it in locales/"]


def test_a_text_that_nothing_uses_is_told_but_does_not_block() -> None:
    def add(content: dict[str, Any]) -> None:
        say(content, "t.idle", "闲")
        say(content, "t.idle", "idle", "en")

    (found,) = problems(add)
    assert (found.place, found.blocking) == ("t.idle", False)


def test_a_dead_end_in_a_flow_is_told() -> None:
    def mislead(content: dict[str, Any]) -> None:
        content["flows"]["welcome.yaml"]["steps"]["consent"]["agreed"] = "nowhere"

    assert told(mislead) == [
        "flows/welcome.yaml: consent: it leads to 'nowhere', which does not exist; correct the name"
    ]


def test_a_service_that_is_not_registered_is_told_where_services_are_known() -> None:
    def call(content: dict[str, Any]) -> None:
        steps = content["flows"]["welcome.yaml"]["steps"]
        steps["segment"]["goto"] = "fetch"
        steps["fetch"] = {"call": "weather", "on": {"else": "consent"}}

    assert told(call) == []
    (line,) = told(call, services={"quote"})
    assert line.startswith("flows/welcome.yaml: fetch: service 'weather' is not registered")


def test_a_consent_to_an_unknown_notice_is_told() -> None:
    lines = told(lambda content: content["notices"].clear())
    assert any("notice 'contact' does not exist" in line for line in lines)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"version": 0}, "notices/contact.yaml: version: write a number from 1"),
        ({"categories": []}, "notices/contact.yaml: categories: name at least one"),
        ({"controller": ""}, "notices/contact.yaml: controller: "),
        ({"notice": "other"}, "notices/contact.yaml: notice: name the file other.yaml"),
        ({"colour": 1}, "notices/contact.yaml: colour: this field is not known"),
        ({"recipients": [], "abroad": True}, "notices/contact.yaml: recipients: data goes abroad to nobody"),
    ],
)
def test_a_notice_that_says_too_little_is_told(change: dict[str, Any], line: str) -> None:
    assert any(
        each.startswith(line) for each in told(lambda content: content["notices"]["contact.yaml"].update(change))
    )


def test_a_flow_that_cannot_be_read_does_not_hide_what_is_wrong_elsewhere() -> None:
    def spoil(content: dict[str, Any]) -> None:
        content["flows"]["welcome.yaml"]["entrance"] = "x"
        content["products"]["lender.yaml"]["quote_days"] = "many"

    lines = told(spoil)
    assert any(line.startswith("flows/welcome.yaml: unknown field 'entrance'") for line in lines)
    assert any(line.startswith("products/lender.yaml: quote_days: write a whole number") for line in lines)


def test_a_story_whose_figures_disagree_with_the_product_is_told() -> None:
    def cheapen(content: dict[str, Any]) -> None:
        content["stories"]["noodle_shop.yaml"]["figures"] = {"total_interest": 1}

    (line,) = told(cheapen)
    assert line.startswith("stories/noodle_shop.yaml: figures.total_interest: 1 is stated but")


def test_a_menu_that_leads_to_no_flow_is_told() -> None:
    lines = told(lambda content: content["commands"].update(home="nowhere"))
    assert lines == ["commands.yaml: home: there is no flow 'nowhere'; name one of dialogs/flows"]


def test_a_word_that_means_two_commands_is_told() -> None:
    def confuse(content: dict[str, Any]) -> None:
        for locale in content["messages"]:
            say(content, "command.help.words", "人工", locale)

    assert told(confuse) == ["locales: command.human.words: '人工' already means the command 'help'; keep one"]


def test_words_of_a_command_that_opens_no_flow_are_told() -> None:
    def add(content: dict[str, Any]) -> None:
        for locale in content["messages"]:
            say(content, "command.dance.words", "dance", locale)

    assert told(add) == ["locales: command.dance.words: this command opens no flow; name its flow in commands.yaml"]


def test_a_command_that_nobody_can_say_is_told() -> None:
    lines = told(lambda content: content["commands"]["commands"].update(dance="welcome"))
    assert lines == ["commands.yaml: dance: nobody can say this command; write its words as command.dance.words"]


def test_too_few_phrasings_of_an_answer_are_told() -> None:
    def trim(content: dict[str, Any]) -> None:
        content["answers"]["costs.yaml"]["fees"]["asked"]["zh"] = ["有什么费用"]

    assert "answers: fees: it has 1 phrasings in 'zh'; write at least 5" in told(trim)


def test_a_phrasing_that_finds_another_answer_is_told() -> None:
    def confuse(content: dict[str, Any]) -> None:
        content["answers"]["costs.yaml"]["fees"]["asked"]["zh"].append("查征信吗")

    assert any("answers: fees: '查征信吗' asks for credit_bureau too" in line for line in told(confuse))


def test_an_answer_whose_words_name_a_figure_it_has_not_is_told() -> None:
    def ask(content: dict[str, Any]) -> None:
        content["answers"]["costs.yaml"]["fees"]["values"] = []

    assert {line.split(";")[0] for line in told(ask)} == {
        f"answers: fees: its values and its words in '{locale}' differ by fees" for locale in ("en", "zh")
    }


def test_the_shipped_answers_and_their_words_have_no_problem() -> None:
    assert [str(problem) for problem in BEFORE if "answer" in problem.file or problem.place.startswith("answer.")] == []
