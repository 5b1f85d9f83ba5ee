"""`python -m bot retention …`, as staff type it."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from bot.app import publish
from bot.storage.database import Database
from tests.integration.process import command

STEP = """
WITH made AS (
    INSERT INTO conversation (channel, address_hash, address, key, role, state, reachable, created_at, updated_at)
    VALUES ('telegram', 'h', 'a', 'k', 'customer', 's', true, now(), now()) RETURNING id
)
INSERT INTO milestone (conversation_id, name, values, at) SELECT id, 'quoted', '{}', now() - interval '1096 days' FROM made
RETURNING conversation_id
"""


@pytest.fixture
async def there(tmp_path: Path, database: Database) -> dict[str, str]:
    """The settings of a bot whose content is published."""
    await publish(database, "zh", "Asia/Shanghai", by="test")
    return {
        "BOT_DATABASE_URL": database.url,
        "BOT_MASTER_KEYS": os.environ["BOT_MASTER_KEYS"],
        "BOT_DATA_DIR": str(tmp_path),
    }


async def told(there: dict[str, str], *arguments: str) -> str:
    process = command(there, "retention", *arguments)
    out, error = await asyncio.to_thread(process.communicate)
    assert process.returncode == 0, error
    return out


async def test_what_is_past_its_time_is_held_for_a_case_then_removed_and_reported(
    there: dict[str, str], database: Database
) -> None:
    customer = str(await database.pool.fetchval(STEP))
    assert "kept for CLAIM-7" in await told(there, "hold", customer, "--case", "CLAIM-7")
    line = json.loads(await told(there, "run", "--dry-run", "--json"))["classes"]["steps"]
    assert (line["on_hold"], line["past_its_time"]) == (1, 0)
    assert "no longer" in await told(there, "lift", customer, "--case", "CLAIM-7")
    report = json.loads(await told(there, "run", "--json", "--by", "anna"))
    assert (report["by"], report["release"]) == ("operator:anna", 1)
    assert report["classes"]["steps"] == {"removed": 1, "on_hold": 0, "past_its_time": 0, "oldest": None}
    page = await told(there, "report")
    assert "by operator:anna" in page
    assert "the ledger of consents: They prove" in page
    assert "1095 days from 'ended'" in page
