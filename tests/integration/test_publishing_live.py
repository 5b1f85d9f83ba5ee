"""Publications while processes run: they reach every process, and disturb nobody in the middle of a form."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
import yaml
from psycopg.rows import dict_row

from bot import resources
from bot.app import migrated
from bot.applications.consent import text_hash
from bot.conversation.services.registry import SERVICES
from bot.gateways.telegram.account import take_by_webhook
from bot.gateways.telegram.client import BotApi
from bot.publishing.check import check
from bot.publishing.release import digest_of
from bot.publishing.sources import read_documents
from bot.settings import StorageSettings
from bot.simulator.client import SimulatorClient
from bot.simulator.server import create_simulator, running
from bot.storage.database import Database
from bot.storage.releases import PostgresReleases
from tests.integration.applicant import FORM, PATIENCE, REVIEW, Applicant
from tests.integration.process import BotProcess, settings

pytestmark = pytest.mark.xdist_group("processes")

TOKEN: Final = "7000000003:token-of-a-bot-with-two-processes"
NEW_HELP: Final = "新的帮助"
NEW_WORDS: Final = "开业到现在多久了？"
MORE: Final = "资料只在境内保存。"
SHARE: Final = FORM[3]


@dataclass
class House:
    """Two processes of one bot on one database, and what was published there."""

    simulator: SimulatorClient
    processes: tuple[BotProcess, ...]
    database: Database

    async def publish(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Publish the shipped content with a change, on top of all earlier ones."""
        newest = await PostgresReleases(self.database).newest()
        documents = copy.deepcopy(dict(newest.documents if newest else read_documents()))
        change(documents)
        assert not [str(problem) for problem in check(documents, SERVICES) if problem.blocking]
        await PostgresReleases(self.database).add(documents, digest_of(documents), datetime.now(UTC), "test", "")

    async def publish_and_wait(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Come back when the process that gets the updates goes by it."""

        def told(documents: dict[str, Any]) -> None:
            change(documents)
            _saying("help", NEW_HELP)(documents)

        await self.publish(told)
        somebody = await self.applicant()
        await somebody.phone.start()
        await _hears(somebody, NEW_HELP)

    async def turn_to(self, process: int) -> None:
        """From now on the updates come to this process."""
        given = self.processes[process].settings
        async with BotApi(TOKEN, given["BOT_TELEGRAM_API"]) as api:
            await take_by_webhook(api, f"{given['BOT_WEBHOOK_URL']}/telegram", given["BOT_WEBHOOK_SECRET"])

    async def applicant(self) -> Applicant:
        return Applicant(await self.simulator.join("林秀英"))

    async def consents(self) -> list[dict[str, Any]]:
        """All consent records, the oldest first."""
        async with await psycopg.AsyncConnection.connect(self.database.url, row_factory=dict_row) as connection:
            rows = await connection.execute("SELECT * FROM consent ORDER BY sequence")
            return await rows.fetchall()


@pytest.fixture
async def house(empty_database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with (
        running(create_simulator()) as telegram,
        SimulatorClient(telegram) as simulator,
        migrated(StorageSettings(database_url=empty_database_url, data_dir=tmp_path)) as database,
        AsyncExitStack() as stack,
    ):
        processes = tuple(
            BotProcess(tmp_path / f"log-{number}", settings(TOKEN, telegram, empty_database_url, webhook=True))
            for number in range(2)
        )
        house = House(simulator, processes, database)
        await house.publish(lambda documents: None)
        for process in processes:
            stack.callback(process.close)
        await asyncio.gather(*(process.start() for process in processes))
        yield house


async def test_a_publication_reaches_every_running_process(house: House) -> None:
    customer = await house.applicant()
    await customer.phone.start()
    for number in range(2):
        await house.turn_to(number)
        words = f"{NEW_HELP} {number}"
        await house.publish(_saying("help", words))
        await _hears(customer, words)
        await house.turn_to(1 - number)
        await _hears(customer, words)


def _saying(key: str, words: str) -> Callable[[dict[str, Any]], None]:
    def change(documents: dict[str, Any]) -> None:
        for messages in documents["messages"].values():
            messages[key] = words

    return change


async def _hears(customer: Applicant, words: str) -> None:
    """Come back when the help has become these words."""
    async with asyncio.timeout(PATIENCE):
        while await _help(customer) != words:
            pass


async def _help(customer: Applicant) -> str:
    await customer.phone.text("/help")
    openings = (customer.words.opening("help"), NEW_HELP)
    return (await customer.phone.wait_for(lambda message: message.text.startswith(openings))).text


async def test_a_form_under_way_stays_on_its_version_while_new_words_apply_at_once(house: House) -> None:
    early = await house.applicant()
    await early.phone.start()
    await early.fills_in(FORM[: _place("has_licence.ask")])
    licence = await early.is_asked(FORM[_place("has_licence.ask")])
    await house.publish(_saying("months_trading.ask", NEW_WORDS))
    await house.publish_and_wait(_without_the_credit_code)
    late = await house.applicant()
    await late.phone.start()
    await late.fills_in(FORM[: _place("has_licence.ask") + 1])
    await late.phone.wait_for(NEW_WORDS)

    await early.answers(FORM[_place("has_licence.ask")], licence)
    await early.fills_in(FORM[_place("uscc.ask") : _place("months_trading.ask")])
    await early.answers(FORM[_place("months_trading.ask")], await early.phone.wait_for(NEW_WORDS))
    await early.fills_in(FORM[_place("monthly_turnover.ask") :])
    review = await early.is_asked(REVIEW)
    assert early.reviewed(review) == early.review()


def _place(asked: str) -> int:
    return [question.asked for question in FORM].index(asked)


def _without_the_credit_code(documents: dict[str, Any]) -> None:
    steps = documents["flows"]["preapply_business.yaml"]["steps"]
    del steps["uscc"], steps["uscc_other"], steps["licence_months"]
    steps["has_licence"]["goto"] = "months_trading"
    for name in ("look_over", "submit"):
        passes = documents["flows"]["preapply.yaml"]["steps"][name]["passes"]
        passes.remove("uscc")
        passes.remove("licence_months")


async def test_a_notice_that_changed_while_it_was_read_is_asked_again(house: House) -> None:
    customer = await house.applicant()
    await customer.phone.start()
    await customer.fills_in(FORM[:3])
    old = await customer.is_asked(SHARE)
    await house.publish_and_wait(_noticing_more)
    await customer.answers(SHARE, old)
    new = await customer.phone.wait_for(MORE)
    assert customer.words("consent.changed") in new.text
    assert await house.consents() == []

    await customer.answers(SHARE, new)
    await customer.is_asked(FORM[4])
    [record] = await house.consents()
    assert (record["state"], record["notice_version"]) == ("given", _shipped("share_with_lender") + 1)
    assert record["notice_sha256"] == text_hash(new.html)


async def test_a_notice_that_changed_after_it_was_agreed_to_is_asked_again_before_anything_is_handed_in(
    house: House,
) -> None:
    customer = await house.applicant()
    await customer.phone.start()
    await customer.fills_in()
    review = await customer.is_asked(REVIEW)
    await house.publish_and_wait(_noticing_more)
    await customer.phone.press(review, customer.words("preapply.confirm"))
    await customer.phone.wait_for(customer.words("preapply.notice_anew"))
    await customer.answers(SHARE, await customer.phone.wait_for(MORE))
    await customer.phone.wait_for(customer.words.opening("preapply.refused"))  # there is no lender here
    asked = [(record["notice"], record["notice_version"], record["state"]) for record in await house.consents()]
    assert asked == [
        *(
            (notice, _shipped(notice), "given")
            for notice in ("share_with_lender", "credit_enquiry", "contact_by_manager", "financial_details")
        ),
        ("share_with_lender", _shipped("share_with_lender") + 1, "given"),
    ]


def _shipped(notice: str) -> int:
    """The version of a notice as it ships."""
    document = yaml.safe_load((resources.notices() / f"{notice}.yaml").read_text("utf-8"))
    return int(document["version"])


def _noticing_more(documents: dict[str, Any]) -> None:
    documents["notices"]["share_with_lender.yaml"]["version"] += 1
    for messages in documents["messages"].values():
        messages["consent.share_with_lender"] += f"\n\n{MORE}"
