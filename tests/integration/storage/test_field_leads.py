from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.core.values import Money, Values
from bot.growth.field_agents import new_code
from bot.growth.field_leads import FieldLead
from bot.storage.database import Database
from bot.storage.repositories.field_agents import PostgresFieldAgents
from bot.storage.repositories.field_leads import PostgresFieldLeads
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ENTRY: Values = {"segment": "farmer", "amount": Money(Decimal(200000)), "note": "摊位客流不错"}


async def entered(database: Database) -> FieldLead:
    agents = PostgresFieldAgents(database.pool)
    number = await agents.add("李明", "field", NOW)
    await agents.add_link(new_code(), number, "北市场")
    (link,) = await agents.links_of(number)
    lead = FieldLead(0, new_code(), link.agent, "北市场", ENTRY, NOW, NOW + timedelta(hours=48))
    return await PostgresFieldLeads(database.pool).add(lead)


async def test_what_was_entered_is_kept_until_it_is_refused_and_then_nothing_of_it(database: Database) -> None:
    storage = PostgresStorage(database, FixedClock(NOW), owner="here")
    lead, leads = await entered(database), PostgresFieldLeads(database.pool)
    assert await leads.by_code(lead.code) == lead
    async with storage.work() as work:
        owner = await work.open("update:1", "telegram", "1")
        assert owner is not None
        await work.field_leads.opened(lead.id, owner.id)
        assert await work.field_leads.get(lead.id) == replace(lead, state="opened", conversation=owner.id)
        await work.field_leads.settle(lead.id, "refused")
        assert await work.field_leads.get(lead.id) == replace(lead, state="refused", entry={})


async def test_an_agreement_keeps_what_was_entered(database: Database) -> None:
    lead, leads = await entered(database), PostgresFieldLeads(database.pool)
    await leads.settle(lead.id, "agreed")
    assert await leads.of_agent(lead.agent.id, 5) == (replace(lead, state="agreed"),)


async def test_whose_agent_is_removed_is_found_by_no_code_and_every_open_link_is_emptied(database: Database) -> None:
    lead, leads, agents = await entered(database), PostgresFieldLeads(database.pool), PostgresFieldAgents(database.pool)
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
    assert await PostgresFieldLeads(database.pool).revoke(lead.agent.id, "elsewhere") == 0
    assert await agents.revoke(lead.agent.id, "北市场", NOW)
    assert await agents.by_code(link.code) is None
