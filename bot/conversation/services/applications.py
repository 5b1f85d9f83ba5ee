"""Pre-applications: handed in, listed, taken back."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Final

from bot.applications.application import Application
from bot.applications.card import card
from bot.applications.progress import begun, may_withdraw
from bot.applications.stages import FINAL, Stage
from bot.conversation.ports import Job
from bot.conversation.progress_cards import card_slot, usual_times
from bot.conversation.rendering import trimmed, trimmed_figure
from bot.conversation.services.call import Call, Result
from bot.conversation.services.form_documents import draft_of, keep_what_is_needed
from bot.conversation.services.signals import asked_in_form
from bot.conversation.signals import keep_screening
from bot.core.values import Money, Months, Text, Value, Values
from bot.products.comparison import offer_table
from bot.products.fees import early_settlement_text
from bot.products.quote import Quote, make_quote, quote_on_terms, quote_values

_NO_ANSWERS: Final = ("application", "signal_answer")
"""What a form passes that is no answer for the lender."""

LISTED: Final = 3
"""Applications whose cards are shown: the newest ones."""


async def list_applications(call: Call) -> Result:
    """The customer's applications, each as its progress card, below everything else; the old cards are closed."""
    found = await call.work.applications.of_conversation(call.conversation.id)
    cards = [await _card(call, application) for application in found[-LISTED:]]
    return Result("found" if cards else "none", {"cards": tuple(cards)})


async def _card(call: Call, application: Application) -> Value:
    usual = await usual_times(call.work, call.content, application.product)
    has_form = call.market.hosted_form
    shown = card(application.progress, call.now, application.reference, usual, has_form=has_form)
    slot = card_slot(application.id)
    known = await call.work.below(call.conversation.id, slot)
    placed = "new" if known is None else "moved"
    return {"card": trimmed(shown, call.content.texts), "slot": slot, "placed": placed}


async def find_withdrawable(call: Call) -> Result:
    """The application that the customer may mean to take back: the one named, else the newest; and another one.

    `one` where it can be taken back, `too_late` where its money is on its way or paid out, `none` where there is none.
    """
    found = await call.work.applications.of_conversation(call.conversation.id)
    alive = [known for known in found if known.progress.stage not in FINAL]
    named = call.text("another") or call.text("application")
    meant = next((known for known in alive if known.id == named), alive[-1] if alive else None)
    if meant is None:
        return Result("none", {"another": None})
    others = [known for known in alive if known is not meant and may_withdraw(known.progress)]
    if not may_withdraw(meant.progress) and others and not named:
        meant, others = others[-1], others[:-1]
    product = call.content.catalogue.product(meant.product)
    values: dict[str, Value] = {
        "application": meant.id,
        "another": others[-1].id if others else None,
        "reference": meant.reference or Text("progress.no_reference"),
        "asked_amount": meant.amount,
        "asked_months": Months(meant.months),
        "asked_product": Text(f"product.{product.id}.name"),
        "stage": Text(f"stage.{meant.progress.stage}.name"),
        "early_settlement": early_settlement_text(product.early_settlement_rate),
    }
    return Result("one" if may_withdraw(meant.progress) else "too_late", values)


async def compare_offer(call: Call) -> Result:
    """The lender's counter-offer beside the quote of what was asked for, both by the quote engine."""
    application = await call.work.applications.get(call.text("application"))
    offer = application.progress.offer if application else None
    if application is None or offer is None:
        return Result("none", {})
    asked = await _quote_asked_for(call, application)
    try:
        offered = quote_on_terms(
            call.content.catalogue,
            application.product,
            amount=offer.amount.amount,
            months=offer.months.count,
            annual=offer.rate.fraction,
            start=call.market.today(call.now),
            method=application.method,
        )
    except ValueError:  # a lender may offer what no schedule can be made of, such as nothing
        return Result("none", {})
    if asked is None:
        return Result("none", {})
    table = offer_table(asked, quote_values(offered))
    return Result("compared", {"offer_table": trimmed_figure(table, call.content.texts)})


async def _quote_asked_for(call: Call, application: Application) -> Values | None:
    """The quote that was shown with the application; where none is kept, the one of its terms as of today."""
    shown = await call.work.quotes.latest(call.conversation.id)
    asked = (application.amount, Months(application.months), application.method)
    if shown is not None and tuple(shown.values[name] for name in ("principal", "months", "method_id")) == asked:
        return shown.values
    made = make_quote(
        call.content.catalogue,
        application.product,
        amount=application.amount.amount,
        months=application.months,
        start=call.market.today(call.now),
        method=application.method,
    )
    return quote_values(made) if isinstance(made, Quote) else None


async def withdraw_application(call: Call) -> Job:
    """Have the lender told that the customer takes the application back."""
    return _wish(call, "withdraw")


async def accept_offer(call: Call) -> Job:
    """Have the lender told that the customer takes the counter-offer."""
    return _wish(call, "accept-offer")


async def request_review(call: Call) -> Job:
    """Have the lender asked to look at a decline again."""
    return _wish(call, "request-review")


def _wish(call: Call, action: str) -> Job:
    application = call.text("application")
    call.audit("application.wished", application=application, wish=action)
    payload = {
        "action": action,
        "application": application,
        "conversation": call.conversation.id,
        "request": call.request,
    }
    return Job("act-at-lender", payload, lock=f"application:{application}")


async def submit_application(call: Call) -> Job:
    """Keep the pre-application as confirmed, and have it handed to the lender.

    Its id is the draft's, under which its documents are. One that could not be handed in before keeps its id, which is the key
    by which the lender knows it: it may have taken it without our hearing of it.
    """
    application = await _application(call)
    draft = draft_of(call)
    before = await call.work.applications.get(draft or call.text("application"))
    if before is not None and before.reference is None and (draft or before.progress.stage is Stage.CONSENTED):
        application = replace(application, id=before.id)
        await call.work.applications.renew(application)
    else:
        if draft and before is None:
            application = replace(application, id=draft)
        await call.work.applications.add(application)
        await call.work.track(call.conversation.id, "submitted", {"product": application.product}, call.now)
    call.audit(
        "application.confirmed",
        application=application.id,
        product=application.product,
        release=application.release,
        quote=application.quote,
        consents=application.consents,
    )
    await keep_what_is_needed(call, application)
    await keep_screening(call, application, asked_in_form(call))
    return Job(
        "submit-application",
        {"application": application.id, "conversation": call.conversation.id, "request": call.request,
         "locale": call.locale},
        lock=f"application:{application.id}",
    )  # fmt: skip


async def _application(call: Call) -> Application:
    amount, months = call.values["amount"], call.values["months"]
    if not isinstance(amount, Money) or not isinstance(months, Months):
        raise TypeError("an application has an amount and a term")
    shown = await call.work.quotes.latest(call.conversation.id)
    consents = await call.work.consents.latest(call.conversation.id)
    product = call.content.catalogue.product(call.text("product"))
    method = call.values.get("method")
    return Application(
        id=str(uuid.uuid4()),
        conversation=call.conversation.id,
        product=product.id,
        amount=amount,
        months=months.count,
        method=method if isinstance(method, str) and method in product.methods else product.methods[0],
        segment=call.text("segment"),
        answers={name: value for name, value in call.values.items() if value is not None and name not in _NO_ANSWERS},
        consents=tuple(record.record_id for record in consents.values() if record.state == "given"),
        quote=shown.id if shown and shown.product == product.id else None,
        release=call.content.number,
        created_at=call.now,
        progress=begun(call.now),
    )
