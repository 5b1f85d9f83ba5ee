"""The records of each part in memory. Values go through their codec, so that what cannot be stored fails here, too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import orjson

from bot.applications import progress
from bot.applications.application import Application
from bot.applications.consent import ConsentRecord
from bot.applications.documents import Page
from bot.applications.events import LenderEvent
from bot.applications.signals import Screening
from bot.applications.stages import Stage
from bot.applications.usual_times import ENOUGH, LOOK_BACK, UsualTime, UsualTimes
from bot.conversation.ports import StoredAssessment, StoredQuote
from bot.conversation.visitors import Visitor
from bot.core.clock import Clock
from bot.core.codec import decode_all, encode_all
from bot.core.errors import StateError
from bot.core.values import Values
from bot.handoff.profiles import Profile
from bot.handoff.records import Lead, Manager, Photo
from bot.ledger.chain import Seal
from bot.storage.repositories.signals import fingerprint
from bot.testing.memory_tables import Heard, Transaction

_OPEN = ("requested", "offered", "accepted", "active")
_HELD = ("accepted", "active")


def stored(values: Values) -> Values:
    """`values` as they come back from being stored."""
    return decode_all(orjson.loads(orjson.dumps(encode_all(values))))


def _without(values: Values, names: Collection[str]) -> Values:
    return {name: value for name, value in values.items() if name not in names}


class MemoryConsents:
    """See `Consents`."""

    def __init__(self, transaction: Transaction) -> None:
        self._consents = transaction.consents

    async def add(self, record: ConsentRecord) -> None:
        """See `Consents.add`."""
        if self._consents.get(record.record_id) is not None:
            raise StateError("a consent record is never changed")
        self._consents.put(record.record_id, record)

    async def latest(self, principal: int) -> dict[str, ConsentRecord]:
        """See `Consents.latest`."""
        return {record.notice: record for record in await self.history(principal)}

    async def seal(self, record: str) -> Seal | None:
        """See `Consents.seal`. Nobody seals what is only in memory."""
        return None

    async def history(self, principal: int) -> tuple[ConsentRecord, ...]:
        """See `Consents.history`."""
        return tuple(record for record in self._consents.rows() if record.pii_principal == principal)


class MemoryQuotes:
    """See `Quotes`."""

    def __init__(self, transaction: Transaction) -> None:
        self._quotes = transaction.quotes

    async def add(self, quote: StoredQuote) -> None:
        """See `Quotes.add`."""
        self._quotes.put(quote.id, replace(quote, values=stored(quote.values)))

    async def latest(self, conversation: int) -> StoredQuote | None:
        """See `Quotes.latest`."""
        return next(iter(reversed(await self.of_conversation(conversation))), None)

    async def of_conversation(self, conversation: int) -> tuple[StoredQuote, ...]:
        """See `Quotes.of_conversation`."""
        return tuple(quote for quote in self._quotes.rows() if quote.conversation == conversation)

    async def keep(self, quote: str, at: datetime) -> None:
        """See `Quotes.keep`."""
        for found in self._quotes.rows():
            if found.id == quote and found.kept_at is None:
                self._quotes.put(quote, replace(found, kept_at=at))

    async def kept(self, conversation: int, most: int) -> tuple[StoredQuote, ...]:
        """See `Quotes.kept`."""
        return tuple(reversed(self._kept(conversation)))[:most]

    async def let_go(self, conversation: int) -> None:
        """See `Quotes.let_go`."""
        for quote in self._kept(conversation):
            self._quotes.put(quote.id, replace(quote, kept_at=None))

    def _kept(self, conversation: int) -> list[StoredQuote]:
        return [one for one in self._quotes.rows() if one.conversation == conversation and one.kept_at is not None]


class MemoryAssessments:
    """See `Assessments`."""

    def __init__(self, transaction: Transaction) -> None:
        self._assessments = transaction.assessments

    async def add(self, assessment: StoredAssessment) -> None:
        """See `Assessments.add`."""
        kept = replace(assessment, answers=stored(assessment.answers), criteria=dict(assessment.criteria))
        self._assessments.put(assessment.id, kept)

    async def of_conversation(self, conversation: int) -> tuple[StoredAssessment, ...]:
        """See `Assessments.of_conversation`."""
        return tuple(told for told in self._assessments.rows() if told.conversation == conversation)

    async def forget_answers(self, conversation: int, names: Collection[str]) -> None:
        """See `Assessments.forget_answers`."""
        for told in await self.of_conversation(conversation):
            self._assessments.put(told.id, replace(told, answers=_without(told.answers, names)))


class MemoryApplications:
    """See `Applications`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._applications = transaction.applications

    async def add(self, application: Application) -> None:
        """See `Applications.add`."""
        self._applications.put(application.id, replace(application, answers=stored(application.answers)))

    async def save(self, application: Application) -> None:
        """See `Applications.save`."""
        known = self._applications.get(application.id)
        if known is not None:
            told = progress.decode(orjson.loads(orjson.dumps(progress.encode(application.progress))))
            self._applications.put(known.id, replace(known, reference=application.reference, progress=told))

    async def renew(self, application: Application) -> None:
        """See `Applications.renew`."""
        known = self._applications.get(application.id)
        if known is not None and known.reference is None:
            await self.add(replace(application, conversation=known.conversation))

    async def get(self, application: str) -> Application | None:
        """See `Applications.get`."""
        return await self._locked(lambda known: known.id == application)

    async def by_reference(self, reference: str) -> Application | None:
        """See `Applications.by_reference`."""
        return await self._locked(lambda known: known.reference == reference)

    async def of_conversation(self, conversation: int) -> tuple[Application, ...]:
        """See `Applications.of_conversation`."""
        found = [known for known in self._applications.rows() if known.conversation == conversation]
        return tuple(sorted(found, key=lambda known: known.created_at))

    async def forget_answers(self, conversation: int, names: Collection[str]) -> None:
        """See `Applications.forget_answers`."""
        for known in await self.of_conversation(conversation):
            self._applications.put(known.id, replace(known, answers=_without(known.answers, names)))

    async def _locked(self, fits: Callable[[Application], bool]) -> Application | None:
        for known in self._applications.rows():
            if fits(known):
                await self._transaction.lock(("application", known.id))
                return self._applications.get(known.id)
        return None


