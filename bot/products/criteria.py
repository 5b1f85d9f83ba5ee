"""One published criterion: its rule, what it asks about, and what would change its result.

Rules are ZEN expressions over the fields of `bot.products.fields` and the criterion's own limits, and nothing else. Each is tried
when it is read, so that one that cannot decide, or that punishes a better answer, never loads. Prose: `docs/algorithms/eligibility.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product as combinations
from typing import Final, Literal, TypeAlias

from bot.core.errors import RuleError
from bot.core.protected import protected_in
from bot.core.rules import Rule
from bot.core.values import Money, Months, Rate, Value, Values
from bot.products.fields import FIELDS, SEGMENTS, Field, extremes
from bot.products.reading import Section

Judgement: TypeAlias = Literal["met", "person", "unmet"]

WORST_FIRST: Final[tuple[Judgement, ...]] = ("unmet", "person", "met")
_WORDS: Final = frozenset(("and", "or", "not", "in", "true", "false", "null"))
_NAME: Final = re.compile(r"[A-Za-z_$]\w*")
_STRING: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_TRIED: Final[Mapping[str, tuple[Value, ...]]] = {
    "money": tuple(Money(Decimal(yuan)) for yuan in (0, 10_000, 100_000, 10**10)),
    "months": tuple(Months(count) for count in (0, 2, 8, 14, 1200)),
    "count": (0, 1, 2, 100),
    "flag": (False, True),
}
"""Answers that a criterion is tried with, in rising order."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value of `field` that would turn the criterion around: `to` is computed by a rule from answers and limits."""

    field: str
    to: Rule


