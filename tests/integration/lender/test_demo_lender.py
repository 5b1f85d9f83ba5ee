"""The demo lender and the client that calls it, over real HTTP in both directions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.applications.events import DECLINE_REASONS, DELAYED, LenderEvent, Offer
from bot.applications.progress import Told, advance, begun, replay
from bot.applications.stages import Stage
from bot.core.errors import SettingsError
from bot.core.values import Money, Months, Rate
from bot.gateways.lender.client import LenderClient, PageFile, Refused, Unreachable
from bot.gateways.signatures import sign
from bot.products.documents import DOCUMENTS
from bot.simulator.lender import create_lender
from bot.simulator.lender.courier import Timing
from tests.integration.lender.conftest import (
    OTHER_SECRET,
    SECRET,
    START,
    Inbox,
    SetClock,
    bot_side,
    serving,
    submission,
)

WAY = (
    Stage.SUBMITTED,
    Stage.DOCS_CHECK,
    Stage.CREDIT_AUTHORISED,
    Stage.RISK_REVIEW,
    Stage.APPROVED,
    Stage.SIGNING,
    Stage.DISBURSING,
    Stage.DISBURSED,
)
QUICK = Timing(pauses=(0.01,))


@dataclass(frozen=True, slots=True)
class Pair:
    """A lender and a bot's side, each on its own port."""

    lender: str
    callback: str
    client: LenderClient
    http: httpx.AsyncClient

    async def control(self, verb: str, path: str, **body: Any) -> Any:
        answer = await self.http.request(verb, f"{self.lender}/control{path}", json=body if verb != "GET" else None)
        answer.raise_for_status()
        return answer.json()

    async def act(self, reference: str, verb: str, **body: Any) -> Any:
        return await self.control("POST", f"/applications/{reference}/{verb}", **body)

    async def submit(self, key: str = "key-1", **changes: Any) -> str:
        return (await self.client.submit(submission(self.callback, **changes), key)).reference


@asynccontextmanager
async def paired(
    inbox: Inbox, clock: SetClock, timing: Timing = QUICK, state: Path | None = None
) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(serving(bot_side(inbox.receive, clock)))
        lender_app = create_lender((SECRET,), "http://127.0.0.1:9/nowhere", clock, state=state, timing=timing)
        lender = await stack.enter_async_context(serving(lender_app))
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=10))
        yield Pair(lender, f"{bot}/webhooks/lender", LenderClient(lender, (SECRET,), http, clock), http)


@pytest.fixture
async def pair(inbox: Inbox, clock: SetClock) -> AsyncIterator[Pair]:
    async with paired(inbox, clock) as both:
        await both.control("PUT", "/settings", automatic=False)
        yield both


def stages(events: list[LenderEvent]) -> list[Stage | None]:
    return [event.data.stage for event in events]


def at(stage: Stage) -> Callable[[list[LenderEvent]], bool]:
    return lambda events: any(event.data.stage is stage for event in events)


# Handing in


async def test_a_submission_is_answered_with_a_reference_and_an_event(pair: Pair, inbox: Inbox) -> None:
    reference = await pair.submit()
    (event,) = await inbox.count(1)
    assert reference == "RG-2026-004217"
    assert (event.reference, event.sequence, event.data.stage, event.time) == (reference, 1, Stage.SUBMITTED, START)


async def test_the_same_key_again_gives_the_same_reference_and_one_application(pair: Pair) -> None:
    assert await pair.submit() == await pair.submit()
    assert len((await pair.control("GET", "/applications"))["applications"]) == 1


async def test_two_keys_make_two_applications(pair: Pair) -> None:
    assert [await pair.submit("a"), await pair.submit("b")] == ["RG-2026-004217", "RG-2026-004218"]


async def test_a_key_that_belongs_to_another_application_is_refused(pair: Pair) -> None:
    await pair.submit()
    with pytest.raises(Refused) as caught:
        await pair.submit(application="another")
    assert (caught.value.status, caught.value.code) == (422, "key-reused")


