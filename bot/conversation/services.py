"""The services that flows may call, by name. Each is one function of what the flow passes; an outcome and values come back.

Local services answer within the turn's transaction. Those in `REMOTE` are prepared here and carried out by a job,
whose answer comes back as an event of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.applications.application import Application
from bot.applications.progress import begun, card
from bot.conversation.desk import Desk
from bot.conversation.facts import Market
from bot.conversation.ports import Conversation, Job, StoredQuote, UnitOfWork
from bot.conversation.rendering import trimmed
from bot.core.values import Money, Months, Text, Value, Values
from bot.products.eligibility import assess, assessment_text, fields_needed
from bot.products.quote import Quote, Refusal, make_quote, quote_pages, quote_values, short_quote
from bot.products.recommendation import recommend
from bot.products.stories import current
from bot.publishing.content import Content
from bot.publishing.finder import Found


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a service within a turn."""

    work: UnitOfWork
    conversation: Conversation
    content: Content
    desk: Desk
    market: Market
    now: datetime
    locale: str
    request: str
    values: Values


@dataclass(frozen=True, slots=True)
class Result:
    """What a service answers: the outcome that the flow branches on, and values for its answers."""

    outcome: str
    values: Values


CONSENT: Final = "consent_"
"""What the answer to a notice is called, before the notice's own name."""

MOST_NEAR: Final = 3
"""Topics offered where a question was not understood for sure."""

Service = Callable[[Call], Awaitable[Result]]
Remote = Callable[[Call], Awaitable[Job]]


async def list_products(call: Call) -> Result:
    """The products for the customer's segment, best first."""
    found = recommend(call.content.catalogue, _text(call, "segment"), _answers(call))
    return Result("found" if found else "none", {"products": tuple(item.product for item in found)})


async def list_stories(call: Call) -> Result:
    """The case stories that may be told today for the customer's segment."""
    segment = _text(call, "segment")
    told = current(call.content.stories, call.market.today(call.now), segment or None)
    return Result("found" if told else "none", {"stories": tuple(story.id for story in told)})


async def next_question(call: Call) -> Result:
    """The next answer that can still change the eligibility result: its field as outcome, or `done`."""
    product = call.content.catalogue.product(_text(call, "product"))
    needed = fields_needed(product, _answers(call))
    return Result(needed[0] if needed else "done", {})


async def assess_eligibility(call: Call) -> Result:
    """The published criteria against the answers: `meets`, `person` or `not_met`, never a decision."""
    catalogue = call.content.catalogue
    others = catalogue.for_segment(_text(call, "segment"))
    assessment = assess(catalogue.product(_text(call, "product")), _answers(call), others)
    shown = trimmed(assessment_text(assessment), call.content.texts)
    return Result(
        assessment.outcome,
        {"eligibility": shown, "eligibility_outcome": assessment.outcome, "alternatives": assessment.alternatives},
    )


async def quote(call: Call) -> Result:
    """A quote, kept as it is shown with the release whose rules made it; third parties show none."""
    if call.market.operator != "lender":
        return Result("withheld", {})
    made = _quote(call)
    if not isinstance(made, Quote):
        return Result("refused", {"refusal": trimmed(made.text, call.content.texts)})
    values = quote_values(made)
    kept = StoredQuote(
        str(uuid.uuid4()), call.conversation.id, made.product, call.content.number, values, call.now
    )  # fmt: skip
    await call.work.quotes.add(kept)
    await call.work.track(call.conversation.id, "quoted", {"product": made.product}, call.now)
    return Result("quoted", {"quote": kept.id, "quote_text": trimmed(short_quote(made), call.content.texts)})


async def whole_quote(call: Call) -> Result:
    """Everything the last quote showed, with its whole schedule, from what was kept of it."""
    kept = await call.work.quotes.latest(call.conversation.id)
    if kept is None:
        return Result("none", {})
    return Result(
        "shown", {"quote_pages": tuple(trimmed(page, call.content.texts) for page in quote_pages(kept.values))}
    )


def _quote(call: Call) -> Quote | Refusal:
    amount, months, method = call.values.get("amount"), call.values.get("months"), call.values.get("method")
    catalogue = call.content.catalogue
    product = catalogue.product(_text(call, "product"))
    purpose = call.values.get("purpose")
    return make_quote(
        catalogue,
        product.id,
        amount=amount.amount if isinstance(amount, Money) else Decimal(product.amount.usual),
        months=months.count if isinstance(months, Months) else int(product.months.usual),
        start=call.market.today(call.now),
        method=method if isinstance(method, str) and method in product.methods else None,
        purpose=purpose if isinstance(purpose, str) else None,
    )


async def find_answer(call: Call) -> Result:
    """The approved answer to a free question or on a chosen topic; where none is near enough, those nearest."""
    answers, topic = call.content.answers, _text(call, "topic")
    if not topic:
        found = await answers.seek(_text(call, "question"), call.locale)
        if not isinstance(found, Found):
            return Result("unsure", {"near": {near: answers.title(near) for near in found.near[:MOST_NEAR]}})
        topic = found.topic
    await call.work.track(call.conversation.id, "asked", {"topic": topic}, call.now)
    text = trimmed(answers.text(topic, call.market.today(call.now)), call.content.texts)
    return Result("found", {"answer": text, "person": answers.answer(topic).person})


