"""A product on one card: what it is, for whom, how much for how long, what it costs a year, how it is repaid.

A card promotes, so it always names the lender, the annualised cost and the risk (`product.card`, and `walk.costs` in the walk-through).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

from bot.core.values import Money, Months, Rate, Text, Value, Values
from bot.products.catalogue import Audience, Catalogue, Product
from bot.products.documents import document_texts
from bot.products.fees import early_settlement_text
from bot.products.pricing import INDICATIVE
from bot.products.quote import Quote, make_quote


def product_values(catalogue: Catalogue, product: Product, on: date, segment: str | None = None) -> Values:
    """The values of `product.card` and of the texts `walk.…` for `product` as priced on the day `on`.

    `cost_from` is the annualised all-in cost (simple) of the example at the best grade, `cost_usual` at the indicative
    one. With a `segment`, `documents` and `reasons` are those of the segment, else those of all its segments.
    """
    example = _example(catalogue, product.id, on, INDICATIVE)
    best = min(_example(catalogue, product.id, on, grade).cost.simple for grade in product.pricing.grades)
    return {
        **_words(product),
        **_ranges(catalogue, product),
        "product_id": product.id,
        "lender": Text(f"lender.{catalogue.lender.id}"),
        "estimate": Text("quote.estimate"),
        "risk": Text("risk.warning"),
        "early_settlement": early_settlement_text(product.early_settlement_rate),
        "cost_from": Rate(best),
        "cost_usual": Rate(example.cost.simple),
        "cost_compound": Rate(example.cost.compound),
        "overdue_rate": Rate(example.overdue_rate),
        "misuse_rate": Rate(example.misuse_rate),
        "example_amount": Money(example.principal, example.currency),
        "example_months": Months(example.months),
        "example_method": Text(f"method.{example.method}"),
        "rate": Rate(example.rate.annual),
        "fees": _fees(product),
        "comes_with": _extras(product),
        "documents": document_texts(_collected(product, segment, lambda audience: audience.documents)),
        "reasons": tuple(
            Text(f"reason.{name}") for name in _collected(product, segment, lambda audience: audience.reasons)
        ),
    }


def segment_cards(catalogue: Catalogue, segment: str, on: date) -> tuple[Values, ...]:
    """The values of a card for every product made for `segment`, best first."""
    return tuple(product_values(catalogue, product, on, segment) for product in catalogue.for_segment(segment))


@lru_cache(256)  # the same few products are shown all day
def _example(catalogue: Catalogue, product_id: str, on: date, grade: str) -> Quote:
    product = catalogue.product(product_id)
    found = make_quote(
        catalogue, product_id, amount=product.amount.usual, months=int(product.months.usual), start=on, grade=grade
    )
    if not isinstance(found, Quote):
        raise TypeError("a product offers its own example")
    return found


def _words(product: Product) -> dict[str, Value]:
    texts = ("name", "summary", "for_whom", "repayment", "not_for")
    share: Values = {"takings_share": Rate(product.takings_share)}
    words: dict[str, Value] = {part: Text(f"product.{product.id}.{part}", share) for part in texts}
    words["methods"] = tuple(Text(f"method.{method}") for method in product.methods)
    words["purposes"] = tuple(Text(f"purpose.{purpose}") for purpose in product.purposes)
    words["prohibited"] = tuple(Text(f"purpose.{purpose}") for purpose in product.prohibited)
    words["guarantor"] = Text(f"guarantor.{product.guarantor or 'none'}")
    words["follows"] = Text(f"follows.{product.follows or 'none'}")
    words["reset"] = Text(f"reset.{product.pricing.reset}")
    return words


def _ranges(catalogue: Catalogue, product: Product) -> dict[str, Value]:
    return {
        "low": Money(product.amount.low, catalogue.lender.currency),
        "high": Money(product.amount.high, catalogue.lender.currency),
        "method_ids": product.methods,
        "low_months": Months(int(product.months.low)),
        "high_months": Months(int(product.months.high)),
    }


def _fees(product: Product) -> tuple[Value, ...]:
    """The names of the fees with payee and moment; one text where there are none."""
    named = (
        Text(f"product.fee.{fee.moment}", {"name": Text(f"fee.{fee.id}"), "payee": Text(f"payee.{fee.payee}")})
        for fee in product.fees
    )
    return tuple(named) or (Text("quote.no_fees"),)


def _extras(product: Product) -> tuple[Value, ...]:
    """What is offered along with the loan, and whether it must be taken; one text where there is nothing."""
    named = (
        Text(
            f"product.comes_with.{'optional' if extra.optional else 'included'}",
            {"name": Text(f"comes_with.{extra.id}")},
        )
        for extra in product.comes_with
    )
    return tuple(named) or (Text("comes_with.none"),)


def _collected(product: Product, segment: str | None, names: Callable[[Audience], tuple[str, ...]]) -> tuple[str, ...]:
    """The segment's documents or reasons, without a segment those of all; each once."""
    own = product.audience.get(segment or "")
    audiences = [own] if own else list(product.audience.values())
    return tuple(dict.fromkeys(name for audience in audiences for name in names(audience)))
