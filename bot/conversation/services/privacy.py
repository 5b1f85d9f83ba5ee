"""Consents as decided and withdrawn, and erasure."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Final

from bot.conversation.consents import keep
from bot.conversation.services.call import Call, Result
from bot.core.values import Text

CONSENT: Final = "consent_"
"""What the answer to a notice is called, before the notice's own name."""


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
        await keep(
            call.work,
            replace(
                record,
                record_id=str(uuid.uuid4()),
                state="withdrawn",
                event_time=call.now,
                supersedes=record.record_id,
                evidence=None,
            ),
        )
    await call.work.track(call.conversation.id, "consents_withdrawn", {"count": len(given)}, call.now)
    return Result("withdrawn" if given else "none", {"withdrawn": len(given)})


async def erase_customer(call: Call) -> Result:
    """Forget what the customer wrote and was shown; what the law or a running application needs stays."""
    if await call.work.leads.open_of(call.conversation.id) is not None:
        await call.desk.close(call.work, call.conversation, call.now)
    await call.work.erase(call.conversation.id, call.now)
    call.audit("privacy.erased")
    return Result("erased", {})
