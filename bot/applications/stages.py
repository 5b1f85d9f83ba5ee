"""The stages of an application: what each one is, who acts in it, and which may follow.

Theory of operation
-------------------
One table, `RULES`, says everything about a stage; every function here only reads it::

    draft → consented → submitted → docs_check ⇄ docs_missing
          → credit_authorised → risk_review → [site_visit]
          → approved | counter_offer | declined
          → signing → [collateral] → disbursing → disbursed → repaying → settled
    aside: withdrawn, expired

`then` lists the stages that may come next, the usual way on first. The lender decides, so the way is not one-way
everywhere: papers may be asked for at any time until the money is on its way, also after an approval, and a decline may
be looked at again by a person. Three things never happen: an application is not submitted twice, nothing but repayment
follows once money is on its way, and nothing at all follows a final stage.

News of a stage can be lost or late, so the card is not bound to single steps: `may_follow` asks whether a stage can be
*reached* from another by any number of steps. A stage that cannot be reached is a step wrongly backwards.

`milestone` places a stage on the line of six dots that the customer sees: taken in, papers, review, decision,
contract, money. `tells` marks the stages that a customer must learn of by a new message: a decision, papers
missing, the contract to be signed, the end of an application without one, and the money itself, since interest starts
on that day. All other stages only change the card.

How long a stage usually takes is not here: it is learnt, and configuration until then (`usual_times`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final


class Stage(StrEnum):
    """A stage of an application; the value is its stable name in events, texts and storage."""

    DRAFT = "draft"
    CONSENTED = "consented"
    SUBMITTED = "submitted"
    DOCS_CHECK = "docs_check"
    DOCS_MISSING = "docs_missing"
    CREDIT_AUTHORISED = "credit_authorised"
    RISK_REVIEW = "risk_review"
    SITE_VISIT = "site_visit"
    APPROVED = "approved"
    COUNTER_OFFER = "counter_offer"
    DECLINED = "declined"
    SIGNING = "signing"
    COLLATERAL = "collateral"
    DISBURSING = "disbursing"
    DISBURSED = "disbursed"
    REPAYING = "repaying"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Actor(StrEnum):
    """Who has to do something before a stage can end."""

    CUSTOMER = "customer"
    LENDER = "lender"
    BUREAU = "bureau"


@dataclass(frozen=True, slots=True)
class StageRule:
    """One row of the table; see the module's theory of operation for what each column means."""

    milestone: int
    actor: Actor
    then: tuple[Stage, ...] = ()
    tells: bool = False


MILESTONES: Final = 6

_ENDS: Final = (Stage.WITHDRAWN, Stage.EXPIRED)
_DECISIONS: Final = (Stage.APPROVED, Stage.COUNTER_OFFER, Stage.DECLINED)

RULES: Final[Mapping[Stage, StageRule]] = MappingProxyType(
    {
        Stage.DRAFT: StageRule(0, Actor.CUSTOMER, (Stage.CONSENTED, *_ENDS)),
        Stage.CONSENTED: StageRule(0, Actor.CUSTOMER, (Stage.SUBMITTED, *_ENDS)),
        Stage.SUBMITTED: StageRule(1, Actor.LENDER, (Stage.DOCS_CHECK, Stage.DOCS_MISSING, *_ENDS)),
        Stage.DOCS_CHECK: StageRule(
            2,
            Actor.LENDER,
            (Stage.CREDIT_AUTHORISED, Stage.DOCS_MISSING, Stage.APPROVED, Stage.SIGNING, Stage.DECLINED, *_ENDS),
        ),
        Stage.DOCS_MISSING: StageRule(2, Actor.CUSTOMER, (Stage.DOCS_CHECK, *_ENDS), tells=True),
        Stage.CREDIT_AUTHORISED: StageRule(
            3, Actor.BUREAU, (Stage.RISK_REVIEW, Stage.DOCS_MISSING, Stage.DECLINED, *_ENDS)
        ),
        Stage.RISK_REVIEW: StageRule(3, Actor.LENDER, (*_DECISIONS, Stage.SITE_VISIT, Stage.DOCS_MISSING, *_ENDS)),
        Stage.SITE_VISIT: StageRule(3, Actor.LENDER, (*_DECISIONS, Stage.RISK_REVIEW, Stage.DOCS_MISSING, *_ENDS)),
        Stage.APPROVED: StageRule(
            4, Actor.LENDER, (Stage.SIGNING, Stage.DOCS_MISSING, Stage.DECLINED, *_ENDS), tells=True
        ),
        Stage.COUNTER_OFFER: StageRule(
            4, Actor.CUSTOMER, (Stage.SIGNING, Stage.APPROVED, Stage.DOCS_MISSING, *_ENDS), tells=True
        ),
        Stage.DECLINED: StageRule(4, Actor.CUSTOMER, (Stage.RISK_REVIEW, *_ENDS), tells=True),
        Stage.SIGNING: StageRule(
            5, Actor.CUSTOMER, (Stage.DISBURSING, Stage.COLLATERAL, Stage.DOCS_MISSING, *_ENDS), tells=True
        ),
        Stage.COLLATERAL: StageRule(5, Actor.LENDER, (Stage.DISBURSING, Stage.DOCS_MISSING, *_ENDS)),
        Stage.DISBURSING: StageRule(6, Actor.LENDER, (Stage.DISBURSED,)),
        Stage.DISBURSED: StageRule(6, Actor.CUSTOMER, (Stage.REPAYING, Stage.SETTLED), tells=True),
        Stage.REPAYING: StageRule(6, Actor.CUSTOMER, (Stage.SETTLED,)),
        Stage.SETTLED: StageRule(6, Actor.CUSTOMER),
        Stage.WITHDRAWN: StageRule(0, Actor.CUSTOMER, tells=True),
        Stage.EXPIRED: StageRule(0, Actor.CUSTOMER, tells=True),
    }
)

FINAL: Final = frozenset(stage for stage, rule in RULES.items() if not rule.then)
DECISIONS: Final = frozenset(_DECISIONS)


def usual_next(stage: Stage) -> Stage | None:
    """The stage that comes next when all is well; None after a final one."""
    return next(iter(RULES[stage].then), None)


def may_follow(earlier: Stage, later: Stage) -> bool:
    """Whether `later` may be heard of after `earlier`, with any number of stages between them unheard of.

    The same stage may be heard of again, with other details, unless it is final.
    """
    return later in _reachable(earlier) or (later is earlier and later not in FINAL)


@cache
def _reachable(stage: Stage) -> frozenset[Stage]:
    """Every stage that any number of steps lead to from `stage`."""
    reached: set[Stage] = set()
    ahead = list(RULES[stage].then)
    while ahead:
        following = ahead.pop()
        if following not in reached:
            reached.add(following)
            ahead.extend(RULES[following].then)
    return frozenset(reached)
