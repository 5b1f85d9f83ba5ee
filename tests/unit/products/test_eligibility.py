from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.codec import decode_all, encode_all
from bot.core.values import Money, Months, Text, Value, Values
from bot.products.catalogue import Catalogue
from bot.products.criteria import names_read
from bot.products.eligibility import Assessment, assess, assessment_text, assessment_values, fields_needed
from bot.products.fields import FIELDS, PROHIBITED, PURPOSES, SEGMENTS
from bot.texts.texts import Texts

# What must never decide about credit, and what commonly stands in for it.
PROTECTED = {
    "region", "province", "city", "district", "address", "postcode", "hukou", "location", "gender", "sex", "ethnicity",
    "nationality", "race", "religion", "marital_status", "spouse", "children", "pregnant", "age", "birth_date", "birthday",
    "disability", "health", "political_affiliation", "union", "name", "phone", "resident_id", "language", "locale",
}  # fmt: skip
RANK = {"not_met": 0, "person": 1, "meets": 2}
PRODUCTS = (
    "equipment", "flexible", "harvest", "park_package", "platform_line", "service_cycle", "supply_order", "takings_loan",
    "working_capital",
)  # fmt: skip
every_product = pytest.mark.parametrize("product", PRODUCTS)


def money(yuan: int) -> Money:
    return Money(Decimal(yuan))


SHOP: dict[str, Value] = {
    "segment": "sole_trader",
    "amount": money(80_000),
    "months_trading": 30,
    "monthly_turnover": money(40_000),
    "purpose": "stock",
    "open_debts": money(0),
    "has_licence": True,
}

amounts = st.integers(0, 1_500_000).map(money)
answers = st.fixed_dictionaries(
    {},
    optional={
        "segment": st.sampled_from(SEGMENTS),
        "amount": amounts,
        "months_trading": st.integers(0, 240),
        "monthly_turnover": amounts,
        "purpose": st.sampled_from(PURPOSES),
        "open_debts": amounts,
        "has_licence": st.booleans(),
    },
)


def _assess(catalogue: Catalogue, product: str, changed: Values | None = None) -> Assessment:
    return assess(catalogue.product(product), {**SHOP, **(changed or {})}, catalogue.products)


def _states(assessment: Assessment) -> dict[str, str]:
    return {finding.code: finding.state for finding in assessment.findings}


def test_answers_that_meet_every_criterion_meet_the_published_criteria(catalogue: Catalogue) -> None:
    assessment = _assess(catalogue, "working_capital")
    assert assessment.outcome == "meets"
    assert set(_states(assessment).values()) == {"met"}
    assert (assessment.remedies, assessment.alternatives) == ((), ())


def test_a_criterion_nearly_met_needs_a_person(catalogue: Catalogue) -> None:
    assessment = _assess(catalogue, "working_capital", {"months_trading": 9})
    assert assessment.outcome == "person"
    assert _states(assessment)["time_in_business"] == "person"


def test_a_criterion_not_met_names_itself_and_the_change_that_meets_it(catalogue: Catalogue) -> None:
    assessment = _assess(catalogue, "working_capital", {"months_trading": 3})
    assert assessment.outcome == "not_met"
    ((change,),) = assessment.remedies
    assert (change.field, change.to) == ("months_trading", Months(12))
    assert change.text.values["more"] == Months(9)


def test_a_smaller_amount_is_named_where_it_would_do(catalogue: Catalogue) -> None:
    assessment = _assess(catalogue, "working_capital", {"amount": money(300_000), "monthly_turnover": money(30_000)})
    assert [[(change.field, change.to) for change in remedy] for remedy in assessment.remedies] == [
        [("amount", money(120_000))],
        [("monthly_turnover", money(75_000))],
    ]


def test_changes_that_are_needed_together_are_named_together(catalogue: Catalogue) -> None:
    assessment = _assess(catalogue, "working_capital", {"months_trading": 9, "amount": money(300_000)})
    (remedy,) = assessment.remedies
    assert [(change.field, change.to) for change in remedy] == [
        ("months_trading", Months(12)),
        ("amount", money(160_000)),
    ]


