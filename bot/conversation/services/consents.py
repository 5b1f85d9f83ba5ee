"""Consents as the customer sees them: what was decided, each by itself, taken back, with a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.applications.consent import ConsentRecord, text_hash
from bot.conversation.consents import MARKETING_NOTICE, SHARE_NOTICE, end, respected, standing
from bot.conversation.papers.receipt import receipt
from bot.conversation.sensitive import FINANCIAL_NOTICE
from bot.conversation.services.call import Call, Result
from bot.core.values import Text, Value

CONSENT: Final = "consent_"
"""What the answer to a notice is called, before the notice's own name."""


async def list_consents(call: Call) -> Result:
    """What the customer has decided, as lines, and the `notices` to look at one by one; marketing is always among them."""
    latest = await _decided(call)
    lines = tuple(
        Text(f"consent.line.{record.state}", {"purpose": _purpose(notice), "time": record.event_time})
        for notice, record in latest.items()
    )
    several = sum(record.state == "given" for record in latest.values()) > 1
    return Result(
        "found" if lines else "none",
        {"consents": lines, "consent_notices": _listed(call, latest), "several_given": several},
    )


async def _decided(call: Call) -> dict[str, ConsentRecord]:
    """The newest decision on each notice, in the order in which they were made."""
    latest = await call.work.consents.latest(call.conversation.id)
    return dict(sorted(latest.items(), key=lambda item: (item[1].event_time, item[0])))


def _listed(call: Call, latest: dict[str, ConsentRecord]) -> tuple[str, ...]:
    known = call.content.book.notices
    offered = (MARKETING_NOTICE,) if MARKETING_NOTICE in known else ()
    return tuple(dict.fromkeys((*(notice for notice in latest if notice in known), *offered)))


async def show_consent(call: Call) -> Result:
    """One decision whole: its state as outcome, or `never` where the notice was not decided on."""
    notice = call.text("notice_chosen")
    record = (await call.work.consents.latest(call.conversation.id)).get(notice)
    effect = Text(f"consent.lets.{notice}")
    if record is None:
        return Result("never", {"consent_purpose": _purpose(notice), "consent_effect": effect})
    end_of = record.holds_until() if record.state == "given" else None
    values: dict[str, Value] = {
        "consent_purpose": _purpose(notice),
        "consent_effect": effect,
        "consent_state": Text(f"consent.state.{record.state}"),
        "consent_time": record.event_time,
        "consent_version": record.notice_version,
        "consent_end": Text("consent.until", {"time": end_of}) if end_of else Text("consent.until_withdrawn"),
        "consent_meaning": Text(f"consent.withdrawing.{notice}"),
    }
    return Result(record.state, values)


async def consent_receipt(call: Call) -> Result:
    """Give the customer the receipt of their last decision on a notice: a page and JSON."""
    notice = call.text("notice_chosen")
    record = (await call.work.consents.latest(call.conversation.id)).get(notice)
    if record is None:
        return Result("none", {})
    seal = await call.work.consents.seal(record.record_id)
    page, whole = receipt(record, await _words_of(call, record), seal, call.words, call.now)
    call.hand(page, Text("receipt.page"))
    call.hand(whole, Text("receipt.whole"))
    call.audit("privacy.receipt", record=record.record_id)
    return Result("given", {})


async def _words_of(call: Call, record: ConsentRecord) -> str | None:
    """The exact words that were shown: those of today where they are the same, else the message, while it is kept."""
    notice = call.content.book.notices.get(record.notice)
    if notice is not None:
        words = call.content.texts.render(Text(notice.text), record.notice_language)
        if text_hash(words) == record.notice_sha256:
            return words
    return await call.work.shown_as(call.conversation.id, record.notice_sha256)


async def withdraw_consent(call: Call) -> Result:
    """Take one consent back; what rests on it stops."""
    notice = call.text("notice_chosen")
    record = (await call.work.consents.latest(call.conversation.id)).get(notice)
    return await _withdraw(call, [record] if record is not None and record.state == "given" else [])


async def withdraw_consents(call: Call) -> Result:
    """Take back every consent that stands."""
    latest = await call.work.consents.latest(call.conversation.id)
    return await _withdraw(call, [record for record in latest.values() if record.state == "given"])


async def _withdraw(call: Call, given: Sequence[ConsentRecord]) -> Result:
    for record in given:
        await end(call.work, call.desk, call.conversation, record, "withdrawn", call.now)
    await call.work.track(call.conversation.id, "consents_withdrawn", {"count": len(given)}, call.now)
    told = tuple(Text(f"consent.withdrawn.{record.notice}") for record in given)
    sharing = any(record.notice == SHARE_NOTICE for record in given)
    if sharing and await _is_with_lender(call):
        told = (*told, Text("consent.withdrawn.with_lender"))
    return Result("withdrawn" if given else "none", {"withdrawn": told})


async def _is_with_lender(call: Call) -> bool:
    found = await call.work.applications.of_conversation(call.conversation.id)
    return any(application.reference is not None for application in found)


async def respect_refusals(call: Call) -> Result:
    """Decisions that are not asked for again yet, as `consent_<notice>` refused; nothing where all may be asked."""
    latest = await call.work.consents.latest(call.conversation.id)
    kept = respected(latest, call.content.book.notices, call.now)
    return Result("respected" if kept else "none", {f"{CONSENT}{notice}": "refused" for notice in kept})


async def financial_consent(call: Call) -> Result:
    """Whether sensitive questions may be asked and pages taken: `given`, `refused`, or `undecided` where the notice is to be shown.

    A decision is an answer of the form as well, `consent_financial_details`, on which its questions hang.
    """
    notice = call.content.book.notices[FINANCIAL_NOTICE]
    stands = await standing(call.work, call.conversation.id, notice, call.now)
    return Result(stands, {} if stands == "undecided" else {f"{CONSENT}{FINANCIAL_NOTICE}": stands})


async def check_consents(call: Call) -> Result:
    """Whether what was decided on each notice (`consent_<notice>`) stands: `stand`, or the first notice to ask again.

    A consent no longer stands once it was taken back or has expired; no decision does once the notice has a newer version.
    What the application can do without is not asked again so soon after a no: it is taken as refused.
    """
    notices = call.content.book.notices
    latest = await call.work.consents.latest(call.conversation.id)
    kept = {notice for notice in respected(latest, notices, call.now) if notice != SHARE_NOTICE}
    for name, decided in call.values.items():
        notice = notices[name.removeprefix(CONSENT)]
        record = latest.get(notice.id)
        stands = record is not None and (record.state, record.notice_version) == (decided, notice.version)
        if not stands and notice.id not in kept:
            return Result(notice.id, {})
    return Result("stand", {f"{CONSENT}{notice}": "refused" for notice in kept})


def _purpose(notice: str) -> Text:
    return Text(f"consent.purpose.{notice}")