@pytest.mark.parametrize("changes", [{"months": 0}, {"product": ""}, {"consents": ()}, {"amount": Money(Decimal(-5))}])
async def test_an_application_that_cannot_be_taken_is_refused_without_repeating_it(
    pair: Pair, changes: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as caught:
        await pair.submit(**changes)
    assert (caught.value.status, caught.value.code) == (422, "invalid-application")
    assert "张三" not in str(caught.value)


async def test_a_wrong_secret_is_refused(pair: Pair, clock: SetClock) -> None:
    stranger = LenderClient(pair.lender, (OTHER_SECRET,), pair.http, clock)
    with pytest.raises(Refused) as caught:
        await stranger.submit(submission(pair.callback), "key-1")
    assert (caught.value.status, caught.value.code) == (401, "bad-signature")
    assert (await pair.control("GET", "/applications"))["applications"] == []


async def test_an_old_request_is_refused(pair: Pair, clock: SetClock) -> None:
    late = LenderClient(pair.lender, (SECRET,), pair.http, SetClock(START.replace(hour=8)))
    with pytest.raises(Refused):
        await late.submit(submission(pair.callback), "key-1")


async def test_a_lender_that_is_not_there_is_unreachable(pair: Pair, clock: SetClock) -> None:
    nobody = LenderClient("http://127.0.0.1:9", (SECRET,), pair.http, clock)
    with pytest.raises(Unreachable) as caught:
        await nobody.submit(submission(pair.callback), "key-1")
    assert "张三" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (500, b"", Unreachable),
        (503, b"{}", Unreachable),
        (429, b"{}", Unreachable),
        (200, b"<html>", Unreachable),
        (200, b"[]", Unreachable),
        (201, b"{}", Unreachable),
        (302, b"", Unreachable),
        (400, b"not json", Refused),
        (409, b'{"code": "too-late"}', Refused),
        (422, '{"code": "张三 is unknown"}'.encode(), Refused),
    ],
)
async def test_every_answer_is_either_worth_another_try_or_not(
    http: httpx.AsyncClient, clock: SetClock, status: int, content: bytes, error: type[Exception]
) -> None:
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(status, content=content))
    ) as answering:
        client = LenderClient("http://lender", (SECRET,), answering, clock)
        with pytest.raises(error) as caught:
            await client.submit(submission("http://bot"), "key-1")
    assert "张三" not in str(caught.value)


async def test_the_state_of_an_application_is_told_only_to_who_signs(pair: Pair) -> None:
    reference = await pair.submit()
    url = f"{pair.lender}/applications/{reference}"
    answer = await pair.http.get(url, headers=sign((SECRET,), "msg_1", START, reference))
    assert (answer.json()["stage"], answer.json()["sequence"]) == ("submitted", 1)
    assert (await pair.http.get(url)).status_code == 401
    other = sign((SECRET,), "msg_1", START, "RG-2026-000001")
    assert (await pair.http.get(url, headers=other)).status_code == 401


# The automatic way


async def test_an_application_moves_by_itself_from_submission_to_the_money(inbox: Inbox, clock: SetClock) -> None:
    async with paired(inbox, clock) as pair:
        await pair.control("PUT", "/settings", pace_seconds=0)
        await pair.submit()
        events = await inbox.until(at(Stage.DISBURSED))
    assert tuple(stages(events)) == WAY
    assert [event.sequence for event in events] == list(range(1, 9))
    progress = replay(begun(START), events)
    assert progress.offer == Offer(Money(Decimal("100000.00")), Months(12), Rate(Decimal("0.066")))


async def test_at_the_usual_pace_the_whole_way_takes_about_a_minute(inbox: Inbox, clock: SetClock) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    async with paired(inbox, clock, Timing(sleep=sleep)) as pair:
        await pair.submit()
        await inbox.until(at(Stage.DISBURSED))
    assert 45 <= sum(slept) <= 75


