"""The lender's own form, where a customer gives identity and account: whether it is open, and a link to it."""

from __future__ import annotations

from typing import Final

from bot.applications.stages import FINAL
from bot.conversation.ports import Job
from bot.conversation.services.call import Call, Result
from bot.core.values import NO_VALUES, Text

_WHERE: Final = {"open": "form", "filled": "filled", "before": "before"}


async def find_form(call: Call) -> Result:
    """Whether there is a form to be filled in: `open` for the newest application that it is for, with its id.

    Else `filled` where it was filled in, `before` where it comes once an application is handed in, `none` where the lender has
    no such form.
    """
    if not call.market.hosted_form:
        return Result("none", NO_VALUES)
    known = await call.work.applications.of_conversation(call.conversation.id)
    alive = [one for one in known if one.reference is not None and one.progress.stage not in FINAL]
    unfilled = [one for one in alive if not one.progress.form_filled]
    if unfilled:
        return Result("open", {"application": unfilled[-1].id})
    return Result("filled" if alive else "before", NO_VALUES)


async def place_number(call: Call) -> Result:
    """Where the number belongs that was taken out of what a customer typed: `form` where the form can be given, else `found`."""
    form = await find_form(call)
    where = Text(f"withheld.where.{_WHERE.get(form.outcome, 'lender')}")
    answer = Text(f"withheld.{call.text('withheld')}", {"where": where})
    return Result("form" if form.outcome == "open" else "found", {"answer": answer})


async def make_form_link(call: Call) -> Job:
    """Have a link to the lender's own form made for an application."""
    payload = {
        "application": call.text("application"),
        "conversation": call.conversation.id,
        "request": call.request,
        "locale": call.locale,
    }
    return Job("make-form-link", payload)
