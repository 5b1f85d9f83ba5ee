from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.conversation.ports import Posted
from tests.integration.storage.conftest import CHANNEL, World

LONG = timedelta(minutes=5)


def texts(posted: tuple[Posted, ...]) -> list[str]:
    return [one.message.html for one in posted]


async def test_a_message_that_was_sent_waits_no_longer(world: World) -> None:
    posted = await world.turn("1", "42", texts=("a", "b", "c"))
    assert posted
    chat = posted[0].message.conversation
    await world.outbox.mark_sent([(posted[0].id, "101"), (posted[2].id, "103")])
    assert texts(await world.outbox.unsent(chat)) == ["b"]


async def test_marking_nothing_is_allowed(world: World) -> None:
    await world.outbox.mark_sent([])


async def test_the_message_last_sent_in_a_slot_is_found(world: World) -> None:
    chat = (await world.known("42")).id
    for key, message in (("1", "101"), ("2", "102")):
        posted = await world.turn(key, "42", texts=("card",))
        assert posted
        await world.outbox.mark_sent([(posted[0].id, message)])
    await world.turn("3", "42", texts=("not sent yet",))
    assert await world.outbox.message_of(chat, "slot0") == "102"
    assert await world.outbox.message_of(chat, "slot1") is None


async def test_a_message_may_be_sent_without_an_id(world: World) -> None:
    posted = await world.turn("1", "42", texts=("a",))
    assert posted
    await world.outbox.mark_sent([(posted[0].id, None)])
    assert await world.outbox.unsent(posted[0].message.conversation) == ()
    assert await world.outbox.message_of(posted[0].message.conversation, "slot0") is None


async def test_a_message_that_was_given_up_waits_no_longer(world: World) -> None:
    posted = await world.turn("1", "42", texts=("a", "b"))
    assert posted
    await world.outbox.mark_failed(posted[0].id, "400 Bad Request", 3)
    assert texts(await world.outbox.unsent(posted[0].message.conversation)) == ["b"]
    world.clock.advance(LONG)
    assert texts(await world.relay.claim_abandoned(world.clock.now(), 10)) == ["b"]


async def test_what_was_sent_cannot_be_given_up(world: World) -> None:
    posted = await world.turn("1", "42", texts=("a",))
    assert posted
    chat = posted[0].message.conversation
    await world.outbox.mark_sent([(posted[0].id, "101")])
    await world.outbox.mark_failed(posted[0].id, "late", 1)
    assert await world.outbox.message_of(chat, "slot0") == "101"
    assert await world.read(lambda work: work.shown(chat, "slot0")) == "a"


async def test_messages_are_their_own_process_s_to_send_until_the_lease_runs_out(world: World) -> None:
    await world.turn("1", "42", texts=("a", "b"))
    world.clock.advance(timedelta(seconds=29))
    assert await world.relay.claim_abandoned(world.clock.now(), 10) == ()
    world.clock.advance(timedelta(seconds=2))
    assert texts(await world.relay.claim_abandoned(world.clock.now(), 10)) == ["a", "b"]


async def test_what_was_claimed_is_left_alone_until_its_new_lease_runs_out(world: World) -> None:
    await world.turn("1", "42", texts=("a",))
    world.clock.advance(LONG)
    assert texts(await world.relay.claim_abandoned(world.clock.now(), 10)) == ["a"]
    assert await world.outbox.claim_abandoned(world.clock.now(), 10) == ()
    world.clock.advance(LONG)
    assert texts(await world.outbox.claim_abandoned(world.clock.now(), 10)) == ["a"]


async def test_a_chat_whose_newest_message_is_being_sent_is_not_claimed(world: World) -> None:
    await world.turn("1", "42", texts=("old",))
    world.clock.advance(LONG)
    await world.turn("2", "42", texts=("new",))
    assert await world.relay.claim_abandoned(world.clock.now(), 10) == ()
    world.clock.advance(LONG)
    assert texts(await world.relay.claim_abandoned(world.clock.now(), 10)) == ["old", "new"]


async def test_whole_chats_are_claimed_the_longest_waiting_first(world: World) -> None:
    await world.turn("1", "42", texts=("a1", "a2"))
    await world.turn("2", "43", texts=("b1",))
    await world.turn("3", "42", texts=("a3",))
    world.clock.advance(LONG)
    assert texts(await world.relay.claim_abandoned(world.clock.now(), 1)) == ["a1", "a2", "a3"]
    assert texts(await world.relay.claim_abandoned(world.clock.now(), 1)) == ["b1"]
    assert await world.relay.claim_abandoned(world.clock.now(), 1) == ()


async def test_a_chat_with_a_turn_under_way_is_claimed_later(world: World) -> None:
    await world.turn("1", "42", texts=("a",))
    world.clock.advance(LONG)
    async with world.storage.work() as work:
        await work.open("2", CHANNEL, "42")
        claimed = await asyncio.wait_for(world.relay.claim_abandoned(world.clock.now(), 10), 10)
    assert claimed == ()
    assert texts(await world.relay.claim_abandoned(world.clock.now(), 10)) == ["a"]


async def test_relays_that_claim_at_once_never_get_the_same_message(world: World) -> None:
    for number in range(20):
        await world.turn(f"{number}", f"{number}", texts=("a", "b"))
    world.clock.advance(LONG)
    now = world.clock.now()
    claims = await asyncio.gather(*(relay.claim_abandoned(now, 7) for relay in (world.outbox, world.relay) * 4))
    numbers = [one.id for claim in claims for one in claim]
    assert len(numbers) == len(set(numbers)) == 40


async def test_nothing_waits_for_a_customer_who_cannot_be_reached(world: World) -> None:
    posted = await world.turn("1", "42", texts=("a", "b"))
    other = await world.turn("2", "43", texts=("c",))
    assert posted
    assert other
    await world.outbox.drop_unsent(posted[0].message.conversation)
    await world.outbox.set_reachable(posted[0].message.conversation, False)
    assert await world.outbox.unsent(posted[0].message.conversation) == ()
    assert texts(await world.outbox.unsent(other[0].message.conversation)) == ["c"]
    assert not (await world.look("42")).reachable
    assert (await world.look("43")).reachable


async def test_that_a_customer_cannot_be_reached_is_not_undone_by_a_turn_under_way(world: World) -> None:
    known = await world.known("42")
    async with world.storage.work() as work:
        conversation = await work.open("1", CHANNEL, "42")
        assert conversation is not None
        told = asyncio.create_task(world.outbox.set_reachable(known.id, False))
        await asyncio.wait([told], timeout=0.2)
        await work.commit(conversation, world.said(), ())
    await told
    assert not (await world.look("42")).reachable
