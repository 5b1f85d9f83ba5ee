"""Signals of fraud and of over-borrowing: authored rules over a few facts of an application, each explained. Pure.

A signal says that something is worth a question or a second look, and why. It says nothing about a person and decides nothing:
`Outcome` has no refusal, and whatever it is, the application can be handed in. A rule reads nothing but `FIELDS` and its own limits,
so that neither who somebody is nor where enters. What is compared between accounts comes in as a count; the keyed
hashes behind it never do.

The same facts under the same release give the same screening, so that each can be made again and explained.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, NoReturn, Protocol, TypeAlias, get_args

from bot.applications.application import Application
from bot.core.errors import RuleError
from bot.core.protected import protected_in
from bot.core.rules import Rule
from bot.core.values import NO_VALUES, Money, Months, Rate, Text, Value, Values
from bot.products.criteria import names_read
from bot.products.harvests import monthly_turnover
from bot.products.reading import Section

FILE: Final = "signals.yaml"
Outcome: TypeAlias = Literal["clear", "ask", "manual_review"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
"""From the lightest to the heaviest."""

Kind: TypeAlias = Literal["count", "months", "number", "share", "flag"]
FIELDS: Final[Mapping[str, Kind]] = {
    "months_trading": "months",
    "licence_months": "months",
    "licence_kind_differs": "flag",
    "amount_in_turnovers": "number",
    "instalment_share": "share",
    "open_loans": "count",
    "recent_applications": "count",
    "turnover_ratio": "number",
    "trading_gap": "months",
    "same_number_elsewhere": "count",
    "same_licence_elsewhere": "count",
    "same_file_elsewhere": "count",
    "applicants_here": "count",
    "applications_today": "count",
    "seconds_to_confirm": "count",
    "agent_words": "flag",
}
"""The facts that rules may read.

`amount_in_turnovers`: the amount in months of turnover. `instalment_share`: the share of `bot/products/burden.py`, of the quote shown.
`turnover_ratio`: the turnover told now over that of the application before. `trading_gap`: by how many months the time in
business has grown more than time has passed. `…_elsewhere`: other accounts that gave the same. `applicants_here`: different
people or businesses that this account has applied for.
"""

WORDS: Final = ("fee_first", "fee_question", "agent")
"""What is recognised in words: that somebody was asked for money first, that they only ask about it, and how paid agents speak."""

LICENCE_KINDS: Final[Mapping[str, str]] = {"small_company": "91", "sole_trader": "92", "farmer": "93"}
"""The first two characters of the code of a licence, by segment (GB 32100-2015)."""

_SAMPLES: Final[Mapping[Kind, Value]] = {
    "count": 1,
    "months": 1,
    "number": Decimal(1),
    "share": Rate(Decimal("0.1")),
    "flag": True,
}
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SignalRule:
    """One signal: it holds for facts where `when` does, and all that it `reads` is known."""

    code: str
    reads: tuple[str, ...]
    limits: Values
    when: Rule
    outcome: Outcome

    def holds(self, facts: Values) -> bool:
        """Whether it holds. Raises `RuleError` for facts of a kind that the rule cannot compare."""
        if any(facts.get(name) is None for name in self.reads):
            return False
        return self.when.holds({**self.limits, **{name: facts[name] for name in self.reads}})


@dataclass(frozen=True, slots=True)
class SignalRules:
    """The authored rules; `words` are what is recognised in what is typed, by `WORDS`."""

    version: int
    compare_days: int
    rules: tuple[SignalRule, ...]
    words: Mapping[str, tuple[re.Pattern[str], ...]]

    def since(self, now: datetime) -> datetime:
        """From when on applications are compared."""
        return now - timedelta(days=self.compare_days)


NO_SIGNALS: Final = SignalRules(version=0, compare_days=1, rules=(), words={})


@dataclass(frozen=True, slots=True)
class Finding:
    """A signal that holds, with the facts and limits that explain it."""

    code: str
    outcome: Outcome
    values: Values

    def for_staff(self) -> Text:
        """Why, for account managers and compliance."""
        return Text(f"signal.{self.code}.staff", self.values)

    def for_customer(self) -> Text:
        """What was compared, for the customer who asks for an explanation."""
        return Text(f"signal.{self.code}.told", self.values)

    def question(self) -> Text:
        """The question to the customer; signals whose outcome is `ask` have one."""
        return Text(f"signal.{self.code}.question", self.values)


@dataclass(frozen=True, slots=True)
class Screening:
    """What the rules of content `release` (version `version` of the file) found in the `facts` of an application.

    `asked` names the signal that the customer was asked about before the application was handed in, `answer` what was chosen.
    """

    application: str
    conversation: int
    release: int
    version: int
    outcome: Outcome
    findings: tuple[Finding, ...]
    facts: Values
    at: datetime
    asked: str | None = None
    answer: str | None = None

    def without(self, names: Collection[str]) -> Screening:
        """The screening without the facts of these names, and without what was found by them."""
        found = tuple(one for one in self.findings if not one.values.keys() & set(names))
        facts = {name: value for name, value in self.facts.items() if name not in names}
        asked = self.asked if any(one.code == self.asked for one in found) else None
        return replace(
            self,
            outcome=_heaviest(found),
            facts=facts,
            findings=found,
            asked=asked,
            answer=self.answer if asked else None,
        )

    def named(self) -> tuple[tuple[str, Outcome], ...]:
        """The signals by name, for the lender."""
        return tuple((finding.code, finding.outcome) for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Matches:
    """In how many other accounts the same was given, and for how many different applicants this one was used."""

    same_number: int = 0
    same_licence: int = 0
    same_file: int = 0
    applicants: int = 0


class Screenings(Protocol):
    """Screenings of applications, as made. A later one, such as after a document, stands beside the earlier ones."""

    async def add(self, screening: Screening) -> None: ...
    async def of_conversation(self, conversation: int) -> tuple[Screening, ...]:
        """All screenings of one customer's applications, oldest first."""
        ...

    async def latest(self, application: str) -> Screening | None:
        """The newest screening of an application."""
        ...

    async def forget_facts(self, conversation: int, names: Collection[str]) -> None:
        """Take the facts of these names, and what was found by them, out of all screenings of one customer."""
        ...