async def test_automatic_mode_waits_for_the_customer_and_goes_on_after(inbox: Inbox, clock: SetClock) -> None:
    async with paired(inbox, clock) as pair:
        await pair.control("PUT", "/settings", automatic=False)
        reference = await pair.submit()
        await pair.act(reference, "request-document", document="lease")
        await pair.control("PUT", "/settings", automatic=True, pace_seconds=0)
        assert stages(await inbox.count(2)) == [Stage.SUBMITTED, Stage.DOCS_MISSING]
        (shown,) = (await pair.control("GET", "/applications"))["applications"]
        assert (shown["stage"], shown["acts_next"]) == ("docs_missing", "customer")
        await pair.client.send_document(
            reference, "lease", [PageFile("租约.jpg", b"\xff\xd8\xff\x00photo", "image/jpeg")]
        )
        assert stages(await inbox.until(at(Stage.DISBURSED)))[2:] == list(WAY[1:])


# What goes wrong on the way


async def test_every_event_comes_twice_when_duplicates_are_asked_for(inbox: Inbox, clock: SetClock) -> None:
    async with paired(inbox, clock) as pair:
        await pair.control("PUT", "/settings", duplicates=True, pace_seconds=0)
        await pair.submit()
        events = await inbox.count(16)
    assert [event.key for event in events[::2]] == [event.key for event in events[1::2]]
    assert replay(begun(START), events) == replay(begun(START), events[::2])


async def test_events_come_in_disorder_when_it_is_asked_for_and_amount_to_the_same(
    inbox: Inbox, clock: SetClock
) -> None:
    async with paired(inbox, clock) as pair:
        await pair.control("PUT", "/settings", automatic=False, disorder=True, duplicates=True, pace_seconds=8)
        reference = await pair.submit()
        for _ in WAY[1:]:
            await pair.act(reference, "step")
        events = await inbox.count(16)
    sequences = [event.sequence for event in events]
    assert sequences != sorted(sequences)
    told = []
    progress = begun(START)
    for event in events:
        progress, change = advance(progress, event)
        told.append(change.told)
    assert (progress.stage, progress.sequence) == (Stage.DISBURSED, 8)
    assert [what for what in told if what] == [Told.SIGNING, Told.APPROVED, Told.DISBURSED]


async def test_an_event_is_sent_again_with_growing_pauses_until_it_is_kept(inbox: Inbox, clock: SetClock) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    inbox.failures = 4
    async with paired(inbox, clock, Timing(pauses=(1, 2, 5), sleep=sleep)) as pair:
        await pair.control("PUT", "/settings", automatic=False)
        await pair.submit()
        await inbox.count(1)
    assert slept == [1, 2, 5, 5]
    assert stages(inbox.events) == [Stage.SUBMITTED]


async def test_what_was_not_delivered_is_delivered_by_the_next_process(
    inbox: Inbox, clock: SetClock, tmp_path: Path
) -> None:
    state, tried = tmp_path / "var" / "lender.json", asyncio.Event()

    async def sleep(_: float) -> None:
        tried.set()
        await asyncio.Event().wait()

    inbox.failures = 10**6
    async with serving(bot_side(inbox.receive, clock)) as bot, httpx.AsyncClient(trust_env=False) as http:
        async with serving(create_lender((SECRET,), bot, clock, state=state, timing=Timing(sleep=sleep))) as lender:
            callback = f"{bot}/webhooks/lender"
            pair = Pair(lender, callback, LenderClient(lender, (SECRET,), http, clock), http)
            await pair.control("PUT", "/settings", automatic=False)
            reference = await pair.submit()
            await pair.act(reference, "step")
            await tried.wait()
        inbox.failures = 0
        async with serving(create_lender((SECRET,), bot, clock, state=state, timing=QUICK)) as lender:
            assert stages(await inbox.count(2)) == [Stage.SUBMITTED, Stage.DOCS_CHECK]
            pair = Pair(lender, callback, LenderClient(lender, (SECRET,), http, clock), http)
            assert await pair.submit() == reference
            assert await pair.submit("key-2") == "RG-2026-004218"


