"""Measures how well free questions find their approved answers, on questions that people have labelled.

The labelled questions are a YAML document: for each language the topics, each with questions that ask for it, and under
`none` questions by language that no topic answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.products.reading import Section
from bot.publishing.finder import NOTHING, Finder, Finders, Found, LexicalFinder, Phrasings, Unsure
from bot.publishing.semantics import TogetherFinder


@dataclass(frozen=True, slots=True)
class Question:
    """A question as somebody types it in `locale`; `topic` is what answers it, None where nothing does."""

    locale: str
    text: str
    topic: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """Counts over the questions of one language or of all.

    Of those `asked` that have an answer: how many were answered rightly (`right`), were `offered` their topic among those
    near when the finder was unsure, or were answered wrongly (`wrong`); the others were told that nothing was found. Of the
    `strangers`, which no topic answers: how many were answered all the same (`misled`).
    """

    asked: int
    right: int
    offered: int
    wrong: int
    strangers: int
    misled: int

    @property
    def at_one(self) -> float:
        """The share that was answered rightly at once."""
        return self.right / max(self.asked, 1)

    @property
    def at_three(self) -> float:
        """The share that was answered rightly, or offered the right topic among at most three."""
        return (self.right + self.offered) / max(self.asked, 1)

    @property
    def wrongly(self) -> float:
        """The share that was answered with another topic."""
        return self.wrong / max(self.asked, 1)

    @property
    def false_answers(self) -> float:
        """The share of questions without an answer that were given one."""
        return self.misled / max(self.strangers, 1)


def read_questions(document: object, file: str) -> tuple[Question, ...]:
    """The labelled questions of a parsed document. Raises `ContentError` that names file, field and remedy."""
    whole = Section(document, file)
    strangers = whole.section(NOTHING)
    return (
        *(
            Question(locale, text, topic)
            for locale in whole.names()
            if locale != NOTHING
            for topic in whole.section(locale).names()
            for text in whole.section(locale).texts(topic)
        ),
        *(Question(locale, text, None) for locale in strangers.names() for text in strangers.texts(locale)),
    )


def evaluate(finder: Finder, questions: Iterable[Question]) -> Report:
    """How `finder` does on `questions`; nothing here is random."""
    results = [(question.topic, finder.find(question.text, question.locale)) for question in questions]
    known = [(topic, found) for topic, found in results if topic is not None]
    strange = [found for topic, found in results if topic is None]
    sure = [found.topic == topic for topic, found in known if isinstance(found, Found)]
    return Report(
        asked=len(known),
        right=sum(sure),
        offered=sum(topic in found.near for topic, found in known if isinstance(found, Unsure)),
        wrong=len(sure) - sum(sure),
        strangers=len(strange),
        misled=sum(isinstance(found, Found) for found in strange),
    )


def by_language(finder: Finder, questions: Sequence[Question]) -> Mapping[str, Report]:
    """A report for each language, and for all of them under `all`."""
    locales = dict.fromkeys(question.locale for question in questions)
    return {
        **{each: evaluate(finder, [asked for asked in questions if asked.locale == each]) for each in locales},
        "all": evaluate(finder, questions),
    }


def compare(phrasings: Phrasings, questions: Sequence[Question], finders: Finders) -> Mapping[str, Report]:
    """The reports by words alone and, where `finders` know meaning, by words and meaning together."""
    rows = {f"words, {name}": report for name, report in by_language(LexicalFinder(phrasings), questions).items()}
    finder = finders(phrasings)
    if isinstance(finder, TogetherFinder):
        finder.wait()
        rows |= {f"together, {name}": report for name, report in by_language(finder, questions).items()}
    return rows


def table(rows: Mapping[str, Report]) -> str:
    """The reports as a Markdown table, each share with its 95 % interval."""
    head = "| | questions | right at 1 | right at 3 | answered wrongly | out of scope | false answers |"
    return "\n".join((head, "|---|--:|--:|--:|--:|--:|--:|", *(_line(name, row) for name, row in rows.items())))


def interval(hits: int, of: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    share, z = hits / of, 1.96
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def _line(name: str, row: Report) -> str:
    known = (row.right, row.right + row.offered, row.wrong)
    told = " | ".join(_share(hits, row.asked) for hits in known)
    return f"| {name} | {row.asked} | {told} | {row.strangers} | {_share(row.misled, row.strangers)} |"


def _share(hits: int, of: int) -> str:
    low, high = interval(hits, of)
    return f"{hits / max(of, 1):.1%} ({low:.0%}–{high:.0%})"
