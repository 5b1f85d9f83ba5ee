"""Screenings of applications, and the keyed hashes that accounts are compared by."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from bot.applications.signals import Finding, Screening
from bot.core.codec import decode_all, encode_all
from bot.storage.envelope import place_of
from bot.storage.rows import FingerprintRow, ScreeningRow, table
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor, compiled, given, given_all, insertion

_screening: Final = table(ScreeningRow)
_fingerprint: Final = table(FingerprintRow)

_ADD: Final = compiled(insertion(_screening))
_OF_CONVERSATION: Final = compiled(
    sa.select(_screening)
    .where(_screening.c.conversation_id == given(_screening.c.conversation_id))
    .order_by(_screening.c.number)
)
_LATEST: Final = compiled(
    sa.select(_screening)
    .where(_screening.c.application == given(_screening.c.application))
    .order_by(_screening.c.number.desc())
    .limit(1)
)
_PUT: Final = compiled(
    sa.update(_screening)
    .where(_screening.c.number == given(_screening.c.number))
    .values(given_all(_screening, "outcome", "content"))
)
_KEEP: Final = compiled(
    insert(_fingerprint)
    .values(given_all(_fingerprint, "conversation_id", "kind", "digest", "application", "at"))
    .on_conflict_do_update(
        index_elements=["conversation_id", "kind", "digest"], set_=given_all(_fingerprint, "application", "at")
    )
)
_SINCE: Final = _fingerprint.c.at >= given(_fingerprint.c.at)
_KIND: Final = _fingerprint.c.kind == given(_fingerprint.c.kind)
_ELSEWHERE: Final = compiled(
    sa.select(sa.func.count(_fingerprint.c.conversation_id.distinct())).where(
        _KIND,
        _fingerprint.c.digest == given(_fingerprint.c.digest),
        _fingerprint.c.conversation_id != given(_fingerprint.c.conversation_id),
        _SINCE,
    )
)
_HERE: Final = compiled(
    sa.select(sa.func.count()).where(
        _KIND,
        _fingerprint.c.conversation_id == given(_fingerprint.c.conversation_id),
        _fingerprint.c.digest != given(_fingerprint.c.digest),
        _SINCE,
    )
)


def fingerprint(key: bytes, kind: str, value: str) -> str:
    """The keyed hash of a value: HMAC-SHA256, apart for each kind, as hexadecimal."""
    return hmac.new(key, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()


class PostgresScreenings:
    """See `Screenings`."""

    __slots__ = ("_on", "_sealing")

    def __init__(self, on: Executor, sealing: Sealing) -> None:
        self._on = on
        self._sealing = sealing

    async def add(self, screening: Screening) -> None:
        """See `Screenings.add`."""
        key = await self._sealing.application_key(screening.application)
        await _ADD.run(
            self._on,
            application=screening.application,
            conversation_id=screening.conversation,
            release=screening.release,
            version=screening.version,
            outcome=screening.outcome,
            content=key.seal(_place(screening.application), orjson.dumps(_content(screening))),
            at=screening.at,
        )

    async def of_conversation(self, conversation: int) -> tuple[Screening, ...]:
        """See `Screenings.of_conversation`."""
        return await self._read(await _OF_CONVERSATION.rows(self._on, conversation_id=conversation))

    async def latest(self, application: str) -> Screening | None:
        """See `Screenings.latest`."""
        return next(iter(await self._read(await _LATEST.rows(self._on, application=application))), None)

    async def forget_facts(self, conversation: int, names: Collection[str]) -> None:
        """See `Screenings.forget_facts`."""
        for row in await _OF_CONVERSATION.rows(self._on, conversation_id=conversation):
            for screening in await self._read([row]):
                key, left = await self._sealing.application_key(screening.application), screening.without(names)
                content = key.seal(_place(screening.application), orjson.dumps(_content(left)))
                await _PUT.run(self._on, number=row["number"], outcome=left.outcome, content=content)

    async def _read(self, rows: Sequence[Any]) -> tuple[Screening, ...]:
        """Those that can still be read; see `Sealing.open_all`."""
        return tuple(
            await self._sealing.open_all(rows, "content", lambda row: _place(row["application"]), _screening_of)
        )


class PostgresFingerprints:
    """See `Fingerprints`; `key` is the secret of the hashes, None where there is none."""

    __slots__ = ("_key", "_on")

    def __init__(self, on: Executor, key: bytes | None) -> None:
        self._on = on
        self._key = key

    async def keep(self, conversation: int, application: str, given: Mapping[str, str], at: datetime) -> None:
        """See `Fingerprints.keep`."""
        for kind, value in given.items() if self._key else ():
            digest = fingerprint(self._key or b"", kind, value)
            await _KEEP.run(
                self._on, conversation_id=conversation, kind=kind, digest=digest, application=application, at=at
            )

    async def elsewhere(self, conversation: int, kind: str, value: str, since: datetime) -> int:
        """See `Fingerprints.elsewhere`."""
        if self._key is None:
            return 0
        digest = fingerprint(self._key, kind, value)
        count: int = await _ELSEWHERE.value(self._on, conversation_id=conversation, kind=kind, digest=digest, at=since)
        return count

    async def here(self, conversation: int, kind: str, value: str, since: datetime) -> int:
        """See `Fingerprints.here`."""
        if self._key is None:
            return 0
        digest = fingerprint(self._key, kind, value)
        others: int = await _HERE.value(self._on, conversation_id=conversation, kind=kind, digest=digest, at=since)
        return others + 1


def _place(application: str) -> str:
    return place_of("screening", "content", application)


def _content(screening: Screening) -> dict[str, Any]:
    return {
        "findings": [[one.code, one.outcome, encode_all(one.values)] for one in screening.findings],
        "facts": encode_all(screening.facts),
        "asked": screening.asked,
        "answer": screening.answer,
    }


def _screening_of(row: Any, content: Any) -> Screening:
    return Screening(
        application=row["application"],
        conversation=row["conversation_id"],
        release=row["release"],
        version=row["version"],
        outcome=row["outcome"],
        findings=tuple(Finding(code, outcome, decode_all(values)) for code, outcome, values in content["findings"]),
        facts=decode_all(content["facts"]),
        at=row["at"],
        asked=content["asked"],
        answer=content["answer"],
    )
