"""Sensitive personal data (PIPL art. 28 and 29): what counts as such, and what goes when it may no longer be used.

What somebody owes and has applied for elsewhere, and the pages of their documents, tell of financial accounts. They rest on a consent
of their own (`FINANCIAL_NOTICE`), asked right before the first such question or page. Without it none is asked for, kept or handed on,
and nothing else changes: rules take the answers as unknown, and the lender is told that they were not given.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.conversation.kept_pages import forget_unsent
from bot.conversation.ports import UnitOfWork
from bot.core.values import Values

FINANCIAL_NOTICE: Final = "financial_details"
FINANCIAL_ANSWERS: Final = ("open_debts", "open_loans", "recent_applications")


def without_financial(answers: Values) -> Values:
    """The answers but for those that rest on the consent."""
    return {name: value for name, value in answers.items() if name not in FINANCIAL_ANSWERS}


async def forget_financial(work: UnitOfWork, conversation: int) -> None:
    """Forget what rests on the consent wherever it is kept; jobs that wait read it there, and so hand none of it on.

    What is known to the conversation itself and to its forms is forgotten by the flow, in the same turn.
    """
    await work.applications.forget_answers(conversation, FINANCIAL_ANSWERS)
    await work.assessments.forget_answers(conversation, FINANCIAL_ANSWERS)
    await work.screenings.forget_facts(conversation, FINANCIAL_ANSWERS)
    for lead in await work.leads.of_conversation(conversation):
        locked = await work.leads.get(lead.id)
        if locked is not None and without_financial(locked.facts) != locked.facts:
            await work.leads.save(replace(locked, facts=without_financial(locked.facts)))
    await forget_unsent(work, conversation)
