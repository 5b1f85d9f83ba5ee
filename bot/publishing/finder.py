"""Finds which approved answer a free question asks for, or says that it is not sure.

Every way of asking that authors wrote down is a vector of weighted features; a feature weighs more the fewer topics
have it (TF-IDF, Salton & Buckley 1988, with topics as documents). A topic scores by two things: the cosine of the
question with its nearest phrasing, and the share of the question, by squared weight, that its phrasings know at all.
What no topic knows weighs most, so that a question about the weather that happens to share a word with one about loans
stays far from it.

Features of Chinese are pairs of characters and, at less weight, single ones; those of other scripts stems of words,
pairs of neighbouring words, and runs of three letters, which forgive a slip of the finger.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol, TypeAlias

OFFERED: Final = 3
"""How many topics are offered at most when unsure."""

_KNOWN_SHARE: Final = 0.6
_CHARACTER, _WORD_PAIR, _LETTERS = 0.7, 0.6, 0.3

_CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")
_WORD: Final = re.compile(r"[^\W_\u3400-\u9fff]+(?:'[^\W_]+)?")
_FILLER: Final = re.compile(
    r"请问|你好|您好|我想问|想问|想知道|想了解|了解|一下|你们|您们|咱们|我们|贵公司|那个|这个|如果|的话|的|了|吗|呢|啊|吧|呀|嘛|哦|你|您|我"
)
_FUNCTION_WORDS: Final = (
    "a an the is are am be do does did i my me you your yours we our it its this that of to in on at for with and or if"
    " can could would will shall should may please hi hello tell know like want there any some so just have has had"
    " get got what's whats i'm i'd i'll about how what which when where who why much many long"
)
_STOPWORDS: Final = frozenset(_FUNCTION_WORDS.split())
_ENDINGS: Final = ("ments", "ment", "ings", "ing", "ies", "ed", "es", "s", "ly")

Vector: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """The topic that the question asks for; `score` from 0 to 1."""

    topic: str
    score: float


@dataclass(frozen=True, slots=True)
class Unsure:
    """No topic is near enough; `near` are those worth offering, best first, perhaps none."""

    near: tuple[str, ...]


class Finder(Protocol):
    """Finds the topic of a question asked in `locale`. Safe to call from several threads."""

    def find(self, question: str, locale: str) -> Found | Unsure:
        """The topic, or those near it where none is sure."""
        ...


@dataclass(frozen=True, slots=True)
class Confidence:
    """When a score is enough.

    `sure` is the least score of an answer that is given without asking. It must also lead the next topic by `lead`, unless
    it is as good as a phrasing itself, at `plain`. `near` is the least score of a topic worth offering.
    """

    sure: float
    lead: float
    near: float
    plain: float = 0.9


LEXICAL: Final = Confidence(sure=0.37, lead=0.06, near=0.12)
"""Chosen on the labelled questions `questions.yaml` of the tests; `docs/answers.md` has the figures."""


def judge(scores: Mapping[str, float], confidence: Confidence) -> Found | Unsure:
    """The best topic where its score is enough, else those near."""
    ranked = sorted(scores, key=lambda topic: (-scores[topic], topic))
    if not ranked:
        return Unsure(())
    best, second = ranked[0], scores[ranked[1]] if len(ranked) > 1 else 0.0
    lead = 0.0 if scores[best] >= confidence.plain else confidence.lead
    if scores[best] >= confidence.sure and scores[best] - second >= lead:
        return Found(best, scores[best])
    return Unsure(tuple(topic for topic in ranked[:OFFERED] if scores[topic] >= confidence.near))


class LexicalFinder:
    """A finder by the words that a question shares with the phrasings of each topic, by locale and topic."""

    def __init__(self, phrasings: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._indexes = tuple(_Index(topics) for topics in phrasings.values())

    def find(self, question: str, locale: str) -> Found | Unsure:
        """The topic that shares most, in whichever language: people mix them."""
        return judge(self.scores(question), LEXICAL)

    def scores(self, question: str) -> Mapping[str, float]:
        """The score, from 0 to 1, of every topic that shares anything with the question."""
        scores: dict[str, float] = defaultdict(float)
        for index in self._indexes:
            for topic, score in index.scores(question).items():
                scores[topic] = max(scores[topic], score)
        return scores


class _Index:
    """The phrasings of one language as vectors, to be looked up by feature."""

    def __init__(self, topics: Mapping[str, Sequence[str]]) -> None:
        counted = [(topic, features(phrase)) for topic, phrases in topics.items() for phrase in phrases]
        self._knowing: dict[str, set[str]] = defaultdict(set)
        for topic, vector in counted:
            for feature in vector:
                self._knowing[feature].add(topic)
        self._count = len(topics)
        self._topics = [topic for topic, _ in counted]
        self._holding: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (_, vector) in enumerate(counted):
            for feature, weight in self._unit(vector).items():
                self._holding[feature].append((number, weight))

    def scores(self, question: str) -> Mapping[str, float]:
        """The score, from 0 to 1, of every topic that shares a feature with the question."""
        asked = self._unit(features(question))
        nearest, known = self._nearest(asked), self._known(asked)
        return {topic: (1 - _KNOWN_SHARE) * nearest[topic] + _KNOWN_SHARE * known[topic] for topic in nearest}

    def _nearest(self, asked: Vector) -> Mapping[str, float]:
        """The cosine with the nearest phrasing of each topic."""
        cosines: dict[int, float] = defaultdict(float)
        for feature, weight in asked.items():
            for number, held in self._holding.get(feature, ()):
                cosines[number] += weight * held
        nearest: dict[str, float] = defaultdict(float)
        for number, cosine in cosines.items():
            nearest[self._topics[number]] = max(nearest[self._topics[number]], cosine)
        return nearest

    def _known(self, asked: Vector) -> Mapping[str, float]:
        """The share of the question that each topic knows."""
        known: dict[str, float] = defaultdict(float)
        for feature, weight in asked.items():
            for topic in self._knowing.get(feature, ()):
                known[topic] += weight * weight
        return known

    def _unit(self, vector: Vector) -> Vector:
        weighted = {feature: count * self._rarity(feature) for feature, count in vector.items()}
        length = math.hypot(*weighted.values())
        return {feature: weight / length for feature, weight in weighted.items()} if length else {}

    def _rarity(self, feature: str) -> float:
        return math.log((1 + self._count) / (1 + len(self._knowing.get(feature, ())))) + 1


def features(text: str) -> Vector:
    """What of `text` is compared, each feature with its count, scaled by what its kind is worth."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    found: dict[str, float] = defaultdict(float)
    for feature, worth in (*_chinese(_FILLER.sub("", plain)), *_words(plain)):
        found[feature] += worth
    return found


def _chinese(text: str) -> Iterator[tuple[str, float]]:
    for run in _CHINESE.findall(text):
        yield from ((pair, 1.0) for pair in map("".join, pairwise(run)))
        yield from ((character, _CHARACTER) for character in run)


def _words(text: str) -> Iterator[tuple[str, float]]:
    words = _WORD.findall(text)
    yield from ((f"{left} {right}", _WORD_PAIR) for left, right in pairwise(map(_stem, words)))
    for stem in (_stem(word) for word in words if word not in _STOPWORDS):
        yield f"={stem}", 1.0
        edged = f"^{stem}$"
        yield from ((edged[start : start + 3], _LETTERS) for start in range(len(edged) - 2))


def _stem(word: str) -> str:
    """The word without its commonest English endings; crude, but the same for phrasing and question."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