def test_an_amount_outside_the_product_is_moved_to_its_nearest_limit(catalogue: Catalogue) -> None:
    ((change,),) = _assess(catalogue, "working_capital", {"amount": money(2000)}).remedies
    assert (change.field, change.to) == ("amount", money(10_000))


def test_nobody_is_told_to_ask_for_less_than_the_product_offers(catalogue: Catalogue) -> None:
    assessment = _assess(catalogue, "working_capital", {"monthly_turnover": money(1000)})
    fields = [change.field for remedy in assessment.remedies for change in remedy]
    assert "amount" not in fields


def test_a_missing_licence_is_named_and_another_product_offered(catalogue: Catalogue) -> None:
    assessment = _assess(catalogue, "working_capital", {"has_licence": False, "amount": money(20_000)})
    assert assessment.outcome == "not_met"
    assert assessment.remedies[0][0].field == "has_licence"
    assert assessment.alternatives == ("flexible",)


@every_product
@pytest.mark.parametrize("purpose", PROHIBITED)
def test_a_prohibited_use_ends_the_path_with_its_reason(catalogue: Catalogue, product: str, purpose: str) -> None:
    assessment = _assess(catalogue, product, {"segment": catalogue.product(product).segments[0], "purpose": purpose})
    assert assessment.outcome == "not_met"
    (finding,) = assessment.findings
    assert finding.text.values["reason"] == Text(f"prohibited.{purpose}")
    assert (assessment.remedies, assessment.alternatives) == ((), ())


def test_a_use_the_product_is_not_made_for_needs_a_person(catalogue: Catalogue) -> None:
    assert _states(_assess(catalogue, "working_capital", {"purpose": "training"}))["purpose"] == "person"


def test_a_product_for_others_is_not_met_and_the_own_one_offered(catalogue: Catalogue) -> None:
    assessment = _assess(catalogue, "working_capital", {"segment": "farmer", "purpose": "seed"})
    assert _states(assessment)["segment"] == "unmet"
    assert assessment.alternatives == ("harvest", "supply_order")


def test_what_only_a_document_shows_is_left_to_a_person_and_names_the_document(catalogue: Catalogue) -> None:
    assessment = _assess(catalogue, "platform_line")
    (finding,) = assessment.in_state("person")
    assert (assessment.outcome, finding.code) == ("person", "platform_store")
    assert finding.text.values["document"] == Text("document.platform_settlements")
    assert assessment.complete


def test_changes_are_named_for_the_answers_even_where_a_document_is_still_to_be_seen(catalogue: Catalogue) -> None:
    ((change,),) = _assess(catalogue, "platform_line", {"months_trading": 2}).remedies
    assert (change.field, change.to) == ("months_trading", Months(6))


def test_what_is_not_answered_is_unknown_and_left_to_a_person(catalogue: Catalogue) -> None:
    assessment = assess(catalogue.product("harvest"), {"segment": "farmer"}, catalogue.products)
    assert assessment.outcome == "person"
    assert not assessment.complete
    assert assessment.alternatives == ()


def test_all_questions_matter_at_first(catalogue: Catalogue) -> None:
    needed = fields_needed(catalogue.product("working_capital"), {})
    assert needed == tuple(FIELDS)


def test_a_question_no_criterion_asks_this_segment_is_not_asked(catalogue: Catalogue) -> None:
    equipment = catalogue.product("equipment")
    assert "has_licence" not in fields_needed(equipment, {"segment": "farmer"})
    assert "has_licence" in fields_needed(equipment, {"segment": "sole_trader"})


def test_no_further_question_is_asked_once_a_criterion_is_not_met(catalogue: Catalogue) -> None:
    assert fields_needed(catalogue.product("harvest"), {"segment": "farmer", "purpose": "property"}) == ()


