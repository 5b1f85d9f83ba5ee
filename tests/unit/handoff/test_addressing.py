from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.values import Text
from bot.dialogs.events import Said
from bot.handoff import cards
from bot.handoff.addressing import MOST_KEPT, Kept, Seat, addressee, seat_of, with_seat
from bot.handoff.records import Lead
from bot.testing.clock import FixedClock
from bot.testing.memory import MemoryStorage
from bot.testing.memory_topics import MemoryTopicBook
from tests.unit.handoff.office import Office, in_memory

CHEN = "101"
CUSTOMERS = ("1", "2", "3")


# The decision


@pytest.mark.parametrize(
    ("held", "unheard", "active", "pointed", "whom"),
    [
        ((), (), None, (), "nobody"),
        ((), (), None, (None,), "nobody"),
        ((7,), (), None, (), "ask"),
        ((7,), (), 7, (), 7),
        ((7,), (7,), 7, (), 7),
        ((7, 8), (8,), 7, (), "ask"),
        ((7, 8), (), 9, (), "ask"),
        ((7, 8), (7, 8), 7, (8,), 8),
        ((7, 8), (), 7, (9,), "gone"),
        ((7, 8), (), 7, (None,), "ask"),
        ((7, 8), (), 7, (7, 8), "ask"),
    ],
)
def test_words_are_for_whom_they_point_at_else_for_the_chosen_customer_unless_another_has_written(
    held: tuple[int, ...],
    unheard: tuple[int, ...],
    active: int | None,
    pointed: tuple[int | None, ...],
    whom: int | str,
) -> None:
    assert addressee(held, unheard, active, pointed) == whom


def test_a_seat_is_kept_whole() -> None:
    seat = Seat(7, {7: 2, 8: 0}, (Kept("1", "您好"), Kept("2", "", "photo", "file")))
    assert seat_of(with_seat({"locale": "zh"}, seat)) == seat
    assert with_seat({"locale": "zh"}, Seat()) == {"locale": "zh"}


def test_of_too_many_words_that_wait_the_oldest_give_way() -> None:
    seat = Seat()
    for place in range(MOST_KEPT + 1):
        seat = seat.keeping(Kept(f"{place}", "…"))
    assert (seat.waiting("0"), len(seat.kept)) == (None, MOST_KEPT)


# In the chat


