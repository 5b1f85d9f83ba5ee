from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ledger.chain import GENESIS, Seal, canonical, digest_of, faults, sealed

AT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
LEAVES = st.none() | st.booleans() | st.integers() | st.text()
RECORDS = st.dictionaries(st.text(), LEAVES | st.lists(LEAVES) | st.dictionaries(st.text(), LEAVES))


def chain(records: Sequence[dict[str, Any]]) -> tuple[list[Seal], dict[str, str]]:
    seals: list[Seal] = []
    digests = {f"r{place}": digest_of(record) for place, record in enumerate(records)}
    for name, digest in digests.items():
        seals.append(sealed("consent", name, digest, seals[-1] if seals else None, AT))
    return seals, digests


def wrong(
    seals: list[Seal], digests: dict[str, str], waiting: set[str] | None = None, noted: dict[int, str] | None = None
) -> list[str]:
    return [str(fault) for fault in faults(seals, digests, waiting or set(), noted or {})]


FIVE, DIGESTS = chain([{"state": state} for state in "abcde"])


def test_the_canonical_form_is_sorted_compact_and_in_utc() -> None:
    at = AT.astimezone(timezone(timedelta(hours=8)))
    record = {"b": ["同意", None, True], "a": {"n": 3, "at": at}}
    written = '{"a":{"at":"2026-11-20T01:30:00.000000Z","n":3},"b":["同意",null,true]}'
    assert canonical(record).decode() == written


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError):
        canonical({"rate": 0.1})


@given(RECORDS, RECORDS)
def test_different_records_have_different_digests(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (digest_of(one) == digest_of(other)) == (canonical(one) == canonical(other))


@given(st.lists(RECORDS, max_size=8))
def test_a_chain_that_was_only_added_to_is_whole(records: list[dict[str, Any]]) -> None:
    assert wrong(*chain(records)) == []


def test_the_first_seal_follows_nothing() -> None:
    assert (FIVE[0].number, FIVE[0].previous) == (1, GENESIS)


def test_a_changed_record_shows() -> None:
    assert wrong(FIVE, DIGESTS | {"r2": digest_of({"state": "x"})}) == ["seal 3, record r2: the record was changed"]


def test_a_removed_record_shows() -> None:
    left = {name: digest for name, digest in DIGESTS.items() if name != "r4"}
    assert wrong(FIVE, left) == ["seal 5, record r4: the record was removed"]


def test_a_record_removed_with_its_seal_shows() -> None:
    left = {name: digest for name, digest in DIGESTS.items() if name != "r2"}
    assert wrong([*FIVE[:2], *FIVE[3:]], left) == [
        "seal 4, record r3: seals are missing or out of order: number 3 should be here",
        "seal 4, record r3: it does not follow from the seal before it",
    ]


def test_records_removed_with_their_seals_at_the_end_show_to_who_has_noted_a_seal() -> None:
    left = {name: digest for name, digest in DIGESTS.items() if name != "r4"}
    assert wrong(FIVE[:4], left) == []
    assert wrong(FIVE[:4], left, noted={5: FIVE[4].hash}) == [
        "seal 5: the ledger ends at seal 4; this seal was noted and is gone"
    ]


def test_a_record_put_in_past_the_program_shows_and_one_that_waits_does_not() -> None:
    more = DIGESTS | {"new": digest_of({})}
    assert wrong(FIVE, more) == ["record new: the record was never sealed: it was put in past the program"]
    assert wrong(FIVE, more, waiting={"new"}) == []


def test_a_record_sealed_twice_shows() -> None:
    twice = sealed("consent", "r0", DIGESTS["r0"], FIVE[-1], AT)
    assert wrong([*FIVE, twice], DIGESTS) == ["seal 6, record r0: the record is sealed twice"]


def test_another_order_shows() -> None:
    moved = [*FIVE[:1], replace(FIVE[2], number=2), replace(FIVE[1], number=3), *FIVE[3:]]
    assert "seal 2, record r2: the seal was changed" in wrong(moved, DIGESTS)


def test_a_chain_made_anew_from_changed_records_shows_to_who_has_noted_a_seal() -> None:
    forged, digests = chain([{"state": state} for state in "abXde"])
    assert wrong(forged, digests) == []
    assert wrong(forged, digests, noted={4: FIVE[3].hash}) == [
        "seal 4, record r3: the hash is not the one that was noted"
    ]


@given(st.integers(0, 4), st.sampled_from(["record", "digest", "previous", "hash"]))
def test_every_field_of_a_seal_counts(place: int, field: str) -> None:
    changed = replace(FIVE[place], **{field: "0" * 63 + "1"})  # type: ignore[arg-type]  # all of them are texts
    assert wrong([*FIVE[:place], changed, *FIVE[place + 1 :]], DIGESTS)
