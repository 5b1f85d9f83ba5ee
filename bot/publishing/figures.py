"""Figures of the catalogue that answers may name, so that no number stands in prose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from bot.core.values import Money, Months, Rate, Text, Value, Values
from bot.products.catalogue import Catalogue
from bot.products.pricing import price


def figures(catalogue: Catalogue, names: frozenset[str], on: date) -> Values:
    """The named figures as they are on a day, typed. Raises `KeyError` for a name that is not in `FIGURES`."""
    return {name: FIGURES[name](catalogue, on) for name in names}


def _amounts(catalogue: Catalogue) -> Iterator[tuple[Decimal, Decimal]]:
    return ((product.amount.low, product.amount.high) for product in catalogue.products)


def _smallest_amount(catalogue: Catalogue, on: date) -> Money:
    return Money(min(low for low, _ in _amounts(catalogue)), catalogue.lender.currency)


def _largest_amount(catalogue: Catalogue, on: date) -> Money:
    return Money(max(high for _, high in _amounts(catalogue)), catalogue.lender.currency)


def _shortest_term(catalogue: Catalogue, on: date) -> Months:
    return Months(int(min(product.months.low for product in catalogue.products)))


def _longest_term(catalogue: Catalogue, on: date) -> Months:
    return Months(int(max(product.months.high for product in catalogue.products)))


def _rates(catalogue: Catalogue, on: date) -> Iterator[Decimal]:
    """The contract rate of every product for each grade, at its usual term and without a guarantee."""
    for product in catalogue.products:
        base = catalogue.lender.base_rate(int(product.months.usual), on)
        yield from (price(product.pricing, base, grade=grade).annual for grade in product.pricing.grades)


def _lowest_rate(catalogue: Catalogue, on: date) -> Rate:
    return Rate(min(_rates(catalogue, on)))


def _highest_rate(catalogue: Catalogue, on: date) -> Rate:
    return Rate(max(_rates(catalogue, on)))


def _highest_early_fee(catalogue: Catalogue, on: date) -> Rate:
    return Rate(max(product.early_settlement_rate for product in catalogue.products))


def _base_rate(catalogue: Catalogue, on: date) -> Rate:
    return Rate(catalogue.lender.base_rate(12, on).rate)


def _long_base_rate(catalogue: Catalogue, on: date) -> Rate:
    return Rate(catalogue.lender.base_rate(60, on).rate)


def _overdue_markup(catalogue: Catalogue, on: date) -> Rate:
    return Rate(catalogue.lender.overdue_markup)


def _shortest_trading(catalogue: Catalogue, on: date) -> Value:
    """The shortest time in business that a published criterion asks for; None where none does."""
    limits = (
        limit
        for product in catalogue.products
        for criterion in product.criteria
        if "months_trading" in criterion.asks
        for limit in criterion.limits.values()
        if isinstance(limit, Months)
    )
    return min(limits, key=lambda limit: limit.count, default=None)


def _methods(catalogue: Catalogue, on: date) -> tuple[Value, ...]:
    return _named("method", (method for product in catalogue.products for method in product.methods))


def _fees(catalogue: Catalogue, on: date) -> tuple[Value, ...]:
    return _named("fee", (fee.id for product in catalogue.products for fee in product.fees))


def _prohibited(catalogue: Catalogue, on: date) -> tuple[Value, ...]:
    return _named("purpose", (purpose for product in catalogue.products for purpose in product.prohibited))


def _products(catalogue: Catalogue, on: date) -> tuple[Value, ...]:
    return tuple(Text(f"product.{product.id}.name") for product in catalogue.products)


def _named(family: str, ids: Iterator[str]) -> tuple[Value, ...]:
    """Each id once, in the order met, as the text of its family."""
    return tuple(Text(f"{family}.{name}") for name in dict.fromkeys(ids))


FIGURES: Final[Mapping[str, Callable[[Catalogue, date], Value]]] = MappingProxyType(
    {
        "lender": lambda catalogue, _: Text(f"lender.{catalogue.lender.id}"),
        "products": _products,
        "smallest_amount": _smallest_amount,
        "largest_amount": _largest_amount,
        "shortest_term": _shortest_term,
        "longest_term": _longest_term,
        "lowest_rate": _lowest_rate,
        "highest_rate": _highest_rate,
        "base_rate": _base_rate,
        "long_base_rate": _long_base_rate,
        "highest_early_fee": _highest_early_fee,
        "overdue_markup": _overdue_markup,
        "shortest_trading": _shortest_trading,
        "methods": _methods,
        "fees": _fees,
        "prohibited": _prohibited,
        "quote_days": lambda catalogue, _: catalogue.lender.quote_days,
    }
)
"""What an answer may name in its `values`."""
