"""Finds which approved answer a free question asks for, or says that it is not sure.

Every way of asking that authors wrote down is a vector of weighted features; a feature weighs more the fewer topics
have it (TF-IDF, Salton & Buckley 1988, with topics as documents). A topic scores by three things:

- the mean cosine of the question with its three nearest phrasings;
- the share of the question, by squared weight, that its phrasings know at all. What no topic knows weighs most, so that
  a question about the weather that happens to share a word with one about loans stays far from it;
- how much likelier its phrasings make the question's features than those of all other topics do, against the same of
  the other topics (complement naive Bayes, Rennie et al. 2003).

Features of Chinese are pairs of characters and, at less weight, single ones, traditional ones as their simplified
forms; those of other scripts stems of words, pairs of neighbouring words, and runs of three letters, which forgive a
slip of the finger.

The topic `NOTHING` holds questions that no answer exists for: what comes nearest to it is not answered.
"""

from __future__ import annotations

import heapq
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol, TypeAlias

from bot.texts.chinese import simplified

OFFERED: Final = 3
"""How many topics are offered at most when unsure."""

NOTHING: Final = "none"
"""The topic of questions that have no answer here, such as those about the weather."""

_NEAREST: Final = 3
"""Of how many of a topic's nearest phrasings the mean counts: one alone is swayed by a chance likeness."""

_NEAR_SHARE, _KNOWN_SHARE, _LIKELY_SHARE = 0.5, 0.33, 0.17
_CHARACTER, _WORD_PAIR, _LETTERS = 0.7, 0.6, 0.3

_SMOOTHED: Final = 5.0
"""How much of a feature's share over all topics every topic is credited with, in features."""

_SOFTENED: Final = 6.0
"""Divides the evidence of naive Bayes, whose features are not independent and so claim too much."""

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
Phrasings: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]
"""The ways of asking, by locale and topic."""


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


