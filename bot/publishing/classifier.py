"""Learns from the meanings of phrasings which topic a meaning belongs to: multinomial logistic regression.

Vectors of short texts lie close together in one corner of their space; their mean is taken off each first, so that they
tell topics apart (all-but-the-top, Mu & Viswanath 2018, without the top components). Learning begins at zero and takes
all phrasings at each step (Adam, Kingma & Ba 2015), so the same phrasings give the same classifier. What it has learnt is
a small file, and learning takes some seconds.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

_STEPS: Final = 150
_RATE: Final = 0.05
_DECAY: Final = 1e-4
_SCALE: Final = 6.0
"""What centred vectors of length one are stretched by, so that weights near one tell them apart."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """What was learnt: the mean of all phrasings, and for each topic a column of weights; the last row is its bias."""

    topics: tuple[str, ...]
    mean: Any  # numpy has no types where it is not installed
    weights: Any

    def likely(self, vector: Any) -> Mapping[str, float]:
        """How likely each topic is for a meaning, together 1."""
        numpy = _numpy()
        odds = _softmax(_prepared(vector[numpy.newaxis], self.mean) @ self.weights)[0]
        return dict(zip(self.topics, odds.tolist(), strict=True))

    def save(self, path: Path, digest: str) -> None:
        """Keep it in `path` for the phrasings with this digest. The file is whole at every moment."""
        numpy = _numpy()
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        with beside.open("wb") as file:
            half = numpy.float16
            numpy.savez_compressed(
                file,
                digest=digest,
                topics=numpy.array(self.topics),
                mean=self.mean.astype(half),
                weights=self.weights.astype(half),
            )
        beside.replace(path)


def load(path: Path, digest: str) -> Classifier | None:
    """What was kept in `path` for the phrasings with this digest; None where there is no such file."""
    numpy = _numpy()
    try:
        with path.open("rb") as file, numpy.load(file, allow_pickle=False) as kept:
            if str(kept["digest"]) != digest:
                return None
            single = numpy.float32
            return Classifier(
                tuple(map(str, kept["topics"])), kept["mean"].astype(single), kept["weights"].astype(single)
            )
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return None


def learn(vectors: Any, topics: Sequence[str], heavier: Mapping[str, float]) -> Classifier:
    """A classifier of `vectors`, whose topics are `topics` one by one.

    Topics with few phrasings count for more, by the square root; `heavier` topics by a factor of their own.
    """
    numpy = _numpy()
    names = tuple(sorted(set(topics)))
    numbers = numpy.array([names.index(topic) for topic in topics])
    wanted = numpy.eye(len(names), dtype=numpy.float32)[numbers]
    mean = vectors.mean(axis=0)
    rows = _prepared(vectors, mean)
    worth = numpy.array([heavier.get(name, 1.0) for name in names]) / numpy.sqrt(numpy.bincount(numbers))
    counts = (worth[numbers] / worth[numbers].mean())[:, numpy.newaxis].astype(numpy.float32)
    weights = numpy.zeros((rows.shape[1], len(names)), numpy.float32)
    slope, spread = numpy.zeros_like(weights), numpy.zeros_like(weights)
    for step in range(1, _STEPS + 1):
        gradient = rows.T @ (counts * (_softmax(rows @ weights) - wanted)) / len(rows) + _DECAY * weights
        slope = 0.9 * slope + 0.1 * gradient
        spread = 0.99 * spread + 0.01 * gradient * gradient
        weights = weights - _RATE * (slope / (1 - 0.9**step)) / (numpy.sqrt(spread / (1 - 0.99**step)) + 1e-8)
    return Classifier(names, mean, weights)


def _prepared(vectors: Any, mean: Any) -> Any:
    """Centred, of one length, with a column of ones for the bias."""
    numpy = _numpy()
    moved = vectors - mean
    stretched = _SCALE * moved / numpy.linalg.norm(moved, axis=1, keepdims=True)
    return numpy.hstack([stretched, numpy.ones((len(vectors), 1))]).astype(numpy.float32)


def _softmax(values: Any) -> Any:
    odds = _numpy().exp(values - values.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def _numpy() -> Any:
    return importlib.import_module("numpy")
