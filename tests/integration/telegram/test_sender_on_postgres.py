import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.conversation.ports import Posted
from bot.dialogs.events import Said
from bot.gateways.telegram.sender import Sender
from bot.storage.database import Database
from bot.storage.outbox import PostgresOutbox
from bot.storage.unit_of_work import PostgresStorage
from bot.testing.clock import FixedClock
from tests.integration.telegram.telegram_double import BLOCKED, FAST, World, until, words, world

LEASE = timedelta(seconds=30)


class UnmarkedOutbox(PostgresOutbox):
    """An outbox whose process is killed before it can write that anything was sent."""

    async def mark_sent(self, batch: Sequence[tuple[int, str | None]]) -> None:
        await asyncio.Event().wait()


async def turn(database: Database, clock: FixedClock, *texts: str, **details: Any) -> tuple[Posted, ...]:
    async with PostgresStorage(database, clock, owner="one").work() as work:
        conversation = await work.open("/".join(texts), "telegram", "7")
        assert conversation is not None
        for text in texts:
            work.send(words(text, chat=7, conversation=conversation.id, **details))
        return await work.commit(conversation, Said(clock.now(), "hello"), ())


def sender_on(w: World, outbox: PostgresOutbox) -> Sender:
    w.outbox = outbox  # type: ignore[assignment]  # the same port on a real database
    return w.sender(FAST)


async def test_what_a_turn_posted_is_sent_marked_and_changed_after_a_restart(
    database: Database, clock: FixedClock
) -> None:
    async with world() as w:
        before = sender_on(w, PostgresOutbox(database, clock, owner="one"))
        before.deliver(await turn(database, clock, "step 1", slot="task"))
        await before.close()
        after = sender_on(w, PostgresOutbox(database, clock, owner="two"))
        after.deliver(await turn(database, clock, "step 2", slot="task", edit=True))
        await after.close()

    assert w.api.texts(7) == ["step 2"]


async def test_killed_between_commit_and_send_the_relay_sends_it_once_the_lease_has_run_out(
    database: Database, clock: FixedClock
) -> None:
    await turn(database, clock, "one", "two")
    async with world() as w:
        relay = sender_on(w, PostgresOutbox(database, clock, owner="two"))
        too_early = await relay.relay_once(clock.now())
        clock.advance(LEASE * 2)
        taken = await relay.relay_once(clock.now())
        await relay.flush()
        again = await relay.relay_once(clock.now() + LEASE * 2)

    assert (too_early, taken, again) == (0, 2, 0)
    assert w.api.texts(7) == ["one", "two"]


async def test_killed_between_send_and_mark_the_relay_sends_it_once_more(database: Database, clock: FixedClock) -> None:
    async with world() as w:
        killed = sender_on(w, UnmarkedOutbox(database, clock, owner="one"))
        killed.deliver(await turn(database, clock, "one"))
        await until(lambda: w.api.texts(7))
        await killed.close(grace=0)
        clock.advance(LEASE * 2)
        relay = sender_on(w, PostgresOutbox(database, clock, owner="two"))
        await relay.relay_once(clock.now())
        await relay.flush()
        left = await relay.relay_once(clock.now() + LEASE * 2)

    assert w.api.texts(7) == ["one", "one"]
    assert left == 0


async def test_nothing_is_left_to_relay_for_a_customer_who_blocked_the_bot(
    database: Database, clock: FixedClock
) -> None:
    async with world() as w:
        sender = sender_on(w, PostgresOutbox(database, clock, owner="one"))
        w.api.fail("sendMessage", BLOCKED)
        sender.deliver(await turn(database, clock, "one", "two"))
        await sender.flush()
        left = await sender.relay_once(clock.now() + LEASE * 2)

    assert left == 0
    assert len(w.lost) == 1
