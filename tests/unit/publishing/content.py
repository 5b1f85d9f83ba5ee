"""A small but whole content for tests: the shipped products, stories, answers and words with flows of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bot.publishing.keys import is_command
from bot.publishing.menu import BUILT_IN
from bot.publishing.release import Documents, Release, digest_of
from bot.publishing.sources import Sources, read_documents

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
AUTHORED = Path(__file__).parent / "authored"
SOURCES = Sources(flows=AUTHORED / "flows", commands=AUTHORED / "commands.yaml", notices=AUTHORED / "notices")
WORDS = {
    "zh": {
        "t.which": "您是？", "t.farmer": "🌾 农户", "t.farmer.also": "种地|养殖", "t.trader": "小店主",
        "t.notice": "我们想联系您。", "field.segment": "身份", "command.human.words": "人工|找人",
        **{f"command.{name}.words": name for name in BUILT_IN},
    },
    "en": {
        "t.which": "Who are you?", "t.farmer": "🌾 Farmer", "t.trader": "Shop owner", "t.trader.also": "trader | stall",
        "t.notice": "We would like to contact you.", "field.segment": "Segment", "command.human.words": "human",
        **{f"command.{name}.words": name for name in BUILT_IN},
    },
}  # fmt: skip


@cache
def _read() -> str:
    return json.dumps(read_documents(SOURCES))


def documents() -> dict[str, Any]:
    """A fresh copy, to be changed at will."""
    read: dict[str, Any] = json.loads(_read())
    for locale, words in WORDS.items():
        shipped = read["messages"][locale].items()
        read["messages"][locale] = {key: said for key, said in shipped if not is_command(key)} | words
    return read


def release(content: Documents | None = None, number: int = 1) -> Release:
    """`content` as published."""
    said = documents() if content is None else content
    return Release(number, said, digest_of(said), NOW, "author")
