from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from bot.applications import progress
from bot.applications.application import Application
from bot.applications.consent import ConsentRecord, ConsentState, text_hash
from bot.applications.events import STAGE_CHANGED, EventData, LenderEvent, Offer
from bot.applications.stages import Stage
from bot.conversation.ports import Conversation, StoredQuote, UnitOfWork
from bot.core.errors import StateError
from bot.core.values import Money, Months, Rate, Text, Values
from bot.dialogs.events import Said
from bot.handoff.availability import WeeklyHours
from bot.handoff.hours import parse_week
from bot.handoff.profiles import Profile
from bot.handoff.records import Assignment, Lead, Manager
from bot.storage.database import Database
from tests.integration.storage.conftest import CHANNEL, World, message_to

VALUES: Values = {
    "net": Money(Decimal("99000.00")),
    "rate": Rate(Decimal("0.1358")),
    "term": Months(12),
    "due": date(2026, 4, 30),
    "method": Text("method.annuity", {"n": 12}),
    "rows": ({"n": 1, "pay": Money(Decimal("8661.90"))},),
    "first": None,
}


def consent(world: World, principal: int, number: str, state: ConsentState = "given", **changes: Any) -> ConsentRecord:
    record = ConsentRecord(
        record_id=number,
        pii_principal=principal,
        channel=CHANNEL,
        pii_controller="Rivergate",
        purpose="share_with_lender",
        lawful_basis="consent",
        pii_categories=("identity", "business"),
        sensitive=False,
        recipients=("Rivergate",),
        abroad=False,
        retention="P5Y",
        notice="share-with-lender",
        notice_version=2,
        notice_language="zh",
        notice_sha256=text_hash("同意吗？"),
        collection_method="button",
        evidence="991",
        state=state,
        event_time=world.clock.now(),
        withdrawal_method="/withdraw",
    )
    return replace(record, **changes)


def quote(world: World, conversation: int, number: str) -> StoredQuote:
    return StoredQuote(number, conversation, "harvest", 3, VALUES, world.clock.now())


def application(world: World, conversation: int, number: str, **changes: Any) -> Application:
    made = Application(
        id=number,
        conversation=conversation,
        product="harvest",
        amount=Money(Decimal("300000.50")),
        months=12,
        method="bullet",
        segment="farmer",
        answers=VALUES,
        consents=("c1", "c2"),
        quote=None,
        release=3,
        created_at=world.clock.now(),
        progress=progress.begun(world.clock.now()),
    )
    return replace(made, **changes)


def told(world: World, number: str, sequence: int, reference: str = "RG-1") -> LenderEvent:
    offer = Offer(Money(Decimal("250000.00")), Months(24), Rate(Decimal("0.072")))
    data = EventData(Stage.COUNTER_OFFER, ("lease",), offer, ("amount_too_high",), world.clock.now())
    return LenderEvent("rivergate", number, STAGE_CHANGED, reference, sequence, world.clock.now(), data)


def lead(world: World, conversation: int, **changes: Any) -> Lead:
    return replace(Lead(0, conversation, "asked", "requested", VALUES, world.clock.now()), **changes)


async def manager(world: World, name: str, address: str | None, **changes: Any) -> Manager:
    """A manager, who has joined by the chat `address` where that is given."""
    chat = (await world.known(address)).id if address else None
    made = replace(Manager(0, name, "客户经理", "9–18", "zh", conversation=chat), **changes)
    return await commit(world, lambda work: work.managers.add(made))  # type: ignore[no-any-return]


async def commit(world: World, change: Any) -> Any:
    """Do something in a turn of its own, and give what it gave."""
    given: list[Any] = []

    async def keep(work: UnitOfWork, _: Conversation) -> None:
        given.append(await change(work))

    world.clock.advance(timedelta(seconds=1))
    await world.turn(f"commit:{world.clock.now()}", "somebody", change=keep)
    return given[0]


async def test_the_newest_consent_record_of_each_notice_counts(world: World) -> None:
    one, other = (await world.known("42")).id, (await world.known("43")).id
    given = consent(world, one, "a")
    marketing = consent(world, one, "b", "refused", notice="marketing", evidence=None)
    withdrawn = consent(world, one, "c", "withdrawn", supersedes="a")
    for record in (given, marketing, withdrawn, consent(world, other, "d")):
        await commit(world, lambda work, record=record: work.consents.add(record))
    latest = await world.read(lambda work: work.consents.latest(one))
    assert latest == {"share-with-lender": withdrawn, "marketing": marketing}


