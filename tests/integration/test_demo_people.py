"""The people of the demo over HTTP: a field agent with the operator's commands beside, a customer and a manager who reply and change words."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from bot.demo import demo
from bot.demo.house import TOKEN
from bot.simulator.client import Phone, SeenMessage, SimulatorClient
from bot.testing.network import free_port
from bot.testing.samples import sample
from tests.integration.process import command

PLACES = ("北门批发市场", "春耕农资展")


@dataclass
class Market:
    """The demo with its staff, and an owner who passes by."""

    simulator: SimulatorClient
    phones: Mapping[str, Phone]
    environment: Mapping[str, str]

    async def owner(self, name: str) -> Phone:
        return await self.simulator.join(name)

    async def bot(self, *arguments: str) -> str:
        """What `python -m bot ARGUMENTS` answers."""
        with command(self.environment, *arguments) as process:
            told, wrong = await asyncio.to_thread(process.communicate)
        return (told + wrong).strip()

    async def marked(self) -> None:
        """Everything that was sent is known to the outbox by the channel's own number, as it is before anybody can read it."""
        async with await psycopg.AsyncConnection.connect(
            self.environment["BOT_DATABASE_URL"], autocommit=True
        ) as database:
            while True:
                found = await database.execute("SELECT count(*) FROM outbox WHERE sent_at IS NULL AND failure IS NULL")
                if await found.fetchone() == (0,):
                    return
                await asyncio.sleep(0.01)

    async def enter(self, place: str) -> str:
        """The agent enters a farmer met at a place; the owner's link."""
        agent = self.phones["agent"]
        await agent.text("/new")
        await press(agent, place)
        await press(agent, "农户")
        await press(agent, "买饲料")
        await agent.wait_for("大概需要多少钱")
        await agent.text("20万")
        await agent.wait_for("您看到了什么")
        await agent.text("摊位客流不错，电话 13800138000")
        review = await agent.wait_for("请核对")
        assert "13800138000" not in review.text
        await agent.press(review, "没问题，生成链接")
        made = await agent.wait_for("只能打开一次")
        assert made.media is not None and made.media["kind"] == "photo"  # noqa: PT018 -- the code, to be scanned
        return link_in(made)


async def press(phone: Phone, label: str) -> None:
    """Wait for a button and press it."""
    await phone.press(await phone.wait_for(lambda message: label in message.labels), label)


def link_in(message: SeenMessage) -> str:
    return str(re.findall(r"https://t\.me/\S+", message.text)[0])


@pytest.fixture
async def market(empty_database_url: str) -> AsyncIterator[Market]:
    async with _market(empty_database_url) as there:
        yield there


@asynccontextmanager
async def _market(database: str) -> AsyncIterator[Market]:
    keys = os.environ["BOT_MASTER_KEYS"]
    port = free_port()
    async with (
        demo(page_port=0, bot_port=port, database=database, master_keys=keys) as running,
        httpx.AsyncClient(timeout=60) as http,
        SimulatorClient(running.page) as simulator,
    ):
        answer = await http.post(f"{running.page}/demo/staff", params={"language": "zh"})
        staff = answer.json()["staff"]
        phones = {one["seat"]: await simulator.phone(one["user"]) for one in reversed(staff)}
        environment = {
            "BOT_DATABASE_URL": database, "BOT_MASTER_KEYS": keys, "BOT_TELEGRAM_API": running.page,
            "BOT_TOKEN": TOKEN,
        }  # fmt: skip
        yield Market(simulator, phones, environment)


async def test_an_agent_brings_an_owner_who_agrees_and_the_operator_takes_codes_and_agents_back(
    market: Market, tmp_path: Path
) -> None:
    listed = await market.bot("agent", "list")
    assert [line.split("  ")[1:4] for line in listed.splitlines()] == [["李明", "field", place] for place in PLACES]
    picture = tmp_path / "market.svg"
    code = await market.bot("agent", "qr", "1", "--place", PLACES[0], "--out", str(picture))
    assert "<svg" in picture.read_text()

    passer_by = await market.owner("王芳")
    await passer_by.open(code)
    await press(passer_by, "中文")

    owner, manager, agent = await market.owner("王大山"), market.phones["manager"], market.phones["agent"]
    await owner.open(await market.enter(PLACES[0]))
    shown = await owner.wait_for("推广员李明")
    assert all(words in shown.text for words in ("河谷小微信贷", PLACES[0], "农户", "¥200,000", "摊位客流不错"))
    await agent.wait_for("店主打开了")
    await press(owner, "同意")
    await agent.wait_for("店主同意了")
    offer = await manager.wait_for("李明 · 北门批发市场")
    await manager.press(offer, "接手")
    await owner.wait_for("方雅（客户经理）来了")
    await agent.text("/mine")
    await agent.wait_for("北门批发市场，同意了")

    late = await market.enter(PLACES[1])
    assert "1 open links" in await market.bot("agent", "revoke", "1", "--place", PLACES[1])
    await passer_by.open(late)
    await passer_by.wait_for("这个链接")
    await market.bot("agent", "remove", "1")
    await agent.text("/new")
    await agent.wait_for("这个功能给外勤推广员用")
    assert "there is no agent 1" in await market.bot("agent", "invite", "1")


async def test_what_is_answered_and_changed_is_so_in_the_other_chat_too(market: Market) -> None:
    customer, manager = await market.owner("林秀英"), market.phones["manager"]
    await customer.start()
    await press(customer, "中文")
    await press(customer, "个体工商户")
    await customer.text("人工")
    await press(manager, "接手")
    await customer.wait_for("方雅（客户经理）来了")
    asked = await customer.text("月底前能放款吗？")
    copy = await manager.wait_for("月底前能放款吗？")
    await market.marked()
    said = await manager.text("要看材料", reply_to=copy.id)
    answer = await customer.wait_for("要看材料")
    await market.marked()
    assert answer.raw["reply_to"] == asked["message_id"]
    await customer.text("还缺什么？", reply_to=answer.id)
    assert (await manager.wait_for("还缺什么？")).raw["reply_to"] == said["message_id"]
    await customer.edit(asked["message_id"], "下月初能放款吗？")
    changed = await manager.wait_for("下月初能放款吗？")
    assert (changed.id, changed.raw["reply_to"]) == (copy.id, None)
    await manager.edit(said["message_id"], "要看材料齐不齐")
    assert (await customer.wait_for("要看材料齐不齐")).id == answer.id
    sent = await customer.file("licence.png", sample(""), kind="photo", caption="执照")
    photo = await manager.wait_for("执照")
    await customer.edit(sent["message_id"], "营业执照")
    again = await manager.wait_for("营业执照")
    assert (again.id, again.media is not None) == (photo.id, True)
