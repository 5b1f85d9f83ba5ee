"""The contract rate: base rate of the day plus spread in basis points. Prose: `docs/algorithms/pricing.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from bot.core.errors import ContentError
from bot.products.reading import Section

INDICATIVE: Final = "indicative"  # the grade of a quote made before the lender has looked at the customer
RESETS: Final = ("none", "yearly")
_BASIS_POINT: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class BaseRate:
    """A published base rate for terms from `from_months` on, valid from the day `since`; `rate` is a fraction."""

    id: str
    since: date
    from_months: int
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Pricing:
    """How a product is priced; spreads in basis points by grade, purpose and guarantee.

    `reset` is when a floating rate follows the base rate; `none` means fixed for the whole term.
    """

    spread: int
    grades: Mapping[str, int]
    purposes: Mapping[str, int]
    guarantees: Mapping[str, int]
    reset: str


@dataclass(frozen=True, slots=True)
class RateParts:
    """A contract rate with what it is made of. Rates are fractions, spreads basis points."""

    base: BaseRate
    spread: int
    grade: str
    annual: Decimal
    reset: str


def base_rate(rates: tuple[BaseRate, ...], months: int, on: date) -> BaseRate:
    """The base rate for a term of `months` as published last on or before the day `on`."""
    known = [rate for rate in rates if rate.since <= on and rate.from_months <= months]
    if not known:
        raise ContentError(f"lender.yaml: base_rates: add the base rate in force on {on} for terms of {months} months")
    latest = max(rate.since for rate in known)
    return max((rate for rate in known if rate.since == latest), key=lambda rate: rate.from_months)


def price(
    pricing: Pricing, base: BaseRate, *, grade: str = INDICATIVE, purpose: str | None = None, guarantee: str = "none"
) -> RateParts:
    """The rate of a loan: base plus the product's spread and what grade, purpose and guarantee add or take off.

    A purpose that is not priced adds nothing. Raises `KeyError` for an unknown grade or guarantee.
    """
    spread = (
        pricing.spread + pricing.grades[grade] + pricing.purposes.get(purpose or "", 0) + pricing.guarantees[guarantee]
    )
    return RateParts(base, spread, grade, base.rate + spread * _BASIS_POINT, pricing.reset)


def read_pricing(section: Section) -> Pricing:
    """Pricing as authored. The indicative grade and 'no guarantee' add nothing and need not be written."""
    pricing = Pricing(
        spread=section.whole("spread_bp", high=3000),
        grades={INDICATIVE: 0, **_spreads(section, "grades")},
        purposes=_spreads(section, "purposes"),
        guarantees={"none": 0, **_spreads(section, "guarantees")},
        reset=section.choice("reset", RESETS),
    )
    section.done()
    return pricing


def read_base_rate(section: Section) -> BaseRate:
    """A base rate as authored; `rate` is a fraction."""
    rate = BaseRate(
        id=section.text("id"),
        since=section.day("since"),
        from_months=section.whole("from_months"),
        rate=section.number("rate", high="0.3"),
    )
    section.done()
    return rate


def _spreads(parent: Section, field: str) -> dict[str, int]:
    if not parent.has(field):
        parent.optional(field, parent.take, None)
        return {}
    section = parent.section(field)
    return {name: section.whole(name, low=-1000, high=3000) for name in section.names()}
