"""Two customers of one manager in topics, on the whole bot over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from bot.simulator.client import Phone
from tests.stories.house import House, house
from tests.stories.library import marks

WORDS = "好的，我看一下"


class Room:
    """The manager's phone and the customers', and what each has been told."""

    def __init__(self, there: House) -> None:
        self.house = there

    async def join(self) -> None:
        there = self.house
        self.manager = await there.simulator.join("王敏", role="manager")
        await self.done((await self.manager.open(await there.hire("王敏")))["update_id"])
        self.customers = [await self.customer(name) for name in ("小明", "小红")]

    async def customer(self, name: str) -> Phone:
        """Somebody who has asked for a person, and whom the manager has accepted."""
        phone = await self.house.simulator.join(name)
        await self.done((await phone.start())["update_id"])
        for words in ("中文", "农户", "人工"):
            await self.done((await phone.text(words))["update_id"])
        offer = next(m for m in reversed((await self.manager.chat()).messages) if "m.accept." in str(m.raw["buttons"]))
        accept = next(one for row in offer.buttons for one in row if (one.data or "").startswith("m.accept."))
        await self.done((await self.manager.press(offer.id, data=accept.data))["update_id"])
        return phone

    async def done(self, update: int) -> None:
        await self.house.taken(update)
        await self.house.settle()

    async def write(self, words: str, thread: int | None = None) -> None:
        await self.done((await self.manager.text(words, thread=thread))["update_id"])

    async def threads(self) -> list[int]:
        return [topic["id"] for topic in (await self.manager.chat()).topics]

    async def heard(self, words: str) -> list[int]:
        """The places of the customers who have these words."""
        chats = [await phone.chat() for phone in self.customers]
        return [place for place, chat in enumerate(chats) if any(words in m.text for m in chat.messages if m.by_bot)]

    async def erase(self, phone: Phone) -> None:
        """The customer has everything deleted, in two steps."""
        await self.done((await phone.text("/bot"))["update_id"])
        await self.done((await phone.text("删除我的资料"))["update_id"])
        for choice in (".yes", ".yes"):
            asked = [m for m in (await phone.chat()).messages if m.buttons][-1]
            button = next(one for row in asked.buttons for one in row if (one.data or "").endswith(choice))
            await self.done((await phone.press(asked.id, data=button.data))["update_id"])

    async def last(self) -> tuple[str, int | None]:
        """The manager's newest message: its words, and the topic it stands in."""
        message = [m for m in (await self.manager.chat()).messages if m.by_bot and not m.deleted][-1]
        return self.house.marks.plain(message.text), message.thread


async def test_each_customer_is_a_topic_and_words_go_where_they_are_written(new_database: Callable[[str], str]) -> None:
    async with house(new_database("topics"), marks(), "lender", topics=True) as there:
        room = Room(there)
        await room.join()
        first, second = await room.threads()
        await room.write(f"{WORDS} 1", first)
        await room.write(f"{WORDS} 2", second)
        assert (await room.heard(f"{WORDS} 1"), await room.heard(f"{WORDS} 2")) == ([0], [1])
        await room.write(f"{WORDS} 3")
        assert await room.heard(f"{WORDS} 3") == []
        words, thread = await room.last()
        assert (f"{WORDS} 3" in words, thread) == (True, None)
        await there.bot.parts.api.call("deleteForumTopic", {"chat_id": room.manager.id, "message_thread_id": first})
        await room.done((await room.customers[0].text("还在吗"))["update_id"])
        anew = next(topic for topic in await room.threads() if topic != second)
        words, thread = await room.last()
        assert ("还在吗" in words, thread) == (True, anew)
        await room.write(f"{WORDS} 4", anew)
        assert await room.heard(f"{WORDS} 4") == [0]
        await room.write("/return", second)
        names = [there.marks.plain(topic["name"]) for topic in (await room.manager.chat()).topics]
        assert sorted(name.startswith("✓") for name in names) == [False, True]
        await room.write(f"{WORDS} 5", second)
        assert await room.heard(f"{WORDS} 5") == []
        await room.erase(room.customers[0])
        assert await room.threads() == [second]
        assert await there.failures() == []
