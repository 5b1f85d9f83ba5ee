"""A customer's rights over their data: to have it, to put it right, to hear why, to have it erased."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from bot.applications.documents import numbered
from bot.applications.stages import DECISIONS, FINAL
from bot.conversation.consents import halted
from bot.conversation.diary import Diary
from bot.conversation.history import History, history_of
from bot.conversation.kept_pages import forget
from bot.conversation.papers.export import export
from bot.conversation.ports import Job, Outgoing
from bot.conversation.rendering import trimmed
from bot.conversation.services.call import Call, Result
from bot.conversation.services.documents import show
from bot.core.values import Months, Text, Value

CORRECTABLE: Final = (
    "contact_name", "phone", "business_name", "uscc", "months_trading", "monthly_turnover", "season_income", "open_debts",
)  # fmt: skip
"""Answers that stand for what a customer is or has; what was asked for, such as an amount, is changed where it is asked."""

DAYS_A_MONTH: Final = 30.44

RESULTS: Final = 5
"""Results that are explained, the newest first."""


async def export_data(call: Call) -> Result:
    """Give the customer everything that is held: a page to read, JSON to take along, and the pages of documents themselves."""
    history = await history_of(call.work, call.conversation)
    page, whole = export(history, call.words, call.now)
    call.hand(page, Text("export.page"))
    call.hand(whole, Text("export.whole"))
    for number, sent in numbered(history.pages):
        show(call, sent, number)
    call.audit("privacy.exported")
    return Result("given", {})


async def list_held(call: Call) -> Result:
    """The answers that can be put right, as lines, and their names as `held_fields`."""
    known = call.conversation.state.known
    # A farm's month is worked out of its harvests, and is put right there.
    worked_out = known.get("segment") == "farmer" and known.get("season_income") is not None
    names = (name for name in CORRECTABLE if not (worked_out and name == "monthly_turnover"))
    held = tuple(name for name in names if known.get(name) is not None)
    lines = tuple(Text("review.line", {"field": Text(f"label.{name}"), "answer": known[name]}) for name in held)
    return Result("found" if held else "none", {"held": lines, "held_fields": held})


async def keep_correction(call: Call) -> Result:
    """An answer was put right: `with_lender` where the lender has an application under way, `no_consent` where it may not be told, else `closed` where it has one, else `kept`."""
    call.audit("privacy.corrected", field=call.text("field_chosen"))
    applications = await call.work.applications.of_conversation(call.conversation.id)
    there = [one for one in applications if one.reference is not None]
    under_way = [one for one in there if one.progress.stage not in FINAL]
    if under_way:
        if await halted(call.work, under_way[-1], call.content.book.notices):
            return Result("no_consent", {})
        return Result("with_lender", {"application": under_way[-1].id})
    return Result("closed" if there else "kept", {})


async def send_correction(call: Call) -> Job:
    """Have an answer that was put right sent to the lender; the job reads it when it goes."""
    application = call.text("application")
    payload = {
        "application": application,
        "conversation": call.conversation.id,
        "request": call.request,
        "field": call.text("field_chosen"),
    }
    return Job("correct-at-lender", payload, lock=f"application:{application}")


async def explain_results(call: Call) -> Result:
    """What was worked out or decided for the customer, each with when, by which rules, and what they were."""
    history = await history_of(call.work, call.conversation)
    found = sorted(
        _results(history, call.content.texts.knows), key=lambda one: str(one[0].values["time"]), reverse=True
    )[:RESULTS]
    for _, kind, of in found:
        call.audit("privacy.explained", kind=kind, of=of)
    texts = tuple(trimmed(text, call.content.texts) for text, _, _ in found)
    return Result("found" if found else "none", {"results": texts})


def _results(history: History, knows: Callable[[str], bool]) -> Iterator[tuple[Text, str, str]]:
    """Each result as a text, with its kind and what it is known by."""
    for quote in history.quotes:
        values: dict[str, Value] = {
            **quote.values, "time": quote.created_at, "release": quote.release,
            "product": Text(f"product.{quote.product}.name"),
        }  # fmt: skip
        yield Text("explain.quote", values), "quote", quote.id
    for act in history.acts:
        if act.name == "eligibility.assessed":
            outcome = Text(f"explain.outcome.{act.details['outcome']}")
            product = Text(f"product.{act.details['product']}.name")
            values = {"time": act.at, "release": act.details["release"], "product": product, "outcome": outcome}
            yield Text("explain.eligibility", values), "eligibility", act.id
    for screening in history.screenings:
        told = [finding.for_customer() for finding in screening.findings]
        found = tuple(text for text in told if knows(text.key)) or (Text("explain.no_signals"),)
        values = {"time": screening.at, "release": screening.release, "signals": found}
        yield Text("explain.signals", values), "signals", screening.application
    for application in history.applications:
        progress = application.progress
        if progress.decision in DECISIONS or progress.stage in DECISIONS:
            decided = progress.decision or progress.stage
            values = {
                "time": progress.updated_at, "reference": application.reference or "",
                "stage": Text(f"stage.{decided}.name"), "means": Text(f"stage.{decided}.means"),
            }  # fmt: skip
            yield Text("explain.decision", values), "decision", application.id


async def record_minor(call: Call) -> Result:
    """Somebody has said that they are under age: noted, so that no application is taken."""
    call.audit("customer.under_age")
    return Result("noted", {"under_age": True})


async def record_adult(call: Call) -> Result:
    """It was a slip: the person is of age, by their own word."""
    call.audit("customer.of_age")
    return Result("noted", {"under_age": False})


async def weigh_erasure(call: Call) -> Result:
    """Whether the customer's data may be erased (`free`), and for how long what stays is kept; `held` where a dispute needs it."""
    if await call.work.on_hold(call.conversation.id):
        return Result("held", {})
    rules = call.content.retention
    days = rules.rules["ended"].days if rules else 0
    return Result("free", {"kept_for": Months(round(days / DAYS_A_MONTH))})


async def erase_customer(call: Call) -> Result:
    """Forget what the customer wrote and was shown; what the law or a running application needs stays."""
    if await call.work.on_hold(call.conversation.id):
        return Result("held", {})
    if await call.work.leads.open_of(call.conversation.id) is not None:
        await call.desk.close(call.work, call.conversation, call.now)
    await forget(call.work, await call.work.pages.of_conversation(call.conversation.id))
    await Diary(call.work, call.content, call.now).cancel_all(call.conversation.id)
    await _end_topics(call)
    await call.work.erase(call.conversation.id, call.now)
    call.audit("privacy.erased")
    return Result("erased", {})


async def _end_topics(call: Call) -> None:
    """Delete the customer's topics in managers' chats, with all that was said there."""
    for chat, thread in await call.work.topics.of_subject(call.conversation.id):
        channel, address = await call.work.address_of(chat)
        ended = Outgoing(chat, channel, address, f"topic.{thread}", "", priority="notice", ends_topic=thread)
        call.work.send(ended)
