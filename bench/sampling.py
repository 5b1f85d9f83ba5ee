"""Where the bot's time goes: the bot, run as ever, looked at each time it has used a few milliseconds of CPU.

`python -m bench.sampling FILE` runs the bot and writes, when it ends, how often it was seen in each part since it got
SIGUSR1. A look tells the innermost frame that belongs to a part; what a library does counts for the part it works for.
Time in the kernel and in compiled code that no Python function has called falls to what runs next: a tenth or so.
"""

from __future__ import annotations

import atexit
import gc
import signal
import sys
import time
from collections import Counter
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Final

import orjson

from bot.__main__ import main

EVERY: Final = 0.002
GARBAGE: Final = "of all this, collecting garbage"
OTHER: Final = "event loop, and the rest"
PARTS: Final = {
    "webhook: HTTP in": ("/uvicorn/", "/starlette/", "/fastapi/", "/bot/web/"),
    "updates: parsed and dispatched": ("/aiogram/", "/pydantic/", "/bot/handlers/"),
    "database: lock, keep, commit": ("/asyncpg/", "/bot/storage/"),
    "codec: states, events, messages": ("/bot/core/codec", "/bot/dialogs/codec", "/bot/storage/messages"),
    "engine: flows and rules": ("/bot/dialogs/", "/bot/core/"),
    "turn: facts, services, products": ("/bot/conversation/", "/bot/products/", "/bot/handoff/", "/bot/publishing/"),
    "words: texts and formats": ("/bot/texts/", "/bot/conversation/rendering", "/babel/"),
    "sending: calls to Telegram": ("/bot/gateways/", "/aiohttp/", "/yarl/", "/multidict/"),
    "jobs: procrastinate": ("/procrastinate/", "/psycopg", "/bot/worker/"),
    "counts and logs": ("/prometheus_client/", "/structlog/"),
}
_PLACES: Final = {place: part for part, places in PARTS.items() for place in places}


@cache
def part_of(file: str) -> str | None:
    """The part that a source file belongs to, by the longest of the places that fit."""
    fitting = [place for place in _PLACES if place in file]
    return _PLACES[max(fitting, key=len)] if fitting else None


class Sampler:
    """Counts in which part the main thread is seen."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self._began = 0.0
        self._cpu = 0.0
        self._garbage = 0.0
        self._collecting = 0.0

    def start(self, *_: object) -> None:
        """Begin, or begin anew."""
        self.seen.clear()
        self._garbage, self._began = 0.0, time.process_time()
        gc.callbacks.append(self._on_garbage)
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    def result(self) -> dict[str, float]:
        """The share of each part, and of garbage collection in all of it."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        total = sum(self.seen.values()) or 1
        shares = {part: count / total for part, count in self.seen.most_common()}
        return shares | {GARBAGE: self._garbage / max(self._cpu - self._began, 1e-9)}

    def _look(self, _number: int, frame: FrameType | None) -> None:
        self._cpu = time.process_time()
        while frame is not None:
            if (part := part_of(frame.f_code.co_filename)) is not None:
                self.seen[part] += 1
                return
            frame = frame.f_back
        self.seen[OTHER] += 1

    def _on_garbage(self, phase: str, _info: dict[str, Any]) -> None:
        now = time.process_time()
        if phase == "start":
            self._collecting = now
        else:
            self._garbage += now - self._collecting


def _run(file: Path) -> None:
    sampler = Sampler()
    atexit.register(lambda: file.write_bytes(orjson.dumps(sampler.result())))
    signal.signal(signal.SIGUSR1, sampler.start)
    sys.argv = ["tillwise", "run"]
    main()


if __name__ == "__main__":
    _run(Path(sys.argv[1]))
