"""The stage table."""

from __future__ import annotations

import pytest

from bot.applications.stages import (
    DECISIONS,
    FINAL,
    MILESTONES,
    RULES,
    Actor,
    Stage,
    may_follow,
    usual_next,
)


def test_every_stage_has_its_row() -> None:
    assert set(RULES) == set(Stage)


def test_every_stage_can_be_reached_from_the_draft() -> None:
    assert all(may_follow(Stage.DRAFT, stage) for stage in Stage if stage is not Stage.DRAFT)


def test_only_settled_withdrawn_and_expired_are_final() -> None:
    assert {Stage.SETTLED, Stage.WITHDRAWN, Stage.EXPIRED} == FINAL


@pytest.mark.parametrize("final", sorted(FINAL))
def test_nothing_follows_a_final_stage(final: Stage) -> None:
    assert not any(may_follow(final, stage) for stage in Stage)


def test_papers_may_be_asked_for_after_an_approval() -> None:
    assert may_follow(Stage.APPROVED, Stage.DOCS_MISSING)


@pytest.mark.parametrize(
    "later", [stage for stage in Stage if stage not in (Stage.DRAFT, Stage.CONSENTED, Stage.SUBMITTED)]
)
def test_an_application_is_never_submitted_twice(later: Stage) -> None:
    assert not may_follow(later, Stage.SUBMITTED)


@pytest.mark.parametrize("stage", [stage for stage in Stage if RULES[stage].milestone < MILESTONES])
def test_once_money_is_on_its_way_only_repayment_follows(stage: Stage) -> None:
    assert not may_follow(Stage.DISBURSING, stage)
    assert not may_follow(Stage.DISBURSED, stage)


def test_a_declined_application_may_be_looked_at_again() -> None:
    assert may_follow(Stage.DECLINED, Stage.RISK_REVIEW)


def test_the_usual_way_leads_from_the_draft_to_the_last_instalment() -> None:
    way, stage = [], Stage.DRAFT
    while (following := usual_next(stage)) is not None:
        way.append(following)
        stage = following
    assert way == [
        Stage.CONSENTED,
        Stage.SUBMITTED,
        Stage.DOCS_CHECK,
        Stage.CREDIT_AUTHORISED,
        Stage.RISK_REVIEW,
        Stage.APPROVED,
        Stage.SIGNING,
        Stage.DISBURSING,
        Stage.DISBURSED,
        Stage.REPAYING,
        Stage.SETTLED,
    ]


def test_the_credit_enquiry_waits_for_the_bureau() -> None:
    assert RULES[Stage.CREDIT_AUTHORISED].actor is Actor.BUREAU


def test_every_decision_and_every_request_for_papers_is_told() -> None:
    told = {stage for stage, rule in RULES.items() if rule.tells}
    assert told >= {*DECISIONS, Stage.DOCS_MISSING}