async def list_applications(call: Call) -> Result:
    """The customer's applications, each as its progress card."""
    found = await call.work.applications.of_conversation(call.conversation.id)
    cards = tuple(
        trimmed(card(application.progress, call.now, application.reference), call.content.texts)
        for application in found[-3:]
    )
    return Result("found" if cards else "none", {"cards": cards})


async def take_document(call: Call) -> Result:
    """A document that the lender has asked for is handed on; what nobody has asked for is not."""
    application = await call.work.applications.get(_text(call, "application"))
    missing = application.progress.missing if application else ()
    if application is None or not missing:
        return Result("found", {"answer": Text("document.not_asked")})
    payload = {
        "application": application.id,
        "conversation": call.conversation.id,
        "document": missing[0],
        **{name: _text(call, name) for name in ("kind", "file", "name")},
    }
    call.work.defer(Job("send-document", payload, lock=f"application:{application.id}"))
    key = f"progress.document.{missing[0]}"
    named = Text(key if call.content.texts.knows(key) else "progress.document.other")
    return Result("noted", {"answer": Text("document.taken", {"document": named})})


async def list_consents(call: Call) -> Result:
    """What the customer has agreed to and refused, as lines."""
    latest = await call.work.consents.latest(call.conversation.id)
    lines = tuple(
        Text(f"consent.line.{record.state}", {"purpose": Text(f"consent.purpose.{notice}"), "time": record.event_time})
        for notice, record in latest.items()
    )
    return Result("found" if lines else "none", {"consents": lines})


async def check_consents(call: Call) -> Result:
    """Whether what was decided on each notice (`consent_<notice>`) stands: `stand`, or the first notice to ask again.

    A decision no longer stands once it was withdrawn or has expired, or the notice has a newer version.
    """
    latest = await call.work.consents.latest(call.conversation.id)
    for name, decided in call.values.items():
        notice = call.content.book.notices[name.removeprefix(CONSENT)]
        record = latest.get(notice.id)
        if record is None or (record.state, record.notice_version) != (decided, notice.version):
            return Result(notice.id, {})
    return Result("stand", {})


async def withdraw_consents(call: Call) -> Result:
    """Withdraw every consent that stands; each withdrawal is a record of its own that supersedes the other."""
    latest = await call.work.consents.latest(call.conversation.id)
    given = [record for record in latest.values() if record.state == "given"]
    for record in given:
        await call.work.consents.add(
            replace(
                record,
                record_id=str(uuid.uuid4()),
                state="withdrawn",
                event_time=call.now,
                supersedes=record.record_id,
                evidence=None,
            )
        )
    await call.work.track(call.conversation.id, "consents_withdrawn", {"count": len(given)}, call.now)
    return Result("withdrawn" if given else "none", {"withdrawn": len(given)})


async def erase_customer(call: Call) -> Result:
    """Forget what the customer wrote and was shown; what the law or a running application needs stays."""
    if await call.work.leads.open_of(call.conversation.id) is not None:
        await call.desk.close(call.work, call.conversation, call.now)
    await call.work.erase(call.conversation.id, call.now)
    return Result("erased", {})


async def submit_application(call: Call) -> Job:
    """Keep the pre-application as confirmed, and have it handed to the lender."""
    amount, months = call.values["amount"], call.values["months"]
    if not isinstance(amount, Money) or not isinstance(months, Months):
        raise TypeError("an application has an amount and a term")
    shown = await call.work.quotes.latest(call.conversation.id)
    consents = await call.work.consents.latest(call.conversation.id)
    product = call.content.catalogue.product(_text(call, "product"))
    method = call.values.get("method")
    application = Application(
        id=str(uuid.uuid4()),
        conversation=call.conversation.id,
        product=product.id,
        amount=amount,
        months=months.count,
        method=method if isinstance(method, str) and method in product.methods else product.methods[0],
        segment=_text(call, "segment"),
        answers={name: value for name, value in call.values.items() if value is not None},
        consents=tuple(record.record_id for record in consents.values() if record.state == "given"),
        quote=shown.id if shown and shown.product == product.id else None,
        release=call.content.number,
        created_at=call.now,
        progress=begun(call.now),
    )
    await call.work.applications.add(application)
    await call.work.track(call.conversation.id, "submitted", {"product": product.id}, call.now)
    return Job(
        "submit-application",
        {"application": application.id, "conversation": call.conversation.id, "request": call.request,
         "locale": call.locale},
        lock=f"application:{application.id}",
    )  # fmt: skip


def _text(call: Call, name: str) -> str:
    value = call.values.get(name)
    return value if isinstance(value, str) else ""


def _answers(call: Call) -> Values:
    """The answers that criteria may read, in the form that they read."""
    return {name: _criterion_value(value) for name, value in call.values.items() if value is not None}


def _criterion_value(value: Value) -> Value:
    match value:
        case Months(count=count):
            return count
        case "yes" | "no":
            return value == "yes"
        case _:
            return value


LOCAL: Final[Mapping[str, Service]] = {
    "list-products": list_products,
    "list-stories": list_stories,
    "next-question": next_question,
    "assess-eligibility": assess_eligibility,
    "quote": quote,
    "whole-quote": whole_quote,
    "find-answer": find_answer,
    "list-applications": list_applications,
    "list-consents": list_consents,
    "check-consents": check_consents,
    "take-document": take_document,
    "withdraw-consents": withdraw_consents,
    "erase-customer": erase_customer,
}
REMOTE: Final[Mapping[str, Remote]] = {"submit-application": submit_application}
SERVICES: Final = frozenset(LOCAL) | frozenset(REMOTE)
