"""Published criteria against a customer's answers: what still has to be asked, and the result, kept with what it rests on."""

from __future__ import annotations

import uuid
from typing import Final

from bot.conversation.ports import StoredAssessment
from bot.conversation.rendering import trimmed
from bot.conversation.sensitive import FINANCIAL_ANSWERS
from bot.conversation.services.call import Call, Result
from bot.conversation.services.consents import financial_consent
from bot.core.values import Months, Value, Values
from bot.products.eligibility import Assessment, assess, fields_needed, told
from bot.products.fields import FIELDS
from bot.products.harvests import by_the_month

MOST_ALTERNATIVES: Final = 3
"""Products that are offered instead, the best first: more are a list to read, not a help."""


async def next_question(call: Call) -> Result:
    """The next answer that can still change the eligibility result: its field as outcome, or `done`.

    `consent` where the customer is first to decide whether sensitive questions may be asked; what they refuse is left out.
    """
    product = call.content.catalogue.product(call.text("product"))
    needed = fields_needed(product, criterion_answers(call.values))
    if needed and needed[0] in FINANCIAL_ANSWERS:
        stands = await financial_consent(call)
        if stands.outcome == "undecided":
            return Result("consent", {})
        if stands.outcome == "refused":
            needed = tuple(name for name in needed if name not in FINANCIAL_ANSWERS)
    return Result(needed[0] if needed else "done", {})


async def assess_eligibility(call: Call) -> Result:
    """The published criteria against the answers: `meets`, `person` or `not_met`, never a decision."""
    catalogue = call.content.catalogue
    others = catalogue.for_segment(call.text("segment"))
    answers = criterion_answers(call.values)
    assessment = assess(catalogue.product(call.text("product")), answers, others, MOST_ALTERNATIVES)
    await _keep(call, assessment, answers)
    messages, texts = told(assessment), call.content.texts
    return Result(
        assessment.outcome,
        {
            "eligibility": trimmed(messages.result, texts),
            "eligibility_next": trimmed(messages.next, texts),
            "eligibility_details": trimmed(messages.details, texts) if messages.details else None,
            "eligibility_outcome": assessment.outcome,
            "alternatives": assessment.alternatives,
            **by_the_month(answers),
            "amount_would_do": any(change.field == "amount" for remedy in assessment.remedies for change in remedy),
        },
    )


async def _keep(call: Call, assessment: Assessment, answers: Values) -> None:
    """The result with the answers and the release it rests on, so that it can be explained later."""
    kept = StoredAssessment(
        id=str(uuid.uuid4()),
        conversation=call.conversation.id,
        product=assessment.product,
        release=call.content.number,
        outcome=assessment.outcome,
        criteria={finding.code: finding.state for finding in assessment.findings},
        answers=answers,
        created_at=call.now,
    )
    await call.work.assessments.add(kept)
    call.audit(
        "eligibility.assessed", product=assessment.product, outcome=assessment.outcome, release=call.content.number
    )


def criterion_answers(values: Values) -> Values:
    """The answers that criteria may read, in the form that they read; nothing else that a flow passes gets through."""
    return {name: _criterion_value(value) for name, value in values.items() if name in FIELDS and value is not None}


def _criterion_value(value: Value) -> Value:
    match value:
        case Months(count=count):
            return count
        case "yes" | "no":
            return value == "yes"
        case _:
            return value
