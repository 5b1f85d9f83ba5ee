"""What goes between a running lender and the bot, captured, and held against the published schemas.

The files in `captured/` are exchanges of the demo lender as they went over the wire, for those who build their side: replay them,
test with them. Captured anew by `LENDER_CAPTURE=write`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml
from fastapi import FastAPI, Request, Response
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from bot.applications.events import DECLINE_REASONS, LenderEvent, parse
from bot.applications.progress import begun, replay
from bot.applications.stages import Stage
from bot.gateways.lender.client import LenderClient, PageFile, Refused
from bot.gateways.lender.webhooks import verify
from bot.products.documents import DOCUMENTS
from bot.simulator.lender import create_lender
from bot.simulator.lender.courier import Timing
from tests.integration.lender.conftest import SECRET, START, SetClock, serving, submission

DOCS: Final = Path(__file__).parents[3] / "docs" / "lender"
CAPTURED: Final = Path(__file__).parent / "captured"
OPENAPI: Final = yaml.safe_load((DOCS / "openapi.yaml").read_text(encoding="utf-8"))
SCHEMAS: Final = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in DOCS.glob("*.schema.json")}
REGISTRY: Final = Registry().with_resources(
    [
        *((name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()),
        ("openapi.yaml", Resource.from_contents({"$schema": Draft202012Validator.META_SCHEMA["$id"], **OPENAPI})),
    ]
)
FORM: Final = "multipart/form-data"
SIGNALS: Final = (("licence_younger", "ask"), ("shared_number", "manual_review"))

Exchange = dict[str, Any]


def wrong(schema: dict[str, Any], value: Any) -> list[str]:
    """What of `value` is not as the schema has it."""
    validator = Draft202012Validator(schema, registry=REGISTRY, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def component(name: str) -> dict[str, Any]:
    return {"$ref": f"openapi.yaml#/components/schemas/{name}"}


def operation(exchange: Exchange) -> dict[str, Any]:
    """The operation of the OpenAPI document that answers this request."""
    for path, operations in OPENAPI["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), exchange["path"]) and exchange["method"] in operations:
            found: dict[str, Any] = operations[exchange["method"]]
            return found
    raise LookupError(f"{exchange['method']} {exchange['path']} is not in the OpenAPI document")


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """`node`, or the component that it refers to."""
    while "$ref" in node:
        found: Any = OPENAPI
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema["$ref"]
    return {"$ref": f"openapi.yaml{reference}" if reference.startswith("#") else reference}


def faults(exchange: Exchange) -> Iterator[str]:
    """Where an exchange is not as the OpenAPI document has it."""
    described = operation(exchange)
    if exchange["body"] is not None:
        content = resolved(described["requestBody"])["content"]
        kind = exchange["headers"]["content-type"].split(";")[0]
        if kind != FORM:
            yield from wrong(inlined(content[kind]["schema"]), exchange["body"])
        else:
            assert FORM in content
    answer = resolved(described["responses"][str(exchange["status"])])
    yield from wrong(inlined(answer["content"]["application/json"]["schema"]), exchange["answer"])


class Wire:
    """Everything that went over the wire, requests with their answers and events as they came."""

    def __init__(self, clock: SetClock) -> None:
        self.exchanges: list[Exchange] = []
        self.events: list[Exchange] = []
        self.clock = clock
        self._news = asyncio.Condition()

    async def all_of(self, number: int) -> None:
        """Return once so many events have come."""
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(lambda: len(self.events) >= number)

    async def sent(self, response: httpx.Response) -> None:
        """A call of the bot's has been answered."""
        await response.aread()
        request = response.request
        if request.url.path.startswith("/control"):
            return
        kind = request.headers.get("content-type", "")
        names = (
            "content-type",
            "idempotency-key",
            "content-digest",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
        )
        self.exchanges.append(
            {
                "method": request.method.lower(),
                "path": request.url.path,
                "headers": {name: request.headers[name] for name in names if name in request.headers},
                "body": _body(kind, await request.aread()),
                "status": response.status_code,
                "answer": response.json(),
            }
        )

    def door(self) -> FastAPI:
        """The bot's side: keeps each event with its headers and body."""
        app = FastAPI()

        @app.post("/webhooks/lender", status_code=204)
        async def take(request: Request) -> Response:
            body = await request.body()
            verify(request.headers, body, (SECRET,), self.clock.now())
            names = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature")
            headers = {name: request.headers[name] for name in names}
            async with self._news:
                self.events.append({"headers": headers, "body": body.decode()})
                self._news.notify_all()
            return Response(status_code=204)

        return app


def _body(kind: str, body: bytes) -> Any:
    if not body:
        return None
    return json.loads(body) if kind == "application/json" else body.decode("utf-8", "replace")


@pytest.fixture
async def wire(clock: SetClock) -> AsyncIterator[Wire]:
    """A way with everything in it: a missing paper, a counter-offer, a decline, another look, the money, a refusal."""
    wire = Wire(clock)
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(serving(wire.door()))
        app = create_lender((SECRET,), f"{bot}/webhooks/lender", clock, timing=Timing(pauses=(0.01,)))
        app.state.desk.automatic = False
        lender = await stack.enter_async_context(serving(app))
        hooks: Any = {"response": [wire.sent]}
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=10, event_hooks=hooks))
        await _play(app.state.desk, LenderClient(lender, (SECRET,), http, clock), clock)
        await wire.all_of(sum(len(record.letters) for record in app.state.desk.records()))
        yield wire


