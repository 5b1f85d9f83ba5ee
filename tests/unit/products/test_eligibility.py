from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.codec import decode_all, encode_all
from bot.core.values import Money, Months, Text, Value, Values
from bot.products.catalogue import Catalogue
from bot.products.eligibility import Assessment, assess, assessment_values, fields_needed, told
from bot.products.fields import FIELDS, PROHIBITED, SEGMENTS, Field, extremes
from bot.texts.texts import Texts

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


def given_to(field: Field) -> st.SearchStrategy[Any]:
    """Answers to one field, from nothing to more than any product asks for."""
    match field.kind:
        case "money":
            return st.integers(0, 1_500_000).map(money)
        case "months":
            return st.integers(0, 240)
        case "count":
            return st.integers(0, 4)
        case "flag":
            return st.booleans()
    return st.sampled_from(field.choices)


answers = st.fixed_dictionaries({}, optional={name: given_to(field) for name, field in FIELDS.items()})
ORDERED = tuple(name for name, field in FIELDS.items() if field.better is not None and name != "amount")


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


def test_a_result_names_the_papers_that_show_later_what_was_only_said(catalogue: Catalogue, texts: Texts) -> None:
    seller: dict[str, Value] = {"platform_months": 14, "platform_turnover": money(40_000)}
    assessment = _assess(catalogue, "platform_line", seller)
    assert (assessment.outcome, assessment.papers) == ("meets", ("business_licence", "platform_settlements"))
    assert "On your own word" in texts.render(told(assessment).next, "en")
    assert _assess(catalogue, "platform_line", {**seller, "has_licence": False}).papers == ()


HARVESTS: dict[str, Value] = {
    "segment": "farmer", "purpose": "seed", "amount": money(40_000), "seasons": 2, "season_income": money(80_000),
    "harvest_months": 6, "order": "signed", "order_amount": money(100_000), "delivery_months": 7, "months_trading": 36,
    "open_debts": money(0),
}  # fmt: skip
SELLER: dict[str, Value] = {**SHOP, "amount": money(60_000), "platform_months": 14, "platform_turnover": money(40_000)}
SCHOOL: dict[str, Value] = {
    **SHOP, "purpose": "rent", "amount": money(60_000), "has_permit": True, "course_months": 5, "course_fees": money(100_000),
}  # fmt: skip
EATERY: dict[str, Value] = {**SHOP, "amount": money(40_000), "code_takings": money(30_000)}
MEMBER: dict[str, Value] = {**SHOP, "segment": "small_company", "park_member": True}


@pytest.mark.parametrize(
    ("product", "customer", "spoilt", "outcome", "because"),
    [
        ("harvest", HARVESTS, {"season_income": money(60_000)}, "person", ("amount_share", ("amount", money(30_000)))),
        ("harvest", HARVESTS, {"harvest_months": 14}, "not_met", ("harvest_in_term", ("harvest_months", Months(11)))),
        ("supply_order", HARVESTS, {"order": "promised"}, "person", ("purchaser_order", ("order", "signed"))),
        ("supply_order", HARVESTS, {"order": "none"}, "not_met", ("purchaser_order", ("order", "signed"))),
        ("supply_order", HARVESTS, {"order_amount": money(60_000)}, "person", ("amount_share", ("amount", money(36_000)))),
        ("supply_order", HARVESTS, {"delivery_months": 13}, "not_met", ("delivery_in_term", ("delivery_months", Months(11)))),
        ("platform_line", SELLER, {"platform_months": 4}, "person", ("time_on_platform", ("platform_months", Months(6)))),
        ("platform_line", SELLER, {"platform_months": 0}, "not_met", ("time_on_platform", ("platform_months", Months(6)))),
        ("platform_line", SELLER, {"platform_turnover": money(10_000)}, "not_met", ("amount_covered", ("amount", money(20_000)))),
        ("service_cycle", SCHOOL, {"has_permit": False}, "not_met", ("permit", ("has_permit", True))),
        ("service_cycle", SCHOOL, {"course_months": 12}, "not_met", ("cycle_in_term", ("course_months", Months(11)))),
        ("service_cycle", SCHOOL, {"course_fees": money(80_000)}, "person", ("amount_share", ("amount", money(48_000)))),
        ("takings_loan", EATERY, {"code_takings": money(24_000)}, "person", ("amount_covered", ("amount", money(36_000)))),
        ("takings_loan", EATERY, {"code_takings": money(9_000)}, "not_met", ("amount_covered", ("amount", money(13_500)))),
        ("park_package", MEMBER, {"park_member": False}, "not_met", ("park_member", ("park_member", True))),
        ("equipment", {**HARVESTS, "purpose": "equipment"}, {"season_income": money(12_000)}, "not_met", ("amount_share", ("amount", money(15_600)))),
    ],
)  # fmt: skip
def test_what_only_one_product_asks_decides_and_says_what_would_change_it(
    catalogue: Catalogue, *, product: str, customer: Values, spoilt: Values, outcome: str, because: tuple[str, Value]
) -> None:
    code, change = because
    assert assess(catalogue.product(product), customer).outcome == "meets"
    assessment = assess(catalogue.product(product), {**customer, **spoilt})
    assert assessment.outcome == outcome
    assert code in {finding.code for finding in assessment.in_state("unmet", "person")}
    assert change in [(one.field, one.to) for remedy in assessment.remedies for one in remedy]


