from __future__ import annotations

from datetime import UTC, datetime

import pytest
from asyncpg.exceptions import UniqueViolationError

from bot.growth.field_agents import new_code
from bot.storage.database import Database
from bot.storage.repositories.field_agents import PostgresFieldAgents

NOW = datetime(2026, 11, 28, tzinfo=UTC)


async def test_an_agent_has_a_code_for_each_place_and_is_found_by_it(database: Database) -> None:
    agents = PostgresFieldAgents(database.pool)
    number = await agents.add("李明", "field", NOW)
    codes = [new_code(), new_code()]
    for code, place in zip(codes, ("北市场", "春季展会"), strict=True):
        await agents.add_link(code, number, place)
    found = await agents.by_code(codes[1])
    assert found is not None
    assert (found.agent.id, found.agent.name, found.agent.channel, found.place) == (number, "李明", "field", "春季展会")
    assert [link.code for link in await agents.all_links()] == codes
    assert await agents.by_code(new_code()) is None


async def test_an_agent_has_one_code_for_a_place(database: Database) -> None:
    agents = PostgresFieldAgents(database.pool)
    number = await agents.add("李明", "field", NOW)
    await agents.add_link(new_code(), number, "北市场")
    with pytest.raises(UniqueViolationError):
        await agents.add_link(new_code(), number, "北市场")
