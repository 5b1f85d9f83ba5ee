from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import ContentError
from bot.products.catalogue import Catalogue, parse_catalogue
from bot.products.fields import PROHIBITED, SEGMENTS
from tests.unit.products.conftest import Documents

Spoil = Callable[[Documents], object]


@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_segment_has_at_least_two_products(catalogue: Catalogue, segment: str) -> None:
    assert len(catalogue.for_segment(segment)) >= 2


@pytest.mark.parametrize(
    ("segment", "best"),
    [
        ("sole_trader", ["working_capital", "equipment", "flexible"]),
        ("small_company", ["working_capital", "equipment"]),
        ("farmer", ["harvest", "equipment"]),
        ("flexible_worker", ["flexible", "equipment"]),
    ],
)
def test_each_segment_sees_the_products_made_for_it_first(catalogue: Catalogue, segment: str, best: list[str]) -> None:
    assert [product.id for product in catalogue.for_segment(segment)][: len(best)] == best


def test_every_kind_of_product_is_sold(catalogue: Catalogue) -> None:
    assert {product.follows for product in catalogue.products} == {
        None, "platform_turnover", "purchase_order", "course_cycle", "weekly_takings", "park_payments",
    }  # fmt: skip
    assert {"working_capital", "equipment", "flexible"} <= {product.id for product in catalogue.products}


def test_only_the_account_of_the_park_package_has_to_be_taken_with_a_loan(catalogue: Catalogue) -> None:
    required = [
        (product.id, extra.id) for product in catalogue.products for extra in product.comes_with if not extra.optional
    ]
    assert required == [("park_package", "settlement_account")]
    assert [extra.id for extra in catalogue.product("park_package").comes_with if extra.optional] == [
        "wages_insurance",
        "wealth_product",
    ]


def test_the_most_that_takings_may_be_asked_for_can_be_repaid_from_their_share_within_the_longest_term(
    catalogue: Catalogue,
) -> None:
    loan = catalogue.product("takings_loan")
    (covers,) = (criterion for criterion in loan.criteria if criterion.code == "amount_covered")
    times = covers.limits["looked_at"]
    assert isinstance(times, Decimal)
    assert times * Decimal("1.05") <= loan.takings_share * loan.months.high


def test_every_product_prohibits_what_the_rules_prohibit(catalogue: Catalogue) -> None:
    for product in catalogue.products:
        assert set(PROHIBITED) <= set(product.prohibited)


INCOME = {"monthly_turnover", "season_income", "platform_turnover", "code_takings", "course_fees", "order_amount"}


def test_every_product_asks_about_amount_income_debts_and_purpose(catalogue: Catalogue) -> None:
    for product in catalogue.products:
        asked = {field for criterion in product.criteria for field in criterion.asks}
        assert asked >= {"segment", "amount", "purpose", "open_debts"}
        assert asked & INCOME


def test_a_product_that_is_not_there_is_a_key_error(catalogue: Catalogue) -> None:
    with pytest.raises(KeyError):
        catalogue.product("gold_mine")


ORDER = {"code": "order", "asks": ["order"], "meets": "order == 'signed'", "proved_by": "purchase_orders"}


def _harvest(change: Callable[[dict[str, Any]], object]) -> Spoil:
    return lambda documents: change(documents["harvest.yaml"])


