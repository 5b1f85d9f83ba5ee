"""Every story, played by every runner: the pure engine, the use cases, and the real bot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.dialogs.stories import Breaks, Story
from bot.testing.engine_stage import EngineStage
from bot.testing.stage import play
from bot.testing.turns_stage import Published, TurnsStage, published
from tests.stories.library import content, marks, stories

_published: list[Published] = []


def told(runner: str) -> list[Any]:
    """Each story in each of its languages; its sentence is the test's name."""
    return [
        pytest.param(story, locale, id=story.title if len(story.locales) == 1 else f"{story.title}, in {locale}")
        for story in stories().values()
        for locale in (story.locales if runner in story.runners else ())
    ]


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[Any]]:
    with capture_logs() as captured:
        yield captured


@pytest.mark.parametrize(("story", "locale"), told("engine"))
async def test_on_the_engine(story: Story, locale: str) -> None:
    await play(story, EngineStage(story, locale, content()), locale)


@pytest.mark.parametrize(("story", "locale"), told("turns"))
async def test_on_the_use_cases(story: Story, locale: str, logs: list[Any]) -> None:
    if not _published:
        _published.append(await published(marks()))
    stage = await TurnsStage(story, locale, _published[0]).begin()
    await play(story, stage, locale)
    wanted = sum(isinstance(line.what, Breaks) for line in story.lines)
    assert len(stage.failures.recorded) == wanted, logs
