from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.core.errors import ContentError
from bot.core.values import Money, Months, Rate, Text
from bot.publishing.answers import AnswerBook, parse_answers, phrasings
from bot.publishing.content import assemble
from bot.publishing.evaluation import Question, evaluate, read_questions
from bot.publishing.figures import FIGURES, figures
from bot.publishing.finder import Found, LexicalFinder, Unsure
from bot.publishing.sources import parse_yaml
from tests.unit.publishing.content import documents, release

CONTENT = assemble(release())
HERE = Path(__file__).parent


PHRASINGS = phrasings(parse_answers(documents()["answers"]))
LEXICAL = LexicalFinder(PHRASINGS)  # the same everywhere, whatever is installed


class Floor(NamedTuple):
    """Shares of questions: answered rightly; so, or with the topic offered; wrongly; and out of scope, yet answered."""

    right: float
    offered: float
    wrong: float
    misled: float


def labelled(file: str) -> tuple[Question, ...]:
    return read_questions(parse_yaml((HERE / file).read_text(encoding="utf-8"), file), file)


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize(
    ("file", "floor"),
    [
        ("questions.yaml", Floor(right=0.55, offered=0.86, wrong=0.08, misled=0.1)),
        ("held_out.yaml", Floor(right=0.4, offered=0.76, wrong=0.07, misled=0.12)),
    ],
)
def test_words_alone_find_the_answers_of_labelled_questions_and_seldom_a_wrong_one(
    file: str, floor: Floor, locale: str
) -> None:
    report = evaluate(LEXICAL, [question for question in labelled(file) if question.locale == locale])
    assert report.at_one >= floor.right
    assert report.at_three >= floor.offered
    assert report.wrongly <= floor.wrong
    assert report.false_answers <= floor.misled


def test_no_labelled_question_is_a_phrasing_and_each_names_a_topic() -> None:
    known = {phrase for topics in PHRASINGS.values() for some in topics.values() for phrase in some}
    asked = [question for file in ("questions.yaml", "held_out.yaml") for question in labelled(file)]
    assert [question.text for question in asked if question.text in known] == []
    assert {question.topic for question in asked} - {None} == set(PHRASINGS["zh"])
    assert len(asked) >= 300


def test_there_are_at_least_sixty_topics() -> None:
    assert len(PHRASINGS["zh"]) >= 60


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_phrasing_finds_its_own_topic(locale: str) -> None:
    topics = phrasings(parse_answers(documents()["answers"]))[locale]
    lost = [
        phrase
        for topic, some in topics.items()
        for phrase in some
        if getattr(CONTENT.answers.find(phrase, locale), "topic", None) != topic
    ]
    assert lost == []


def test_a_question_in_another_language_than_the_customers_is_found_too() -> None:
    found = CONTENT.answers.find("do you check my credit record", "zh")
    assert isinstance(found, Found)
    assert found.topic == "credit_bureau"


def test_width_case_and_politeness_make_no_difference() -> None:
    plain, dressed = (CONTENT.answers.find(said, "zh") for said in ("查征信吗", "请问，你们查征信吗？？"))
    assert isinstance(plain, Found)
    assert isinstance(dressed, Found)
    assert plain.topic == dressed.topic == "credit_bureau"
    assert CONTENT.answers.find("WHAT FEES DO YOU CHARGE", "en") == CONTENT.answers.find(
        "what fees do you charge", "en"
    )


@pytest.mark.parametrize("question", ["", "？？？", "😀", "　"])
def test_what_has_no_words_is_near_nothing(question: str) -> None:
    assert CONTENT.answers.find(question, "zh") == Unsure(())


def test_an_unsure_finder_offers_at_most_three_topics_best_first() -> None:
    found = LEXICAL.find("我想了解贷款", "zh")
    assert isinstance(found, Unsure)
    assert 1 <= len(found.near) <= 3


def test_the_finder_can_be_replaced() -> None:
    class Oracle:
        def find(self, question: str, locale: str) -> Found | Unsure:
            return Found("fees", 1.0)

    answers = AnswerBook(parse_answers(documents()["answers"]), CONTENT.catalogue, Oracle())
    assert answers.find("anything", "zh") == Found("fees", 1.0)


def test_a_finder_without_phrasings_is_never_sure() -> None:
    assert LexicalFinder({}).find("利息多少", "zh") == Unsure(())


def test_numbers_in_an_answer_come_from_the_catalogue() -> None:
    text = CONTENT.answers.text("limits", date(2026, 11, 20))
    products = CONTENT.catalogue.products
    assert text.key == "answer.limits"
    assert text.values["largest_amount"] == Money(max(product.amount.high for product in products))
    assert text.values["shortest_term"] == Months(int(min(product.months.low for product in products)))


def test_rates_in_an_answer_are_those_of_the_day() -> None:
    names = frozenset({"lowest_rate", "highest_rate"})
    before, after = (figures(CONTENT.catalogue, names, day) for day in (date(2024, 9, 1), date(2026, 11, 20)))
    assert before["lowest_rate"] != after["lowest_rate"]
    assert isinstance(after["lowest_rate"], Rate)
    assert isinstance(after["highest_rate"], Rate)
    assert Decimal(0) < after["lowest_rate"].fraction < after["highest_rate"].fraction < Decimal("0.36")


def test_every_figure_can_be_told_of_the_shipped_catalogue() -> None:
    told = figures(CONTENT.catalogue, frozenset(FIGURES), date(2026, 11, 20))
    assert all(value is not None for value in told.values())


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_answer_can_be_read_out(locale: str) -> None:
    for topic in parse_answers(documents()["answers"]):
        words = CONTENT.texts.render(CONTENT.answers.text(topic, date(2026, 11, 20)), locale)
        title = CONTENT.texts.label(CONTENT.answers.title(topic), locale)
        assert "{" not in words + title
        assert 0 < len(title) <= 40


def test_topics_of_trouble_offer_a_person() -> None:
    offering = {topic for topic, answer in parse_answers(documents()["answers"]).items() if answer.person}
    assert {"person", "fee_first", "overdue"} <= offering


def test_an_unknown_topic_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        CONTENT.answers.text("weather", date(2026, 11, 20))


@pytest.mark.parametrize(
    ("authored", "told"),
    [
        ({"a.yaml": {"fees": {"asked": {"zh": ["多少钱"]}, "colour": 1}}}, r"a\.yaml: fees\.colour: this field"),
        ({"a.yaml": {"fees": {}}}, r"a\.yaml: fees\.asked: add this field"),
        ({"a.yaml": {"fees": {"asked": {"zh": "多少钱"}}}}, r"a\.yaml: fees\.asked\.zh: write a list"),
        ({"a.yaml": {"fees": {"asked": {}, "values": ["price"]}}}, r"a\.yaml: fees\.values: 'price' is not known"),
        ({"a.yaml": {"fees": {"asked": {}}}, "b.yaml": {"fees": {"asked": {}}}}, r"b\.yaml: fees: another file"),
    ],
)
def test_a_mistake_in_the_answers_is_told_with_file_and_field(authored: dict[str, object], told: str) -> None:
    with pytest.raises(ContentError, match=told):
        parse_answers(authored)


def test_an_answer_names_the_lender() -> None:
    assert CONTENT.answers.text("who_are_you", date(2026, 11, 20)).values["lender"] == Text("lender.rivergate")
