"""The approved answers: what a free question may be answered with, and how customers ask for it.

Authored in `answers/*.yaml`, one mapping of topics a file; the words are the texts `answer.<topic>`, and
`answer.<topic>.title` on the button that offers the topic.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.core.values import Text
from bot.products.catalogue import Catalogue
from bot.products.reading import Section
from bot.publishing.figures import FIGURES, figures
from bot.publishing.finder import NOTHING, Finder, Found, Phrasings, Unsure


@dataclass(frozen=True, slots=True)
class Answer:
    """One approved answer. `values` are figures of the catalogue that its words name; `phrasings` by locale.

    `person` marks a topic after which a person is offered, such as trouble with repaying or a suspected fraud. A topic that
    is not `offered` is answered but never proposed, such as a greeting.
    """

    topic: str
    values: frozenset[str]
    phrasings: Mapping[str, tuple[str, ...]]
    person: bool = False
    offered: bool = True

    @property
    def key(self) -> str:
        """The text of the answer."""
        return f"answer.{self.topic}"

    @property
    def title(self) -> str:
        """The text of the button that offers the topic."""
        return f"answer.{self.topic}.title"


@dataclass(frozen=True, slots=True)
class Sought:
    """What a message asks for: the `topic` that answers it, None when unsure, and others worth offering, best first."""

    topic: str | None
    others: tuple[str, ...]


_PARTS: Final = 4
"""How many sentences of one message are looked up; a question stands among the first."""

_SENTENCE: Final = re.compile(r"[^。；;！!？?\n]+")


def parts(message: str) -> tuple[str, ...]:
    """The sentences of a message that have words."""
    return tuple(part.strip() for part in _SENTENCE.findall(message) if any(map(str.isalnum, part))) or (message,)


class AnswerBook:
    """All approved answers of a release, with their figures from its catalogue."""

    def __init__(self, answers: Mapping[str, Answer], catalogue: Catalogue, finder: Finder) -> None:
        self._answers = answers
        self._catalogue = catalogue
        self._finder = finder

    def find(self, question: str, locale: str) -> Found | Unsure:
        """The topic that a free question asks for, or those near it."""
        return self._finder.find(question, locale)

    async def seek(self, message: str, locale: str) -> Sought:
        """What a whole message asks for; beside the event loop, since it takes some ten milliseconds."""
        return await asyncio.to_thread(self.sought, message, locale)

    def sought(self, message: str, locale: str) -> Sought:
        """What a message asks for, which may hold a greeting and several questions: the first is answered, the others offered."""
        found = [self.find(part, locale) for part in parts(message)[:_PARTS]]
        sure = list(dict.fromkeys(one.topic for one in found if isinstance(one, Found)))
        telling = [topic for topic in sure if self._answers[topic].offered] or sure
        if telling:
            return Sought(telling[0], tuple(topic for topic in telling[1:] if self._answers[topic].offered))
        whole = found[0] if len(found) == 1 else self.find(message, locale)
        if isinstance(whole, Found):
            return Sought(whole.topic, ())
        near = (topic for one in (whole, *found) if isinstance(one, Unsure) for topic in one.near)
        return Sought(None, tuple(topic for topic in dict.fromkeys(near) if self._answers[topic].offered))

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
    return {topic: answer for topic, answer in parse_topics(documents).items() if topic != NOTHING}


def parse_phrasings(documents: Mapping[str, object]) -> Phrasings:
    """The ways of asking in `documents`, those under `NOTHING` too. Raises `ContentError` as `parse_answers` does."""
    return phrasings(parse_topics(documents))


def parse_topics(documents: Mapping[str, object]) -> Mapping[str, Answer]:
    """The answers in `documents`, and `NOTHING`, which has phrasings and no words."""
    answers: dict[str, Answer] = {}
    for file in sorted(documents):
        topics = Section(documents[file], file)
        for topic in topics.names():
            if topic in answers:
                topics.refuse(topic, "another file answers this topic already; keep one")
            answers[topic] = _read(topic, topics.section(topic))
    return answers


def phrasings(topics: Mapping[str, Answer]) -> Phrasings:
    """The phrasings of all topics by locale and topic."""
    locales = sorted({locale for answer in topics.values() for locale in answer.phrasings})
    return {locale: {topic: answer.phrasings.get(locale, ()) for topic, answer in topics.items()} for locale in locales}


def _read(topic: str, section: Section) -> Answer:
    asked = section.section("asked")
    answer = Answer(
        topic=topic,
        values=section.optional("values", lambda field: frozenset(section.texts(field, tuple(FIGURES))), frozenset()),
        phrasings={locale: asked.texts(locale) for locale in asked.names()},
        person=section.optional("person", section.flag, False),
        offered=section.optional("offered", section.flag, True),
    )
    section.done()
    return answer
