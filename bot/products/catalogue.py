"""The catalogue: what one lender sells, as authored in `catalogue/*.yaml`.

One file per product, and `lender.yaml` for what all of them share. Words are not in these files but in the texts, under
keys that follow from the ids here; `text_keys` lists every one that the catalogue needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from bot.core.errors import ContentError
from bot.core.rules import Rule
from bot.core.values import Money
from bot.products.criteria import Change, Criterion, read_criterion
from bot.products.documents import ASKED_FOR, document_text
from bot.products.fees import Fee, read_fee
from bot.products.fields import PROHIBITED, PURPOSES, SEGMENTS
from bot.products.pricing import BaseRate, Pricing, base_rate, read_base_rate, read_pricing
from bot.products.reading import Section
from bot.products.repayment import METHODS

LENDER_FILE: Final = "lender.yaml"
_PRODUCT_TEXTS: Final = ("name", "summary", "for_whom", "repayment", "not_for")


@dataclass(frozen=True, slots=True)
class Lender:
    """What all products share.

    `id` gives the text key of its name. Base rates are dated; `overdue_markup` and `misuse_markup` are the shares added
    to the contract rate on what is overdue or misused; a quote holds for `quote_days`. A payment of up to `fair_share` of
    what comes in is called light, one above `heavy_share` heavy; out of a harvest, `harvest_fair_share` and
    `harvest_heavy_share` do. `parks` are the partner parks. `site` is the address of its own pages, for customers whom a third
    party may not advise.
    """

    id: str
    site: str
    currency: str
    base_rates: tuple[BaseRate, ...]
    overdue_markup: Decimal
    misuse_markup: Decimal
    quote_days: int
    fair_share: Decimal
    heavy_share: Decimal
    harvest_fair_share: Decimal
    harvest_heavy_share: Decimal
    parks: tuple[str, ...] = ()

    def base_rate(self, months: int, on: date) -> BaseRate:
        """The base rate for a term, as published last on or before `on`."""
        return base_rate(self.base_rates, months, on)


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included; `usual` is what an example uses."""

    low: Decimal
    high: Decimal
    usual: Decimal

    def holds(self, value: Decimal | int) -> bool:
        """Whether `value` lies within."""
        return self.low <= value <= self.high

    def nearest(self, value: Decimal | int) -> Decimal:
        """`value`, or the bound it is beyond."""
        return min(max(Decimal(value), self.low), self.high)


