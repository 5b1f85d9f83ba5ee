"""The approved answers: what a free question may be answered with, and how customers ask for it.

Authored in `answers/*.yaml`, one mapping of topics a file; the words are the texts `answer.<topic>`, and
`answer.<topic>.title` on the button that offers the topic.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.core.values import Text
from bot.products.catalogue import Catalogue
from bot.products.reading import Section
from bot.publishing.figures import FIGURES, figures
from bot.publishing.finder import Finder, Found, LexicalFinder, Unsure
from bot.publishing.semantics import best_finder


@dataclass(frozen=True, slots=True)
class Answer:
    """One approved answer. `values` are figures of the catalogue that its words name; `phrasings` by locale.

    `person` marks a topic after which a person is offered, such as trouble with repaying or a suspected fraud.
    """

    topic: str
    values: frozenset[str]
    phrasings: Mapping[str, tuple[str, ...]]
    person: bool = False

    @property
    def key(self) -> str:
        """The text of the answer."""
        return f"answer.{self.topic}"

    @property
    def title(self) -> str:
        """The text of the button that offers the topic."""
        return f"answer.{self.topic}.title"


class AnswerBook:
    """All approved answers of a release, with their figures from its catalogue."""

    def __init__(self, answers: Mapping[str, Answer], catalogue: Catalogue, finder: Finder | None = None) -> None:
        self._answers = answers
        self._catalogue = catalogue
        self._finder = finder or best_finder(phrasings(answers))

    def find(self, question: str, locale: str) -> Found | Unsure:
        """The topic that a free question asks for, or those near it."""
        return self._finder.find(question, locale)

    async def seek(self, question: str, locale: str) -> Found | Unsure:
        """As `find`; beside the event loop where a meaning is worked out, which takes some ten milliseconds."""
        if isinstance(self._finder, LexicalFinder):
            return self.find(question, locale)
        return await asyncio.to_thread(self.find, question, locale)

    def answer(self, topic: str) -> Answer:
        """The answer on a topic. Raises `KeyError` when there is none."""
        return self._answers[topic]

    def text(self, topic: str, on: date) -> Text:
        """The words of the answer with the figures of the day `on`."""
        answer = self._answers[topic]
        return Text(answer.key, figures(self._catalogue, answer.values, on))

    def title(self, topic: str) -> Text:
        """The label of the topic."""
        return Text(self._answers[topic].title)


def parse_answers(documents: Mapping[str, object]) -> Mapping[str, Answer]:
    """The answers in `documents` (file name → parsed YAML). Raises `ContentError` that names file, field and remedy."""
    answers: dict[str, Answer] = {}
    for file in sorted(documents):
        topics = Section(documents[file], file)
        for topic in topics.names():
            if topic in answers:
                topics.refuse(topic, "another file answers this topic already; keep one")
            answers[topic] = _read(topic, topics.section(topic))
    return answers


def phrasings(answers: Mapping[str, Answer]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The phrasings of all answers by locale and topic."""
    locales = sorted({locale for answer in answers.values() for locale in answer.phrasings})
    return {
        locale: {topic: answer.phrasings.get(locale, ()) for topic, answer in answers.items()} for locale in locales
    }


def _read(topic: str, section: Section) -> Answer:
    asked = section.section("asked")
    answer = Answer(
        topic=topic,
        values=section.optional("values", lambda field: frozenset(section.texts(field, tuple(FIGURES))), frozenset()),
        phrasings={locale: asked.texts(locale) for locale in asked.names()},
        person=section.optional("person", section.flag, False),
    )
    section.done()
    return answer
