"""One published criterion: its rule, what it asks about, and what would change its result.

Rules are ZEN expressions over the fields below and the criterion's own limits. Nothing else can be read by a rule, so no
region, gender, ethnicity, marital status or age can enter one. Prose: `docs/algorithms/eligibility.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from bot.core.errors import RuleError
from bot.core.rules import Rule
from bot.core.values import Money, Months, Text, Value, Values
from bot.products.reading import Section

FieldKind: TypeAlias = Literal["money", "months", "flag", "segment", "purpose"]
FIELDS: Final[Mapping[str, FieldKind]] = MappingProxyType(
    {
        "segment": "segment",
        "purpose": "purpose",
        "amount": "money",
        "has_licence": "flag",
        "months_trading": "months",
        "monthly_turnover": "money",
        "open_debts": "money",
    }
)
SEGMENTS: Final[tuple[str, ...]] = ("sole_trader", "small_company", "farmer", "flexible_worker")
PROHIBITED: Final[tuple[str, ...]] = ("property", "securities", "equity", "onward_lending")
PURPOSES: Final = (
    "stock", "materials", "rent", "renovation", "equipment", "vehicle", "tools", "expansion",
    "seed", "feed", "fertiliser", "livestock", "bridge", "training", "other", *PROHIBITED,
)  # fmt: skip
_WORDS: Final = frozenset(("and", "or", "not", "in", "true", "false", "null"))
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_STRING: Final = re.compile(r"'[^']*'|\"[^\"]*\"")


@dataclass(frozen=True, slots=True)
class Change:
    """A value of `field` that would turn the criterion around: `to` is computed by a rule from answers and limits."""

    field: str
    to: Rule


@dataclass(frozen=True, slots=True)
class Criterion:
    """A published criterion.

    It is met when `meets` holds; else a person looks when `person` holds; else it is not met. It speaks only about the
    `segments` named (none: all of them). `limits` are the thresholds, which rules read and texts show. Where `shown_by`
    names a document, no answer can show that it is met: a person looks at the document.
    """

    code: str
    asks: tuple[str, ...]
    meets: Rule
    person: Rule | None
    limits: Values
    changes: tuple[Change, ...]
    segments: tuple[str, ...]
    shown_by: str | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of the criterion."""
        return (self.meets, *(() if self.person is None else (self.person,)), *(change.to for change in self.changes))


def names_read(rule: Rule) -> frozenset[str]:
    """The names an expression reads: fields and limits."""
    return frozenset(_NAME.findall(_STRING.sub("", rule.expression))) - _WORDS


def field_value(field: str, value: Value) -> Value:
    """An answer with its unit, as a text shows it: a purpose in words, months as a duration."""
    kind = FIELDS[field]
    match value:
        case str() if kind in {"segment", "purpose"}:
            return Text(f"{kind}.{value}")
        case bool():
            return value
        case int() if kind == "months":
            return Months(value)
        case int() | Decimal() if kind == "money":
            return Money(Decimal(value))
    return value


def read_criterion(section: Section, currency: str) -> Criterion:
    """A criterion as authored, its rules compiled and their names checked."""
    if section.has("shown_by"):
        return _read_shown(section)
    asks = section.texts("asks", tuple(FIELDS))
    limits = _read_limits(section.section("limits"), currency) if section.has("limits") else {}
    rule_of = _RuleReader(frozenset((*asks, *limits)))
    criterion = Criterion(
        code=section.text("code"),
        asks=asks,
        meets=rule_of(section, "meets"),
        person=section.optional("person", lambda field: rule_of(section, field), None),
        limits=limits,
        changes=section.optional(
            "changes", lambda field: tuple(_read_change(item, rule_of) for item in section.sections(field)), ()
        ),
        segments=section.optional("segments", lambda field: section.texts(field, SEGMENTS), ()),
    )
    section.done()
    return criterion


def _read_shown(section: Section) -> Criterion:
    """A criterion that only a document shows: whatever the answers, a person looks."""
    criterion = Criterion(
        code=section.text("code"),
        asks=(),
        meets=Rule("false"),
        person=Rule("true"),
        limits={},
        changes=(),
        segments=section.optional("segments", lambda field: section.texts(field, SEGMENTS), ()),
        shown_by=section.text("shown_by"),
    )
    section.done()
    return criterion


@dataclass(frozen=True, slots=True)
class _RuleReader:
    """Reads rules that may only use `names`."""

    names: frozenset[str]

    def __call__(self, section: Section, field: str) -> Rule:
        try:
            rule = Rule(section.text(field))
        except RuleError as error:
            section.refuse(field, f"write an expression that compiles; {error}")
        unknown = sorted(names_read(rule) - self.names)
        if unknown:
            section.refuse(field, f"'{unknown[0]}' is neither among 'asks' nor among 'limits'")
        return rule


def _read_change(section: Section, rule_of: _RuleReader) -> Change:
    change = Change(section.choice("field", tuple(FIELDS)), rule_of(section, "to"))
    section.done()
    return change


def _read_limits(section: Section, currency: str) -> dict[str, Value]:
    """Each limit is `{money: 50000}`, `{months: 6}` or `{times: 3}`."""
    return {name: _read_limit(section.section(name), currency) for name in section.names() if section.take(name)}


def _read_limit(section: Section, currency: str) -> Value:
    if section.has("money"):
        limit: Value = Money(section.number("money"), currency)
    elif section.has("months"):
        limit = Months(section.whole("months"))
    else:
        limit = section.number("times")
    section.done()
    return limit