@dataclass
class Desk:
    """A manager who serves several customers, and what the manager could know of whom words are for."""

    office: Office
    storage: MemoryStorage
    chosen: str | None = None
    disturbed: set[str] = field(default_factory=set)
    expected: list[tuple[str, str]] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def begin(self) -> None:
        await self.office.manager(CHEN, "陈立", capacity=len(CUSTOMERS))
        for customer in CUSTOMERS:
            await self.office.customer(customer)

    async def delivered(self) -> None:
        await self.office.run_jobs()
        waiting = [item for item in self.storage.tables.outbox.items() if item[1].waits]
        await self.storage.outbox.mark_sent([(number, f"sent{number}") for number, _ in waiting])

    def lead_in(self, customer: str) -> int | None:
        held = [lead for lead in self.storage.tables.leads.values() if lead.status in {"accepted", "active"}]
        conversation = self.storage.tables.addresses[
            next(key for key in self.storage.tables.addresses if key[1] == customer)
        ]
        return next((lead.id for lead in held if lead.conversation == conversation), None)

    def held(self) -> list[str]:
        return [customer for customer in CUSTOMERS if self.lead_in(customer) is not None]

    def words(self) -> str:
        return f"words{next(self.numbers)}"

    async def comes(self, customer: str) -> None:
        """The customer asks for a person, and the manager accepts."""
        if self.lead_in(customer) is not None:
            return
        await self.office.say(customer, "人工")
        await self.office.say(CHEN, "/leads")
        lead = next(one for one in self.storage.tables.leads.values() if one.status == "offered")
        await self.office.press(CHEN, f"m.accept.{lead.id}")
        self.chosen, self.disturbed = customer, set()

    async def writes(self, customer: str) -> None:
        if self.lead_in(customer) is not None:
            await self.office.say(customer, self.words())
            self.disturbed.add(customer)

    async def switched(self, customer: str) -> None:
        lead = self.lead_in(customer)
        if lead is not None:
            await self.office.press(CHEN, f"m.talk.{lead}")
            self.chosen, self.disturbed = customer, set()

    async def closes(self, customer: str) -> None:
        if self.lead_in(customer) is not None:
            await self.office.say(customer, "/bot")
            self.disturbed.add(customer)
            self.chosen = None if self.chosen == customer else self.chosen

    async def gives_back(self, customer: str) -> None:
        lead = self.lead_in(customer)
        if lead is not None:
            await self.office.press(CHEN, f"m.return.{lead}")
            self.disturbed.discard(customer)
            self.chosen = None if self.chosen == customer else self.chosen

    async def speaks(self, customer: str) -> None:
        """Words that name nobody; where the manager is asked, it is `customer` whom they are for."""
        words = self.words()
        before = len(self.office.chat(CHEN))
        await self.office.say(CHEN, words)
        asked = [one for one in self.office.chat(CHEN)[before:] if one.slot.startswith("whom.")]
        if not asked:
            if self.held():
                assert self.chosen is not None
                assert self.disturbed <= {self.chosen}, "words went out though another customer had written or gone"
                self.expected.append((self.chosen, words))
            return
        assert not self.office_has(words), "words went out though the manager was asked"
        lead = self.lead_in(customer)
        token = next((t for t in asked[-1].tokens.values() if t.startswith("m.to.") and t.endswith(f".{lead}")), None)
        if token is not None:
            await self.office.press(CHEN, token)
            await self.office.press(CHEN, token)
            self.expected.append((customer, words))
            self.chosen, self.disturbed = customer, set()

    async def replies(self, customer: str) -> None:
        """Words that answer the last message that came from the customer, still held or not."""
        sent = [
            item
            for item in self.storage.tables.outbox.values()
            if item.message.address == CHEN and item.message.author == "customer" and item.message_id
        ]
        mine = [item for item in sent if self.came_from(item.message.slot) == customer]
        if not mine:
            return
        words = self.words()
        lead = self.lead_in(customer)
        await self.office.reply(CHEN, words, str(mine[-1].message_id))
        if lead is not None and mine[-1].message.slot.partition(".")[0] == f"c{lead}":
            self.expected.append((customer, words))
            self.disturbed.discard(customer)
            self.chosen = customer if self.chosen == customer else None

    async def edits(self, customer: str) -> None:
        """The manager changes what went to this customer last, who may be gone by now."""
        mine = [out.slot for out in self.office.posted if out.author == "manager" and out.address == customer]
        if not mine:
            return
        lead, _, place = mine[-1].removeprefix("m").partition(".")
        words = self.words()
        await self.office.edit(CHEN, words, place)
        if self.lead_in(customer) == int(lead):
            self.expected.append((customer, words))

    def came_from(self, slot: str) -> str:
        lead = self.storage.tables.leads[int(slot.removeprefix("c").partition(".")[0])]
        return next(key[1] for key, number in self.storage.tables.addresses.items() if number == lead.conversation)

    def office_has(self, words: str) -> bool:
        return any(words in self.office.words(customer) for customer in CUSTOMERS)

    def check(self) -> None:
        """Every word is with the customer whom it was for, once, and with nobody else."""
        told = [
            (out.address, words)
            for out in self.office.posted
            if out.author == "manager"
            for _, words in self.expected
            if out.html.endswith(f"\n{words}")
        ]
        assert sorted(told) == sorted(self.expected)
        mine = [out for out in self.office.posted if out.author == "manager"]
        assert len(mine) == len(self.expected)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ("comes", "writes", "speaks", "speaks", "replies", "replies", "edits", "switched", "closes", "gives_back")
        ),
        st.sampled_from(CUSTOMERS),
    ),
    min_size=8,
    max_size=25,
)


async def played(kind: type[Desk], acts: list[tuple[str, str]], *, topics: bool = False) -> None:
    """Two customers come, then everything happens in this order; nothing has gone to the wrong one."""
    office = await in_memory(FixedClock(datetime(2026, 3, 2, 2, 0, tzinfo=UTC)), topics=topics)
    assert isinstance(office.storage, MemoryStorage)
    desk = kind(office, office.storage)
    await desk.begin()
    for act, customer in (("comes", "1"), ("comes", "2"), *acts):
        await getattr(desk, act)(customer)
        await desk.delivered()
    desk.check()


@settings(max_examples=60, deadline=None)
@given(ACTS)
def test_no_order_of_words_answers_choices_and_endings_ever_brings_words_to_the_wrong_customer(
    acts: list[tuple[str, str]],
) -> None:
    asyncio.run(played(Desk, acts))