def _criterion(change: Callable[[dict[str, Any]], object]) -> Spoil:
    return lambda documents: change(documents["harvest.yaml"]["criteria"][0])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda documents: documents.pop("lender.yaml"), "lender.yaml: the whole file: add it"),
        (lambda documents: documents["lender.yaml"].update(base_rates=[]), "lender.yaml: base_rates: add at least one"),
        (
            lambda documents: documents["lender.yaml"]["base_rates"][0].update(since="soon"),
            "base_rates[0].since: write a date",
        ),
        (
            _harvest(lambda it: it.update(takings_share=0.1)),
            "harvest.yaml: takings_share: give the part of each week's",
        ),
        (
            lambda documents: documents["takings_loan.yaml"].pop("takings_share"),
            "takings_loan.yaml: takings_share: give the part",
        ),
        (
            _harvest(lambda it: it["criteria"].append(ORDER)),
            "harvest.yaml: audience.farmer.documents: add purchase_orders",
        ),
        (
            _harvest(lambda it: it["audience"]["farmer"]["documents"].append("account_statement")),
            "harvest.yaml: audience.farmer.documents: 'account_statement' is not a document; use some of",
        ),
        (
            lambda documents: documents["park_package.yaml"]["comes_with"][0].update(optional="no"),
            "park_package.yaml: comes_with[0].optional: write true or false",
        ),
        (lambda documents: documents.update({"empty.yaml": None}), "empty.yaml: the whole file: write a mapping"),
        (_harvest(lambda it: it.update(product="crops")), "harvest.yaml: product: name the file crops.yaml"),
        (_harvest(lambda it: it.pop("basis")), "harvest.yaml: basis: add this field, it is required"),
        (_harvest(lambda it: it.update(basis=366)), "harvest.yaml: basis: write 360 or 365"),
        (_harvest(lambda it: it.update(intrest=3)), "harvest.yaml: intrest: this field is not known here; use amount,"),
        (_harvest(lambda it: it.update(methods=[])), "harvest.yaml: methods: name at least one"),
        (_harvest(lambda it: it.update(methods=["ballon"])), "methods: 'ballon' is not known; use some of annuity,"),
        (
            _harvest(lambda it: it.update(methods=["bullet", "grace_annuity"])),
            "harvest.yaml: grace_months: a grace period",
        ),
        (
            _harvest(lambda it: it["amount"].update(low=90_000)),
            "harvest.yaml: amount: write low, usual and high in rising",
        ),
        (_harvest(lambda it: it["amount"].update(low="a lot")), "harvest.yaml: amount.low: write a number here"),
        (_harvest(lambda it: it["months"].update(low=2.5)), "harvest.yaml: months.low: write a whole number"),
        (_harvest(lambda it: it["audience"].update(astronaut={})), "harvest.yaml: audience.astronaut: this segment"),
        (
            _harvest(lambda it: it["pricing"].update(spread_bp=9000)),
            "harvest.yaml: pricing.spread_bp: write a number from",
        ),
        (
            _harvest(lambda it: it["fees"][0].update(payee="broker")),
            "harvest.yaml: fees[0].payee: 'broker' is not known",
        ),
        (_harvest(lambda it: it["fees"][0].pop("rate")), "harvest.yaml: fees[0]: give the fee a rate"),
        (_harvest(lambda it: it["purposes"].append("equity")), "harvest.yaml: purposes: a purpose is either served or"),
        (_harvest(lambda it: it["purposes"].append("seed")), "harvest.yaml: purposes: name each only once"),
        (
            _criterion(lambda it: it.update(meets="months_trading >>= 3")),
            "criteria[0].meets: write an expression that comp",
        ),
        (
            _criterion(lambda it: it.update(meets="age >= 18")),
            "criteria[0].meets: 'age' speaks of age, which must never",
        ),
        (_criterion(lambda it: it.update(asks=["gender"])), "criteria[0].asks: 'gender' is not known"),
        (_criterion(lambda it: it["changes"][0].update(to="height")), "criteria[0].changes[0].to: 'height' is neither"),
        (_criterion(lambda it: it.update(code="amount_share")), "'amount_share' is used twice or built in"),
        (_criterion(lambda it: it.update(code="purpose")), "'purpose' is used twice or built in"),
        (
            _criterion(lambda it: it["limits"]["needed"].update(money=3)),
            "limits.needed.months: this field is not known",
        ),
    ],
)
def test_a_slip_is_told_with_file_field_and_remedy(documents: Documents, spoil: Spoil, message: str) -> None:
    spoil(documents)
    with pytest.raises(ContentError) as error:
        parse_catalogue(documents)
    assert message in str(error.value)


def _fields(source: object) -> Iterator[str]:
    """Field names at every depth; below a grade, a limit or the like the names are data, which the document cannot list."""
    if isinstance(source, list):
        for item in source:
            yield from _fields(item)
    if isinstance(source, dict):
        for name, inner in source.items():
            yield name
            yield from () if name in {"grades", "purposes", "guarantees", "limits"} else _fields(inner)


def test_every_field_an_author_may_write_is_documented(documents: Documents, story_documents: Documents) -> None:
    document = (Path(__file__).parents[3] / "docs" / "algorithms" / "catalogue.md").read_text("utf-8")
    written = set(_fields([*documents.values(), *story_documents.values()]))
    assert {name for name in written if f"`{name}`" not in document} == set()