async def test_a_turn_sees_the_records_it_has_made_itself(world: World) -> None:
    async def add(work: UnitOfWork, conversation: Conversation) -> None:
        record = consent(world, conversation.id, "a")
        await work.consents.add(record)
        assert await work.consents.latest(conversation.id) == {"share-with-lender": record}
        kept = await work.leads.add(lead(world, conversation.id))
        assert await work.leads.open_of(conversation.id) == kept

    assert await world.turn("1", "42", change=add) == ()


async def test_records_of_a_turn_that_was_left_are_gone(world: World) -> None:
    known = await world.known("42")
    async with world.storage.work() as work:
        await work.open("1", CHANNEL, "42")
        await work.consents.add(consent(world, known.id, "a"))
        await work.quotes.add(quote(world, known.id, "q"))
        await work.applications.add(application(world, known.id, "app"))
        await work.leads.add(lead(world, known.id))
        await work.lender_events.add(told(world, "e", 1), world.clock.now())
    assert await world.read(lambda work: work.consents.latest(known.id)) == {}
    assert await world.read(lambda work: work.quotes.latest(known.id)) is None
    assert await world.read(lambda work: work.applications.get("app")) is None
    assert await world.read(lambda work: work.leads.waiting()) == ()
    assert await world.read(lambda work: work.lender_events.unapplied("RG-1")) == ()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent SET state = 'given'",
        "DELETE FROM consent",
        "TRUNCATE consent",
        "UPDATE release SET note = 'x'",
        "DELETE FROM release",
        "TRUNCATE release",
    ],
)
async def test_the_database_refuses_to_change_what_is_only_ever_added(database: Database, change: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="never changed or removed"):
        await database.pool.execute(change)


async def test_the_latest_quote_comes_back_as_it_was_shown(world: World) -> None:
    known = await world.known("42")
    for number in ("q2", "q1"):
        await commit(world, lambda work, number=number: work.quotes.add(quote(world, known.id, number)))
    found = await world.read(lambda work: work.quotes.latest(known.id))
    assert found == replace(quote(world, known.id, "q1"), created_at=found.created_at)
    assert list(found.values) == list(VALUES)
    assert await world.read(lambda work: work.quotes.latest((known.id) + 1_000_000)) is None


async def test_an_application_comes_back_as_it_was_made(world: World) -> None:
    known = await world.known("42")
    await commit(world, lambda work: work.quotes.add(quote(world, known.id, "q")))
    made = application(world, known.id, "app", quote="q")
    await commit(world, lambda work: work.applications.add(made))
    assert await world.read(lambda work: work.applications.get("app")) == made
    assert await world.read(lambda work: work.applications.get("other")) is None


async def test_reference_and_progress_of_an_application_are_kept(world: World) -> None:
    known = await world.known("42")
    made = application(world, known.id, "app")
    await commit(world, lambda work: work.applications.add(made))
    after, _ = progress.advance(made.progress, told(world, "e1", 1))
    await commit(world, lambda work: work.applications.save(replace(made, reference="RG-1", progress=after)))
    found = await world.read(lambda work: work.applications.by_reference("RG-1"))
    assert found == replace(made, reference="RG-1", progress=after)
    assert await world.read(lambda work: work.applications.by_reference("RG-2")) is None


async def test_applications_of_a_conversation_come_oldest_first(world: World) -> None:
    known = await world.known("42")
    later = application(world, known.id, "a", created_at=world.clock.now() + timedelta(days=1))
    earlier = application(world, known.id, "b")
    for made in (later, earlier):
        await commit(world, lambda work, made=made: work.applications.add(made))
    assert await world.read(lambda work: work.applications.of_conversation(known.id)) == (earlier, later)


async def test_two_events_about_one_application_are_applied_one_after_the_other(world: World) -> None:
    known = await world.known("42")
    await commit(world, lambda work: work.applications.add(application(world, known.id, "app", reference="RG-1")))
    both = asyncio.Barrier(2)

    async def apply(address: str, event: LenderEvent) -> None:
        async def change(work: UnitOfWork, _: Conversation) -> None:
            await both.wait()
            found = await work.applications.by_reference("RG-1")
            assert found is not None
            after, _change = progress.advance(found.progress, event)
            await work.applications.save(replace(found, progress=after))

        await world.turn(event.id, address, change=change)

    await asyncio.gather(apply("43", told(world, "e1", 1)), apply("44", told(world, "e2", 2)))
    found = await world.read(lambda work: work.applications.get("app"))
    assert [event.id for event in found.progress.history] == ["e1", "e2"]


