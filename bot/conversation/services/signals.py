"""Signals of fraud and over-borrowing in a conversation: looked for before an application is handed in, kept with it, explained."""

from __future__ import annotations

from bot.applications.signals import screen, to_ask
from bot.conversation.services.call import Call, Result
from bot.conversation.signals import facts_now
from bot.products.harvests import by_the_month

ASKED = "signal_asked"
"""Under what name a form keeps which signal the customer was asked about."""


async def look_over(call: Call) -> Result:
    """Whether a signal asks something before the application is handed in: `ask`, once a form, else `clear`.

    With it comes the month's turnover, which a farmer has told by the harvest.
    """
    turnover = by_the_month(call.values)
    if asked_in_form(call) is not None:
        return Result("clear", turnover)
    _, findings = screen(call.content.signals, await facts_now(call))
    asking = to_ask(findings)
    if asking is None:
        return Result("clear", turnover)
    call.audit("signal.asked", signal=asking.code, release=call.content.number)
    return Result("ask", {**turnover, ASKED: asking.code, "signal_question": asking.question()})


def asked_in_form(call: Call) -> str | None:
    """The signal that the customer was asked about in the form that calls."""
    frames = call.conversation.state.frames
    asked = frames[-1].answers.get(ASKED) if frames else None
    return asked if isinstance(asked, str) else None


async def note_fee_first(call: Call) -> Result:
    """Somebody tells that they were asked for money first: noted for staff."""
    call.audit("safety.fee_asked")
    await call.work.track(call.conversation.id, "fee_first", {}, call.now)
    return Result("noted", {})