# In topics


@dataclass
class Topics(Desk):
    """The same manager in a chat with topics, which the channel makes, and which may be deleted."""

    threads: dict[str, list[str]] = field(default_factory=dict)

    async def delivered(self) -> None:
        tables = self.storage.tables
        book = MemoryTopicBook(tables)
        for item in [item for item in tables.outbox.values() if item.waits and item.message.topic]:
            message = item.message
            assert message.subject is not None
            if await book.standing(message.conversation, message.subject) is None:
                thread = f"{next(self.numbers)}"
                await book.keep(message.conversation, message.subject, thread)
                self.threads.setdefault(self.address_of(message.subject), []).append(thread)
        await super().delivered()

    def address_of(self, conversation: int) -> str:
        return next(key[1] for key, number in self.storage.tables.addresses.items() if number == conversation)

    async def speaks(self, customer: str) -> None:
        """Outside of every topic, and in one that belongs to nobody: it is always asked, whoever writes or was chosen."""
        await self.asked_about(customer, None)

    async def strays(self, customer: str) -> None:
        await self.asked_about(customer, "987654321")

    async def asked_about(self, customer: str, thread: str | None, reply_to: str | None = None) -> None:
        words, before = self.words(), len(self.office.chat(CHEN))
        await self.office.take(CHEN, Said(self.office.clock.now(), words, words[5:], None, reply_to, thread))
        asked = [one for one in self.office.chat(CHEN)[before:] if one.slot.startswith("whom.")]
        assert bool(asked) == bool(self.held())
        assert not self.office_has(words)
        token = f"m.to.{words[5:]}.{self.lead_in(customer)}"
        if asked and token in asked[-1].tokens.values():
            await self.office.press(CHEN, token)
            await self.office.press(CHEN, token)
            self.expected.append((customer, words))

    async def writes_in(self, customer: str) -> None:
        """In the customer's topic, or, on a phone that does not know yet, in one that was deleted."""
        for thread in self.threads.get(customer, ())[-2:]:
            words = self.words()
            await self.office.take(CHEN, Said(self.office.clock.now(), words, words[5:], thread=thread))
            if self.lead_in(customer) is not None:
                self.expected.append((customer, words))

    async def answers_across(self, customer: str) -> None:
        """In the customer's topic, but answering what another customer wrote."""
        others = [
            item.message_id
            for item in self.storage.tables.outbox.values()
            if item.message.address == CHEN
            and item.message.author == "customer"
            and self.came_from(item.message.slot) != customer
        ]
        if others and self.threads.get(customer):
            await self.asked_about(customer, self.threads[customer][-1], others[-1])

    async def deletes(self, customer: str) -> None:
        conversation = (await self.office.state(CHEN)).id
        for thread in self.threads.get(customer, ())[-1:]:
            await MemoryTopicBook(self.storage.tables).lose(conversation, thread)


TOPIC_ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ("comes", "writes", "speaks", "strays", "writes_in", "writes_in", "answers_across", "switched", "closes",
             "gives_back", "deletes")
        ),
        st.sampled_from(CUSTOMERS),
    ),
    min_size=8,
    max_size=25,
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(TOPIC_ACTS)
def test_in_topics_words_reach_only_the_customer_whose_topic_it_is_or_was(acts: list[tuple[str, str]]) -> None:
    asyncio.run(played(Topics, acts, topics=True))


async def test_each_customer_has_a_topic_named_by_surname_and_product_and_its_end_is_seen() -> None:
    office = await in_memory(FixedClock(datetime(2026, 3, 2, 2, 0, tzinfo=UTC)), topics=True)
    assert isinstance(office.storage, MemoryStorage)
    desk = Topics(office, office.storage)
    await desk.begin()
    await desk.comes("1")
    await desk.delivered()
    lead = desk.lead_in("1")
    assert {out.topic for out in office.posted if out.topic} == {f"客户（{lead}）"}
    assert office.says("desk.taken_by_you", lead=lead) in office.words(CHEN)
    await desk.gives_back("1")
    assert office.posted[-1].topic == f"✓ 客户（{lead}）"
    named = Lead(7, 1, "asked", "active", {"contact_name": "李梅", "product": "harvest"}, office.clock.now(), 1)
    assert office.texts.label(cards.topic(named, office.texts.knows), "zh") == "李（7）丰收贷"
    given = replace(named, facts={"contact_name": "Mei Li", "product": "gone"})
    assert office.texts.label(cards.topic(given, office.texts.knows), "en") == "Li (7) gone"