@every_product
@given(known=answers)
def test_the_outcome_is_complete_once_no_question_is_left(catalogue: Catalogue, product: str, known: Any) -> None:
    assessment = assess(catalogue.product(product), known)
    if not fields_needed(catalogue.product(product), known):
        assert assessment.complete or assessment.outcome == "not_met"
    else:
        assert assessment.outcome == "person"


@every_product
@given(known=answers, more=st.integers(0, 120))
def test_longer_trading_never_makes_it_worse(catalogue: Catalogue, product: str, known: Any, more: int) -> None:
    since = known.get("months_trading", 0)
    before = assess(catalogue.product(product), {**known, "months_trading": since})
    after = assess(catalogue.product(product), {**known, "months_trading": since + more})
    assert RANK[after.outcome] >= RANK[before.outcome]


@every_product
@given(known=answers, more=st.integers(0, 1_000_000))
def test_higher_turnover_never_makes_it_worse(catalogue: Catalogue, product: str, known: Any, more: int) -> None:
    turnover = known.get("monthly_turnover", money(0)).amount
    before = assess(catalogue.product(product), {**known, "monthly_turnover": Money(turnover)})
    after = assess(catalogue.product(product), {**known, "monthly_turnover": Money(turnover + more)})
    assert RANK[after.outcome] >= RANK[before.outcome]


@every_product
@given(known=answers)
def test_every_remedy_really_leaves_nothing_unmet(catalogue: Catalogue, product: str, known: Any) -> None:
    offered = catalogue.product(product)
    for remedy in assess(offered, known).remedies:
        changed = {**known, **{change.field: change.to for change in remedy}}
        left = {finding.code for finding in assess(offered, changed).in_state("unmet", "person")}
        assert left <= {criterion.code for criterion in offered.criteria if criterion.shown_by}


@every_product
@given(known=answers)
def test_an_alternative_is_another_product_that_is_not_ruled_out(
    catalogue: Catalogue, product: str, known: Any
) -> None:
    for other in assess(catalogue.product(product), known, catalogue.products).alternatives:
        assert other != product
        assert assess(catalogue.product(other), known).outcome != "not_met"


@every_product
@given(known=answers, foreign=st.dictionaries(st.sampled_from(sorted(PROTECTED)), st.text(max_size=8)))
def test_no_protected_attribute_changes_an_assessment(
    catalogue: Catalogue, product: str, known: Any, foreign: dict[str, str]
) -> None:
    offered = catalogue.product(product)
    assert assess(offered, {**known, **foreign}, catalogue.products) == assess(offered, known, catalogue.products)


def test_no_rule_reads_a_protected_attribute(catalogue: Catalogue) -> None:
    assert not PROTECTED & set(FIELDS)
    for product in catalogue.products:
        for criterion in product.criteria:
            assert not PROTECTED & set(criterion.limits)
            for rule in criterion.rules:
                assert names_read(rule) <= {*criterion.asks, *criterion.limits}


@every_product
@given(known=answers)
def test_every_assessment_has_words_and_survives_its_codec(
    catalogue: Catalogue, texts: Texts, product: str, known: Any
) -> None:
    assessment = assess(catalogue.product(product), known, catalogue.products)
    values = assessment_values(assessment)
    assert decode_all(json.loads(json.dumps(encode_all(values)))) == values
    for locale in texts.locales:
        assert len(texts.render(assessment_text(assessment), locale)) < 2000


@pytest.mark.parametrize("word", ["approved", "declined", "rejected", "批准", "拒绝", "通过审批", "guaranteed"])
def test_a_result_never_speaks_like_a_decision(catalogue: Catalogue, texts: Texts, word: str) -> None:
    for changed in ({}, {"months_trading": 9}, {"months_trading": 1}, {"purpose": "property"}):
        shown = assessment_text(_assess(catalogue, "working_capital", changed))
        assert all(word not in texts.render(shown, locale) for locale in texts.locales)
