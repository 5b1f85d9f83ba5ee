"""Reading the lender's events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.applications.events import DELAYED, NO_DATA, STAGE_CHANGED, EventData, Malformed, Offer, parse
from bot.applications.stages import Stage
from bot.core.values import Money, Months, Rate

WHOLE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "evt_1",
    "source": "urn:lender",
    "type": STAGE_CHANGED,
    "subject": "RG-2026-004217",
    "time": "2026-11-23T10:00:00+08:00",
    "sequence": "0000000007",
    "datacontenttype": "application/json",
    "data": {
        "stage": "counter_offer",
        "offer": {"amount": {"value": "80000.00", "currency": "CNY"}, "months": 12, "rate": "0.072"},
    },
}


def body(**changes: Any) -> bytes:
    return json.dumps({name: value for name, value in (WHOLE | changes).items() if value is not ...}).encode()


def test_a_whole_event_is_read_into_typed_values() -> None:
    event = parse(body())
    assert (event.source, event.id, event.reference, event.sequence) == ("urn:lender", "evt_1", "RG-2026-004217", 7)
    assert event.time == datetime(2026, 11, 23, 2, tzinfo=UTC)
    offer = Offer(Money(Decimal("80000.00")), Months(12), Rate(Decimal("0.072")))
    assert event.data == EventData(stage=Stage.COUNTER_OFFER, offer=offer)


def test_missing_documents_and_reasons_keep_their_order_each_once() -> None:
    event = parse(body(data={"stage": "docs_missing", "missing": ["lease", "tax_return", "lease"]}))
    assert event.data.missing == ("lease", "tax_return")


def test_at_most_four_reasons_of_a_decline_are_kept() -> None:
    assert len(parse(body(data={"stage": "declined", "reasons": list("abcdef")})).data.reasons) == 4


def test_an_unknown_type_is_kept_without_its_data() -> None:
    event = parse(body(type="org.tillwise.application.mood-changed.v9", data="anything"))
    assert event.type.endswith("mood-changed.v9")
    assert event.data is NO_DATA


def test_an_unknown_stage_is_kept_and_says_nothing() -> None:
    assert parse(body(data={"stage": "notarised"})).data.stage is None


def test_a_delay_names_the_time_it_is_expected_to_end() -> None:
    event = parse(body(type=DELAYED, data={"expected_at": "2026-11-24T10:00:00Z"}))
    assert event.data.expected_at == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_a_counter_may_also_be_a_json_number() -> None:
    assert parse(body(sequence=12)).sequence == 12


@pytest.mark.parametrize(
    "changes",
    [
        *({name: ...} for name in ("specversion", "id", "source", "type", "subject", "time", "sequence")),
        {"specversion": "0.3"},
        {"id": ""},
        {"id": "a\x00b"},
        {"id": "x" * 201},
        {"time": "yesterday"},
        {"time": "2026-11-23T10:00:00"},
        {"time": "0001-01-01T00:00:00+14:00"},
        {"time": 5},
        {"sequence": "-1"},
        {"sequence": "七"},
        {"sequence": True},
        {"sequence": "9" * 30},
        {"subject": 5},
        {"data": ...},
        {"data": []},
        {"data": {}},
        {"data": {"stage": 5}},
        {"data": {"stage": "docs_missing", "missing": "lease"}},
        {"data": {"stage": "docs_missing", "missing": [5]}},
        {"data": {"stage": "docs_missing", "missing": ["x"] * 21}},
        {"data": {"stage": "approved", "offer": 5}},
        {"data": {"stage": "approved", "offer": {"amount": 5}}},
        *(
            {"data": {"stage": "approved", "offer": WHOLE["data"]["offer"] | wrong}}
            for wrong in (
                {"amount": {"value": 80000.5, "currency": "CNY"}},
                {"amount": {"value": "NaN", "currency": "CNY"}},
                {"amount": {"value": "1e400", "currency": "CNY"}},
                {"amount": {"value": "lots", "currency": "CNY"}},
                {"amount": {"value": "1"}},
                {"months": 0},
                {"months": "12"},
                {"months": True},
                {"rate": "-0.1"},
                {"rate": None},
            )
        ),
        {"type": DELAYED, "data": {}},
        {"type": DELAYED, "data": {"expected_at": "2026-11-24T10:00:00"}},
    ],
    ids=str,
)
def test_what_is_not_of_the_agreed_form_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        parse(body(**changes))


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"[]", b"null", b"5", b'"text"', b"[" * 60_000, b'{"id": '])
def test_what_is_not_a_json_object_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse(raw)


def test_the_error_names_the_field_and_not_its_content() -> None:
    with pytest.raises(Malformed) as caught:
        parse(body(data={"stage": "approved", "offer": WHOLE["data"]["offer"] | {"rate": "secret"}}))
    assert "data.offer.rate" in str(caught.value)
    assert "secret" not in str(caught.value)


SCALAR = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10)
JSON = SCALAR | st.lists(SCALAR, max_size=3) | st.dictionaries(st.sampled_from(("stage", "offer", "missing")), SCALAR)


@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), JSON))
def test_whatever_json_comes_is_read_or_malformed(changes: dict[str, Any]) -> None:
    try:
        event = parse(json.dumps(WHOLE | changes).encode())
    except Malformed:
        return
    assert event.time.tzinfo is UTC
    assert event.id