class Fingerprints(Protocol):
    """Keyed hashes of what applications gave, for comparison alone; nothing else of it is kept.

    Where no key is configured nothing is kept, and nothing is ever found.
    """

    async def keep(self, conversation: int, application: str, given: Mapping[str, str], at: datetime) -> None:
        """Keep the hashes of what was `given`, by kind."""
        ...

    async def elsewhere(self, conversation: int, kind: str, value: str, since: datetime) -> int:
        """How many other conversations gave the same since then."""
        ...

    async def here(self, conversation: int, kind: str, value: str, since: datetime) -> int:
        """How many different values of this kind the conversation gave since then, this one counted."""
        ...


def screen(rules: SignalRules, facts: Values) -> tuple[Outcome, tuple[Finding, ...]]:
    """The signals that hold for `facts`, in the order of the file, and the heaviest outcome among them."""
    known = {name: value for name, value in facts.items() if name in FIELDS}
    found = tuple(_finding(rule, known) for rule in rules.rules if rule.holds(known))
    return _heaviest(found), found


def _heaviest(found: Iterable[Finding]) -> Outcome:
    return max((finding.outcome for finding in found), key=OUTCOMES.index, default="clear")


def to_ask(findings: Iterable[Finding]) -> Finding | None:
    """The one signal that the customer is asked about: the first of those that ask."""
    return next((finding for finding in findings if finding.outcome == "ask"), None)