class MemoryPages:
    """See `Pages`."""

    def __init__(self, transaction: Transaction) -> None:
        self._pages = transaction.pages

    async def add(self, page: Page) -> None:
        """See `Pages.add`."""
        self._pages.put(page.id, page)

    async def remove(self, page: str) -> None:
        """See `Pages.remove`."""
        self._pages.remove(page)

    async def of_document(self, application: str, document: str) -> tuple[Page, ...]:
        """See `Pages.of_document`."""
        return tuple(sorted(self._waiting(application, document), key=lambda page: page.position))

    async def of_conversation(self, conversation: int) -> tuple[Page, ...]:
        """See `Pages.of_conversation`."""
        found = [page for page in self._pages.rows() if page.conversation == conversation]
        return tuple(sorted(found, key=lambda page: (page.application, page.document, page.position, page.received_at)))

    async def complete(self, application: str, document: str, at: datetime | None) -> None:
        """See `Pages.complete`."""
        for page in self._waiting(application, document):
            self._pages.put(page.id, replace(page, completed_at=at))

    async def handed_in(self, application: str, document: str, at: datetime) -> None:
        """See `Pages.handed_in`."""
        for page in self._waiting(application, document):
            if page.completed_at is not None:
                self._pages.put(page.id, replace(page, handed_in_at=at))

    async def elsewhere(self, digest: str, conversation: int) -> int:
        """See `Pages.elsewhere`."""
        same = (page for page in self._pages.rows() if page.digest == digest)
        return len({page.conversation for page in same} - {conversation})

    def _waiting(self, application: str, document: str) -> list[Page]:
        about = (application, document)
        return [
            page
            for page in self._pages.rows()
            if (page.application, page.document) == about and page.handed_in_at is None
        ]


