"""Products, case stories and eligibility."""

from __future__ import annotations

from bot.conversation.rendering import trimmed
from bot.conversation.services.call import Call, Result
from bot.core.values import Months, Value, Values
from bot.products.eligibility import assess, assessment_text, fields_needed
from bot.products.recommendation import recommend
from bot.products.stories import current


async def list_products(call: Call) -> Result:
    """The products for the customer's segment, best first."""
    found = recommend(call.content.catalogue, call.text("segment"), _answers(call))
    return Result("found" if found else "none", {"products": tuple(item.product for item in found)})


async def list_stories(call: Call) -> Result:
    """The case stories that may be told today for the customer's segment."""
    segment = call.text("segment")
    told = current(call.content.stories, call.market.today(call.now), segment or None)
    return Result("found" if told else "none", {"stories": tuple(story.id for story in told)})


async def next_question(call: Call) -> Result:
    """The next answer that can still change the eligibility result: its field as outcome, or `done`."""
    product = call.content.catalogue.product(call.text("product"))
    needed = fields_needed(product, _answers(call))
    return Result(needed[0] if needed else "done", {})


async def assess_eligibility(call: Call) -> Result:
    """The published criteria against the answers: `meets`, `person` or `not_met`, never a decision."""
    catalogue = call.content.catalogue
    others = catalogue.for_segment(call.text("segment"))
    assessment = assess(catalogue.product(call.text("product")), _answers(call), others)
    call.audit(
        "eligibility.assessed",
        product=call.text("product"),
        outcome=assessment.outcome,
        release=call.content.number,
    )
    shown = trimmed(assessment_text(assessment), call.content.texts)
    return Result(
        assessment.outcome,
        {"eligibility": shown, "eligibility_outcome": assessment.outcome, "alternatives": assessment.alternatives},
    )


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
