"""Every story, played by every runner: the pure engine, the use cases, and the real bot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.dialogs.stories import Breaks, Story
from bot.testing.engine_stage import EngineStage
from bot.testing.stage import play
from bot.testing.turns_stage import Published, TurnsStage, published
from tests.stories.bot_stage import bot_stage
from tests.stories.house import House, house
from tests.stories.library import content, marks, stories

_published: list[Published] = []
pytestmark = pytest.mark.asyncio(loop_scope="module")


def told(runner: str) -> list[Any]:
    """Each story in each of its languages; its sentence is the test's name.

    On the real bot one language will do, the second where there are two: the words are the same as on the use cases.
    """
    return [
        pytest.param(story, locale, id=story.title if len(story.locales) == 1 else f"{story.title}, in {locale}")
        for story in stories().values()
        if runner in story.runners
        for locale in (story.locales[-1:] if runner == "bot" else story.locales)
    ]


@dataclass
class Street:
    """The houses of bots by who runs them, each built when the first story is played there."""

    new_database: Callable[[str], str]
    stack: AsyncExitStack
    houses: dict[str, House] = field(default_factory=dict)

    async def house(self, operator: str) -> House:
        if operator not in self.houses:
            url = self.new_database(operator)
            self.houses[operator] = await self.stack.enter_async_context(house(url, marks(), operator))
        return self.houses[operator]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street(new_database: Callable[[str], str]) -> AsyncIterator[Street]:
    async with AsyncExitStack() as stack:
        yield Street(new_database, stack)


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


@pytest.mark.parametrize(("story", "locale"), told("bot"))
async def test_on_the_real_bot(story: Story, locale: str, street: Street, logs: list[Any]) -> None:
    there = await street.house(story.operator)
    await play(story, await bot_stage(there, story, locale), locale)
    wanted = sum(line.what == Breaks("turn") for line in story.lines)
    failures = [failure for failure in await there.failures() if failure.startswith("turn.")]
    assert len(failures) == wanted, logs


async def test_every_rule_of_interaction_that_holds_from_the_start_has_a_story() -> None:
    shown = {rule for story in stories().values() for rule in story.rules}
    assert {*range(1, 18), 23} <= shown
