from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.core.errors import ContentError
from bot.core.values import Money, Months, Values
from bot.handoff.scoring import FIELDS, parse_rules, score
from bot.publishing.sources import read_documents

RULES = parse_rules(read_documents()["lead_rules"])
CAN_BE_CALLED: Values = {"may_contact": True}


def money(amount: int) -> Money:
    return Money(Decimal(amount))


def authored(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "high_value": {"amount": 300000},
        "unless": [],
        "factors": [
            {"code": "amount", "reads": ["amount"], "bands": [{"when": "amount >= high_value.amount", "points": 40}]}
        ],
    }
    return {**document, **changes}


@pytest.mark.parametrize(("amount", "high"), [(300000, True), (299999, False)])
def test_an_amount_from_the_threshold_is_high_value(amount: int, high: bool) -> None:
    assert score(RULES, {**CAN_BE_CALLED, "amount": money(amount)}).high_value is high


def test_a_turnover_from_the_threshold_is_high_value() -> None:
    assert score(RULES, {**CAN_BE_CALLED, "monthly_turnover": money(500000)}).high_value


@pytest.mark.parametrize("tag", ["park", "supply_chain", "several_products"])
def test_a_strategic_tag_is_high_value(tag: str) -> None:
    assert score(RULES, {**CAN_BE_CALLED, "tag": tag}).high_value


def test_who_does_not_meet_the_published_criteria_is_not_high_value() -> None:
    facts = {**CAN_BE_CALLED, "amount": money(900000), "eligibility_outcome": "not_met"}
    assert not score(RULES, facts).high_value


def test_who_did_not_agree_to_be_contacted_is_not_high_value() -> None:
    assert not score(RULES, {"may_contact": False, "amount": money(900000)}).high_value


def test_points_are_told_by_factor_highest_first() -> None:
    found = score(RULES, {"amount": money(300000), "months_trading": Months(36), "eligibility_outcome": "meets"})
    assert [(one.code, one.points) for one in found.factors] == [
        ("amount", 40),
        ("eligibility_outcome", 15),
        ("months_trading", 10),
    ]
    assert found.points == 65


def test_of_a_factors_bands_only_the_first_that_holds_counts() -> None:
    assert score(RULES, {"amount": money(150000)}).points == 20


def test_nothing_known_gives_no_points() -> None:
    found = score(RULES, {})
    assert (found.points, found.high_value) == (0, False)


@pytest.mark.parametrize("name", ["region", "gender", "ethnicity", "marital_status", "age", "contact_name", "segment"])
def test_a_rule_cannot_read_who_a_person_is(name: str) -> None:
    factor = {"code": "amount", "reads": [name], "bands": [{"when": f"{name} == 'x'", "points": 5}]}
    with pytest.raises(ContentError, match=name):
        parse_rules(authored(factors=[factor]))
    assert name not in FIELDS


def test_a_rule_cannot_read_what_it_does_not_say_it_reads() -> None:
    factor = {"code": "amount", "reads": ["amount"], "bands": [{"when": "monthly_turnover > 1", "points": 5}]}
    with pytest.raises(ContentError, match=r"rules.yaml: factors\[0\].bands\[0\].when: 'monthly_turnover'"):
        parse_rules(authored(factors=[factor]))


def test_an_unknown_threshold_is_refused() -> None:
    factor = {"code": "amount", "reads": ["amount"], "bands": [{"when": "amount > high_value.wealth", "points": 5}]}
    with pytest.raises(ContentError, match=r"high_value\.wealth"):
        parse_rules(authored(factors=[factor]))


@pytest.mark.parametrize("when", ["amount >=", "amount > 'many'"])
def test_a_rule_that_cannot_be_evaluated_is_refused(when: str) -> None:
    factor = {"code": "amount", "reads": ["amount"], "bands": [{"when": when, "points": 5}]}
    with pytest.raises(ContentError, match=r"bands\[0\].when"):
        parse_rules(authored(factors=[factor]))


def test_two_factors_of_one_code_are_refused() -> None:
    twice = authored()["factors"] * 2
    with pytest.raises(ContentError, match="a code of its own"):
        parse_rules(authored(factors=twice))


def test_a_slip_of_the_pen_is_refused() -> None:
    with pytest.raises(ContentError, match="factor"):
        parse_rules({**authored(), "factor": []})