async def test_an_event_sent_again_keeps_its_id(pair: Pair, inbox: Inbox) -> None:
    reference = await pair.submit()
    await pair.act(reference, "step")
    await inbox.count(2)
    await pair.act(reference, "resend")
    events = await inbox.count(4)
    assert [event.key for event in events[2:]] == [event.key for event in events[:2]]


async def test_a_secret_that_is_not_one_ends_the_start(clock: SetClock) -> None:
    with pytest.raises(SettingsError):
        create_lender(("secret",), "http://127.0.0.1:9", clock)


# What the lender and the customer decide


async def test_a_document_that_was_asked_for_sends_the_papers_back_to_be_checked(pair: Pair, inbox: Inbox) -> None:
    reference = await pair.submit()
    await pair.act(reference, "request-document", document="lease")
    await pair.act(reference, "request-document", document="tax_return")
    for document in ("equipment_quote", "tax_return", "tax_return", "lease"):
        await pair.client.send_document(reference, document, [PageFile("a.pdf", document.encode(), "application/pdf")])
    events = await inbox.until(at(Stage.DOCS_CHECK))
    assert [event.data.missing for event in events] == [(), ("lease",), ("lease", "tax_return"), ("lease",), ()]


async def test_a_file_sent_again_does_not_answer_a_new_request_for_the_same_document(pair: Pair) -> None:
    reference = await pair.submit()
    for _ in range(2):
        await pair.act(reference, "request-document", document="lease")
        await pair.client.send_document(reference, "lease", [PageFile("a.pdf", b"unreadable", "application/pdf")])
    (shown,) = (await pair.control("GET", "/applications"))["applications"]
    assert (shown["stage"], shown["missing"]) == ("docs_missing", ["lease"])


async def test_a_document_for_another_application_or_of_an_unknown_kind_is_refused(pair: Pair) -> None:
    reference = await pair.submit()
    with pytest.raises(Refused) as unknown:
        await pair.client.send_document("RG-2026-000001", "lease", [PageFile("a.pdf", b"x", "application/pdf")])
    with pytest.raises(Refused) as wrong:
        await pair.client.send_document(reference, "horoscope", [PageFile("a.pdf", b"x", "application/pdf")])
    assert (unknown.value.status, wrong.value.status) == (404, 422)


async def test_a_document_changed_on_the_way_is_refused(pair: Pair) -> None:
    reference = await pair.submit()
    request = pair.http.build_request(
        "POST",
        f"{pair.lender}/applications/{reference}/documents",
        data={"reference": reference, "document": "lease"},
        files={"file": ("a.pdf", b"x", "application/pdf")},
        headers={"content-digest": "sha-256=:AAAA:"} | sign((SECRET,), "msg_1", START, "sha-256=:AAAA:"),
    )
    assert (await pair.http.send(request)).status_code == 401


async def test_a_wish_signed_for_one_application_does_not_count_for_another(pair: Pair) -> None:
    first, second = await pair.submit("a"), await pair.submit("b")
    body = json.dumps({"reference": first, "action": "withdraw"})
    answer = await pair.http.post(
        f"{pair.lender}/applications/{second}/withdraw", content=body, headers=sign((SECRET,), "msg_1", START, body)
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "not-this-application")


async def test_a_counter_offer_is_accepted_and_leads_to_the_contract(pair: Pair, inbox: Inbox) -> None:
    reference = await pair.submit()
    await pair.act(reference, "decide", decision="counter_offer", amount=60000, months=24)
    await pair.client.act(reference, "accept-offer")
    await pair.client.act(reference, "accept-offer")
    events = await inbox.count(3)
    assert stages(events) == [Stage.SUBMITTED, Stage.COUNTER_OFFER, Stage.SIGNING]
    assert events[1].data.offer == Offer(Money(Decimal("60000.00")), Months(24), Rate(Decimal("0.066")))


async def test_a_counter_offer_without_an_amount_is_lower_than_what_was_asked_for(pair: Pair, inbox: Inbox) -> None:
    await pair.act(await pair.submit(), "decide", decision="counter_offer")
    offer = (await inbox.count(2))[1].data.offer
    assert offer is not None
    assert offer.amount.amount < 100_000


