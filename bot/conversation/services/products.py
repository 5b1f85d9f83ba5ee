"""Products and case stories."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.conversation.rendering import trimmed, trimmed_figure
from bot.conversation.services.call import Call, Result
from bot.conversation.services.eligibility import criterion_answers
from bot.conversation.services.quotes import compared, quote_for, store
from bot.core.values import Money, Months, Values
from bot.products.burden import Takings, burden, burden_chart, burden_text
from bot.products.catalogue import Product
from bot.products.quote import Quote
from bot.products.recommendation import reasons, recommend
from bot.products.stories import current

MOST_RIVALS: Final = 6
"""Products offered to compare with; more buttons than these are not looked at."""


async def list_products(call: Call) -> Result:
    """The products for the customer's segment, best first."""
    found = recommend(call.content.catalogue, call.text("segment"), criterion_answers(call.values))
    return Result("found" if found else "none", {"products": tuple(item.product for item in found)})


async def list_rivals(call: Call) -> Result:
    """The customer's other products that the chosen one, and the one it is compared with, can be compared with."""
    found = recommend(call.content.catalogue, call.text("segment"), criterion_answers(call.values))
    taken = {call.text("product"), call.text("rival")}
    rivals = tuple(item.product for item in found if item.product not in taken)[:MOST_RIVALS]
    return Result("found" if rivals else "none", {"rivals": rivals})


async def compare_products(call: Call) -> Result:
    """Two or three products side by side, each for the customer's amount and term as near as it offers them."""
    if call.market.operator != "lender":
        return Result("withheld", {})
    chosen = dict.fromkeys(filter(None, (call.text(name) for name in ("product", "rival", "second_rival"))))
    catalogue = call.content.catalogue
    terms = replace(call, values={**call.values, **_common_terms(call, catalogue.product(next(iter(chosen))))})
    made = [quote_for(terms, catalogue.product(product), within=True) for product in chosen]
    stored = [await store(call, one) for one in made if isinstance(one, Quote)]
    return Result("compared", compared(call, [one.values for one in stored]))


def _common_terms(call: Call, product: Product) -> Values:
    """The amount and term to compare for: the customer's own, else what the first product is usually taken for."""
    usual: Values = {
        "amount": Money(product.amount.usual, call.market.currency),
        "months": Months(int(product.months.usual)),
    }
    return {name: call.values.get(name) or value for name, value in usual.items()}


async def why_this_one(call: Call) -> Result:
    """The reasons for showing a product to this customer, and what speaks against it."""
    product, segment = call.content.catalogue.product(call.text("product")), call.text("segment")
    found = reasons(product, segment, criterion_answers(call.values))
    return Result("found", {"reasons": tuple(trimmed(reason, call.content.texts) for reason in found)})


async def repayment_on_takings(call: Call) -> Result:
    """How repaying a product feels on the customer's own takings: a picture, and the same in words."""
    if call.market.operator != "lender":
        return Result("withheld", {})
    catalogue = call.content.catalogue
    made = quote_for(call, catalogue.product(call.text("product")), within=True)
    takings = _takings(call)
    if takings is None or not isinstance(made, Quote):
        return Result("unknown", {})
    await store(call, made)
    felt = burden(made, takings, catalogue.lender)
    return Result(
        felt.verdict,
        {
            "burden": trimmed(burden_text(felt), call.content.texts),
            "burden_chart": trimmed_figure(burden_chart(felt), call.content.texts),
        },
    )


def _takings(call: Call) -> Takings | None:
    """What comes in, as the customer said; a farmer's come with the harvest."""
    name = "season_income" if call.text("segment") == "farmer" else "monthly_turnover"
    amount = call.values.get(name)
    if not isinstance(amount, Money) or amount.amount <= 0:
        return None
    return Takings(amount.amount, harvest=name == "season_income")


async def list_stories(call: Call) -> Result:
    """The case stories that may be told today for the customer's segment."""
    segment = call.text("segment")
    told = current(call.content.stories, call.market.today(call.now), segment or None)
    return Result("found" if told else "none", {"stories": tuple(story.id for story in told)})
