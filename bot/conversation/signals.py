"""What is known of an application when its signals are looked for, and the screening that is kept with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.applications.application import Application
from bot.applications.signals import Matches, Screening, facts_of, screen
from bot.conversation.consents import SHARE_NOTICE
from bot.conversation.kept_pages import pages_of
from bot.conversation.ports import UnitOfWork
from bot.conversation.services.call import Call
from bot.core.values import Money, Values
from bot.ledger.audit import SYSTEM, AuditEvent, audited
from bot.products.burden import Takings, share_of_shown
from bot.publishing.content import Content

NUMBER: Final = "number"
LICENCE: Final = "licence"
"""Kinds of what is compared between accounts."""

_COMPARED: Final[Mapping[str, str]] = {NUMBER: "phone", LICENCE: "uscc"}
AGENT_WORDS: Final = "signal.agent_words"


async def facts_now(call: Call) -> Values:
    """The facts of the application that the form is about to hand in."""
    work, conversation, now = call.work, call.conversation.id, call.now
    known = await work.applications.of_conversation(conversation)
    earlier = tuple(one for one in known if one.reference is not None)
    return facts_of(
        call.values,
        now=now,
        matches=await _matches(work, conversation, call.values, call.content.signals.since(now)),
        earlier=earlier,
        agreed_at=await _agreed_at(work, conversation, earlier),
        instalment_share=await _instalment_share(call),
        agent_words=_agent_words(await work.acts(conversation), call.content.signals.since(now)),
    )


async def keep_screening(call: Call, application: Application, asked: str | None) -> Screening:
    """Screen the application as confirmed, keep what was found with what it rests on, and the hashes for later comparison."""
    facts = await facts_now(call)
    answer = call.values.get("signal_answer")
    found = _screening(call.content, application, facts, call.now)
    screening = replace(found, asked=asked, answer=answer if asked and isinstance(answer, str) else None)
    await _keep(call.work, screening)
    await call.work.fingerprints.keep(call.conversation.id, application.id, _given(call.values), call.now)
    return screening


async def look_at_file(
    work: UnitOfWork, content: Content, application: str, elsewhere: int, now: datetime
) -> Screening | None:
    """A document came that `elsewhere` other accounts have sent, too: one more screening, beside the earlier ones."""
    known, before = await work.applications.get(application), await work.screenings.latest(application)
    if known is None or before is None:
        return None
    screening = _screening(content, known, {**before.facts, "same_file_elsewhere": elsewhere}, now)
    await _keep(work, screening)
    return screening


async def _keep(work: UnitOfWork, screening: Screening) -> None:
    await work.screenings.add(screening)
    work.audit(
        audited(
            "signal.screened", SYSTEM, screening.conversation, screening.at,
            application=screening.application, outcome=screening.outcome, release=screening.release,
            version=screening.version, signals=tuple(code for code, _ in screening.named()),
        )
    )  # fmt: skip


def _screening(content: Content, application: Application, facts: Values, now: datetime) -> Screening:
    outcome, findings = screen(content.signals, facts)
    return Screening(
        application.id, application.conversation, content.number, content.signals.version, outcome, findings, facts, now
    )


async def _matches(work: UnitOfWork, conversation: int, answers: Values, since: datetime) -> Matches:
    given = _given(answers)
    elsewhere = {
        kind: await work.fingerprints.elsewhere(conversation, kind, value, since) for kind, value in given.items()
    }
    here = [await work.fingerprints.here(conversation, kind, value, since) for kind, value in given.items()]
    application = answers.get("application")
    pages = await pages_of(work, conversation, application) if isinstance(application, str) else ()
    files = [await work.pages.elsewhere(page.digest, conversation) for page in pages]
    return Matches(
        same_file=max(files, default=0),
        same_number=elsewhere.get(NUMBER, 0),
        same_licence=elsewhere.get(LICENCE, 0),
        applicants=max(here, default=0),
    )


def _given(answers: Values) -> dict[str, str]:
    """What of the answers is compared between accounts, by kind."""
    found = {kind: answers.get(name) for kind, name in _COMPARED.items()}
    return {kind: value for kind, value in found.items() if isinstance(value, str) and value}


async def _agreed_at(work: UnitOfWork, conversation: int, earlier: Sequence[Application]) -> datetime | None:
    """When the customer agreed to the notice that the form begins with; behind the application before, where there is one."""
    since = earlier[-1].created_at if earlier else None
    given = [
        record.event_time
        for record in await work.consents.history(conversation)
        if record.notice == SHARE_NOTICE and record.state == "given" and (since is None or record.event_time > since)
    ]
    return given[0] if given else None


async def _instalment_share(call: Call) -> Decimal | None:
    """What the quote that was shown takes of a month's turnover, as `burden` has it. A farmer's takings do not come by the month."""
    turnover = call.values.get("monthly_turnover")
    if call.text("segment") == "farmer" or not isinstance(turnover, Money) or turnover.amount <= 0:
        return None
    quote = await call.work.quotes.latest(call.conversation.id)
    if quote is None or quote.product != call.text("product"):
        return None
    return share_of_shown(quote.values, Takings(turnover.amount))


def _agent_words(acts: Sequence[AuditEvent], since: datetime) -> bool:
    """Whether words of an agent were noticed since then, and since the customer's data was last erased."""
    erased = max((act.at for act in acts if act.name == "privacy.erased"), default=since)
    return any(act.name == AGENT_WORDS and act.at >= max(since, erased) for act in acts)
