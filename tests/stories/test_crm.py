"""Leads out to a customer-relations system on their whole way: a customer asks for a person, and a receiver hears it, signed."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from fastapi import FastAPI, Request, Response
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from standardwebhooks import Webhook

from bot.conversation.crm import TELL_CRM
from bot.dialogs.stories import Story, parse_story
from bot.gateways.crm import PREFIX
from bot.gateways.signatures import check
from bot.handoff.lead_reports import TYPES
from bot.ledger.audit import ACTS
from bot.storage.dead_letters import PostgresDeadLetters
from bot.testing.stage import play
from bot.worker.given_up import CRM_ATTEMPTS
from tests.integration.lender.conftest import serving
from tests.integration.process import command
from tests.stories.bot_stage import BotStage, bot_stage
from tests.stories.house import House, house
from tests.stories.library import marks, scenes

pytestmark = pytest.mark.asyncio(loop_scope="module")

OLD: Final = "whsec_" + base64.b64encode(b"the secret that is being replaced").decode()
NEW: Final = "whsec_" + base64.b64encode(b"the secret that takes its place!!").decode()
DOCS: Final = Path(__file__).parents[2] / "docs" / "crm"
CAPTURED: Final = DOCS / "events.json"
SCHEMAS: Final = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in DOCS.glob("*.schema.json")}
REGISTRY: Final = Registry().with_resources(
    [(name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()]
)


@dataclass
class Receiver:
    """A customer-relations system: refuses with `status` while there is one, checks signatures, and takes each id once."""

    status: int | None = None
    attempts: list[dict[str, Any]] = field(default_factory=list)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/leads", status_code=204)
        async def take(request: Request) -> Response:
            body = await request.body()
            for secret in (OLD, NEW):
                Webhook(secret).verify(body, dict(request.headers))
            assert request.headers["content-type"] == "application/cloudevents+json"
            event = json.loads(body)
            assert request.headers["webhook-id"] == event["id"]
            names = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature")
            self.attempts.append({"headers": {name: request.headers[name] for name in names}, "body": body.decode()})
            if self.status is not None:
                return Response(status_code=self.status)
            self.taken.setdefault(event["id"], event)
            return Response(status_code=204)

        return app

    @property
    def told(self) -> list[str]:
        """The types of the events taken, in the order of their arrival, without what they all share."""
        return [event["type"].removeprefix(PREFIX).removesuffix(".v1") for event in self.taken.values()]

    @property
    def last(self) -> dict[str, Any]:
        data: dict[str, Any] = list(self.taken.values())[-1]["data"]
        return data

    def forget(self) -> None:
        self.status = None
        self.attempts.clear()
        self.taken.clear()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crm() -> AsyncIterator[tuple[Receiver, str]]:
    receiver = Receiver()
    async with serving(receiver.app()) as url:
        yield receiver, url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(new_database: Callable[[str], str], crm: tuple[Receiver, str]) -> AsyncIterator[House]:
    settings = {"crm_url": f"{crm[1]}/leads", "crm_secrets": f"{NEW},{OLD}"}
    async with house(new_database("crm"), marks(), "lender", more=settings) as made:
        yield made


@pytest.fixture
def receiver(crm: tuple[Receiver, str]) -> Receiver:
    crm[0].forget()
    return crm[0]


def story(*steps: object, managers: int = 1) -> Story:
    return parse_story({"story": "a lead", "managers": managers, "steps": [*steps]}, "crm", scenes())


async def played(there: House, *steps: object, managers: int = 1) -> BotStage:
    told = story(*steps, managers=managers)
    stage = await bot_stage(there, told, "zh")
    await play(told, stage, "zh")
    return stage


APPLIED: Final = {"scene": "a-farmer-who-applied"}
ASKS: Final = {"says": "人工"}


async def test_what_happens_to_a_lead_is_told_in_order_without_a_name_where_none_may_be_told(
    there: House, receiver: Receiver
) -> None:
    await played(there, {"scene": "a-farmer-at-the-menu"}, ASKS, {"manager": "accepts"}, {"manager": "returns"})
    assert receiver.told == ["lead.requested", "assignment.offered", "lead.accepted", "lead.returned"]
    first, offered, accepted, _ = (event["data"] for event in receiver.taken.values())
    assert (first["reason"], first["stage"], first["segment"]) == ("asked", "requested", "farmer")
    assert offered["manager"]["name"] == accepted["manager"]["name"] == "王敏"
    assert offered["rung"]
    assert not any("contact" in event["data"] for event in receiver.taken.values())


async def test_what_was_not_taken_is_brought_again_under_the_same_id_and_nothing_overtakes_it(
    there: House, receiver: Receiver
) -> None:
    receiver.status = 503
    await played(there, {"scene": "a-farmer-at-the-menu"}, ASKS)
    assert (len(receiver.attempts), receiver.taken) == (1, {})
    receiver.status = None
    await there.pass_time(timedelta(minutes=1))
    await there.settle()
    assert receiver.told == ["lead.requested", "assignment.offered"]
    assert receiver.attempts[0]["headers"]["webhook-id"] == receiver.attempts[1]["headers"]["webhook-id"]


async def test_what_is_given_up_waits_for_staff_and_goes_out_again_on_their_word(
    there: House, receiver: Receiver
) -> None:
    receiver.status = 503
    await played(there, {"scene": "a-farmer-at-the-menu"}, ASKS)
    waiting = "UPDATE procrastinate_jobs SET scheduled_at = now(), attempts = $1 WHERE task_name = $2 AND attempts > 0"
    await there.bot.parts.database.pool.execute(waiting, CRM_ATTEMPTS - 1, TELL_CRM)
    await there.run_jobs()
    letters = PostgresDeadLetters(there.bot.parts.database)
    (letter,) = await letters.open("crm")
    assert await letters.open() == ()
    assert (letter.call, letter.error, letter.attempts) == ("event", "the CRM answered 503", CRM_ATTEMPTS)
    assert await there.failures() == ["crm.event: the CRM answered 503"]
    receiver.status = None
    assert await letters.retry(letter.number, "anna", datetime.now(UTC)) is None  # it is not one of the lender's
    assert await letters.retry(letter.number, "anna", datetime.now(UTC), "crm") is not None
    await there.pass_time(timedelta(minutes=1))
    await there.settle()
    assert set(receiver.taken) >= {letter.subject}


async def test_what_the_receiver_refuses_is_not_brought_again(there: House, receiver: Receiver) -> None:
    receiver.status = 422
    await played(there, {"scene": "a-farmer-at-the-menu"}, ASKS)
    await there.pass_time(timedelta(hours=1))
    await there.run_jobs()
    ids = [attempt["headers"]["webhook-id"] for attempt in receiver.attempts]
    assert len(ids) == len(set(ids)) >= 2
    assert set(await there.failures()) == {"crm.event: the CRM refused with 422"}


WITHDRAWN: Final = (
    {"says": "/privacy"},
    {"presses": "consents"},
    {"presses": "contact_by_manager"},
    {"presses": "withdraw"},
    {"presses": "yes"},
)


async def test_who_the_customer_is_is_told_with_the_consent_to_contact_and_from_its_end_on_no_more(
    there: House, receiver: Receiver
) -> None:
    receiver.status = 503
    stage = await played(there, APPLIED, ASKS)
    (attempt,) = receiver.attempts
    before = json.loads(attempt["body"])["data"]
    assert before["contact"] == {"name": "李梅", "phone": "+8613800138000"}
    receiver.status = None
    await play(story(*WITHDRAWN), stage, "zh")
    await there.pass_time(timedelta(minutes=1))
    await there.settle()
    assert attempt["headers"]["webhook-id"] in receiver.taken
    for event in receiver.taken.values():
        assert "contact" not in event["data"]
        assert not {"李梅", "13800138000"} & set(json.dumps(event, ensure_ascii=False).split('"'))


async def test_jobs_and_what_was_given_up_name_nobody(there: House, receiver: Receiver) -> None:
    receiver.status = 422
    await played(there, APPLIED, ASKS)
    kept = await there.bot.parts.database.pool.fetch("SELECT payload::text FROM dead_letter")
    assert kept
    assert not any(words in row["payload"] for row in kept for words in ("李梅", "13800138000", "farmer"))
    await there.failures()


async def test_without_an_address_nothing_waits_to_be_sent(
    new_database: Callable[[str], str], receiver: Receiver
) -> None:
    async with house(new_database("nocrm"), marks(), "lender") as there:
        await played(there, {"scene": "a-farmer-at-the-menu"}, ASKS, {"manager": "accepts"})
        count = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = $1"
        assert await there.bot.parts.database.pool.fetchval(count, TELL_CRM) == 0
    assert receiver.attempts == []


# What the documents say


def unlike(event: dict[str, Any]) -> list[str]:
    """What of an event is not as its schema has it."""
    family = event["type"].removeprefix(PREFIX).split(".")[0]
    validator = Draft202012Validator(
        {"$ref": f"{family}.v1.schema.json"}, registry=REGISTRY, format_checker=FormatChecker()
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(event)]


async def test_what_goes_out_is_as_the_schemas_have_it(there: House, receiver: Receiver) -> None:
    worked = ("acts", "stage", "pursue.contacted", "acts", "stage", "pursue.lost", "pursue.lost.cost")
    acts = [{"manager": {"presses": one}} for one in worked]
    await played(there, APPLIED, ASKS, {"manager": "accepts"}, *acts, {"manager": "returns"})
    assert receiver.told[3:5] == ["lead.contacted", "lead.lost"]
    assert (receiver.last["stage"], receiver.last["pursuit"]) == ("returned", "lost")
    assert [unlike(event) for event in receiver.taken.values()] == [[]] * 6
    if os.environ.get("CRM_CAPTURE") == "write":
        CAPTURED.write_text(json.dumps(receiver.attempts, indent=1, ensure_ascii=False) + "\n", "utf-8")


@pytest.mark.parametrize(
    "captured", json.loads(CAPTURED.read_text("utf-8")), ids=lambda one: str(json.loads(one["body"])["type"])
)
async def test_each_captured_event_is_signed_by_each_secret_and_as_its_schema_has_it(captured: dict[str, Any]) -> None:
    sent = datetime.fromtimestamp(int(captured["headers"]["webhook-timestamp"]), UTC)
    for secret in (OLD, NEW):
        assert check(captured["headers"], captured["body"], (secret,), sent) == json.loads(captured["body"])["id"]
    assert unlike(json.loads(captured["body"])) == []


@pytest.mark.parametrize(
    "more", [{"idea": "x"}, {"contact": {}}, {"contact": {"name": "李梅", "birthday": "x"}}, {"stage": "won"}]
)
async def test_the_schemas_let_nothing_more_about_a_customer_through(more: dict[str, Any]) -> None:
    event = json.loads(json.loads(CAPTURED.read_text("utf-8"))[0]["body"])
    assert unlike(event | {"data": event["data"] | more})


async def test_every_move_of_a_lead_that_is_audited_is_told_and_stands_in_a_schema_and_on_the_page() -> None:
    moves = {name for name in ACTS if name.startswith("lead.")}
    assert set(TYPES) == moves
    types = {f"{PREFIX}{kind}.v1" for kind in TYPES.values()}
    assert {kind for schema in SCHEMAS.values() for kind in schema["properties"]["type"]["enum"]} == types
    page = (DOCS.parent / "crm.md").read_text("utf-8")
    assert all(f"`{kind}`" in page for kind in types)


# The table


async def exported(there: House, *options: str) -> str:
    run_with = there.bot.parts.settings
    assert run_with.database_url is not None
    settings = {"BOT_DATABASE_URL": run_with.database_url.get_secret_value(), "BOT_DATA_DIR": str(run_with.data_dir)}
    if run_with.master_keys is not None:
        settings["BOT_MASTER_KEYS"] = run_with.master_keys.get_secret_value()
    process = command(settings, "leads", "export", *options)
    out, error = await asyncio.to_thread(process.communicate)
    assert process.returncode == 0, error
    return out


async def test_leads_are_written_out_with_a_name_only_where_the_customer_agrees(
    there: House, receiver: Receiver, tmp_path: Path
) -> None:
    await played(there, APPLIED, ASKS, {"manager": "accepts"}, {"manager": "returns"})
    stage = await played(there, APPLIED, ASKS, {"manager": "accepts"}, {"manager": "returns"})
    await play(story(*WITHDRAWN), stage, "zh")
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()
    file = tmp_path / "leads.csv"
    assert await exported(there, "--since", today.isoformat(), "--out", str(file), "--excel") == ""
    assert file.stat().st_mode & 0o077 == 0
    written = file.read_bytes().decode()
    assert written.startswith("\ufeff")
    *_, named, nameless = csv.DictReader(io.StringIO(written.removeprefix("\ufeff")))
    assert (named["name"], named["phone"], named["amount"], named["manager_name"]) == (
        "李梅", "'+8613800138000", "40000", "王敏",
    )  # fmt: skip
    assert (nameless["name"], nameless["phone"], nameless["stage"]) == ("", "", "returned")
    later = await exported(there, "--since", (today + timedelta(days=1)).isoformat())
    assert list(csv.DictReader(io.StringIO(later))) == []
    acts = "SELECT actor, details FROM audit WHERE name = 'leads.exported' ORDER BY sequence"
    first, last = await there.bot.parts.database.pool.fetch(acts)
    assert first["actor"] == last["actor"] == "operator:command line"
    assert first["details"]["leads"] > last["details"]["leads"] == 0