@every_product
def test_no_product_always_ends_with_a_person(catalogue: Catalogue, product: str) -> None:
    everybody = [HARVESTS, SELLER, SCHOOL, EATERY, MEMBER, {**SHOP, "segment": "flexible_worker", "purpose": "tools"}]
    offered = catalogue.product(product)
    usual = {"amount": money(int(offered.amount.low) * 2)}
    outcomes = {assess(offered, {**one, **usual, "purpose": offered.purposes[0]}).outcome for one in everybody}
    assert "meets" in outcomes


def test_what_is_not_answered_is_unknown_and_left_to_a_person(catalogue: Catalogue) -> None:
    assessment = assess(catalogue.product("harvest"), {"segment": "farmer"}, catalogue.products)
    assert assessment.outcome == "person"
    assert not assessment.complete
    assert assessment.alternatives == ()


def test_every_field_is_asked_by_some_product(catalogue: Catalogue) -> None:
    assert {field for product in catalogue.products for field in fields_needed(product, {})} == set(FIELDS)


@pytest.mark.parametrize(
    ("product", "segment", "asked"),
    [
        ("harvest", "farmer", {"seasons", "season_income", "harvest_months"}),
        ("supply_order", "farmer", {"order", "order_amount", "delivery_months"}),
        ("equipment", "farmer", {"seasons", "season_income"}),
        ("equipment", "sole_trader", {"has_licence", "monthly_turnover"}),
        ("platform_line", "sole_trader", {"has_licence", "platform_months", "platform_turnover"}),
        ("service_cycle", "small_company", {"has_licence", "has_permit", "course_months", "course_fees"}),
        ("takings_loan", "sole_trader", {"has_licence", "code_takings"}),
        ("park_package", "small_company", {"has_licence", "park_member", "monthly_turnover"}),
    ],
)  # fmt: skip
def test_each_is_asked_about_what_their_business_goes_by(
    catalogue: Catalogue, product: str, segment: str, asked: set[str]
) -> None:
    everybodys = {"purpose", "amount", "months_trading", "open_debts"}
    needed = set(fields_needed(catalogue.product(product), {"segment": segment}))
    assert needed - everybodys == asked
    assert everybodys - {"months_trading"} <= needed


def test_a_question_no_criterion_asks_this_segment_is_not_asked(catalogue: Catalogue) -> None:
    equipment = catalogue.product("equipment")
    assert "has_licence" not in fields_needed(equipment, {"segment": "farmer"})
    assert "has_licence" in fields_needed(equipment, {"segment": "sole_trader"})


def test_the_segment_is_asked_while_a_criterion_of_some_segment_alone_can_change_the_outcome(
    catalogue: Catalogue,
) -> None:
    known: Values = {
        "purpose": "stock", "amount": Decimal(10_000), "open_debts": Decimal(0), "has_licence": False, "seasons": 0,
        "monthly_turnover": Decimal(0), "months_trading": 6,
    }  # fmt: skip
    assert fields_needed(catalogue.product("equipment"), known) == ("segment",)


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
@given(known=answers, data=st.data())
def test_what_is_not_asked_cannot_change_the_outcome(catalogue: Catalogue, product: str, known: Any, data: Any) -> None:
    """Once the segment is known, which says whom the criteria speak about, and for amounts that the product has."""
    offered = catalogue.product(product)
    known = {"segment": data.draw(st.sampled_from(SEGMENTS)), **known}
    needed = fields_needed(offered, known)
    amounts = st.integers(int(offered.amount.low), int(offered.amount.high)).map(money)
    drawn = {name: amounts if name == "amount" else given_to(field) for name, field in FIELDS.items()}
    missing = {field: data.draw(drawn[field]) for field in FIELDS if field not in known}
    whole = {**known, **missing}
    other = {**whole, **{field: data.draw(drawn[field]) for field in missing if field not in needed}}
    assert assess(offered, whole).outcome == assess(offered, other).outcome


@every_product
@given(known=answers, segment=st.sampled_from(SEGMENTS))
def test_what_is_asked_can_change_the_outcome(catalogue: Catalogue, product: str, known: Any, segment: str) -> None:
    offered = catalogue.product(product)
    known = {"segment": segment, **known}
    needed = fields_needed(offered, known)
    good = {field: _extreme(catalogue, product, field)[0] for field in needed}
    for field in needed:
        outcomes = {
            assess(offered, {**known, **good, field: answer}).outcome for answer in _tried(catalogue, product, field)
        }
        assert len(outcomes) > 1, field