async def test_an_offer_that_was_not_made_cannot_be_accepted(pair: Pair) -> None:
    with pytest.raises(Refused) as caught:
        await pair.client.act(await pair.submit(), "accept-offer")
    assert (caught.value.status, caught.value.code) == (409, "no-offer-open")


async def test_what_a_customer_wishes_is_answered_with_how_the_application_stands(pair: Pair) -> None:
    reference = await pair.submit()
    await pair.act(reference, "decide", decision="counter_offer", amount=60000, rate="0.06")
    standing = await pair.client.status(reference)
    assert (standing.sequence, standing.data.stage) == (2, Stage.COUNTER_OFFER)
    assert standing.data.offer is not None
    assert (standing.data.offer.amount.amount, standing.data.offer.rate) == (Decimal("60000.00"), Rate(Decimal("0.06")))
    accepted = await pair.client.act(reference, "accept-offer")
    assert (accepted.sequence, accepted.data.stage) == (3, Stage.SIGNING)
    assert accepted.data.signing_url is not None


async def test_the_contract_is_read_and_signed_on_the_lenders_own_page(pair: Pair, inbox: Inbox) -> None:
    reference = await pair.submit()
    await pair.act(reference, "decide", decision="approved")
    address = (await pair.client.status(reference)).data.signing_url
    assert address is None
    await pair.act(reference, "step")
    address = (await inbox.count(3))[2].data.signing_url
    assert address is not None
    assert "100,000.00 CNY" in (await pair.http.get(address)).text
    assert (await pair.http.get(address[:-1] + "x")).status_code == 404
    for _ in range(2):
        assert (await pair.http.post(address)).status_code == 200
    assert stages(await inbox.count(4))[-1] is Stage.DISBURSING
    assert "<form" not in (await pair.http.get(address)).text


async def test_a_decline_is_looked_at_again_when_the_customer_asks(pair: Pair, inbox: Inbox) -> None:
    reference = await pair.submit()
    with pytest.raises(Refused, match="not-declined"):
        await pair.client.act(reference, "request-review")
    await pair.act(reference, "decide", decision="declined")
    for _ in range(2):
        assert (await pair.client.act(reference, "request-review")).data.stage is Stage.DECLINED
    (listed,) = (await pair.control("GET", "/applications"))["applications"]
    assert listed["review_requested"]
    await pair.act(reference, "step")
    assert stages(await inbox.count(3)) == [Stage.SUBMITTED, Stage.DECLINED, Stage.RISK_REVIEW]
    (listed,) = (await pair.control("GET", "/applications"))["applications"]
    assert not listed["review_requested"]


async def test_a_visit_has_its_day_and_repaying_its_next_instalment(pair: Pair, inbox: Inbox) -> None:
    reference = await pair.submit()
    for stage in ("docs_check", "credit_authorised", "risk_review", "site_visit", "approved", "signing", "collateral"):
        await pair.act(reference, "step", stage=stage)
    for stage in ("disbursing", "disbursed", "repaying", "settled"):
        await pair.act(reference, "step", stage=stage)
    told = {event.data.stage: event.data for event in await inbox.count(12)}
    assert told[Stage.SITE_VISIT].appointment == START.date() + timedelta(days=2)
    assert told[Stage.APPROVED].appointment is None
    due = told[Stage.REPAYING].instalment
    assert due is not None
    assert due.due == START.date() + timedelta(days=30)
    assert due.amount == Money(Decimal("8634.25"))
    assert told[Stage.SETTLED].instalment is None


async def test_several_secrets_hold_while_one_replaces_another(inbox: Inbox, clock: SetClock) -> None:
    async with (
        httpx.AsyncClient() as http,
        serving(create_lender((OTHER_SECRET, SECRET), "http://127.0.0.1:9", clock)) as url,
    ):
        for secrets in ((SECRET,), (OTHER_SECRET,), (SECRET, OTHER_SECRET)):
            receipt = await LenderClient(url, secrets, http, clock).submit(submission(f"{url}/nowhere"), "one key")
            assert receipt.reference.startswith("RG-2026")


