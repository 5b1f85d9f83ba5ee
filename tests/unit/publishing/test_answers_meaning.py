from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from bot.publishing.answers import AnswerBook, parse_answers
from bot.publishing.content import assemble
from bot.publishing.embedding import installed
from bot.publishing.evaluation import Question, Report, compare, evaluate, read_questions, table
from bot.publishing.finder import Found, LexicalFinder, Unsure
from bot.publishing.semantics import Meanings, TogetherFinder, best_finder
from tests.unit.publishing.content import documents, release

PHRASINGS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "en": {"fees": ("what fees do you charge", "are there costs"), "hours": ("when are you open",)},
    "zh": {"fees": ("收什么费用",), "hours": ("几点上班",)},
}


class Knowing:
    """Knows that grass and hours mean the same, and nothing else."""

    def scores(self, question: str) -> Mapping[str, float]:
        return {"fees": 0.1, "hours": 0.9 if "grass" in question else 0.1}


def prepared(told: list[Mapping[str, Sequence[str]]]) -> TogetherFinder:
    def prepare(phrasings: Mapping[str, Sequence[str]]) -> Meanings:
        told.append(phrasings)
        return Knowing()

    finder = TogetherFinder(PHRASINGS, prepare)
    finder.wait()
    return finder


def test_a_question_that_shares_no_word_is_found_by_its_meaning() -> None:
    assert LexicalFinder(PHRASINGS).find("grass", "en") == Unsure(())
    found = prepared([]).find("grass", "en")
    assert isinstance(found, Found)
    assert found.topic == "hours"


def test_meanings_are_prepared_from_the_phrasings_of_every_language() -> None:
    told: list[Mapping[str, Sequence[str]]] = []
    prepared(told)
    assert set(told[0]["hours"]) == {"when are you open", "几点上班"}


def test_a_phrasing_itself_is_found_whatever_its_meaning_is_taken_for() -> None:
    found = prepared([]).find("几点上班", "zh")
    assert isinstance(found, Found)
    assert found.topic == "hours"


@pytest.mark.parametrize("question", ["", "？？", "😀"])
def test_what_has_no_words_has_no_meaning_either(question: str) -> None:
    assert prepared([]).find(question, "zh") == Unsure(())


def test_the_meaning_of_a_very_long_message_is_taken_from_its_beginning() -> None:
    found = prepared([]).find("moon " * 100 + "grass", "en")
    assert isinstance(found, Unsure)


def test_what_neither_words_nor_meaning_know_is_unsure() -> None:
    assert isinstance(prepared([]).find("the moon", "en"), Unsure)


def test_the_finder_is_by_words_alone_where_no_model_is_installed() -> None:
    assert isinstance(best_finder(PHRASINGS), TogetherFinder if installed() else LexicalFinder)


async def test_an_answer_can_be_sought_beside_the_event_loop() -> None:
    content = assemble(release())
    answers = AnswerBook(parse_answers(documents()["answers"]), content.catalogue, LexicalFinder(PHRASINGS))
    assert await answers.seek("几点上班", "zh") == answers.find("几点上班", "zh")


def test_a_report_counts_right_offered_wrong_and_misled_answers() -> None:
    class Scripted:
        def find(self, question: str, locale: str) -> Found | Unsure:
            if question == "a":
                return Found("fees", 1.0)
            return Unsure(("hours", "fees") if question == "b" else ())

    asked = [
        Question("en", "a", "fees"),
        Question("en", "a", "hours"),
        Question("en", "b", "fees"),
        Question("en", "c", "fees"),
        Question("en", "a", None),
        Question("en", "b", None),
    ]
    report = evaluate(Scripted(), asked)
    assert report == Report(asked=4, right=1, offered=1, wrong=1, strangers=2, misled=1)
    assert (report.at_one, report.at_three, report.wrongly, report.false_answers) == (0.25, 0.5, 0.25, 0.5)
    assert "| en | 4 | 25.0% | 50.0% | 25.0% | 2 | 50.0% |" in table({"en": report})


def test_labelled_questions_are_read_with_language_and_topic() -> None:
    document = {"en": {"fees": ["what fees"]}, "none": {"zh": ["今天星期几"]}}
    assert read_questions(document, "q.yaml") == (
        Question("en", "what fees", "fees"),
        Question("zh", "今天星期几", None),
    )


def test_a_comparison_tells_each_language_apart() -> None:
    asked = [Question("en", "what fees do you charge", "fees"), Question("zh", "几点上班", "fees")]
    rows = compare(PHRASINGS, asked)
    assert rows["words, en"].at_one == 1
    assert rows["words, zh"].wrongly == 1
    assert rows["words, all"].asked == 2
