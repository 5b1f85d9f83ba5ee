from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.conversation.ports import AlreadyTaken, Conversation, Job, Key, Relayed, UnitOfWork
from bot.core.values import Money, Text
from bot.dialogs.events import Attached, Opened, Pressed, Said, Shared
from bot.dialogs.model import FlowRef
from bot.dialogs.state import Frame, Prompt, State
from bot.figures.worded import WordedChart, WordedColumn, WordedTable
from tests.integration.storage.conftest import CHANNEL, World, message_to

TABLE = WordedTable(("期", "应还 ¥"), (("1", "8,661.90"),), (False, True), "计划")
CHART = WordedChart(
    "columns", "每月", (WordedColumn("12月", "2026年", (8061.9, 600.0), "¥8,662", "¥8,662", 52_000.0, "17%"),), ("本金", "利息"),
    "营业额", "每月还 ¥8,661.90。", ((0.0, "¥0"), (2e4, "¥2万")),
)  # fmt: skip
STATE = State(
    frames=(Frame(FlowRef("preapply", 3), 2, "consent", {"amount": Money(Decimal(300000))}, ("amount",)),),
    turn=7,
    instances=2,
    known={"language": "zh"},
    prompt=Prompt("prompt", 7, (Text("ask-consent"),), {"yes": Text("yes"), "no": Text("no"), "ask": Text("why")}),
)


async def test_a_conversation_is_made_by_its_first_event_and_known_from_then_on(world: World) -> None:
    async with world.storage.work() as work:
        first = await work.open("1", CHANNEL, "42")
        assert first is not None
        await work.commit(first, world.said(), ())
    second = await world.look("42")
    assert first.created
    assert not second.created
    assert (second.id, second.channel, second.address) == (first.id, CHANNEL, "42")


async def test_an_event_is_taken_once(world: World) -> None:
    assert await world.turn("update:1", "42") == ()
    assert await world.turn("update:1", "42") is None
    assert await world.turn("update:2", "42") == ()


async def test_an_event_is_taken_once_for_a_conversation_known_by_its_number(world: World) -> None:
    known = await world.known("42")
    for expected in (known, None):
        async with world.storage.work() as work:
            opened = await work.open_known("signal:1", known.id)
            assert opened == expected
            if opened is not None:
                await work.commit(opened, world.said(), ())


async def test_a_conversation_that_does_not_exist_is_not_made_by_its_number(world: World) -> None:
    async with world.storage.work() as work:
        assert await work.open_known("signal:1", 4_000_000_000) is None


async def test_state_role_and_the_order_of_choices_come_back_as_they_were(world: World) -> None:
    await world.turn("1", "42", state=STATE, role="manager")
    found = await world.look("42")
    assert found.state == STATE
    assert found.role == "manager"
    assert found.state.prompt is not None
    assert list(found.state.prompt.choices) == ["yes", "no", "ask"]


async def test_what_is_left_without_commit_has_changed_nothing(world: World) -> None:
    async with world.storage.work() as work:
        conversation = await work.open("1", CHANNEL, "42")
        assert conversation is not None
        await work.track(conversation.id, "arrived", {}, world.clock.now())
        work.send(message_to(conversation, "hello"))
        work.defer(Job("remind", {}))
    assert (await world.look("42")).created
    assert await world.outbox.unsent(conversation.id) == ()
    assert await world.waiting_jobs() == []
    assert await world.milestones() == []
    assert await world.turn("1", "42") == ()


async def test_an_error_in_a_turn_changes_nothing_and_the_next_turn_works(world: World) -> None:
    async def fail(work: UnitOfWork, conversation: Conversation) -> None:
        await work.track(conversation.id, "arrived", {}, world.clock.now())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await world.turn("1", "42", change=fail)
    assert await world.milestones() == []
    assert await world.turn("1", "42") == ()


async def test_a_cancelled_turn_changes_nothing_and_holds_no_lock(world: World) -> None:
    opened = asyncio.Event()

    async def hang(work: UnitOfWork, conversation: Conversation) -> None:
        opened.set()
        await asyncio.Event().wait()

    turn = asyncio.create_task(world.turn("1", "42", change=hang))
    await opened.wait()
    turn.cancel()
    await asyncio.wait([turn])
    assert turn.cancelled()
    assert await world.turn("1", "42") == ()


async def test_turns_of_one_conversation_follow_each_other_and_each_sees_the_last_state(world: World) -> None:
    await world.known("42")
    async with world.storage.work() as first:
        one = await first.open("1", CHANNEL, "42")
        assert one is not None
        waiting = asyncio.create_task(world.look("42"))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
        await first.commit(replace(one, state=STATE), world.said(), ())
    assert (await waiting).state == STATE


async def test_turns_of_different_conversations_do_not_wait_for_each_other(world: World) -> None:
    await world.known("42")
    await world.known("43")
    async with world.storage.work() as first:
        await first.open("1", CHANNEL, "42")
        assert await asyncio.wait_for(world.turn("2", "43"), 10) == ()