def _extreme(catalogue: Catalogue, product: str, field: str) -> tuple[Value, ...]:
    """The best answer that still leaves room for the others to matter, and the worst."""
    offered = catalogue.product(product)
    match field:
        case "purpose":
            return (offered.purposes[0], "property")
        case "segment":
            return offered.segments
    found = extremes(field, offered.amount.low, offered.amount.high)
    plenty: dict[str, Value] = {"money": money(10**8), "months": Months(240)}
    best = plenty.get(FIELDS[field].kind, found[0]) if FIELDS[field].better == "more" else found[0]
    return (best, found[-1])


def _tried(catalogue: Catalogue, product: str, field: str) -> tuple[Value, ...]:
    beyond: tuple[Value, ...] = (money(10**11),) if field in {"amount", "open_debts"} else ()
    return (*_extreme(catalogue, product, field), *beyond)


@every_product
@pytest.mark.parametrize("field", ORDERED)
@given(known=answers, data=st.data())
@settings(max_examples=25)
def test_a_better_answer_never_makes_it_worse(
    catalogue: Catalogue, product: str, field: str, known: Any, data: Any
) -> None:
    """More trading, turnover, harvests, orders; less debt, and a shorter wait for the money: as `FIELDS` says it."""
    offered = catalogue.product(product)
    one, other = data.draw(given_to(FIELDS[field])), data.draw(given_to(FIELDS[field]))
    worse, better = sorted((one, other), key=lambda answer: _goodness(field, answer))
    assert (
        RANK[assess(offered, {**known, field: better}).outcome]
        >= RANK[assess(offered, {**known, field: worse}).outcome]
    )


@every_product
@given(known=answers, data=st.data())
def test_less_than_was_asked_for_never_makes_it_worse_within_what_the_product_offers(
    catalogue: Catalogue, product: str, known: Any, data: Any
) -> None:
    offered = catalogue.product(product)
    within = st.integers(int(offered.amount.low), int(offered.amount.high))
    less, more = sorted((data.draw(within), data.draw(within)))
    outcomes = [assess(offered, {**known, "amount": money(yuan)}).outcome for yuan in (less, more)]
    assert RANK[outcomes[0]] >= RANK[outcomes[1]]


def _goodness(field: str, answer: Any) -> Any:
    known = FIELDS[field]
    number = -known.choices.index(answer) if known.kind == "choice" else getattr(answer, "amount", answer)
    return number if known.better == "more" else -number


@every_product
@given(known=answers)
def test_every_remedy_really_leaves_nothing_unmet(catalogue: Catalogue, product: str, known: Any) -> None:
    offered = catalogue.product(product)
    for remedy in assess(offered, known).remedies:
        changed = {**known, **{change.field: change.to for change in remedy}}
        assert assess(offered, changed).in_state("unmet", "person") == ()


@every_product
@given(known=answers)
def test_an_alternative_is_another_product_that_is_not_ruled_out(
    catalogue: Catalogue, product: str, known: Any
) -> None:
    for other in assess(catalogue.product(product), known, catalogue.products).alternatives:
        assert other != product
        assert assess(catalogue.product(other), known).outcome != "not_met"


@every_product
@given(known=answers)
def test_every_assessment_has_words_and_survives_its_codec(
    catalogue: Catalogue, texts: Texts, product: str, known: Any
) -> None:
    assessment = assess(catalogue.product(product), known, catalogue.products)
    values = assessment_values(assessment)
    assert decode_all(json.loads(json.dumps(encode_all(values)))) == values
    messages = told(assessment)
    for locale in texts.locales:
        assert len(texts.render(messages.result, locale)) < 900
        assert len(texts.render(messages.next, locale)) < 900
        assert messages.details is None or len(texts.render(messages.details, locale)) < 1200


@pytest.mark.parametrize("word", ["approved", "declined", "rejected", "批准", "拒绝", "通过审批", "guaranteed"])
def test_a_result_never_speaks_like_a_decision(catalogue: Catalogue, texts: Texts, word: str) -> None:
    for changed in ({}, {"months_trading": 9}, {"months_trading": 1}, {"purpose": "property"}):
        messages = told(_assess(catalogue, "working_capital", changed))
        for shown in (messages.result, messages.next, messages.details):
            assert shown is None or all(word not in texts.render(shown, locale) for locale in texts.locales)


def test_a_result_comes_first_then_what_would_change_it_and_every_criterion_on_demand(
    catalogue: Catalogue, texts: Texts
) -> None:
    messages = told(_assess(catalogue, "working_capital", {"months_trading": 9}))
    result, ahead = texts.label(messages.result, "en"), texts.label(messages.next, "en")
    assert "9 months in business" in result
    assert "another 3 months of trading" not in result
    assert "another 3 months of trading" in ahead
    assert messages.details is not None
    assert "Met" in texts.label(messages.details, "en")
