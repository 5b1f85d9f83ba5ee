from __future__ import annotations

import pytest

from bot.testing.clock import FixedClock
from tests.unit.handoff.office import Office, in_memory


@pytest.fixture
async def office(clock: FixedClock) -> Office:
    """Customers and managers on storage in memory."""
    return await in_memory(clock)