async def test_a_lender_s_event_is_kept_once_and_comes_back_whole(world: World) -> None:
    event = told(world, "e1", 1)
    assert await commit(world, lambda work: work.lender_events.add(event, world.clock.now()))
    assert not await commit(world, lambda work: work.lender_events.add(event, world.clock.now()))
    assert await world.read(lambda work: work.lender_events.unapplied("RG-1")) == (event,)


async def test_events_wait_in_the_lender_s_order_until_they_are_applied(world: World) -> None:
    events = [told(world, name, sequence) for name, sequence in (("c", 3), ("a", 1), ("b", 2))]
    for event in (*events, told(world, "x", 1, "RG-2")):
        await commit(world, lambda work, event=event: work.lender_events.add(event, world.clock.now()))
    await commit(world, lambda work: work.lender_events.applied(events[1]))
    waiting = await world.read(lambda work: work.lender_events.unapplied("RG-1"))
    assert [event.id for event in waiting] == ["b", "c"]


async def test_a_manager_joins_by_an_invitation_that_works_once(world: World) -> None:
    invited = await manager(world, "李", None, invitation="hash")
    chat = await world.known("77")
    assert await world.read(lambda work: work.managers.by_invitation("hash")) == invited
    await commit(world, lambda work: work.managers.joined(invited.id, chat.id))
    joined = replace(invited, conversation=chat.id, invitation=None)
    assert await world.read(lambda work: work.managers.by_invitation("hash")) is None
    assert await world.read(lambda work: work.managers.by_conversation(chat.id)) == joined
    assert await world.read(lambda work: work.managers.get(invited.id)) == joined
    assert await world.read(lambda work: work.managers.all()) == (joined,)


async def test_two_people_with_one_invitation_cannot_both_join(world: World) -> None:
    invited = await manager(world, "李", None, invitation="hash")

    both = asyncio.Barrier(2)

    async def join(address: str) -> bool:
        found: list[Manager | None] = []

        async def change(work: UnitOfWork, conversation: Conversation) -> None:
            await both.wait()
            found.append(await work.managers.by_invitation("hash"))
            if found[0] is not None:
                await work.managers.joined(found[0].id, conversation.id)

        await world.turn(f"join:{address}", address, change=change)
        return found[0] == invited

    assert sorted(await asyncio.gather(join("77"), join("78"))) == [False, True]


async def test_a_managers_duty_and_profile_come_back_as_they_were_set(world: World) -> None:
    hours = WeeklyHours(
        parse_week("Mo-Fr 09:00-12:00,14:00-18:00"), country="CN", closed=frozenset((date(2026, 5, 8),))
    )
    one, other = await manager(world, "one", "one"), await manager(world, "other", "other")
    profile = Profile(
        segments=frozenset(("farmer",)), accounts=frozenset(("riverside",)), capacity=5, hours=hours, backup=other.id,
        supervisor=True,
    )  # fmt: skip
    await commit(world, lambda work: work.managers.set_on_duty(one.id, False))
    await commit(world, lambda work: work.managers.set_profile(one.id, profile))
    assert await world.read(lambda work: work.managers.all()) == (replace(one, on_duty=False, profile=profile), other)


async def test_an_assignment_ends_once_and_stays_as_it_was(world: World) -> None:
    customer, one = await world.known("42"), await manager(world, "one", "77")
    asked = await commit(world, lambda work: work.leads.add(lead(world, customer.id)))
    now = world.clock.now()
    new = Assignment(0, asked.id, one.id, "skill", "skill: segment", now)
    first = await commit(world, lambda work: work.assignments.add(new))
    assert await world.read(lambda work: work.assignments.open_of(asked.id)) == first
    await commit(world, lambda work: work.assignments.ended(first.id, "timed_out", now))
    await commit(world, lambda work: work.assignments.ended(first.id, "returned", world.clock.now()))
    await commit(world, lambda work: work.assignments.accepted(first.id, world.clock.now()))
    second = await commit(world, lambda work: work.assignments.add(new))
    await commit(world, lambda work: work.assignments.accepted(second.id, now))
    history = await world.read(lambda work: work.assignments.of_lead(asked.id))
    assert history == (replace(first, outcome="timed_out", ended_at=now), replace(second, accepted_at=now))
    assert await world.read(lambda work: work.assignments.open()) == history[1:]
    assert await world.read(lambda work: work.assignments.recent(now)) == {one.id: 2}
    assert await world.read(lambda work: work.assignments.recent(now + timedelta(seconds=1))) == {}


