"""The lender's desk: takes applications, moves them through their stages, and tells whoever watches.

In automatic mode every application moves on by itself, one stage each `pace_seconds`, from submission to the money, and
waits only where the customer must act: papers asked for, a counter-offer, a decline. Seven steps at eight seconds
make about a minute.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from bot.applications.stages import FINAL, RULES, Stage
from bot.core.clock import Clock
from bot.simulator.lender.courier import TIMING, Courier, Parcel, Timing
from bot.simulator.lender.errors import Refusal
from bot.simulator.lender.records import (
    Amount,
    Corrected,
    Received,
    Record,
    Submitted,
    Terms,
    delay_letter,
    enter,
    form_letter,
    masked,
    reachable,
    stage_letter,
    terms,
)
from bot.simulator.lender.vault import Vault

PACE: Final = 8.0
_WAITS: Final = frozenset({Stage.DOCS_MISSING, Stage.COUNTER_OFFER, Stage.DECLINED, Stage.DISBURSED, Stage.REPAYING})


class Desk:
    """All applications of the demo lender, in one process, on one event loop."""

    def __init__(
        self,
        secrets: Sequence[str],
        callback_url: str | Callable[[], str],
        clock: Clock,
        state: Path | None = None,
        timing: Timing = TIMING,
    ) -> None:
        self.automatic = True
        self.pace = PACE
        self._callback_url = callback_url
        self._clock = clock
        self._sleep = timing.sleep
        self._vault = Vault(state)
        self._books = self._vault.open()
        self._courier = Courier(secrets, clock, self._delivered, timing)
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._watchers: set[asyncio.Queue[dict[str, Any] | None]] = set()
        self._started = False

    def start(self) -> None:
        """Go on where the last process ended: deliver what was not acknowledged, set the timers. Once."""
        if self._started:
            return
        self._started = True
        for record in self._books.records.values():
            self._schedule(record)
            for letter in record.letters:
                if not letter.acknowledged:
                    self._courier.post(Parcel(record.reference, self._url(record), letter))

    async def close(self) -> None:
        """End timers, deliveries and the streams of those who watch."""
        for queue in self._watchers:
            queue.put_nowait(None)
        for timer in self._timers.values():
            timer.cancel()
        await asyncio.gather(*self._timers.values(), return_exceptions=True)
        await self._courier.close()

    def submit(self, submitted: Submitted, key: str, page: str = "") -> Record:
        """Take an application, or find the one taken before by the same key.

        `page` is the address under which customers reach the lender.
        """
        if (known := self._books.keys.get(key)) is not None:
            return self._same(self.record(known), submitted)
        now = self._clock.now()
        self._books.number += 1
        reference = f"RG-{now.year}-{self._books.number:06d}"
        self._books.keys[key] = reference
        blank = Record(reference, submitted, Stage.CONSENTED, now, now, page=page)
        return self._enter(blank, Stage.SUBMITTED)

    def records(self) -> tuple[Record, ...]:
        """All applications, the newest first."""
        return tuple(reversed(self._books.records.values()))

    def record(self, reference: str) -> Record:
        """The application of this reference. Raises `Refusal` (404)."""
        try:
            return self._books.records[reference]
        except KeyError:
            raise Refusal(404, "unknown-reference") from None

    def step(self, reference: str, stage: Stage | None = None) -> Record:
        """One stage on, the usual one unless another of `next_stages` is named."""
        record = self.record(reference)
        chosen = stage or record.onward
        if chosen is None or chosen not in record.next_stages:
            raise Refusal(409, "no-such-step")
        return self._enter(record, chosen)

    def delay(self, reference: str, seconds: float) -> Record:
        """Say that the present stage takes `seconds` more, and let it."""
        record, now = self.record(reference), self._clock.now()
        if not record.next_stages:
            raise Refusal(409, "application-closed")
        later = replace(record, sequence=record.sequence + 1, updated_at=now)
        letter = delay_letter(later, _event_id(), now, now + timedelta(seconds=seconds))
        kept = self._keep(replace(later, letters=(*later.letters, letter)))
        self._courier.post(Parcel(reference, self._url(kept), letter))
        self._schedule(kept, seconds)
        return kept

    def request_document(self, reference: str, document: str) -> Record:
        """Ask the customer for one more document."""
        record = self.record(reference)
        missing = tuple(dict.fromkeys((*record.missing, document)))
        return self._reach(record, Stage.DOCS_MISSING, missing=missing)

    def take_document(self, reference: str, document: str, digest: str, sizes: Sequence[int]) -> Record:
        """A document came, each page of so many bytes: the last one asked for sends the papers back to be checked.

        The same pages are taken once.
        """
        record = self.record(reference)
        if any((known.document, known.digest) == (document, digest) for known in record.received):
            return record
        received = Received(document=document, digest=digest, size=sum(sizes), pages=len(sizes), at=self._clock.now())
        record = self._keep(replace(record, received=(*record.received, received)))
        if record.stage is not Stage.DOCS_MISSING or document not in record.missing:
            return record
        left = tuple(name for name in record.missing if name != document)
        return self._enter(record, Stage.DOCS_MISSING, missing=left) if left else self._enter(record, Stage.DOCS_CHECK)

    def correct(self, reference: str, answers: Mapping[str, str], key: str) -> Record:
        """Put answers right; the same key again is the same correction. An application that has ended stays as it is."""
        record = self.record(reference)
        digest = hashlib.sha256(orjson.dumps(dict(answers), option=orjson.OPT_SORT_KEYS)).hexdigest()
        known = next((one for one in record.corrected if one.key == key), None)
        if known is not None:
            if known.digest != digest:
                raise Refusal(422, "key-reused")
            return record
        if record.stage in FINAL:
            raise Refusal(409, "too-late")
        submitted = record.submitted.model_copy(update={"answers": {**record.submitted.answers, **answers}})
        corrected = Corrected(key=key, fields=tuple(sorted(answers)), digest=digest, at=self._clock.now())
        return self._keep(replace(record, submitted=submitted, corrected=(*record.corrected, corrected)))

    def decide(
        self, reference: str, decision: Stage, offer: Terms | None = None, reasons: Sequence[str] = ()
    ) -> Record:
        """Decide now, wherever the application is before its contract."""
        record = self.record(reference)
        details: dict[str, Any] = {}
        if offer is not None and decision is not Stage.DECLINED:
            details["terms"] = offer
        if decision is Stage.DECLINED and reasons:
            details["reasons"] = tuple(reasons)
        return self._reach(record, decision, **details)

    def accept_offer(self, reference: str) -> Record:
        """The customer accepts a counter-offer; accepting twice is accepting once."""
        record = self.record(reference)
        if record.stage is Stage.COUNTER_OFFER:
            return self._enter(replace(record, accepted=True), Stage.SIGNING)
        if record.accepted and record.stage is not Stage.WITHDRAWN:
            return record
        raise Refusal(409, "no-offer-open")

    def request_review(self, reference: str) -> Record:
        """The customer asks for another look at a decline; it is looked at when the lender takes the next step."""
        record = self.record(reference)
        if record.stage is not Stage.DECLINED:
            raise Refusal(409, "not-declined")
        kept = self._keep(replace(record, review_requested=True))
        self._schedule(kept)
        return kept

    def sign(self, reference: str) -> Record:
        """The customer has signed the contract; signing twice is signing once."""
        record = self.record(reference)
        return self._enter(record, Stage.DISBURSING) if record.stage is Stage.SIGNING else record

    def open_form(self, reference: str, link: tuple[datetime, str]) -> bool:
        """Whether a link to the form, by its end and its id, still holds: the newest one that was opened ends those before it."""
        record = self.record(reference)
        if record.form_link is not None and link[0] < record.form_link[0]:
            return False
        if link != record.form_link:
            self._keep(replace(record, form_link=link))
        return True

    def fill_form(self, reference: str) -> Record:
        """The customer has filled in the form; what it says is not kept by this lender, which is a demo."""
        record, now = self.record(reference), self._clock.now()
        if record.form_filled_at is not None:
            return record
        filled = replace(record, form_filled_at=now, updated_at=now, sequence=record.sequence + 1)
        letter = form_letter(filled, _event_id())
        kept = self._keep(replace(filled, letters=(*filled.letters, letter)))
        self._courier.post(Parcel(reference, self._url(kept), letter))
        return kept

    def withdraw(self, reference: str) -> Record:
        """The customer takes the application back; twice is once."""
        record = self.record(reference)
        if record.stage is Stage.WITHDRAWN:
            return record
        return self._reach(replace(record, withdrawn_by_customer=True), Stage.WITHDRAWN)

    def resend(self, reference: str) -> Record:
        """Send every event of an application again, with the same ids."""
        record = self.record(reference)
        for letter in record.letters:
            self._courier.post(Parcel(reference, self._url(record), letter))
        return record

    def settings(self) -> dict[str, Any]:
        """How the desk and the post behave now."""
        conditions = self._courier.conditions
        return {
            "automatic": self.automatic,
            "pace_seconds": self.pace,
            "duplicates": conditions.duplicates,
            "disorder": conditions.disorder,
        }

    def change(
        self,
        automatic: bool | None = None,
        pace_seconds: float | None = None,
        duplicates: bool | None = None,
        disorder: bool | None = None,
    ) -> dict[str, Any]:
        """Change what is given; the timers of all applications start anew."""
        conditions = self._courier.conditions
        self.automatic = self.automatic if automatic is None else automatic
        self.pace = self.pace if pace_seconds is None else pace_seconds
        conditions.duplicates = conditions.duplicates if duplicates is None else duplicates
        conditions.disorder = conditions.disorder if disorder is None else disorder
        conditions.hold = self.pace * 1.5
        for record in self._books.records.values():
            self._schedule(record)
        self._tell({"type": "settings"} | self.settings())
        return self.settings()

    async def watch(self) -> AsyncIterator[dict[str, Any]]:
        """The settings and every application as they are, then each change, until the desk closes."""
        with self._watcher() as queue:
            yield {"type": "settings"} | self.settings()
            for record in self.records():
                yield {"type": "application", "application": view(record)}
            while (news := await queue.get()) is not None:
                yield news

    @contextmanager
    def _watcher(self) -> Iterator[asyncio.Queue[dict[str, Any] | None]]:
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)

    def _same(self, record: Record, submitted: Submitted) -> Record:
        if record.submitted.application != submitted.application:
            raise Refusal(422, "key-reused")
        return record

    def _reach(self, record: Record, stage: Stage, **details: Any) -> Record:
        if not reachable(record, stage):
            raise Refusal(409, "too-late")
        return self._enter(record, stage, **details)

    def _enter(self, record: Record, stage: Stage, **details: Any) -> Record:
        entered = enter(record, stage, self._clock.now(), **details)
        letter = stage_letter(entered, _event_id())
        kept = self._keep(replace(entered, letters=(*entered.letters, letter)))
        self._courier.post(Parcel(kept.reference, self._url(kept), letter))
        self._schedule(kept)
        return kept

    def _keep(self, record: Record) -> Record:
        self._books.records[record.reference] = record
        self._vault.keep(self._books)
        self._tell({"type": "application", "application": view(record)})
        return record

    def _delivered(self, parcel: Parcel) -> None:
        record = self._books.records[parcel.reference]
        letters = tuple(
            replace(letter, acknowledged=True) if letter.id == parcel.letter.id else letter for letter in record.letters
        )
        self._books.records[parcel.reference] = replace(record, letters=letters)
        self._vault.keep(self._books)

    def _schedule(self, record: Record, seconds: float | None = None) -> None:
        """Set the timer of the next automatic step anew."""
        if (timer := self._timers.pop(record.reference, None)) is not None:
            timer.cancel()
        waits = record.stage in _WAITS and not record.review_requested
        if self.automatic and not waits and record.onward is not None:
            pause = self.pace if seconds is None else seconds
            self._timers[record.reference] = asyncio.create_task(self._step_after(record.reference, pause))

    async def _step_after(self, reference: str, seconds: float) -> None:
        await self._sleep(seconds)
        del self._timers[reference]  # or the step, which sets a new timer, would cancel this one: itself
        self.step(reference)

    def _tell(self, news: dict[str, Any]) -> None:
        for queue in self._watchers:
            queue.put_nowait(news)

    def _url(self, record: Record) -> str:
        if record.submitted.callback_url:
            return record.submitted.callback_url
        return self._callback_url if isinstance(self._callback_url, str) else self._callback_url()


def view(record: Record) -> dict[str, Any]:
    """An application as the lender's page shows it; the applicant's name is masked."""
    asked = record.submitted
    return {
        "reference": record.reference,
        "product": asked.product,
        "amount": _amount(asked.amount),
        "months": asked.months,
        "rate": str(terms(record).rate),
        "applicant": masked(asked.answers),
        "stage": record.stage,
        "acts_next": RULES[record.stage].actor,
        "missing": list(record.missing),
        "reasons": list(record.reasons),
        "offer": _offer(record),
        "appointment": record.appointment and record.appointment.isoformat(),
        "documents": [
            {"document": one.document, "pages": one.pages, "size": one.size, "at": one.at.isoformat()}
            for one in record.received
        ],
        "corrections": [{"fields": list(one.fields), "at": one.at.isoformat()} for one in record.corrected],
        "accepted": record.accepted,
        "review_requested": record.review_requested,
        "withdrawn_by_customer": record.withdrawn_by_customer,
        "submitted_at": record.submitted_at.isoformat(),
        "updated_at": record.updated_at.isoformat(),
        "next_stages": list(record.next_stages),
    }


def _offer(record: Record) -> dict[str, Any] | None:
    if record.terms is None or record.decision not in (Stage.APPROVED, Stage.COUNTER_OFFER):
        return None
    offer = record.terms
    return {"amount": _amount(offer.amount), "months": offer.months, "rate": str(offer.rate)}


def _amount(amount: Amount) -> dict[str, str]:
    return {"amount": f"{amount.value:.2f}", "currency": amount.currency}


def _event_id() -> str:
    return f"evt_{uuid.uuid4().hex}"
