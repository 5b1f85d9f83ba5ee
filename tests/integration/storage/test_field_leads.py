from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg

from bot.core.values import Money, Values
from bot.growth.field_agents import new_code
from bot.growth.field_leads import FieldLead
from bot.storage.database import Database
from bot.storage.envelope import key_of
from bot.storage.migrations import migrate
from bot.storage.repositories.field_agents import PostgresFieldAgents
from bot.storage.repositories.field_leads import PostgresFieldLeads
from bot.storage.sealing import Sealing
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock
from tests.conftest import keys_of
from tests.integration.storage.test_keys import dumped

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ENTRY: Values = {"segment": "farmer", "amount": Money(Decimal(200000)), "note": "摊位客流不错"}

OLD = """
INSERT INTO field_agent (name, channel, created_at) VALUES ('李明', 'field', now());
INSERT INTO field_lead (code, agent_id, place, entry, created_at, expires_at, state)
SELECT code, id, '北市场', entry::json, now(), now(), 'open'
FROM field_agent, (VALUES ('one', '{"note": "摊位客流不错"}'), ('two', '{}')) AS kept (code, entry);
"""


def kept_in(database: Database) -> PostgresFieldLeads:
    return PostgresFieldLeads(database.pool, Sealing(database.keys, database.pool))


async def entered(database: Database) -> FieldLead:
    agents = PostgresFieldAgents(database.pool)
    number = await agents.add("李明", "field", NOW)
    await agents.add_link(new_code(), number, "北市场")
    (link,) = await agents.links_of(number)
    lead = FieldLead(0, new_code(), link.agent, "北市场", ENTRY, NOW, NOW + timedelta(hours=48))
    return await kept_in(database).add(lead)


async def test_what_was_entered_is_kept_until_it_is_refused_and_then_nothing_of_it(database: Database) -> None:
    storage = PostgresStorage(database, FixedClock(NOW), owner="here")
    lead, leads = await entered(database), kept_in(database)
    assert await leads.by_code(lead.code) == lead
    async with storage.work() as work:
        owner = await work.open("update:1", "telegram", "1")
        assert owner is not None
        await work.field_leads.opened(lead.id, owner.id)
        assert await work.field_leads.get(lead.id) == replace(lead, state="opened", conversation=owner.id)
        await work.field_leads.settle(lead.id, "refused")
        assert await work.field_leads.get(lead.id) == replace(lead, state="refused", entry={})


async def test_the_key_of_what_came_to_nothing_is_destroyed_so_that_no_backup_has_it(database: Database) -> None:
    lead, leads = await entered(database), kept_in(database)
    sealed = await database.pool.fetchval("SELECT entry FROM field_lead")
    await leads.settle(lead.id, "expired")
    (job,) = await database.pool.fetch("SELECT task_name, args::json AS args FROM procrastinate_jobs")
    assert (job["task_name"], job["args"]) == ("destroy-keys", {"keys": [key_of(sealed).hex()]})


async def test_what_an_older_version_has_kept_in_clear_is_sealed(empty_database_url: str) -> None:
    await migrate(empty_database_url, "0019")
    with psycopg.connect(empty_database_url, autocommit=True) as old:
        old.execute(OLD)
    keys = await keys_of(empty_database_url)
    await keys.open()
    try:
        await migrate(empty_database_url, keys=keys)
        assert "摊位" not in dumped(empty_database_url)
        async with Database(empty_database_url, keys=keys) as database:
            found = [await kept_in(database).by_code(code) for code in ("one", "two")]
        assert [one and one.entry for one in found] == [{"note": "摊位客流不错"}, {}]
    finally:
        await keys.close()


async def test_an_agreement_keeps_what_was_entered(database: Database) -> None:
    lead, leads = await entered(database), kept_in(database)
    await leads.settle(lead.id, "agreed")
    assert await leads.of_agent(lead.agent.id, 5) == (replace(lead, state="agreed"),)


async def test_whose_agent_is_removed_is_found_by_no_code_and_every_open_link_is_emptied(database: Database) -> None:
    lead, leads, agents = await entered(database), kept_in(database), PostgresFieldAgents(database.pool)
    (link,) = await agents.links_of(lead.agent.id)
    assert await agents.invite(lead.agent.id, f"hash-{link.code}")
    assert await leads.revoke(lead.agent.id) == 1
    assert await agents.remove(lead.agent.id, NOW)
    assert not await agents.remove(lead.agent.id, NOW)
    assert await agents.by_code(link.code) is None
    assert await agents.by_invitation(f"hash-{link.code}") is None
    found = await leads.get(lead.id)
    assert found is not None
    assert (found.state, found.entry) == ("revoked", {})


async def test_a_code_that_is_taken_back_holds_no_longer(database: Database) -> None:
    lead, agents = await entered(database), PostgresFieldAgents(database.pool)
    (link,) = await agents.links_of(lead.agent.id)
    assert await kept_in(database).revoke(lead.agent.id, "elsewhere") == 0
    assert await agents.revoke(lead.agent.id, "北市场", NOW)
    assert await agents.by_code(link.code) is None