async def test_no_turn_is_lost_when_many_run_at_once(world: World) -> None:
    async def one_more(key: str) -> None:
        async with world.storage.work() as work:
            conversation = await work.open(key, CHANNEL, "42")
            assert conversation is not None
            state = replace(conversation.state, turn=conversation.state.turn + 1)
            await work.commit(replace(conversation, state=state), world.said(), ())

    await asyncio.gather(*(one_more(str(number)) for number in range(25)))
    assert (await world.look("42")).state.turn == 25


async def test_one_event_delivered_twice_at_once_is_taken_once(world: World) -> None:
    async def deliver() -> bool:
        try:
            return await world.turn("1", "42", texts=("hello",)) is not None
        except AlreadyTaken:
            return False

    assert sorted(await asyncio.gather(*(deliver() for _ in range(6)))) == [False] * 5 + [True]
    assert len(await world.outbox.unsent((await world.look("42")).id)) == 1


async def test_an_event_that_was_taken_while_a_turn_ran_changes_nothing(world: World) -> None:
    other = await world.known("43")
    async with world.storage.work() as work:
        conversation = await work.open("1", CHANNEL, "43")
        assert conversation is not None
        await work.track(conversation.id, "arrived", {}, world.clock.now())
        work.send(message_to(conversation, "hello"))
        assert await world.turn("1", "42") == ()
        with pytest.raises(AlreadyTaken):
            await work.commit(conversation, world.said(), ())
    assert await world.outbox.unsent(other.id) == ()
    assert await world.milestones() == []


async def test_two_first_events_at_once_make_one_conversation(world: World) -> None:
    await asyncio.gather(world.turn("1", "42"), world.turn("2", "42"))
    numbers = {(await world.look("42")).id for _ in range(2)}
    assert len(numbers) == 1
    assert await world.turn("1", "42") is None
    assert await world.turn("2", "42") is None


async def test_the_same_address_on_two_channels_is_two_conversations(world: World) -> None:
    await world.known("42")
    async with world.storage.work() as work:
        other = await work.open("1", "web", "42")
    assert other is not None
    assert other.created


async def test_the_address_of_a_conversation_is_known_without_waiting_for_its_turn(world: World) -> None:
    known = await world.known("42")
    async with world.storage.work() as work:
        await work.open("1", CHANNEL, "42")
        found = await asyncio.wait_for(world.read(lambda other: other.address_of(known.id)), 10)
    assert found == (CHANNEL, "42")


async def test_asking_for_the_address_of_nobody_is_an_error(world: World) -> None:
    with pytest.raises(LookupError):
        await world.read(lambda work: work.address_of(4_000_000_000))


async def test_messages_are_posted_in_their_order_and_wait_unchanged(world: World) -> None:
    known = await world.known("42")
    messages = (
        message_to(
            known, "一 <b>bold</b>", keys=((Key("是", "7:yes"), Key("", url="https://example.org")), (Key("不"),))
        ),
        message_to(known, "two", slot="card", edit=True, target="991", priority="notice"),
        message_to(known, "three", ask_contact="分享", author="manager", priority="campaign"),
        message_to(known, "", relayed=Relayed("photo", "file-1")),
        message_to(known, "all of it", figure=TABLE),
        message_to(known, "a month", figure=CHART),
    )

    async def send(work: UnitOfWork, _: Conversation) -> None:
        for message in messages:
            work.send(message)

    posted = await world.turn("1", "42", change=send)
    assert posted is not None
    assert tuple(one.message for one in posted) == messages
    assert [one.id for one in posted] == sorted({one.id for one in posted})
    assert await world.outbox.unsent(known.id) == posted


async def test_a_transcript_tells_tables_and_charts_in_words(world: World) -> None:
    known = await world.known("42")

    async def send(work: UnitOfWork, _: Conversation) -> None:
        work.send(message_to(known, "<b>All</b> of it", figure=TABLE))
        work.send(message_to(known, "a month", figure=CHART))

    await world.turn("1", "42", change=send)
    lines = await world.read(lambda work: work.transcript(known.id, 2))
    assert [line.text for line in lines] == [
        "All of it\n计划\n期 · 应还 ¥\n1 · 8,661.90",
        "a month\n每月\n每月还 ¥8,661.90。",
    ]


async def test_a_turn_may_write_to_another_conversation(world: World) -> None:
    customer, manager = await world.known("42"), await world.known("77")

    async def relay(work: UnitOfWork, _: Conversation) -> None:
        work.send(message_to(manager, "from the customer"))

    await world.turn("1", "42", change=relay)
    assert [one.message.html for one in await world.outbox.unsent(manager.id)] == ["from the customer"]
    assert await world.outbox.unsent(customer.id) == ()


