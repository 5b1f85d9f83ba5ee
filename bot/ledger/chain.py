"""A hash chain over the records of a ledger: change, removal, insertion and another order of records show. Pure.

A record's digest is the SHA-256 of its canonical form: JSON as RFC 8785 has it for strings, whole numbers, truth values,
null, lists and objects; times are UTC to the microsecond. A seal follows each record: it names the record with its digest,
its own number (counted from 1 without gaps), and the hash of the seal before it; its hash is that of all these. So the
last hash stands for the whole ledger, and whoever has once noted a seal's hash can tell that nothing up to it was changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

GENESIS: Final = "0" * 64
"""What the first seal of a ledger has in the place of the hash before it."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The seal behind one record. `digest`, `previous` and `hash` are SHA-256 in lower-case hexadecimal."""

    ledger: str
    number: int
    record: str
    digest: str
    previous: str
    sealed_at: datetime
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a ledger; `number` is the seal's where one is concerned, `record` the record's id."""

    what: str
    number: int | None = None
    record: str | None = None

    def __str__(self) -> str:
        places = (
            f"seal {self.number}" if self.number is not None else "",
            f"record {self.record}" if self.record is not None else "",
        )
        return ": ".join([", ".join(filter(None, places)), self.what]) if any(places) else self.what


def canonical(record: Mapping[str, Any]) -> bytes:
    """The record's canonical form. Raises `TypeError` for what has none, such as a fraction."""
    return json.dumps(_plain(record), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(record: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical form, in lower-case hexadecimal."""
    return hashlib.sha256(canonical(record)).hexdigest()


def moment(at: datetime) -> str:
    """An aware time as canonical forms write it: `2026-11-20T01:30:00.000000Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sealed(ledger: str, record: str, digest: str, after: Seal | None, at: datetime) -> Seal:
    """The seal of a record behind the seal `after`, or the first."""
    number, previous = (after.number + 1, after.hash) if after else (1, GENESIS)
    return Seal(ledger, number, record, digest, previous, at, _hash(ledger, number, record, digest, previous, at))


def faults(
    seals: Iterable[Seal], digests: Mapping[str, str], waiting: Container[str], noted: Mapping[int, str]
) -> Iterator[Fault]:
    """What is wrong with a ledger; nothing where it is whole.

    `seals` come by rising number. `digests` are those of the records as they are now, by id; `waiting` the records that
    are to be sealed yet; `noted` hashes of seals that somebody has kept outside, by number.
    """
    seen: set[str] = set()
    number, previous = 0, GENESIS
    for seal in seals:
        number += 1
        yield from _faults_of(seal, number, previous, digests.get(seal.record))
        if seal.record in seen:
            yield Fault("the record is sealed twice", seal.number, seal.record)
        if noted.get(seal.number, seal.hash) != seal.hash:
            yield Fault("the hash is not the one that was noted", seal.number, seal.record)
        seen.add(seal.record)
        number, previous = seal.number, seal.hash
    for later in sorted(noted):
        if later > number:
            yield Fault(f"the ledger ends at seal {number}; this seal was noted and is gone", later)
    for record in digests.keys() - seen:
        if record not in waiting:
            yield Fault("the record was never sealed: it was put in past the program", record=record)


def _faults_of(seal: Seal, number: int, previous: str, digest: str | None) -> Iterator[Fault]:
    if seal.number != number:
        yield Fault(f"seals are missing or out of order: number {number} should be here", seal.number, seal.record)
    if seal.previous != previous:
        yield Fault("it does not follow from the seal before it", seal.number, seal.record)
    if seal.hash != _hash(seal.ledger, seal.number, seal.record, seal.digest, seal.previous, seal.sealed_at):
        yield Fault("the seal was changed", seal.number, seal.record)
    if digest is None:
        yield Fault("the record was removed", seal.number, seal.record)
    elif digest != seal.digest:
        yield Fault("the record was changed", seal.number, seal.record)


def _hash(  # noqa: PLR0913, PLR0917 -- a seal's hash covers all of it
    ledger: str, number: int, record: str, digest: str, previous: str, at: datetime
) -> str:
    whole = {
        "ledger": ledger, "number": number, "record": record, "digest": digest, "previous": previous, "sealed_at": at,
    }  # fmt: skip
    return digest_of(whole)


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return moment(value)
        case list() | tuple():
            return [_plain(item) for item in value]
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
    raise TypeError(f"a value of type {type(value).__name__} has no canonical form")
