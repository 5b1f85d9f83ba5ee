"""The lead score: points per factor, by authored rules. Pure.

It orders the work of account managers and is no credit score: a rule can read nothing but `FIELDS`, so that no region,
gender, ethnicity, marital status or age enters. A factor whose facts are not known gives no points.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.core.errors import RuleError
from bot.core.rules import Rule
from bot.core.values import Value, Values
from bot.products.reading import Section

FIELDS: Final = (
    "amount",
    "months",
    "monthly_turnover",
    "months_trading",
    "has_licence",
    "open_debts",
    "purpose",
    "product",
    "eligibility_outcome",
    "tag",
    "applied",
    "may_contact",
)
"""The facts that rules may read: what is asked for, the business behind it, what the published criteria said, a strategic
`tag`, whether an application was submitted (`applied`), and whether the customer agreed or asked to be contacted."""

_THRESHOLDS: Final = "high_value"
_SAMPLE: Final[Values] = {
    **dict.fromkeys(("amount", "monthly_turnover", "open_debts"), Decimal(1)),
    **dict.fromkeys(("months", "months_trading"), 1),
    **dict.fromkeys(("applied", "may_contact"), True),
    **dict.fromkeys(("has_licence", "purpose", "product", "eligibility_outcome", "tag"), "yes"),
}
"""Facts of the kinds that rules will meet, to try them with."""
_WORDS: Final = frozenset(("and", "or", "not", "in", "true", "false", "null"))
_NAME: Final = re.compile(r"[A-Za-z_][\w.]*")
_STRING: Final = re.compile(r"'[^']*'|\"[^\"]*\"")


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule over the facts it `reads`; with one of them missing it does not hold."""

    reads: tuple[str, ...]
    when: Rule

    def holds(self, facts: Values, thresholds: Values) -> bool:
        """Whether it holds for `facts`. Raises `RuleError` for facts of a kind that the rule cannot compare."""
        if any(facts.get(name) is None for name in self.reads):
            return False
        return self.when.holds({_THRESHOLDS: thresholds, **{name: facts[name] for name in self.reads}})


@dataclass(frozen=True, slots=True)
class Band:
    """A condition that is worth `points`; one that `decides` makes the lead high-value."""

    condition: Condition
    points: int
    decides: bool


@dataclass(frozen=True, slots=True)
class Factor:
    """One reason for points: the first of its bands that holds counts. The first fact it reads is what is shown."""

    code: str
    reads: tuple[str, ...]
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class LeadRules:
    """The authored rules: thresholds, what keeps a lead from being high-value, factors."""

    thresholds: Mapping[str, Decimal]
    unless: tuple[Condition, ...]
    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True)
class Points:
    """What one factor has given, and the fact it rests on."""

    code: str
    points: int
    value: Value


@dataclass(frozen=True, slots=True)
class Score:
    """The points of a lead by factor, highest first, and whether it is high-value."""

    factors: tuple[Points, ...]
    high_value: bool

    @property
    def points(self) -> int:
        """All points."""
        return sum(factor.points for factor in self.factors)


def score(rules: LeadRules, facts: Values) -> Score:
    """The score of a lead with these facts. Raises `RuleError` for facts of a kind that a rule cannot compare."""
    counted = [(factor, band) for factor in rules.factors if (band := _band(factor, rules, facts))]
    given = [Points(factor.code, band.points, facts[factor.reads[0]]) for factor, band in counted]
    barred = any(condition.holds(facts, rules.thresholds) for condition in rules.unless)
    return Score(
        factors=tuple(sorted(given, key=lambda points: -points.points)),
        high_value=not barred and any(band.decides for _, band in counted),
    )


def parse_rules(document: object, file: str = "rules.yaml") -> LeadRules:
    """The rules as authored. Raises `ContentError` with file, field and remedy."""
    section = Section(document, file)
    limits = section.section(_THRESHOLDS)
    reader = _Reader({name: limits.number(name) for name in limits.names()})
    rules = LeadRules(
        thresholds=reader.thresholds,
        unless=tuple(map(reader.bar, section.sections("unless"))),
        factors=tuple(map(reader.factor, section.sections("factors"))),
    )
    section.done()
    codes = [factor.code for factor in rules.factors]
    if len(set(codes)) < len(codes):
        section.refuse("factors", "give each factor a code of its own")
    return rules


def _band(factor: Factor, rules: LeadRules, facts: Values) -> Band | None:
    return next((band for band in factor.bands if band.condition.holds(facts, rules.thresholds)), None)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads rules that may use `thresholds` and the facts that they say they read."""

    thresholds: Mapping[str, Decimal]

    def bar(self, section: Section) -> Condition:
        condition = self._condition(section, section.texts("reads", FIELDS))
        section.done()
        return condition

    def factor(self, section: Section) -> Factor:
        reads = section.texts("reads", FIELDS)
        if not reads:
            section.refuse("reads", "name at least one fact")
        bands = tuple(self._band(band, reads) for band in section.sections("bands"))
        factor = Factor(section.text("code"), reads, bands)
        section.done()
        return factor

    def _band(self, section: Section, reads: tuple[str, ...]) -> Band:
        decides = section.optional("decides", section.flag, False)
        band = Band(self._condition(section, reads), section.whole("points"), decides)
        section.done()
        return band

    def _condition(self, section: Section, reads: tuple[str, ...]) -> Condition:
        try:
            rule = Rule(section.text("when"))
        except RuleError as error:
            section.refuse("when", f"write an expression that compiles; {error}")
        known = {*reads, *(f"{_THRESHOLDS}.{name}" for name in self.thresholds)}
        unknown = sorted(set(_NAME.findall(_STRING.sub("", rule.expression))) - _WORDS - known)
        if unknown:
            section.refuse("when", f"'{unknown[0]}' is neither among 'reads' nor a threshold")
        return self._tried(section, Condition(reads, rule))

    def _tried(self, section: Section, condition: Condition) -> Condition:
        try:
            condition.holds(_SAMPLE, self.thresholds)
        except RuleError as error:
            section.refuse("when", f"write an expression that fits the kinds of its facts; {error}")
        return condition