async def test_two_turns_that_write_to_each_other_do_not_wait_for_each_other(world: World) -> None:
    customer, manager = await world.known("42"), await world.known("77")
    met = asyncio.Barrier(2)

    async def talk(key: str, mine: Conversation, theirs: Conversation) -> None:
        async def to_them(work: UnitOfWork, _: Conversation) -> None:
            await met.wait()
            await work.track(theirs.id, "talked", {}, world.clock.now())
            work.send(message_to(theirs, "hello"))

        await world.turn(key, mine.address, change=to_them)

    await asyncio.wait_for(asyncio.gather(talk("1", customer, manager), talk("2", manager, customer)), 10)
    assert len(await world.outbox.unsent(customer.id)) == 1
    assert len(await world.outbox.unsent(manager.id)) == 1


async def test_a_job_is_taken_with_the_turn(world: World) -> None:
    due = world.clock.now() + timedelta(hours=1)
    job = Job("remind", {"conversation": 5, "why": "未完成"}, due, "conversation:5", "remind:5")

    async def defer(work: UnitOfWork, _: Conversation) -> None:
        work.defer(job)
        work.defer(Job("submit", {}))

    await world.turn("1", "42", change=defer)
    assert await world.waiting_jobs() == [job, Job("submit", {})]


async def test_only_one_job_of_a_kind_waits_and_asking_for_it_again_is_no_error(world: World) -> None:
    async def defer(work: UnitOfWork, _: Conversation) -> None:
        work.defer(Job("remind", {"n": 1}, once="remind:5"))
        work.defer(Job("remind", {"n": 2}, once="remind:5"))

    await world.turn("1", "42", change=defer)
    await world.turn("2", "42", change=defer)
    assert await world.waiting_jobs() == [Job("remind", {"n": 1}, once="remind:5")]


async def test_what_was_shown_in_a_slot_is_the_text_last_posted_there(world: World) -> None:
    known = await world.known("42")

    async def send(work: UnitOfWork, conversation: Conversation) -> None:
        for html in ("old", "new <i>notice</i>"):
            work.send(message_to(conversation, html, slot="consent"))
        work.send(message_to(conversation, "other", slot="card"))

    await world.turn("1", "42", change=send)
    assert await world.read(lambda work: work.shown(known.id, "consent")) == "new <i>notice</i>"
    assert await world.read(lambda work: work.shown(known.id, "nothing")) is None


async def test_what_the_channel_refused_was_not_shown(world: World) -> None:
    posted = await world.turn("1", "42", texts=("never seen",))
    assert posted
    await world.outbox.mark_failed(posted[0].id, "400", 1)
    found = await world.read(lambda work: work.shown(posted[0].message.conversation, "slot0"))
    assert found is None


async def test_a_transcript_reads_as_the_chat_did(world: World) -> None:
    clock = world.clock
    known = await world.known("42")

    async def ask(work: UnitOfWork, conversation: Conversation) -> None:
        work.send(message_to(conversation, "How <b>much</b> &amp; when?", keys=((Key("30万", "1:a"),),)))

    async def answer(work: UnitOfWork, conversation: Conversation) -> None:
        work.send(message_to(conversation, "How much?\n✓ 30万", edit=True))
        work.send(message_to(conversation, "您好，我是李经理", slot="relay:1", author="manager"))

    await world.turn("1", "42", event=Opened(clock.advance(timedelta(minutes=1))))
    clock.advance(timedelta(seconds=1))
    await world.turn("2", "42", event=Said(clock.now() - timedelta(milliseconds=1), "贷款"), change=ask)
    clock.advance(timedelta(seconds=9))
    await world.turn("3", "42", event=Pressed(clock.now() - timedelta(milliseconds=1), "1:a"), change=answer)
    clock.advance(timedelta(seconds=9))
    await world.turn("4", "42", event=Attached(clock.now(), "photo", caption="店面"))
    clock.advance(timedelta(seconds=9))
    await world.turn("5", "42", event=Shared(clock.now(), "+8613800138000", own=True))
    lines = await world.read(lambda work: work.transcript(known.id, 7))
    assert [(line.author, line.text) for line in lines] == [
        ("customer", "/start"),
        ("customer", "贷款"),
        ("bot", "How much?\n✓ 30万"),
        ("customer", "30万"),
        ("manager", "您好，我是李经理"),
        ("customer", "[photo] 店面"),
        ("customer", "+8613800138000"),
    ]
    assert await world.read(lambda work: work.transcript(known.id, 2)) == lines[-2:]
    assert await world.read(lambda work: work.transcript(known.id, 0)) == ()


async def test_milestones_are_kept_with_the_turn(world: World) -> None:
    async def track(work: UnitOfWork, conversation: Conversation) -> None:
        await work.track(conversation.id, "arrived", {"channel": "market", "n": 1}, world.clock.now())

    await world.turn("1", "42", change=track)
    assert await world.milestones() == [("arrived", {"channel": "market", "n": 1})]
