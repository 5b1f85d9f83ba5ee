from __future__ import annotations

import pytest

from bot.conversation.ports import Job
from bot.storage.database import Database
from bot.storage.jobs import job_arguments
from bot.storage.sealing import Sealing
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock
from tests.unit.handoff.office import Office, office


@pytest.fixture
async def bureau(database: Database, clock: FixedClock) -> Office:
    """Customers and managers on PostgreSQL."""

    async def take_jobs() -> list[Job]:
        rows = await database.pool.fetch(
            "DELETE FROM procrastinate_jobs WHERE status = 'todo'"
            " RETURNING id, task_name, args::json AS args, scheduled_at, lock"
        )
        sealing = Sealing(database.keys, database.pool)
        return [
            Job(
                row["task_name"],
                await job_arguments(row["task_name"], row["args"], sealing),
                row["scheduled_at"],
                row["lock"],
            )
            for row in sorted(rows, key=lambda row: row["id"])
        ]

    return await office(PostgresStorage(database, clock, owner="here"), clock, take_jobs)