@pytest.fixture
async def desk(office: Office) -> Desk:
    """A manager who holds two customers, the second chosen."""
    assert isinstance(office.storage, MemoryStorage)
    made = Desk(office, office.storage)
    await made.begin()
    for customer in CUSTOMERS[:2]:
        await made.comes(customer)
        await made.delivered()
    for person in (*CUSTOMERS, CHEN):
        office.clear(person)
    return made


async def test_the_question_keeps_the_words_and_is_answered_by_a_button(desk: Desk) -> None:
    await desk.writes("1")
    await desk.office.say(CHEN, "您好，稍等")
    asked = desk.office.chat(CHEN)[-1]
    assert "您好，稍等" in asked.html
    assert len(asked.tokens) == 3
    assert not desk.office_has("您好，稍等")
    await desk.office.press(CHEN, next(iter(asked.tokens.values())))
    assert "您好，稍等" in desk.office.words("1")
    assert "您好，稍等" not in desk.office.words("2")
    await desk.office.say(CHEN, "请讲")
    assert "请讲" in desk.office.words("1")


async def test_words_that_are_not_to_be_sent_go_nowhere(desk: Desk) -> None:
    await desk.writes("1")
    await desk.office.say(CHEN, "写错了")
    token = list(desk.office.chat(CHEN)[-1].tokens.values())
    assert await desk.office.press(CHEN, token[-1]) == desk.office.says("desk.notice.dropped")
    assert await desk.office.press(CHEN, token[0]) == desk.office.says("desk.notice.settled")
    assert not desk.office_has("写错了")


async def test_a_photo_waits_for_its_customer_too(desk: Desk) -> None:
    await desk.writes("1")
    await desk.office.attach(CHEN, "photo", "file-9")
    assert not [out for out in desk.office.posted if out.relayed]
    await desk.office.press(CHEN, next(iter(desk.office.chat(CHEN)[-1].tokens.values())))
    assert [out.address for out in desk.office.posted if out.relayed] == ["1"]


async def test_an_answer_to_ones_own_words_goes_to_whom_they_went(desk: Desk) -> None:
    await desk.office.say(CHEN, "利率按年算")
    place = next(out.slot for out in desk.office.posted if out.author == "manager").partition(".")[2]
    await desk.writes("1")
    await desk.office.reply(CHEN, "补充一句", place)
    assert "补充一句" in desk.office.words("2")
    assert "补充一句" not in desk.office.words("1")


async def test_a_customers_message_can_be_pressed_to_talk_with_that_customer(desk: Desk) -> None:
    await desk.writes("1")
    token = next(iter(desk.office.chat(CHEN)[-1].tokens.values()))
    await desk.office.press(CHEN, token)
    await desk.office.say(CHEN, "在的")
    assert "在的" in desk.office.words("1")


async def test_giving_back_without_saying_whom_is_asked_about(desk: Desk) -> None:
    await desk.writes("1")
    await desk.office.say(CHEN, "/return")
    asked = desk.office.chat(CHEN)[-1]
    assert asked.html == desk.office.says("desk.which")
    await desk.office.press(CHEN, next(iter(asked.tokens.values())))
    assert desk.held() == ["2"]


async def test_words_written_just_when_another_customer_goes_are_not_heard_by_the_one_who_stays(desk: Desk) -> None:
    await desk.writes("1")
    await desk.closes("1")
    await desk.office.say(CHEN, "好的，我查一下您的申请")
    assert not desk.office_has("好的，我查一下您的申请")
    await desk.office.press(CHEN, next(iter(desk.office.chat(CHEN)[-1].tokens.values())))
    assert "好的，我查一下您的申请" in desk.office.words("2")


async def test_an_answer_to_a_customer_who_has_gone_reaches_nobody(desk: Desk) -> None:
    await desk.writes("1")
    await desk.delivered()
    await desk.closes("1")
    await desk.replies("1")
    assert desk.office.chat(CHEN)[-1].html == desk.office.says("desk.not_with_you")
    assert not [out for out in desk.office.posted if out.author == "manager"]


async def test_the_customer_list_names_every_customer_who_is_held(desk: Desk) -> None:
    await desk.office.say(CHEN, "/leads")
    assert desk.office.says("desk.list_holding", held=2, count=0) in desk.office.words(CHEN)
    assert desk.office.texts.knows(Text("desk.talk").key)