Finders: TypeAlias = Callable[[Phrasings], Finder]
"""Makes a finder of the phrasings of a release. Must not take long: what does, goes on in the background."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """When a score is enough.

    `sure` is the least score of an answer that is given without asking; it must also lead the next topic by `lead`.
    `near` is the least score of a topic worth offering.
    """

    sure: float
    lead: float
    near: float


LEXICAL: Final = Confidence(sure=0.44, lead=0.03, near=0.12)
"""Chosen on the labelled questions `questions.yaml` and `held_out.yaml` of the tests; `docs/answers.md` has the figures."""


def judge(scores: Mapping[str, float], confidence: Confidence) -> Found | Unsure:
    """The best topic where its score is enough, else those near. `NOTHING` is neither."""
    ranked = heapq.nsmallest(OFFERED + 1, scores, key=lambda topic: (-scores[topic], topic))
    if not ranked:
        return Unsure(())
    best, second = ranked[0], scores[ranked[1]] if len(ranked) > 1 else 0.0
    if best != NOTHING and scores[best] >= confidence.sure and scores[best] - second >= confidence.lead:
        return Found(best, scores[best])
    offered = [topic for topic in ranked if topic != NOTHING and scores[topic] >= confidence.near]
    return Unsure(tuple(offered[:OFFERED]))


class LexicalFinder:
    """A finder by the words that a question shares with the phrasings of each topic."""

    def __init__(self, phrasings: Phrasings) -> None:
        self._indexes = tuple(_Index(topics) for topics in phrasings.values())

    def find(self, question: str, locale: str) -> Found | Unsure:
        """The topic that shares most, in whichever language: people mix them."""
        return self.phrased(question) or judge(self.scores(question), LEXICAL)

    def phrased(self, question: str) -> Found | Unsure | None:
        """What a question finds that is a phrasing itself; None where it is none, or one of several topics."""
        topics = self.worded(question)
        if len(topics) != 1:
            return None
        (topic,) = topics
        return Unsure(()) if topic == NOTHING else Found(topic, 1.0)

    def worded(self, question: str) -> frozenset[str]:
        """The topics with a phrasing that is the question, but for width, case, politeness and punctuation."""
        asked = features(question)
        return frozenset().union(*(index.worded(asked) for index in self._indexes))

    def scores(self, question: str) -> Mapping[str, float]:
        """The score, from 0 to 1, of every topic that shares anything with the question."""
        asked = features(question)
        scores: dict[str, float] = defaultdict(float)
        for index in self._indexes:
            for topic, score in index.scores(asked).items():
                scores[topic] = max(scores[topic], score)
        return scores


class _Index:
    """The phrasings of one language, to be looked up by feature."""

    def __init__(self, topics: Mapping[str, Sequence[str]]) -> None:
        counted = [(topic, features(phrase)) for topic, phrases in topics.items() for phrase in phrases]
        self._worded: dict[frozenset[tuple[str, float]], set[str]] = defaultdict(set)
        for topic, vector in counted:
            self._worded[frozenset(vector.items())].add(topic)
        self._knowing: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self._sizes: dict[str, float] = defaultdict(float)
        for topic, vector in counted:
            for feature, count in vector.items():
                self._knowing[feature][topic] += count
                self._sizes[topic] += count
        self._size = sum(self._sizes.values())
        self._count = len(topics)
        self._topics = [topic for topic, _ in counted]
        self._holding: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (_, vector) in enumerate(counted):
            for feature, weight in self._unit(vector).items():
                self._holding[feature].append((number, weight))

    def worded(self, asked: Vector) -> set[str]:
        """The topics with a phrasing of just these features."""
        return self._worded.get(frozenset(asked.items()), set()) if asked else set()

    def scores(self, asked: Vector) -> Mapping[str, float]:
        """The score, from 0 to 1, of every topic that shares a feature with the question."""
        unit = self._unit(asked)
        nearest, known, likely = self._nearest(unit), self._known(unit), self._likely(asked)
        return {
            topic: _NEAR_SHARE * nearest[topic] + _KNOWN_SHARE * known[topic] + _LIKELY_SHARE * likely[topic]
            for topic in nearest
        }

    def _nearest(self, unit: Vector) -> Mapping[str, float]:
        """The mean cosine with the nearest phrasings of each topic."""
        cosines: dict[int, float] = defaultdict(float)
        for feature, weight in unit.items():
            for number, held in self._holding.get(feature, ()):
                cosines[number] += weight * held
        of_topic: dict[str, list[float]] = defaultdict(list)
        for number, cosine in cosines.items():
            of_topic[self._topics[number]].append(cosine)
        return {topic: sum(heapq.nlargest(_NEAREST, some)) / _NEAREST for topic, some in of_topic.items()}

    def _known(self, unit: Vector) -> Mapping[str, float]:
        """The share of the question that each topic knows."""
        known: dict[str, float] = defaultdict(float)
        for feature, weight in unit.items():
            for topic in self._knowing.get(feature, ()):
                known[topic] += weight * weight
        return known

    def _likely(self, asked: Vector) -> Mapping[str, float]:
        """How likely each topic is by naive Bayes, together 1."""
        evidence = dict.fromkeys(self._sizes, 0.0)
        for feature, count in asked.items():
            if (knowing := self._knowing.get(feature)) is not None:
                self._weigh(evidence, knowing, count)
        most = max(evidence.values(), default=0.0)
        odds = {topic: math.exp((value - most) / _SOFTENED) for topic, value in evidence.items()}
        whole = sum(odds.values())
        return {topic: value / whole for topic, value in odds.items()}

    def _weigh(self, evidence: dict[str, float], knowing: Mapping[str, float], count: float) -> None:
        """Add to each topic how much likelier than elsewhere it makes a feature."""
        everywhere = sum(knowing.values())
        for topic, size in self._sizes.items():
            own = knowing.get(topic, 0.0)
            here = (own + _SMOOTHED * everywhere / self._size) / (size + _SMOOTHED)
            elsewhere = (everywhere - own + 0.1) / (self._size - size + 0.1 * len(self._knowing))
            evidence[topic] += count * math.log(here / elsewhere)

    def _unit(self, vector: Vector) -> Vector:
        weighted = {feature: count * self._rarity(feature) for feature, count in vector.items()}
        length = math.hypot(*weighted.values())
        return {feature: weight / length for feature, weight in weighted.items()} if length else {}

    def _rarity(self, feature: str) -> float:
        return math.log((1 + self._count) / (1 + len(self._knowing.get(feature, ())))) + 1


def features(text: str) -> Vector:
    """What of `text` is compared, each feature with its count, scaled by what its kind is worth."""
    plain = simplified(unicodedata.normalize("NFKC", text).casefold())
    found: dict[str, float] = defaultdict(float)
    for feature, worth in (*_chinese(_FILLER.sub("", plain) or plain), *_words(plain)):
        found[feature] += worth
    return found


def _chinese(text: str) -> Iterator[tuple[str, float]]:
    for run in _CHINESE.findall(text):
        yield from ((pair, 1.0) for pair in map("".join, pairwise(run)))
        yield from ((character, _CHARACTER) for character in run)


def _words(text: str) -> Iterator[tuple[str, float]]:
    words = _WORD.findall(text)
    telling = [word for word in words if word not in _STOPWORDS] or words
    yield from ((f"{left} {right}", _WORD_PAIR) for left, right in pairwise(map(_stem, words)))
    for stem in map(_stem, telling):
        yield f"={stem}", 1.0
        edged = f"^{stem}$"
        yield from ((edged[start : start + 3], _LETTERS) for start in range(len(edged) - 2))


def _stem(word: str) -> str:
    """The word without its commonest English endings; crude, but the same for phrasing and question."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