class MemoryScreenings:
    """See `Screenings`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, screening: Screening) -> None:
        """See `Screenings.add`."""
        findings = tuple(replace(one, values=stored(one.values)) for one in screening.findings)
        kept = replace(screening, facts=stored(screening.facts), findings=findings)
        self._transaction.screenings.put(next(self._transaction.tables.numbers), kept)

    async def of_conversation(self, conversation: int) -> tuple[Screening, ...]:
        """See `Screenings.of_conversation`."""
        return tuple(one for one in self._transaction.screenings.rows() if one.conversation == conversation)

    async def latest(self, application: str) -> Screening | None:
        """See `Screenings.latest`."""
        found = [one for one in self._transaction.screenings.rows() if one.application == application]
        return found[-1] if found else None

    async def forget_facts(self, conversation: int, names: Collection[str]) -> None:
        """See `Screenings.forget_facts`."""
        table = self._transaction.screenings
        for number, one in table.items():
            if one.conversation == conversation:
                table.put(number, one.without(names))


class MemoryFingerprints:
    """See `Fingerprints`, with a key that is no secret."""

    def __init__(self, transaction: Transaction) -> None:
        self._fingerprints = transaction.fingerprints

    async def keep(self, conversation: int, application: str, given: Mapping[str, str], at: datetime) -> None:
        """See `Fingerprints.keep`."""
        for kind, value in given.items():
            self._fingerprints.put((conversation, kind, fingerprint(b"in memory", kind, value)), at)

    async def elsewhere(self, conversation: int, kind: str, value: str, since: datetime) -> int:
        """See `Fingerprints.elsewhere`."""
        digest = fingerprint(b"in memory", kind, value)
        return sum(
            whose != conversation and (of, what) == (kind, digest) and at >= since
            for (whose, of, what), at in self._fingerprints.items()
        )

    async def here(self, conversation: int, kind: str, value: str, since: datetime) -> int:
        """See `Fingerprints.here`."""
        digest = fingerprint(b"in memory", kind, value)
        others = sum(
            (whose, of) == (conversation, kind) and what != digest and at >= since
            for (whose, of, what), at in self._fingerprints.items()
        )
        return others + 1


class MemoryStageTimes:
    """See `StageTimes`."""

    def __init__(self, transaction: Transaction, clock: Clock) -> None:
        self._applications = transaction.applications
        self._clock = clock

    async def of(self, product: str) -> UsualTimes:
        """See `StageTimes.of`."""
        spans: dict[Stage, list[float]] = {}
        since = self._clock.now() - LOOK_BACK
        for known in self._applications.rows():
            for passed in progress.passages(known.progress) if known.product == product else ():
                if passed.left_at is not None and passed.left_at >= since:
                    spans.setdefault(passed.stage, []).append((passed.left_at - passed.entered_at).total_seconds())
        return {stage: _times(taken) for stage, taken in spans.items() if len(taken) >= ENOUGH}


def _times(spans: list[float]) -> UsualTime:
    """Percentiles between the two nearest, as PostgreSQL has them."""
    ordered = sorted(spans)

    def at(share: float) -> timedelta:
        place = share * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return timedelta(seconds=ordered[low] + (place - low) * (ordered[high] - ordered[low]))

    return UsualTime(at(0.5), at(0.8), len(ordered))


class MemoryLenderEvents:
    """See `LenderEvents`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._events = transaction.lender_events

    async def add(self, event: LenderEvent, at: datetime) -> bool:
        """See `LenderEvents.add`."""
        await self._transaction.lock(("lender_event", event.key))
        if self._events.get(event.key) is not None:
            return False
        self._events.put(event.key, Heard(event, at))
        return True

    async def unapplied(self, reference: str) -> tuple[LenderEvent, ...]:
        """See `LenderEvents.unapplied`."""
        for key, heard in self._events.items():
            if heard.event.reference == reference and not heard.applied:
                await self._transaction.lock(("lender_event", key))
        waiting = [heard.event for heard in self._events.rows() if not heard.applied]
        found = [event for event in waiting if event.reference == reference]
        return tuple(sorted(found, key=lambda event: event.sequence))

    async def applied(self, event: LenderEvent) -> None:
        """See `LenderEvents.applied`."""
        heard = self._events.get(event.key)
        if heard is not None:
            self._events.put(event.key, replace(heard, applied=True))