async def test_a_decline_names_its_reasons(pair: Pair, inbox: Inbox) -> None:
    await pair.act(await pair.submit(), "decide", decision="declined", reasons=["existing_debt", "outside_area"])
    assert (await inbox.count(2))[1].data.reasons == ("existing_debt", "outside_area")


async def test_a_withdrawal_is_final_and_may_be_said_twice(pair: Pair, inbox: Inbox) -> None:
    reference = await pair.submit()
    await pair.client.act(reference, "withdraw")
    await pair.client.act(reference, "withdraw")
    assert stages(await inbox.count(2)) == [Stage.SUBMITTED, Stage.WITHDRAWN]
    for verb, body in (("step", {}), ("delay", {"seconds": 5}), ("decide", {"decision": "approved"})):
        with pytest.raises(httpx.HTTPStatusError, match="409"):
            await pair.act(reference, verb, **body)


async def test_it_is_too_late_to_withdraw_once_the_money_is_on_its_way(pair: Pair) -> None:
    reference = await pair.submit()
    for _ in WAY[1:-1]:
        await pair.act(reference, "step")
    with pytest.raises(Refused) as caught:
        await pair.client.act(reference, "withdraw")
    assert caught.value.code == "too-late"


async def test_a_delay_is_told_with_the_time_it_is_expected_to_end(pair: Pair, inbox: Inbox) -> None:
    await pair.act(await pair.submit(), "delay", seconds=3600)
    event = (await inbox.count(2))[1]
    assert (event.type, event.data.expected_at) == (DELAYED, START.replace(hour=10))


async def test_papers_may_be_asked_for_after_an_approval_and_then_the_contract_follows(
    pair: Pair, inbox: Inbox
) -> None:
    reference = await pair.submit()
    await pair.act(reference, "decide", decision="approved")
    await pair.act(reference, "request-document", document="lease")
    await pair.client.send_document(reference, "lease", [PageFile("a.pdf", b"x", "application/pdf")])
    await pair.act(reference, "step")
    wanted = [Stage.SUBMITTED, Stage.APPROVED, Stage.DOCS_MISSING, Stage.DOCS_CHECK, Stage.SIGNING]
    assert stages(await inbox.count(5)) == wanted


# Corrections


async def test_a_correction_is_taken_once_and_shown_by_its_fields_only(pair: Pair) -> None:
    reference = await pair.submit()
    for _ in range(2):
        answer = await pair.client.correct(reference, {"name": "李四"}, "a:1")
    (listed,) = (await pair.control("GET", "/applications"))["applications"]
    assert (answer.reference, answer.data.stage) == (reference, Stage.SUBMITTED)
    assert listed["corrections"] == [{"fields": ["name"], "at": START.isoformat()}]
    assert listed["applicant"] == "李**"


async def test_a_key_that_belongs_to_another_correction_is_refused(pair: Pair) -> None:
    reference = await pair.submit()
    await pair.client.correct(reference, {"name": "李四"}, "a:1")
    with pytest.raises(Refused, match="key-reused"):
        await pair.client.correct(reference, {"name": "王五"}, "a:1")


async def test_an_application_that_has_ended_is_not_corrected(pair: Pair) -> None:
    reference = await pair.submit()
    await pair.client.act(reference, "withdraw")
    with pytest.raises(Refused, match="409 too-late"):
        await pair.client.correct(reference, {"name": "李四"}, "a:1")


async def test_a_correction_needs_a_name_that_is_one(pair: Pair) -> None:
    reference = await pair.submit()
    with pytest.raises(Refused, match="422 invalid-correction"):
        await pair.client.correct(reference, {"No Name": "x"}, "a:1")


# The page


