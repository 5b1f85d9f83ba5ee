"""Finds which approved answer a free question asks for, or says that it is not sure.

Every way of asking that authors wrote down is a vector of weighted features; a question is compared with each by the
cosine (TF-IDF, Salton & Buckley 1988), and a topic scores as its best phrasing. Features of Chinese are pairs of
characters and, at less weight, single ones; those of other scripts stems of words and, at less weight, runs of three
letters, which forgive a slip of the finger. What nobody ever asked about weighs most of all, so that a question about
the weather that happens to share a word with one about loans stays far from it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol, TypeAlias

SURE: Final = 0.42
"""The least score of an answer that is given without asking; chosen on the labelled questions in the tests."""

NEAR: Final = 0.16
"""The least score of a topic worth offering when unsure."""

OFFERED: Final = 3

_CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")
_WORD: Final = re.compile(r"[^\W_\u3400-\u9fff]+(?:'[^\W_]+)?")
_FILLER: Final = re.compile(
    r"请问|你好|您好|我想问|想问|想知道|想了解|了解|一下|你们|您们|咱们|我们|贵公司|那个|这个|如果|的话|的|了|吗|呢|啊|吧|呀|嘛|哦|你|您|我"
)
_FUNCTION_WORDS: Final = (
    "a an the is are am be do does did i my me you your yours we our it its this that of to in on at for with and or if"
    " can could would will shall should may please hi hello tell know like want there any some so just have has had"
    " get got what's whats i'm i'd i'll about"
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
    """Finds the topic of a question asked in `locale`."""

    def find(self, question: str, locale: str) -> Found | Unsure:
        """The topic, or those near it where none is sure."""
        ...


class LexicalFinder:
    """A finder by the words that a question shares with the phrasings of each topic, by locale and topic."""

    def __init__(self, phrasings: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._indexes = {locale: _Index(topics) for locale, topics in phrasings.items()}

    def find(self, question: str, locale: str) -> Found | Unsure:
        """The best topic in the customer's language, else in the others: people mix the two."""
        scores: dict[str, float] = defaultdict(float)
        for known in sorted(self._indexes, key=lambda name: name != locale):
            for topic, score in self._indexes[known].scores(question).items():
                scores[topic] = max(scores[topic], score)
        ranked = sorted(scores, key=lambda topic: (-scores[topic], topic))
        if ranked and scores[ranked[0]] >= SURE:
            return Found(ranked[0], scores[ranked[0]])
        return Unsure(tuple(topic for topic in ranked[:OFFERED] if scores[topic] >= NEAR))


class _Index:
    """The phrasings of one language as vectors, to be looked up by feature."""

    def __init__(self, topics: Mapping[str, Sequence[str]]) -> None:
        counted = [(topic, features(phrase)) for topic, phrases in topics.items() for phrase in phrases]
        held = Counter(feature for _, vector in counted for feature in vector)
        self._weight = {feature: math.log((1 + len(counted)) / (1 + count)) + 1 for feature, count in held.items()}
        self._unheard = math.log(1 + len(counted)) + 1
        self._topics = [topic for topic, _ in counted]
        self._holders: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (_, vector) in enumerate(counted):
            for feature, weight in self._unit(vector).items():
                self._holders[feature].append((number, weight))

    def scores(self, question: str) -> Mapping[str, float]:
        """The cosine of the question with the best phrasing of each topic that shares a feature with it."""
        cosines: dict[int, float] = defaultdict(float)
        for feature, weight in self._unit(features(question)).items():
            for number, held in self._holders.get(feature, ()):
                cosines[number] += weight * held
        best: dict[str, float] = defaultdict(float)
        for number, cosine in cosines.items():
            best[self._topics[number]] = max(best[self._topics[number]], cosine)
        return best

    def _unit(self, vector: Vector) -> Vector:
        weighted = {name: count * self._weight.get(name, self._unheard) for name, count in vector.items()}
        length = math.sqrt(sum(weight * weight for weight in weighted.values()))
        return {name: weight / length for name, weight in weighted.items()} if length else {}


def features(text: str) -> Vector:
    """What of `text` is compared, with weights before idf."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    found: Counter[str] = Counter()
    for feature, weight in (*_chinese(_FILLER.sub("", plain)), *_words(plain)):
        found[feature] += weight  # type: ignore[assignment]  # a Counter of weights
    return found


def _chinese(text: str) -> Iterator[tuple[str, float]]:
    for run in _CHINESE.findall(text):
        yield from ((pair, 1.0) for pair in map("".join, pairwise(run)))
        yield from ((character, 0.5) for character in run)


def _words(text: str) -> Iterator[tuple[str, float]]:
    for word in _WORD.findall(text):
        if word in _STOPWORDS:
            continue
        stem = _stem(word)
        yield f"={stem}", 1.0
        edged = f"^{stem}$"
        yield from ((edged[start : start + 3], 0.3) for start in range(len(edged) - 2))


def _stem(word: str) -> str:
    """The word without its commonest English endings; crude, but the same for phrasing and question."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
