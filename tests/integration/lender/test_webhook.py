"""The door for the lender's events, over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from bot.applications.events import STAGE_CHANGED, LenderEvent
from bot.applications.progress import NOTHING, advance, begun
from bot.applications.stages import Stage
from bot.core.errors import SettingsError
from bot.gateways.signatures import Unauthorised, check, check_secret, sign
from tests.integration.lender.conftest import OTHER_SECRET, SECRET, START, Inbox, SetClock, bot_side, serving

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "evt_1",
    "source": "urn:lender",
    "type": STAGE_CHANGED,
    "subject": "RG-2026-004217",
    "time": "2026-11-23T09:00:00Z",
    "sequence": "0000000002",
    "data": {"stage": "docs_check"},
}
BODY = json.dumps(EVENT)


@pytest.fixture
async def door(inbox: Inbox, clock: SetClock) -> AsyncIterator[str]:
    async with serving(bot_side(inbox.receive, clock)) as url:
        yield f"{url}/webhooks/lender"


async def test_a_signed_event_is_kept_and_acknowledged(door: str, inbox: Inbox, http: httpx.AsyncClient) -> None:
    answer = await http.post(door, content=BODY, headers=sign((SECRET,), "evt_1", START, BODY))
    assert (answer.status_code, answer.content) == (204, b"")
    assert [(event.id, event.data.stage) for event in inbox.events] == [("evt_1", Stage.DOCS_CHECK)]


async def test_nothing_is_acknowledged_before_it_is_kept(clock: SetClock, http: httpx.AsyncClient) -> None:
    arrived, may_commit, committed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def receive(_: LenderEvent) -> None:
        arrived.set()
        await may_commit.wait()
        committed.set()

    async with serving(bot_side(receive, clock)) as url:
        headers = sign((SECRET,), "evt_1", START, BODY)
        call = asyncio.create_task(http.post(f"{url}/webhooks/lender", content=BODY, headers=headers))
        await arrived.wait()
        assert not call.done()
        may_commit.set()
        assert (await call).status_code == 204
        assert committed.is_set()


@pytest.mark.parametrize("gone", ["webhook-id", "webhook-timestamp", "webhook-signature"])
async def test_a_missing_header_is_refused(door: str, inbox: Inbox, http: httpx.AsyncClient, gone: str) -> None:
    headers = {name: value for name, value in sign((SECRET,), "evt_1", START, BODY).items() if name != gone}
    assert (await http.post(door, content=BODY, headers=headers)).status_code == 401
    assert inbox.events == []


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "evt_2"},
        {"webhook-timestamp": str(int(START.timestamp()) + 1)},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "9" * 40},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v2,"},
        {"webhook-signature": "nonsense"},
        {"webhook-signature": "v1,é"},
    ],
    ids=str,
)
async def test_a_wrong_header_is_refused(
    door: str, inbox: Inbox, http: httpx.AsyncClient, changed: dict[str, str]
) -> None:
    wrong = sign((SECRET,), "evt_1", START, BODY) | changed
    headers = [(name.encode(), value.encode()) for name, value in wrong.items()]
    assert (await http.post(door, content=BODY, headers=headers)).status_code == 401
    assert inbox.events == []


async def test_a_body_changed_on_the_way_is_refused(door: str, inbox: Inbox, http: httpx.AsyncClient) -> None:
    changed = BODY.replace("docs_check", "disbursed")
    assert (await http.post(door, content=changed, headers=sign((SECRET,), "evt_1", START, BODY))).status_code == 401
    assert inbox.events == []


async def test_a_body_that_is_not_text_is_refused(door: str, http: httpx.AsyncClient) -> None:
    assert (
        await http.post(door, content=b"\xff\xfe", headers=sign((SECRET,), "evt_1", START, BODY))
    ).status_code == 401


@pytest.mark.parametrize(("minutes", "status"), [(-5, 204), (5, 204), (-5.1, 401), (5.1, 401), (60 * 24, 401)])
async def test_a_time_more_than_five_minutes_off_is_refused(
    door: str, http: httpx.AsyncClient, minutes: float, status: int
) -> None:
    headers = sign((SECRET,), "evt_1", START + timedelta(minutes=minutes), BODY)
    assert (await http.post(door, content=BODY, headers=headers)).status_code == status


async def test_a_recorded_request_is_refused_when_it_is_played_again_later(
    door: str, inbox: Inbox, clock: SetClock, http: httpx.AsyncClient
) -> None:
    headers = sign((SECRET,), "evt_1", START, BODY)
    assert (await http.post(door, content=BODY, headers=headers)).status_code == 204
    clock.move(minutes=6)
    assert (await http.post(door, content=BODY, headers=headers)).status_code == 401
    assert len(inbox.events) == 1


async def test_a_request_played_again_at_once_is_the_same_event_and_changes_nothing(
    door: str, inbox: Inbox, http: httpx.AsyncClient
) -> None:
    headers = sign((SECRET,), "evt_1", START, BODY)
    for _ in range(2):
        assert (await http.post(door, content=BODY, headers=headers)).status_code == 204
    once, _ = advance(begun(START), inbox.events[0])
    assert advance(once, inbox.events[1]) == (once, NOTHING)


async def test_while_a_secret_is_replaced_both_hold_and_afterwards_only_the_new_one(
    inbox: Inbox, clock: SetClock, http: httpx.AsyncClient
) -> None:
    async def status(url: str, secret: str) -> int:
        headers = sign((secret,), "evt_1", START, BODY)
        return (await http.post(f"{url}/webhooks/lender", content=BODY, headers=headers)).status_code

    async with serving(bot_side(inbox.receive, clock, (OTHER_SECRET, SECRET))) as url:
        assert [await status(url, SECRET), await status(url, OTHER_SECRET)] == [204, 204]
    async with serving(bot_side(inbox.receive, clock, (OTHER_SECRET,))) as url:
        assert [await status(url, SECRET), await status(url, OTHER_SECRET)] == [401, 204]


async def test_one_of_several_signatures_is_enough(door: str, http: httpx.AsyncClient) -> None:
    mine, other = (sign((secret,), "evt_1", START, BODY) for secret in (SECRET, OTHER_SECRET))
    both = mine | {"webhook-signature": f"{other['webhook-signature']} {mine['webhook-signature']}"}
    assert (await http.post(door, content=BODY, headers=both)).status_code == 204


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"specversion": "1.0"}', json.dumps(EVENT | {"sequence": "x"})])
async def test_a_signed_body_that_is_not_an_event_is_malformed(
    door: str, inbox: Inbox, http: httpx.AsyncClient, body: str
) -> None:
    assert (await http.post(door, content=body, headers=sign((SECRET,), "evt_1", START, body))).status_code == 400
    assert inbox.events == []


async def test_an_event_of_an_unknown_type_is_kept(door: str, inbox: Inbox, http: httpx.AsyncClient) -> None:
    body = json.dumps(EVENT | {"type": "org.tillwise.application.mood.v9"})
    assert (await http.post(door, content=body, headers=sign((SECRET,), "evt_1", START, body))).status_code == 204
    assert len(inbox.events) == 1


async def test_a_body_beyond_the_limit_is_not_read(door: str, inbox: Inbox, http: httpx.AsyncClient) -> None:
    body = json.dumps(EVENT | {"data": {"stage": "x" * 70_000}})
    assert (await http.post(door, content=body, headers=sign((SECRET,), "evt_1", START, body))).status_code == 413
    assert inbox.events == []


async def test_without_storage_the_lender_is_asked_to_send_it_again_and_no_word_of_it_is_logged(
    door: str, inbox: Inbox, http: httpx.AsyncClient
) -> None:
    inbox.failures = 1
    with capture_logs() as logs:
        answer = await http.post(door, content=BODY, headers=sign((SECRET,), "evt_1", START, BODY))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert logs == [
        {"event": "lender event not kept", "event_id": "evt_1", "error": "ConnectionError", "log_level": "warning"}
    ]
    assert (await http.post(door, content=BODY, headers=sign((SECRET,), "evt_1", START, BODY))).status_code == 204


def test_the_standard_library_of_the_signature_and_we_accept_each_other() -> None:
    now = datetime.now(UTC)
    Webhook(SECRET).verify(BODY, sign((SECRET,), "evt_1", now, BODY))
    theirs = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_1", now, BODY),
    }
    assert check(theirs, BODY, [SECRET], now) == "evt_1"
    with pytest.raises(Unauthorised):
        check(theirs, BODY, [OTHER_SECRET], now)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "not base64 at all!", "whsec_密码"])
def test_a_secret_that_is_too_short_or_not_base64_is_a_setting_to_correct(secret: str) -> None:
    with pytest.raises(SettingsError):
        check_secret(secret)
    check_secret(SECRET)