class MemoryManagers:
    """See `Managers`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._managers = transaction.managers

    async def add(self, manager: Manager) -> Manager:
        """See `Managers.add`."""
        added = replace(manager, id=next(self._transaction.tables.numbers))
        self._managers.put(added.id, added)
        return added

    async def get(self, manager: int) -> Manager | None:
        """See `Managers.get`."""
        return self._managers.get(manager)

    async def by_conversation(self, conversation: int) -> Manager | None:
        """See `Managers.by_conversation`."""
        return self._found(lambda manager: manager.conversation == conversation)

    async def by_invitation(self, invitation: str) -> Manager | None:
        """See `Managers.by_invitation`."""
        found = self._found(lambda manager: manager.invitation == invitation)
        if found is not None:
            await self._transaction.lock(("account_manager", found.id))
        return self._found(lambda manager: manager.invitation == invitation)

    async def joined(self, manager: int, conversation: int) -> None:
        """See `Managers.joined`."""
        self._change(manager, lambda known: replace(known, conversation=conversation, invitation=None))

    async def set_on_duty(self, manager: int, on_duty: bool) -> None:
        """See `Managers.set_on_duty`."""
        self._change(manager, lambda known: replace(known, on_duty=on_duty))

    async def set_profile(self, manager: int, profile: Profile) -> None:
        """See `Managers.set_profile`."""
        self._change(manager, lambda known: replace(known, profile=profile))

    async def photo(self, manager: int) -> Photo | None:
        """See `Managers.photo`."""
        return self._transaction.tables.photos.get(manager)

    async def set_photo(self, manager: int, photo: Photo) -> None:
        """See `Managers.set_photo`."""
        self._transaction.tables.photos[manager] = photo

    async def all(self) -> tuple[Manager, ...]:
        """See `Managers.all`."""
        return tuple(sorted(self._managers.rows(), key=lambda manager: manager.id))

    async def everyone(self) -> tuple[Manager, ...]:
        """See `Managers.everyone`."""
        return tuple(manager for manager in self._managers.rows() if manager.conversation is not None)

    def _found(self, fits: Callable[[Manager], bool]) -> Manager | None:
        return next(filter(fits, self._managers.rows()), None)

    def _change(self, manager: int, change: Callable[[Manager], Manager]) -> None:
        known = self._managers.get(manager)
        if known is not None:
            self._managers.put(manager, change(known))


class MemoryLeads:
    """See `Leads`. `add` and `save` raise `StateError` for a second open lead of one person."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._leads = transaction.leads

    async def add(self, lead: Lead) -> Lead:
        """See `Leads.add`."""
        added = replace(lead, id=next(self._transaction.tables.numbers), facts=stored(lead.facts))
        self._check(added)
        self._leads.put(added.id, added)
        return added

    async def of_conversation(self, conversation: int) -> tuple[Lead, ...]:
        """See `Leads.of_conversation`."""
        return tuple(lead for lead in self._leads.rows() if lead.conversation == conversation)

    async def get(self, lead: int) -> Lead | None:
        """See `Leads.get`."""
        await self._transaction.lock(("lead", lead))
        return self._leads.get(lead)

    async def save(self, lead: Lead) -> None:
        """See `Leads.save`."""
        known = self._leads.get(lead.id)
        if known is None:
            return
        self._check(lead)
        kept = replace(lead, conversation=known.conversation, reason=known.reason, created_at=known.created_at)
        self._leads.put(lead.id, replace(kept, facts=stored(lead.facts)))

    async def open_of(self, conversation: int) -> Lead | None:
        """See `Leads.open_of`."""
        found = self._open_of(conversation)
        if found is not None:
            await self._transaction.lock(("lead", found.id))
        return self._open_of(conversation)

    async def held_by(self, manager: int) -> tuple[Lead, ...]:
        """See `Leads.held_by`."""
        held = [lead for lead in self._leads.rows() if lead.manager == manager and lead.status in _HELD]
        return tuple(sorted(held, key=lambda lead: lead.id))

    async def since(self, at: datetime) -> tuple[Lead, ...]:
        """See `Leads.since`."""
        found = [lead for lead in self._leads.rows() if lead.created_at >= at]
        return tuple(sorted(found, key=lambda lead: (lead.created_at, lead.id)))

    async def waiting(self) -> tuple[Lead, ...]:
        """See `Leads.waiting`."""
        found = [lead for lead in self._leads.rows() if lead.status in ("requested", "offered")]
        return tuple(sorted(found, key=lambda lead: (lead.created_at, lead.id)))

    async def open(self) -> tuple[Lead, ...]:
        """See `Leads.open`."""
        found = [lead for lead in self._leads.rows() if lead.status not in ("returned", "expired")]
        return tuple(sorted(found, key=lambda lead: (lead.created_at, lead.id)))

    async def offered(self, lead: int, manager: int) -> None:
        """See `Leads.offered`."""
        self._transaction.offers.put((lead, manager), True)

    async def offered_to(self, lead: int) -> tuple[Manager, ...]:
        """See `Leads.offered_to`."""
        asked = {manager for offered, manager in dict(self._transaction.offers.items()) if offered == lead}
        return tuple(manager for manager in self._transaction.managers.rows() if manager.id in asked)

    def _open_of(self, conversation: int) -> Lead | None:
        return self._found(lambda lead: lead.conversation == conversation and lead.status in _OPEN)

    def _found(self, fits: Callable[[Lead], bool]) -> Lead | None:
        return next(filter(fits, self._leads.rows()), None)

    def _check(self, lead: Lead) -> None:
        others = [other for other in self._leads.rows() if other.id != lead.id]
        same_person = any(other.conversation == lead.conversation and other.status in _OPEN for other in others)
        if lead.status in _OPEN and same_person:
            raise StateError("a second open lead of one person")


class MemorySignInLinks:
    """See `SignInLinks`. There are no pages to sign in to, so a link opens nothing."""

    async def issue(self, visitor: Visitor, at: datetime) -> str:
        """See `SignInLinks.issue`."""
        return f"{visitor.role}-{visitor.manager}-{at:%H%M%S%f}"