@dataclass(frozen=True, slots=True)
class Audience:
    """How a product suits a segment: its place in the order (1 first), why, and the papers it takes."""

    rank: int
    reasons: tuple[str, ...]
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extra:
    """Something else that is sold or opened along with a loan; whoever declines an `optional` one has the same loan."""

    id: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Product:
    """One loan product with everything a customer is told about it. Rates are fractions, amounts in the lender's currency.

    `months` is the term. The first of `methods` is the usual one; `grace_months` belongs to grace_annuity. `basis` is
    the year of daily methods in days. `early_settlement_rate` is charged on what is repaid early. `guarantor` is the id
    of a guarantee company, None for a loan without one. `follows` is what limit or funding keep to, None where nothing
    of its own; `takings_share` the part of each week's takings that turnover_share asks for; `comes_with` what is offered along
    with the loan.
    """

    id: str
    audience: Mapping[str, Audience]
    amount: Range
    months: Range
    methods: tuple[str, ...]
    grace_months: int
    basis: int
    pricing: Pricing
    guarantor: str | None
    fees: tuple[Fee, ...]
    early_settlement_rate: Decimal
    purposes: tuple[str, ...]
    prohibited: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    follows: str | None
    takings_share: Decimal
    comes_with: tuple[Extra, ...]

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments it is made for."""
        return tuple(self.audience)


@dataclass(frozen=True, slots=True, eq=False)  # the same one or another one: so that results can be kept by catalogue
class Catalogue:
    """A lender and its products, in the order of their ids."""

    lender: Lender
    products: tuple[Product, ...]

    def product(self, product_id: str) -> Product:
        """The product with this id. Raises `KeyError` when there is none."""
        for product in self.products:
            if product.id == product_id:
                return product
        raise KeyError(product_id)

    def for_segment(self, segment: str) -> tuple[Product, ...]:
        """The products made for a segment, best first."""
        fitting = (product for product in self.products if segment in product.audience)
        return tuple(sorted(fitting, key=lambda product: (product.audience[segment].rank, product.id)))


def parse_catalogue(documents: Mapping[str, object]) -> Catalogue:
    """The catalogue in `documents` (file name → parsed YAML). Raises `ContentError` that names file, field and remedy."""
    if LENDER_FILE not in documents:
        raise ContentError(f"{LENDER_FILE}: the whole file: add it; it holds what all products share")
    lender = _read_lender(Section(documents[LENDER_FILE], LENDER_FILE))
    products = tuple(
        _read_product(Section(documents[name], name), lender.currency)
        for name in sorted(documents)
        if name != LENDER_FILE
    )
    return Catalogue(lender, products)


def text_keys(catalogue: Catalogue) -> frozenset[str]:
    """Every text key that the data of the catalogue leads to."""
    named = (document_text(name).key for name in (*ASKED_FOR, ""))
    return frozenset(named).union(_lender_keys(catalogue.lender), *map(_product_keys, catalogue.products))


def _lender_keys(lender: Lender) -> Iterator[str]:
    yield f"lender.{lender.id}"
    yield from (f"base_rate.{rate.id}" for rate in lender.base_rates)
    yield from (f"park.{park}" for park in lender.parks)


def _product_keys(product: Product) -> Iterator[str]:
    yield from (f"product.{product.id}.{part}" for part in _PRODUCT_TEXTS)
    yield from (f"segment.{segment}" for segment in product.segments)
    yield from (f"method.{method}" for method in product.methods)
    yield from (f"purpose.{purpose}" for purpose in (*product.purposes, *product.prohibited))
    yield from (f"prohibited.{purpose}" for purpose in product.prohibited)
    yield from (key for fee in product.fees for key in (f"fee.{fee.id}", f"payee.{fee.payee}", f"moment.{fee.moment}"))
    yield f"guarantor.{product.guarantor or 'none'}"
    yield f"follows.{product.follows or 'none'}"
    yield from (f"comes_with.{extra.id}" for extra in product.comes_with)
    yield f"reset.{product.pricing.reset}"
    for audience in product.audience.values():
        yield from (f"reason.{reason}" for reason in audience.reasons)
    for criterion in product.criteria:
        yield from (f"field.{field}" for field in criterion.asks)
        yield from (f"criterion.{criterion.code}.{state}" for state in _states(criterion))
        if criterion.measure is not None:
            yield f"measure.{criterion.measure}"
        yield from (f"change.{change.field}" for change in criterion.changes)


def _states(criterion: Criterion) -> tuple[str, ...]:
    """The states that a criterion can be in once everything is answered."""
    return ("met", "unmet") if criterion.person is None else ("met", "person", "unmet")


def _read_lender(section: Section) -> Lender:
    lender = Lender(
        id=section.text("id"),
        site=_site(section),
        currency=section.text("currency"),
        base_rates=tuple(read_base_rate(item) for item in section.sections("base_rates")),
        overdue_markup=section.number("overdue_markup", high="1"),
        misuse_markup=section.number("misuse_markup", high="1"),
        quote_days=section.whole("quote_days", low=1),
        fair_share=section.number("fair_share", high="1"),
        heavy_share=section.number("heavy_share", high="1"),
        harvest_fair_share=section.number("harvest_fair_share", high="1"),
        harvest_heavy_share=section.number("harvest_heavy_share", high="1"),
        parks=section.optional("parks", section.texts, ()),
    )
    if not lender.base_rates:
        section.refuse("base_rates", "add at least one base rate")
    for fair, heavy in (("fair_share", "heavy_share"), ("harvest_fair_share", "harvest_heavy_share")):
        if getattr(lender, fair) > getattr(lender, heavy):
            section.refuse(heavy, "what is heavy begins where what is fair ends; write a larger share")
    section.done()
    return lender


def _site(section: Section) -> str:
    site = section.text("site")
    try:
        parts = urlsplit(site)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or site != site.strip():
        section.refuse("site", "write the address of the lender's own pages, beginning with https://")
    return site


def _read_product(section: Section, currency: str) -> Product:
    product_id = section.text("product")
    if section.file != f"{product_id}.yaml":
        section.refuse("product", f"name the file {product_id}.yaml, after its product")
    audience = dict(_read_audience(section.section("audience")))
    amount, months = _read_range(section.section("amount")), _read_range(section.section("months"), whole=True)
    prohibited = section.texts("prohibited", PURPOSES) if section.has("prohibited") else PROHIBITED
    purposes = section.texts("purposes", PURPOSES)
    product = Product(
        id=product_id,
        audience=audience,
        amount=amount,
        months=months,
        methods=section.texts("methods", tuple(METHODS)),
        grace_months=section.optional("grace_months", section.whole, 0),
        basis=section.whole("basis"),
        pricing=read_pricing(section.section("pricing")),
        guarantor=section.optional("guarantor", section.text, None),
        fees=tuple(read_fee(item) for item in section.sections("fees")),
        early_settlement_rate=section.number("early_settlement_rate", high="0.1"),
        purposes=purposes,
        prohibited=prohibited,
        criteria=(
            *_own_criteria(tuple(audience), amount, purposes, prohibited, currency),
            *(read_criterion(item, currency) for item in section.sections("criteria")),
        ),
        follows=section.optional("follows", section.text, None),
        takings_share=section.optional("takings_share", lambda field: section.number(field, high="0.5"), Decimal(0)),
        comes_with=section.optional(
            "comes_with", lambda field: tuple(_read_extra(item) for item in section.sections(field)), ()
        ),
    )
    section.done()
    _check_product(section, product)
    return product


def _check_product(section: Section, product: Product) -> None:
    """What the parts of a product must be together."""
    if not product.methods:
        section.refuse("methods", "name at least one repayment method")
    if product.basis not in (360, 365):
        section.refuse("basis", "write 360 or 365")
    if "grace_annuity" in product.methods and not 0 < product.grace_months < product.months.low:
        section.refuse("grace_months", "a grace period needs at least a month and must end within the shortest term")
    if ("turnover_share" in product.methods) != (product.takings_share > 0):
        section.refuse(
            "takings_share", "give the part of each week's takings, and only where turnover_share is a method"
        )
    if set(product.purposes) & set(product.prohibited):
        section.refuse("purposes", "a purpose is either served or prohibited")
    for segment in product.audience:
        codes = [item.code for item in product.criteria if not item.segments or segment in item.segments]
        repeated = [code for code in codes if codes.count(code) > 1]
        if repeated:
            section.refuse(
                "criteria", f"give each criterion of a segment its own code; '{repeated[0]}' is used twice or built in"
            )
    for segment, paper in _unlisted(product):
        section.refuse(f"audience.{segment}.documents", f"add {paper}; a criterion is proved by it")


def _unlisted(product: Product) -> Iterator[tuple[str, str]]:
    """Segments with a document that proves a criterion about them, and that they are not asked to bring."""
    for criterion in product.criteria:
        for segment, audience in product.audience.items():
            concerned = not criterion.segments or segment in criterion.segments
            if criterion.proved_by is not None and concerned and criterion.proved_by not in audience.documents:
                yield segment, criterion.proved_by


def _read_extra(section: Section) -> Extra:
    extra = Extra(section.text("id"), section.flag("optional"))
    section.done()
    return extra


def _read_audience(section: Section) -> Iterator[tuple[str, Audience]]:
    for segment in section.names():
        if segment not in SEGMENTS:
            section.refuse(segment, f"this segment is not known; use some of {', '.join(SEGMENTS)}")
        part = section.section(segment)
        audience = Audience(part.whole("rank", low=1), part.texts("reasons"), part.texts("documents"))
        unknown = [name for name in audience.documents if name not in ASKED_FOR]
        if unknown:
            part.refuse("documents", f"'{unknown[0]}' is not a document; use some of {', '.join(ASKED_FOR)}")
        yield segment, audience
        part.done()


def _read_range(section: Section, *, whole: bool = False) -> Range:
    read = (lambda field: Decimal(section.whole(field, low=1))) if whole else section.number
    found = Range(read("low"), read("high"), read("usual"))
    if not 0 < found.low <= found.usual <= found.high:
        section.refuse("", "write low, usual and high in rising order, above zero")
    section.done()
    return found


def _own_criteria(
    segments: tuple[str, ...], amount: Range, purposes: tuple[str, ...], prohibited: tuple[str, ...], currency: str
) -> tuple[Criterion, ...]:
    """The criteria that follow from audience, amounts and purposes, so that nobody has to author them twice."""
    limits = {"low": Money(amount.low, currency), "high": Money(amount.high, currency)}
    within = Rule("amount >= low and amount <= high")
    nearest = Change("amount", Rule("amount < low ? low : high"))
    allowed = Rule(f"not ({_among('purpose', prohibited).expression})")
    return (
        Criterion("segment", ("segment",), _among("segment", segments), None, {}, (), ()),
        Criterion("purpose", ("purpose",), _among("purpose", purposes), allowed, {}, (), ()),
        Criterion("amount_range", ("amount",), within, None, limits, (nearest,), ()),
    )


def _among(field: str, allowed: tuple[str, ...]) -> Rule:
    return Rule(f"{field} in [{', '.join(repr(item) for item in allowed)}]")
