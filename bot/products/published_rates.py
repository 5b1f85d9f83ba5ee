"""Every rate that the catalogue names, for whoever holds a stated figure against what is published. Pure."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from itertools import product

from bot.products.catalogue import Catalogue, Product
from bot.products.pricing import price


@lru_cache(maxsize=4)
def published_rates(catalogue: Catalogue) -> frozenset[Decimal]:
    """All rates of all products, as fractions: contract rates by base rate, grade, purpose and guarantee, and the shares of fees."""
    return frozenset(rate for one in catalogue.products for rate in _rates(one, catalogue))


def _rates(one: Product, catalogue: Catalogue) -> set[Decimal]:
    pricing = one.pricing
    contracts = {
        price(pricing, base, grade=grade, purpose=purpose, guarantee=guarantee).annual
        for base, grade, purpose, guarantee in product(
            catalogue.lender.base_rates, pricing.grades, ("", *pricing.purposes), pricing.guarantees
        )
    }
    dear = {
        rate * (1 + markup)
        for rate in contracts
        for markup in (catalogue.lender.overdue_markup, catalogue.lender.misuse_markup)
    }
    return contracts | dear | {base.rate for base in catalogue.lender.base_rates} | {
        one.early_settlement_rate, *(fee.rate for fee in one.fees if fee.rate)
    }  # fmt: skip
