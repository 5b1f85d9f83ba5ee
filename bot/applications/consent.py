"""Consent as an append-only record of an event; field names follow ISO/IEC TS 27560."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bot.ledger.chain import Seal

SCHEMA_VERSION = "1"

ConsentState = Literal["given", "refused", "withdrawn", "expired", "superseded"]


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One consent event. Records are never changed: a withdrawal is a record that supersedes another.

    `pii_principal` is the conversation's pseudonymous number, never a name or an account; `notice_sha256` the hash of
    the exact text that was shown, in UTF-8; `evidence` the channel's message that carried it. `validity_duration` is for
    how many days the decision holds; None: until it is withdrawn.
    """

    record_id: str
    pii_principal: int
    channel: str
    pii_controller: str
    purpose: str
    lawful_basis: str
    pii_categories: tuple[str, ...]
    sensitive: bool
    recipients: tuple[str, ...]
    abroad: bool
    retention: str
    notice: str
    notice_version: int
    notice_language: str
    notice_sha256: str
    collection_method: str
    evidence: str | None
    state: ConsentState
    event_time: datetime
    withdrawal_method: str
    supersedes: str | None = None
    validity_duration: int | None = None
    schema_version: str = SCHEMA_VERSION

    def holds_until(self) -> datetime | None:
        """When a consent comes to its end by itself; None: never."""
        return None if self.validity_duration is None else self.event_time + timedelta(days=self.validity_duration)


def text_hash(shown: str) -> str:
    """SHA-256 of the exact text shown, as lower-case hexadecimal."""
    return hashlib.sha256(shown.encode()).hexdigest()


class Consents(Protocol):
    """The ledger of consent records."""

    async def add(self, record: ConsentRecord) -> None:
        """Append a record."""
        ...

    async def latest(self, principal: int) -> dict[str, ConsentRecord]:
        """The newest record of each notice for one person, keyed by notice id."""
        ...

    async def seal(self, record: str) -> Seal | None:
        """The seal behind a record; None while it waits for one."""
        ...

    async def history(self, principal: int) -> tuple[ConsentRecord, ...]:
        """Every record of one person, oldest first."""
        ...