@dataclass(frozen=True, slots=True)
class Criterion:
    """A published criterion.

    It is met when `meets` holds; else a person looks when `person` holds; else it is not met. It speaks only about the
    `segments` named (none: all of them). `limits` are the thresholds, which rules read and texts show. `measure` is what an
    amount is held against, for texts. The customer's word counts; `proved_by` is the document that shows it at the application.
    """

    code: str
    asks: tuple[str, ...]
    meets: Rule
    person: Rule | None
    limits: Values
    changes: tuple[Change, ...]
    segments: tuple[str, ...]
    measure: str | None = None
    proved_by: str | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of the criterion."""
        return (self.meets, *(() if self.person is None else (self.person,)), *(change.to for change in self.changes))

    def judged(self, answers: Values) -> Judgement:
        """What the rules say of `answers`, which hold everything the criterion asks."""
        known = self.known(answers)
        if self.meets.holds(known):
            return "met"
        return "person" if self.person is not None and self.person.holds(known) else "unmet"

    def known(self, answers: Values) -> dict[str, Value]:
        """Exactly what the rules may read: the limits and the answers asked about."""
        return {**self.limits, **{field: answers[field] for field in self.asks}}


def names_read(rule: Rule) -> frozenset[str]:
    """The names an expression reads: fields and limits."""
    return frozenset(_NAME.findall(_STRING.sub("", rule.expression))) - _WORDS


def words_compared(rule: Rule) -> frozenset[str]:
    """The words in quotes that an expression compares answers with."""
    return frozenset(words[1:-1] for words in _STRING.findall(rule.expression))


def read_criterion(section: Section, currency: str) -> Criterion:
    """A criterion as authored, its rules compiled, their names checked and tried."""
    asks = section.texts("asks", tuple(FIELDS))
    if not asks:
        section.refuse("asks", f"name at least one of {', '.join(FIELDS)}")
    limits = _read_limits(section.section("limits"), currency) if section.has("limits") else {}
    rule_of = _RuleReader(frozenset((*asks, *limits)), _choices(asks))
    criterion = Criterion(
        code=section.code("code"),
        asks=asks,
        meets=rule_of(section, "meets"),
        person=section.optional("person", lambda field: rule_of(section, field), None),
        limits=limits,
        changes=section.optional(
            "changes", lambda field: tuple(_read_change(item, asks, rule_of) for item in section.sections(field)), ()
        ),
        segments=section.optional("segments", lambda field: section.texts(field, SEGMENTS), ()),
        measure=section.optional("measure", section.code, None),
        proved_by=section.optional("proved_by", section.code, None),
    )
    section.optional("limits", section.take, None)
    section.done()
    _try(section, criterion)
    return criterion


@dataclass(frozen=True, slots=True)
class _RuleReader:
    """Reads rules that may only use `names`, and compare only with `choices`."""

    names: frozenset[str]
    choices: frozenset[str]

    def __call__(self, section: Section, field: str) -> Rule:
        try:
            rule = Rule(section.text(field))
        except RuleError as error:
            section.refuse(field, f"write an expression that compiles; {error}")
        read = names_read(rule)
        if protected := protected_in(read - self.names):
            name, ground = protected
            section.refuse(field, f"'{name}' speaks of {ground}, which must never decide; take it out")
        if unknown := sorted(read - self.names):
            section.refuse(field, f"'{unknown[0]}' is neither among 'asks' nor among 'limits'")
        if strange := sorted(words_compared(rule) - self.choices):
            section.refuse(field, f"'{strange[0]}' is no choice of {', '.join(sorted(self.names))}; correct it")
        return rule


def _choices(asks: tuple[str, ...]) -> frozenset[str]:
    return frozenset(choice for field in asks for choice in FIELDS[field].choices)


def _read_change(section: Section, asks: tuple[str, ...], rule_of: _RuleReader) -> Change:
    change = Change(section.choice("field", asks), rule_of(section, "to"))
    section.done()
    return change


def _read_limits(section: Section, currency: str) -> dict[str, Value]:
    """Each limit is `{money: 50000}`, `{months: 6}`, `{times: 3}` or `{share: 0.6}`."""
    limits = {name: _read_limit(section.section(name), currency) for name in section.names() if section.take(name)}
    for name in limits:
        if not _NAME.fullmatch(name) or name in _WORDS or name in FIELDS:
            section.refuse(name, "name a limit with letters that name no answer")
    if protected := protected_in(limits):
        section.refuse(protected[0], f"it speaks of {protected[1]}, which must never decide; take it out")
    return limits


def _read_limit(section: Section, currency: str) -> Value:
    if section.has("money"):
        limit: Value = Money(section.number("money"), currency)
    elif section.has("months"):
        limit = Months(section.whole("months"))
    elif section.has("share"):
        limit = Rate(section.number("share", high="1"))
    else:
        limit = section.number("times", high="1000")
    section.done()
    return limit


def _try(section: Section, criterion: Criterion) -> None:
    """Refuse what cannot be evaluated, what decides nothing, and what a better answer makes worse."""
    found: dict[tuple[Value, ...], Judgement] = {}
    try:
        for case in combinations(*(_cases(field) for field in criterion.asks)):
            answers = dict(zip(criterion.asks, case, strict=True))
            found[case] = criterion.judged(answers)
            for change in criterion.changes:
                change.to.value(criterion.known(answers))
    except RuleError as error:
        section.refuse("meets", f"write rules that fit the kinds of the answers they read; {error}")
    except OverflowError:
        section.refuse("limits", "write numbers of a size that occurs")
    if set(found.values()) == {"met"}:
        section.refuse("meets", "every answer meets it; write a rule that decides something")
    if "met" not in found.values():
        section.refuse("meets", "no answer meets it; write a rule that can be met")
    for case, judgement in found.items():
        for field, better in _better(criterion, case):
            if WORST_FIRST.index(found[better]) < WORST_FIRST.index(judgement):
                section.refuse("meets", f"a better '{field}' makes it worse; turn the rule round")


def _cases(field: str) -> tuple[Value, ...]:
    known = FIELDS[field]
    return known.choices[::-1] if known.kind == "choice" else _TRIED[known.kind]


def _better(criterion: Criterion, case: tuple[Value, ...]) -> Iterator[tuple[str, tuple[Value, ...]]]:
    """The cases with one answer that is a step better."""
    for place, field in enumerate(criterion.asks):
        rising = _in_order(FIELDS[field], _cases(field))
        at = rising.index(case[place]) if rising else -1
        if 0 <= at < len(rising) - 1:
            yield field, (*case[:place], rising[at + 1], *case[place + 1 :])


def _in_order(field: Field, cases: tuple[Value, ...]) -> tuple[Value, ...]:
    """The cases from worst to best; none where they have no order."""
    if field.better is None:
        return ()
    return cases if field.better == "more" else cases[::-1]


def cases_left(criterion: Criterion, answers: Values, low: Decimal, high: Decimal) -> Iterator[Values]:
    """The answers with everything that the criterion asks and is missing at its best and worst (`extremes`)."""
    missing = [field for field in criterion.asks if answers.get(field) is None]
    for case in combinations(*(extremes(field, low, high) for field in missing)):
        yield {**answers, **dict(zip(missing, case, strict=True))}