def facts_of(  # noqa: PLR0913 -- each is something that is known of an application
    answers: Values,
    *,
    now: datetime,
    matches: Matches,
    earlier: Sequence[Application] = (),
    agreed_at: datetime | None = None,
    instalment_share: Decimal | None = None,
    agent_words: bool = False,
) -> Values:
    """The facts of an application with these `answers`, confirmed at `now`. What is not known is left out.

    `earlier` are the account's applications before it, oldest first; `agreed_at` is when the customer agreed to the notice that
    it begins with; `instalment_share` what the quote that was shown takes of a month's turnover.
    """
    turnover = monthly_turnover(answers)
    counted = ("months_trading", "licence_months", "open_loans", "recent_applications")
    facts: dict[str, Value] = {
        **{name: _count(answers.get(name)) for name in counted},
        "licence_kind_differs": _kind_differs(answers),
        "amount_in_turnovers": _ratio(answers.get("amount"), turnover),
        "instalment_share": None
        if instalment_share is None
        else Rate(instalment_share.quantize(Decimal("0.001"), ROUND_HALF_UP)),
        "turnover_ratio": _ratio(turnover, monthly_turnover({**earlier[-1].answers, "segment": earlier[-1].segment}))
        if earlier
        else None,
        "trading_gap": _trading_gap(answers, earlier[-1], now) if earlier else None,
        "same_number_elsewhere": matches.same_number,
        "same_licence_elsewhere": matches.same_licence,
        "same_file_elsewhere": matches.same_file,
        "applicants_here": matches.applicants,
        "applications_today": 1 + sum(now - one.created_at < _A_DAY for one in earlier),
        "seconds_to_confirm": None if agreed_at is None else max(0, int((now - agreed_at).total_seconds())),
        "agent_words": agent_words,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _count(value: Value) -> int | None:
    match value:
        case Months(count=count):
            return count
        case bool():
            return None
        case int():
            return value
    return None


def _ratio(over: Value, under: Value) -> Decimal | None:
    if isinstance(over, Money) and isinstance(under, Money) and under.amount > 0:
        return (over.amount / under.amount).quantize(Decimal("0.001"), ROUND_HALF_UP)
    return None


def _kind_differs(answers: Values) -> bool | None:
    code, kind = answers.get("uscc"), LICENCE_KINDS.get(str(answers.get("segment")))
    return None if not isinstance(code, str) or kind is None else not code.startswith(kind)


def _trading_gap(answers: Values, before: Application, now: datetime) -> int | None:
    """By how many months the time in business has grown more, or less, than time has passed since the application before."""
    told, told_before = _count(answers.get("months_trading")), _count(before.answers.get("months_trading"))
    if told is None or told_before is None:
        return None
    passed = (now.year - before.created_at.year) * 12 + now.month - before.created_at.month
    return told - told_before - passed


def _finding(rule: SignalRule, facts: Values) -> Finding:
    told = {**rule.limits, **{name: facts[name] for name in rule.reads}}
    if all(FIELDS[name] == "months" for name in rule.reads):  # what times are compared with is a time
        told = {name: Months(abs(value)) if isinstance(value, int) else value for name, value in told.items()}
    return Finding(rule.code, rule.outcome, told)


def parse_signals(document: object, file: str = FILE) -> SignalRules:
    """The rules as authored. Raises `ContentError` with file, field and remedy."""
    section = Section(document, file)
    rules = tuple(map(_rule, section.sections("signals")))
    codes = [rule.code for rule in rules]
    if len(set(codes)) < len(codes):
        section.refuse("signals", "give each signal a code of its own")
    found = SignalRules(
        version=section.whole("version", low=1),
        compare_days=section.whole("compare_days", low=1, high=3650),
        rules=rules,
        words=_words(section.section("words")),
    )
    section.done()
    return found


def signal_keys(rules: SignalRules) -> Collection[str]:
    """The texts that the rules need: each signal's for staff and for the customer, and the question of those that ask."""
    return [
        f"signal.{rule.code}.{kind}"
        for rule in rules.rules
        for kind in ("staff", "told", *(("question",) if rule.outcome == "ask" else ()))
    ]


def _rule(section: Section) -> SignalRule:
    reads = section.texts("reads", tuple(FIELDS))
    if not reads:
        section.refuse("reads", f"name at least one of {', '.join(FIELDS)}")
    outcome: Outcome = "ask" if section.choice("outcome", OUTCOMES[1:]) == "ask" else "manual_review"
    limits = _limits(section.section("limits")) if section.has("limits") else NO_VALUES
    section.optional("limits", section.take, None)
    rule = SignalRule(section.code("code"), reads, limits, _when(section, {*reads, *limits}), outcome)
    section.done()
    try:
        rule.holds({name: _SAMPLES[FIELDS[name]] for name in reads})
    except RuleError as error:
        section.refuse("when", f"write an expression that fits the kinds of its facts; {error}")
    return rule


def _limits(section: Section) -> Values:
    limits = {name: section.number(name) for name in section.names()}
    if protected := protected_in(limits):
        section.refuse(protected[0], f"it speaks of {protected[1]}, which must never decide; take it out")
    if known := sorted(limits.keys() & FIELDS.keys()):
        section.refuse(known[0], "name a limit with letters that name no fact")
    return {name: int(number) if number == int(number) else number for name, number in limits.items()}


def _when(section: Section, known: Collection[str]) -> Rule:
    try:
        rule = Rule(section.text("when"))
    except RuleError as error:
        section.refuse("when", f"write an expression that compiles; {error}")
    unknown = sorted(names_read(rule) - set(known))
    if protected := protected_in(unknown):
        section.refuse("when", f"'{protected[0]}' speaks of {protected[1]}, which must never decide; take it out")
    if unknown:
        section.refuse("when", f"'{unknown[0]}' is neither among 'reads' nor among 'limits'")
    return rule


def _words(section: Section) -> Mapping[str, tuple[re.Pattern[str], ...]]:
    found = {
        name: tuple(_pattern(section, name, words) for words in section.texts(name))
        for name in WORDS
        if name != "fee_question" or section.has(name)  # releases before it have none
    }
    section.done()
    return found


def _pattern(section: Section, name: str, words: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(words)
    except re.error as error:
        _refuse_pattern(section, name, words, str(error))
    if pattern.search(""):
        _refuse_pattern(section, name, words, "it fits everything")
    return pattern


def _refuse_pattern(section: Section, name: str, words: str, why: str) -> NoReturn:
    section.refuse(name, f"write a regular expression that fits what is meant; '{words[:40]}': {why}")