async def test_a_lead_has_one_open_assignment_at_most(world: World) -> None:
    customer, one = await world.known("42"), await manager(world, "one", "77")
    asked = await commit(world, lambda work: work.leads.add(lead(world, customer.id)))
    new = Assignment(0, asked.id, one.id, "skill", "skill", world.clock.now())
    await commit(world, lambda work: work.assignments.add(new))
    with pytest.raises(StateError):
        await commit(world, lambda work: work.assignments.add(new))


async def test_routing_is_decided_by_one_transaction_at_a_time(world: World) -> None:
    both, inside = asyncio.Barrier(2), [0]

    async def decide(address: str) -> None:
        async def change(work: UnitOfWork, _: Conversation) -> None:
            await both.wait()
            await work.assignments.lock()
            inside[0] += 1
            seen = inside[0]
            await asyncio.sleep(0.05)
            assert inside[0] == seen, "another transaction has decided meanwhile"

        await world.turn(f"decide:{address}", address, change=change)

    await asyncio.gather(decide("42"), decide("43"))


async def test_a_customer_has_one_own_manager_and_the_account_of_the_last_link(world: World) -> None:
    customer = await world.known("42")
    one, other = await manager(world, "one", "77"), await manager(world, "other", "78")
    assert await world.read(lambda work: work.assignments.owner_of(customer.id)) is None
    assert await world.read(lambda work: work.assignments.account_of(customer.id)) is None
    for owner in (one, other):
        await commit(world, lambda work, owner=owner: work.assignments.own(customer.id, owner.id, world.clock.now()))
    for channel, detail in (("park", "oldmill"), ("park", "riverside"), ("poster", "market7")):
        arrived = {"channel": channel, "detail": detail}
        await commit(world, lambda work, said=arrived: work.track(customer.id, "arrived", said, world.clock.now()))
    assert await world.read(lambda work: work.assignments.owner_of(customer.id)) == other.id
    assert await world.read(lambda work: work.assignments.account_of(customer.id)) == "riverside"


async def test_leads_are_told_from_a_time_on(world: World) -> None:
    customers = [await world.known(address) for address in ("42", "43")]
    first, second = [
        await commit(world, lambda work, chat=one.id: work.leads.add(lead(world, chat))) for one in customers
    ]
    assert await world.read(lambda work: work.leads.since(first.created_at)) == (first, second)
    assert await world.read(lambda work: work.leads.since(second.created_at)) == (second,)


async def test_a_lead_comes_back_as_it_was_saved(world: World) -> None:
    customer = await world.known("42")
    holder = await manager(world, "李", "77")
    added = await commit(world, lambda work: work.leads.add(lead(world, customer.id)))
    now = world.clock.now()
    changed = replace(added, status="active", manager=holder.id, accepted_at=now, facts={"need": Text("need.seed")})
    await commit(world, lambda work: work.leads.save(changed))
    assert await world.read(lambda work: work.leads.get(added.id)) == changed
    assert await world.read(lambda work: work.leads.open_of(customer.id)) == changed
    assert await world.read(lambda work: work.leads.held_by(holder.id)) == (changed,)
    await commit(world, lambda work: work.leads.save(replace(changed, status="returned", closed_at=now)))
    assert await world.read(lambda work: work.leads.open_of(customer.id)) is None
    assert await world.read(lambda work: work.leads.held_by(holder.id)) == ()
    assert await world.read(lambda work: work.leads.get(added.id + 1_000_000)) is None


async def test_leads_nobody_has_accepted_wait_oldest_first(world: World) -> None:
    holder = await manager(world, "李", "77")
    leads = []
    for address in ("42", "43", "44"):
        customer = await world.known(address)
        leads.append(await commit(world, lambda work, chat=customer.id: work.leads.add(lead(world, chat))))
    await commit(world, lambda work: work.leads.save(replace(leads[0], status="offered")))
    await commit(world, lambda work: work.leads.save(replace(leads[1], status="accepted", manager=holder.id)))
    waiting = await world.read(lambda work: work.leads.waiting())
    assert [(item.id, item.status) for item in waiting] == [(leads[0].id, "offered"), (leads[2].id, "requested")]


async def test_it_is_remembered_whom_a_lead_was_offered_to(world: World) -> None:
    one, other = await manager(world, "one", "77"), await manager(world, "other", "78")
    customer = await world.known("42")
    added = await commit(world, lambda work: work.leads.add(lead(world, customer.id)))
    for asked in (other, one, other):
        await commit(world, lambda work, asked=asked: work.leads.offered(added.id, asked.id))
    assert await world.read(lambda work: work.leads.offered_to(added.id)) == (one, other)
    assert await world.read(lambda work: work.leads.offered_to(added.id + 1_000_000)) == ()


