"""The lender's news on PostgreSQL: in random orders, before the receipt, and how soon the card changes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import pytest

from bot.applications.application import Application
from bot.applications.events import LenderEvent
from bot.applications.progress import begun, received, replay
from bot.conversation.desk import Desk
from bot.conversation.facts import Market
from bot.conversation.lender_news import LenderNews
from bot.conversation.ports import Posted
from bot.conversation.services.registry import SERVICES
from bot.conversation.turn import Turns
from bot.dialogs.events import Said
from bot.publishing.library import Library
from bot.publishing.sources import read_documents
from bot.storage.database import Database
from bot.storage.failures import PostgresFailures
from bot.storage.lender_events import PostgresLenderEvents
from bot.storage.sealing import Sealing
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock
from bot.testing.memory import MemoryReleases
from tests.integration.lender.test_calls import application
from tests.unit.applications.test_orders import START, arrival, way

ORDERS = 12


@dataclass(slots=True)
class Bench:
    """Turns and news over PostgreSQL; what they post is kept with the time at which it was."""

    storage: PostgresStorage
    news: LenderNews
    posted: list[tuple[float, Posted]]

    async def apply(self, number: int) -> Application:
        """A customer has applied."""
        async with self.storage.work() as work:
            conversation = await work.open(f"apply:{number}", "story", f"customer {number}")
            assert conversation is not None
            kept = application(number, conversation.id)
            await work.applications.add(kept)
            await work.commit(conversation, Said(START, ""), ())
        return kept

    async def kept(self, application: Application) -> Application:
        async with self.storage.work() as work:
            found = await work.applications.get(application.id)
        assert found is not None
        return found

    def cards(self, application: Application) -> list[Posted]:
        return [one for _, one in self.posted if one.message.slot == f"card.{application.id}"]


@pytest.fixture
async def bench(database: Database) -> Bench:
    clock = FixedClock(START + timedelta(hours=1))
    library = Library(MemoryReleases(), clock, services=SERVICES)
    await library.publish(read_documents(), by="tests")
    storage = PostgresStorage(database, clock, owner="here")
    posted: list[tuple[float, Posted]] = []

    def post(news: Sequence[Posted]) -> None:
        posted.extend((time.monotonic(), one) for one in news)

    turns = Turns(
        storage=storage,
        library=library,
        desk=Desk(lambda: library.current),
        failures=PostgresFailures(database),
        post=post,
        clock=clock,
        market=Market(),
    )
    news = LenderNews(
        storage,
        PostgresLenderEvents(database.pool, Sealing(database.keys, database.pool)),
        turns,
        lambda: library.current,
        clock,
    )
    return Bench(storage, news, posted)


def about(event: LenderEvent, number: int) -> LenderEvent:
    """The event as one of the application of that number."""
    return LenderEvent(
        event.source, f"{number}-{event.id}", event.type, f"RG-{number}", event.sequence, event.time, event.data
    )


async def test_random_orders_end_in_the_same_card_also_where_events_come_before_the_receipt(
    bench: Bench, database: Database
) -> None:
    dice = Random(7)  # noqa: S311 -- test data, the same in every run
    for number in range(ORDERS):
        told = [about(event, number) for event in way(dice)]
        kept = await bench.apply(number)
        arriving = arrival(dice, told)
        early = dice.randint(0, len(arriving))
        for event in arriving[:early]:
            await bench.news.receive(event)
        await bench.news.receipt(kept, f"RG-{number}", "1.1.1")
        for event in arriving[early:]:
            await bench.news.receive(event)
        receipt = received(f"RG-{number}", START + timedelta(hours=1))
        assert (await bench.kept(kept)).progress == replay(begun(kept.progress.begun_at), [receipt, *told])
        assert sum(not card.message.edit for card in bench.cards(kept)) >= 1
    waiting = await database.pool.fetchval("SELECT count(*) FROM lender_event WHERE NOT applied")
    assert waiting == 0


async def test_an_event_for_an_unknown_application_waits_until_its_reference_appears(
    bench: Bench, database: Database
) -> None:
    (event, *_) = [about(event, 1) for event in way(Random(1))]  # noqa: S311 -- test data
    await bench.news.receive(event)
    assert [
        odd.id for odd in await PostgresLenderEvents(database.pool, Sealing(database.keys, database.pool)).odd()
    ] == [event.id]
    kept = await bench.apply(1)
    await bench.news.receipt(kept, "RG-1", "1.1.1")
    assert event in (await bench.kept(kept)).progress.history


async def test_the_card_is_changed_in_place_within_a_second_of_the_event(bench: Bench) -> None:
    kept = await bench.apply(1)
    await bench.news.receipt(kept, "RG-1", "1.1.1")
    events = [about(event, 1) for event in way(Random(3))]  # noqa: S311 -- test data
    began = time.monotonic()
    await bench.news.receive(next(event for event in events if event.data.stage))
    at, card = next((at, one) for at, one in reversed(bench.posted) if one.message.slot == f"card.{kept.id}")
    assert card.message.edit
    assert at - began < 1