async def _play(desk: Any, client: LenderClient, clock: SetClock) -> None:
    reference = (await client.submit(submission(None), "key-1")).reference
    desk.fill_form(reference)
    for stage in (Stage.DOCS_CHECK, Stage.DOCS_MISSING):
        clock.move(minutes=20)
        desk.step(reference, stage)
    clock.move(minutes=20)
    await client.send_document(
        reference,
        "bank_statements",
        [
            PageFile(f"bank_statements-0{page}.txt", month, "text/plain")
            for page, month in enumerate((b"June", b"July"), 1)
        ],
    )
    for stage in (Stage.CREDIT_AUTHORISED, Stage.RISK_REVIEW):
        clock.move(minutes=20)
        desk.step(reference, stage)
    desk.delay(reference, 7200)
    clock.move(hours=1)
    desk.step(reference, Stage.DECLINED)
    await client.act(reference, "request-review")
    clock.move(hours=1)
    for stage in (Stage.RISK_REVIEW, Stage.COUNTER_OFFER):
        desk.step(reference, stage)
    await client.act(reference, "accept-offer")
    clock.move(hours=1)
    for stage in (Stage.DISBURSING, Stage.DISBURSED, Stage.REPAYING):
        clock.move(minutes=20)
        desk.step(reference, stage)
    await client.status(reference)
    await client.correct(reference, {"phone": "+8613900139000"}, f"{reference}:phone:1")
    with pytest.raises(Refused):
        await client.act(reference, "withdraw")
    other = (await client.submit(submission(None, application="another", signals=SIGNALS), "key-2")).reference
    await client.act(other, "withdraw")


def test_the_openapi_document_and_the_schemas_are_well_formed() -> None:
    assert OPENAPI["openapi"].startswith("3.1")
    for schema in (*SCHEMAS.values(), *OPENAPI["components"]["schemas"].values()):
        Draft202012Validator.check_schema(schema)


def test_the_schemas_name_the_stages_documents_and_reasons_that_the_bot_knows() -> None:
    named = SCHEMAS["stage-changed.v1.schema.json"]["$defs"]
    assert named["stage"]["examples"] == [stage for stage in Stage if stage not in (Stage.DRAFT, Stage.CONSENTED)]
    assert (named["document"]["examples"], named["reason"]["examples"]) == ([*DOCUMENTS], [*DECLINE_REASONS])


async def test_what_goes_over_the_wire_is_as_the_documents_have_it(wire: Wire) -> None:
    assert [list(faults(exchange)) for exchange in wire.exchanges] == [[]] * len(wire.exchanges)
    assert [unlike(json.loads(event["body"])) for event in wire.events] == [[]] * len(wire.events)
    if os.environ.get("LENDER_CAPTURE") == "write":
        CAPTURED.mkdir(exist_ok=True)
        for name, items in (("calls", wire.exchanges), ("events", wire.events)):
            (CAPTURED / f"{name}.json").write_text(json.dumps(items, indent=1, ensure_ascii=False) + "\n", "utf-8")


def unlike(event: dict[str, Any]) -> list[str]:
    """What of an event is not as its schema has it."""
    name = event["type"].removeprefix("org.tillwise.application.")
    return wrong({"$ref": f"{name}.schema.json"}, event)


def captured(name: str) -> list[Exchange]:
    found: list[Exchange] = json.loads((CAPTURED / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    "exchange", captured("calls"), ids=lambda one: f"{one['method']} {one['path']} {one['status']}"
)
def test_each_captured_call_is_as_the_openapi_document_has_it(exchange: Exchange) -> None:
    assert not list(faults(exchange))


def test_every_operation_was_captured() -> None:
    called = {operation(exchange)["operationId"] for exchange in captured("calls")}
    assert called == {
        each["operationId"]
        for path in OPENAPI["paths"].values()
        for verb, each in path.items()
        if verb in ("get", "post")
    }


def test_captured_events_are_signed_as_their_schemas_have_them_and_lead_to_the_money() -> None:
    heard = list[LenderEvent]()
    for event in captured("events"):
        body = event["body"].encode()
        sent = datetime.fromtimestamp(int(event["headers"]["webhook-timestamp"]), UTC)
        assert verify(event["headers"], body, (SECRET,), sent) == parse(body)
        assert not unlike(json.loads(body))
        heard.append(parse(body))
    first = [event for event in heard if event.reference == heard[0].reference]
    assert replay(begun(START), first).stage is Stage.REPAYING


@pytest.mark.parametrize(
    "broken",
    [{"data": {"stage": "approved", "offer": {"amount": 80000}}}, {"sequence": "last"}, {"specversion": "0.3"}, {"data": {}}],
    ids=["offer", "sequence", "version", "no stage"],
)  # fmt: skip
def test_the_schemas_refuse_what_the_bot_refuses(broken: dict[str, Any]) -> None:
    event = json.loads(captured("events")[0]["body"]) | broken
    assert unlike(event)
