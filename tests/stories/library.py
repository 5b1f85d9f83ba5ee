"""The stories and scenes of this folder, and the content that they are played with."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bot.dialogs.stories import Story, parse_story
from bot.publishing.content import Content, assemble
from bot.publishing.release import Release, digest_of
from bot.publishing.sources import parse_yaml, read_documents
from bot.testing.marks import Marks
from bot.testing.memory_stage import BEGINNING

HERE = Path(__file__).parent
FOLDERS = ("happy", "corrections", "cancellations", "interruptions", "refusals", "handoff", "late-and-twice")


@cache
def stories() -> dict[str, Story]:
    """Every story by its path, such as `happy/a-farmer-gets-a-quote`."""
    files = [file for folder in FOLDERS for file in sorted((HERE / folder).glob("*.yaml"))]
    return {f"{file.parent.name}/{file.stem}": parse_story(_read(file), file.name, scenes()) for file in files}


@cache
def scenes() -> dict[str, object]:
    """What stories share, by name."""
    return {file.stem: _read(file) for file in sorted((HERE / "scenes").glob("*.yaml"))}


@cache
def marks() -> Marks:
    """The shipped content with words that tell their keys, and a desk that is always open: the real bot's clock is today's."""
    documents = read_documents()
    hours = {"week": "Mo-Su 00:00-24:00"}
    return Marks({**documents, "desk": {**documents["desk"], "hours": hours}})


@cache
def content() -> Content:
    """The shipped content, assembled."""
    documents = marks().documents
    return assemble(Release(1, documents, digest_of(documents), BEGINNING, "stories"))


def _read(file: Path) -> object:
    return parse_yaml(file.read_text(encoding="utf-8"), f"{file.parent.name}/{file.name}")
