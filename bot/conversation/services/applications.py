"""Pre-applications: handed in, listed, and given the documents that the lender asks for."""

from __future__ import annotations

import uuid

from bot.applications.application import Application
from bot.applications.progress import begun, card
from bot.conversation.consents import halted
from bot.conversation.ports import Job
from bot.conversation.rendering import trimmed
from bot.conversation.services.call import Call, Result
from bot.core.values import Money, Months, Text


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
    application = await call.work.applications.get(call.text("application"))
    missing = application.progress.missing if application else ()
    if application is None or not missing:
        return Result("found", {"answer": Text("document.not_asked")})
    if await halted(call.work, application, call.content.book.notices) == "withdrawn":
        return Result("found", {"answer": Text("document.no_consent")})
    payload = {
        "application": application.id,
        "conversation": call.conversation.id,
        "document": missing[0],
        **{name: call.text(name) for name in ("kind", "file", "name")},
    }
    call.audit("document.received", application=application.id, document=missing[0])
    call.work.defer(Job("send-document", payload, lock=f"application:{application.id}"))
    key = f"progress.document.{missing[0]}"
    named = Text(key if call.content.texts.knows(key) else "progress.document.other")
    return Result("noted", {"answer": Text("document.taken", {"document": named})})


async def submit_application(call: Call) -> Job:
    """Keep the pre-application as confirmed, and have it handed to the lender."""
    amount, months = call.values["amount"], call.values["months"]
    if not isinstance(amount, Money) or not isinstance(months, Months):
        raise TypeError("an application has an amount and a term")
    shown = await call.work.quotes.latest(call.conversation.id)
    consents = await call.work.consents.latest(call.conversation.id)
    product = call.content.catalogue.product(call.text("product"))
    method = call.values.get("method")
    application = Application(
        id=str(uuid.uuid4()),
        conversation=call.conversation.id,
        product=product.id,
        amount=amount,
        months=months.count,
        method=method if isinstance(method, str) and method in product.methods else product.methods[0],
        segment=call.text("segment"),
        answers={name: value for name, value in call.values.items() if value is not None},
        consents=tuple(record.record_id for record in consents.values() if record.state == "given"),
        quote=shown.id if shown and shown.product == product.id else None,
        release=call.content.number,
        created_at=call.now,
        progress=begun(call.now),
    )
    await call.work.applications.add(application)
    call.audit(
        "application.confirmed",
        application=application.id,
        product=product.id,
        release=application.release,
        quote=application.quote,
        consents=application.consents,
    )
    await call.work.track(call.conversation.id, "submitted", {"product": product.id}, call.now)
    return Job(
        "submit-application",
        {"application": application.id, "conversation": call.conversation.id, "request": call.request,
         "locale": call.locale},
        lock=f"application:{application.id}",
    )  # fmt: skip