async def test_the_page_sees_an_application_with_a_masked_name_and_its_next_stages(pair: Pair) -> None:
    reference = await pair.submit()
    listed = await pair.control("GET", "/applications")
    assert listed == {
        "automatic": False,
        "applications": [
            {
                "reference": reference,
                "product": "working-capital",
                "amount": {"amount": "100000.00", "currency": "CNY"},
                "months": 12,
                "applicant": "张**",
                "stage": "submitted",
                "acts_next": "lender",
                "rate": "0.066",
                "missing": [],
                "reasons": [],
                "offer": None,
                "appointment": None,
                "documents": [],
                "corrections": [],
                "accepted": False,
                "review_requested": False,
                "withdrawn_by_customer": False,
                "submitted_at": START.isoformat(),
                "updated_at": START.isoformat(),
                "next_stages": ["docs_check", "docs_missing", "withdrawn", "expired"],
            }
        ],
    }


async def test_a_step_may_name_one_of_the_next_stages_and_no_other(pair: Pair) -> None:
    reference = await pair.submit()
    assert (await pair.act(reference, "step", stage="docs_missing"))["missing"] == ["bank_statements"]
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        await pair.act(reference, "step", stage="disbursed")


async def test_everything_that_can_be_chosen_has_a_label_in_both_languages(pair: Pair) -> None:
    options = await pair.control("GET", "/options")
    assert [one["id"] for one in options["documents"]] == list(DOCUMENTS)
    assert [one["id"] for one in options["reasons"]] == list(DECLINE_REASONS)
    assert {one["id"] for one in options["stages"]} == set(Stage) - {Stage.DRAFT, Stage.CONSENTED}
    assert all(one["label"]["zh"] and one["label"]["en"] for group in options.values() for one in group)


async def test_what_is_not_among_the_options_cannot_be_chosen(pair: Pair) -> None:
    reference = await pair.submit()
    for verb, body in (
        ("request-document", {"document": "horoscope"}),
        ("decide", {"decision": "declined", "reasons": ["horoscope"]}),
        ("decide", {"decision": "perhaps"}),
    ):
        with pytest.raises(httpx.HTTPStatusError, match="422"):
            await pair.act(reference, verb, **body)


async def test_settings_keep_what_is_not_named(pair: Pair) -> None:
    changed = await pair.control("PUT", "/settings", pace_seconds=2, disorder=True)
    assert changed == {"automatic": False, "pace_seconds": 2.0, "duplicates": False, "disorder": True}
    assert await pair.control("GET", "/settings") == changed


async def test_an_unknown_reference_is_not_found(pair: Pair) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        await pair.act("RG-2026-000001", "step")


async def test_changes_are_pushed_to_the_page(pair: Pair) -> None:
    async with pair.http.stream("GET", f"{pair.lender}/control/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        news = (
            json.loads(line.removeprefix("data:")) async for line in stream.aiter_lines() if line.startswith("data:")
        )
        assert (await anext(news))["type"] == "settings"
        reference = await pair.submit()
        told = await anext(news)
        assert (told["type"], told["application"]["reference"]) == ("application", reference)
        await pair.act(reference, "step")
        stage = ""
        while stage != "docs_check":
            stage = (await anext(news))["application"]["stage"]
        await pair.control("PUT", "/settings", duplicates=True)
        changed = await anext(news)
        assert (changed["type"], changed["duplicates"]) == ("settings", True)


async def test_mounted_in_another_application_it_answers_under_its_prefix(inbox: Inbox, clock: SetClock) -> None:
    async with serving(bot_side(inbox.receive, clock)) as bot, httpx.AsyncClient(trust_env=False) as http:
        lender = create_lender((SECRET,), lambda: f"{bot}/webhooks/lender", clock, timing=QUICK)
        host = FastAPI()
        host.mount("/lender", lender)
        host.state.desk = lender.state.desk
        async with serving(host) as url:
            client = LenderClient(f"{url}/lender", (SECRET,), http, clock)
            await client.submit(submission(None), "key-1")
            assert (await http.get(f"{url}/lender/control/applications")).status_code == 200
            await inbox.count(1)


async def test_alone_it_answers_with_and_without_its_prefix(pair: Pair) -> None:
    plain = await pair.http.get(f"{pair.lender}/control/options")
    prefixed = await pair.http.get(f"{pair.lender}/lender/control/options")
    assert plain.json() == prefixed.json()