async def test_one_of_two_managers_gets_the_lead(world: World) -> None:
    customer = await world.known("42")
    managers = [await manager(world, name, name) for name in ("one", "other")]
    offered = await commit(world, lambda work: work.leads.add(lead(world, customer.id, status="offered")))
    both = asyncio.Barrier(2)

    async def accept(me: Manager) -> bool:
        won: list[bool] = []

        async def change(work: UnitOfWork, _: Conversation) -> None:
            await both.wait()
            found = await work.leads.get(offered.id)
            assert found is not None
            won.append(found.status == "offered")
            if won[0]:
                await work.leads.save(replace(found, status="accepted", manager=me.id))

        await world.turn(f"accept:{me.id}", me.name, change=change)
        return won[0]

    results = await asyncio.gather(*(accept(me) for me in managers))
    assert sorted(results) == [False, True]
    winner = managers[results.index(True)]
    assert (await world.read(lambda work: work.leads.get(offered.id))).manager == winner.id


async def test_a_customer_has_one_open_lead_and_a_manager_may_hold_several(world: World) -> None:
    customer, other = await world.known("42"), await world.known("43")
    holder = await manager(world, "李", "77")
    first = await commit(world, lambda work: work.leads.add(lead(world, customer.id)))
    second = await commit(world, lambda work: work.leads.add(lead(world, other.id)))
    with pytest.raises(StateError):
        await commit(world, lambda work: work.leads.add(lead(world, customer.id)))
    await commit(world, lambda work: work.leads.save(replace(first, status="active", manager=holder.id)))
    await commit(world, lambda work: work.leads.save(replace(second, status="accepted", manager=holder.id)))
    held = await world.read(lambda work: work.leads.held_by(holder.id))
    assert [one.id for one in held] == [first.id, second.id]
    await commit(world, lambda work: work.leads.save(replace(first, status="returned", manager=holder.id)))
    assert await commit(world, lambda work: work.leads.add(lead(world, customer.id)))


async def test_erasing_forgets_what_was_written_and_shown_and_keeps_what_must_stay(world: World) -> None:
    known = await world.known("42")

    async def fill(work: UnitOfWork, conversation: Conversation) -> None:
        work.send(message_to(conversation, "shown", slot="prompt"))
        await work.consents.add(consent(world, known.id, "a"))
        for number in ("q1", "q2"):
            await work.quotes.add(quote(world, known.id, number))
        await work.applications.add(application(world, known.id, "kept", quote="q1", reference="RG-1"))
        await work.applications.add(application(world, known.id, "dropped", quote="q2"))
        await work.leads.add(lead(world, known.id))
        await work.track(known.id, "arrived", {"amount": 300000}, world.clock.now())

    async def erase(work: UnitOfWork, conversation: Conversation) -> None:
        await work.erase(known.id, world.clock.now())
        work.send(message_to(conversation, "forgotten"))

    await world.turn("1", "42", event=Said(world.clock.now(), "my secret"), change=fill)
    await world.turn("2", "42", event=Said(world.clock.now(), "/forget"), change=erase)
    lines = await world.read(lambda work: work.transcript(known.id, 100))
    assert "my secret" not in [line.text for line in lines]
    assert [one.message.html for one in await world.outbox.unsent(known.id)] == ["forgotten"]
    assert list(await world.read(lambda work: work.consents.latest(known.id))) == ["share-with-lender"]
    assert [item.id for item in await world.read(lambda work: work.applications.of_conversation(known.id))] == ["kept"]
    assert (await world.read(lambda work: work.quotes.latest(known.id))).id == "q1"
    assert (await world.read(lambda work: work.leads.open_of(known.id))).facts == {}
    assert await world.milestones() == [("arrived", {}), ("erased", {})]
    assert await world.turn("1", "42") is None


async def test_erasing_one_customer_leaves_the_others_alone(world: World) -> None:
    known, other = await world.known("42"), await world.known("43")
    await world.turn("1", "43", event=Said(world.clock.now(), "hello"), texts=("welcome",))
    await commit(world, lambda work: work.quotes.add(quote(world, other.id, "q")))
    await commit(world, lambda work: work.applications.add(application(world, other.id, "app")))
    before = await world.read(lambda work: work.transcript(other.id, 100))
    await world.turn("2", "42", change=lambda work, _: work.erase(known.id, world.clock.now()))
    assert await world.read(lambda work: work.transcript(other.id, 100)) == before
    assert await world.read(lambda work: work.quotes.latest(other.id)) is not None
    assert await world.read(lambda work: work.applications.get("app")) is not None
