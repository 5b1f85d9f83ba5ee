from __future__ import annotations

from decimal import Decimal

import pytest

from bot.core.values import Money, Text, Value
from bot.products.catalogue import Catalogue
from bot.products.fields import SEGMENTS
from bot.products.recommendation import recommend
from bot.texts.texts import Texts


@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_segment_alone_gets_its_products_in_the_authored_order_with_reasons(
    catalogue: Catalogue, texts: Texts, segment: str
) -> None:
    found = recommend(catalogue, segment)
    assert [item.product for item in found] == [product.id for product in catalogue.for_segment(segment)]
    for item in found:
        assert item.reasons
        assert all(texts.render(reason, locale) for reason in item.reasons for locale in texts.locales)


def test_a_product_that_serves_the_purpose_goes_before_one_that_does_not(catalogue: Catalogue) -> None:
    found = recommend(catalogue, "farmer", {"purpose": "equipment"})
    assert [item.product for item in found] == ["equipment", "harvest", "supply_order"]
    assert found[0].reasons[0] == Text("reason.purpose_served", {"purpose": Text("purpose.equipment")})


def test_a_product_whose_criteria_are_all_met_goes_first_and_says_so(catalogue: Catalogue) -> None:
    answers: dict[str, Value] = {
        "amount": Money(Decimal(20_000)),
        "months_trading": 8,
        "monthly_turnover": Money(Decimal(20_000)),
        "purpose": "stock",
        "open_debts": Money(Decimal(0)),
        "has_licence": True,
    }
    found = recommend(catalogue, "sole_trader", answers)
    assert [item.product for item in found] == [
        "flexible", "working_capital", "platform_line", "takings_loan", "equipment", "service_cycle",
    ]  # fmt: skip
    assert found[0].reasons[0] == Text("reason.meets_criteria")


def test_a_product_that_the_answers_rule_out_is_not_recommended(catalogue: Catalogue) -> None:
    assert [item.product for item in recommend(catalogue, "sole_trader", {"has_licence": False})] == ["flexible"]


def test_a_prohibited_use_leaves_nothing_to_recommend(catalogue: Catalogue) -> None:
    assert recommend(catalogue, "farmer", {"purpose": "property"}) == ()


def test_an_unknown_segment_has_no_recommendation(catalogue: Catalogue) -> None:
    assert recommend(catalogue, "astronaut") == ()
