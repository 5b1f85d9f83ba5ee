"""Answers against published criteria: met, for a person to look at, or not met; never approved or declined.

The lender alone decides. What a result names: every criterion, what would change it, and which other products fit.
Prose: `docs/algorithms/eligibility.md`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, Literal, TypeAlias

from bot.core.values import Money, Months, Text, Value, Values
from bot.products.catalogue import Product
from bot.products.criteria import Change, Criterion, Judgement, cases_left
from bot.products.documents import document_texts
from bot.products.fields import FIELDS, field_value

State: TypeAlias = Literal["met", "person", "unmet", "unknown"]
Outcome: TypeAlias = Literal["meets", "person", "not_met"]

_PARTS: Final = ("met", "unknown", "papers")
_FAILING: Final = frozenset(("unmet", "person"))
_STEP: Final = Decimal(100)  # amounts in counterfactuals are rounded to whole hundreds, to the safe side


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """A value `to` of `field` with which the criterion would be met; `text` says so."""

    field: str
    to: Value
    text: Text


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion's result, in words with typed values. Any one of `changes` would have it met."""

    code: str
    state: State
    text: Text
    changes: tuple[Counterfactual, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """A product's published criteria against some answers.

    Each of `remedies` is a set of changes that together leave nothing unmet; `papers` are the documents that show what
    counts on the customer's word so far; `alternatives` are ids of other products that fit better.
    """

    product: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    remedies: tuple[tuple[Counterfactual, ...], ...] = ()
    papers: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether no criterion is unknown for want of an answer."""
        return all(finding.state != "unknown" for finding in self.findings)

    def in_state(self, *states: State) -> tuple[Finding, ...]:
        """The findings in one of `states`."""
        return tuple(finding for finding in self.findings if finding.state in states)


def assess(
    product: Product, answers: Values, others: Iterable[Product] = (), most_alternatives: int | None = None
) -> Assessment:
    """`answers` (by the names of `FIELDS`) against the criteria of `product`; alternatives come from `others`, best first.

    A missing answer leaves its criteria unknown, and the outcome `person` unless something else is not met.
    """
    findings = _findings(product, answers)
    result = _outcome(finding.state for finding in findings)
    papers = () if result == "not_met" else _papers(product, answers)
    failing = tuple(finding for finding in findings if finding.state in _FAILING)
    if not failing:
        return Assessment(product.id, result, findings, papers=papers)
    return Assessment(
        product.id,
        result,
        findings,
        _remedies(product, answers, failing),
        papers,
        _alternatives(product, answers, others)[:most_alternatives],
    )


def outcome(product: Product, answers: Values) -> Outcome:
    """The outcome alone, as `assess` has it: for many products at once, where nobody asks why."""
    return _outcome(_state(product, criterion, answers) for criterion in _speaking(product, answers))


def fields_needed(product: Product, answers: Values) -> tuple[str, ...]:
    """The fields that can still change the outcome, in the order to ask them; none once a criterion is not met."""
    states = [(criterion, _state(product, criterion, answers)) for criterion in _may_speak(product, answers)]
    settled = {state for criterion, state in states if _speaks(criterion, answers)}
    if "unmet" in settled:
        return ()
    left = [criterion for criterion, state in states if state == "unknown"]
    worse = {"unmet", "person"}
    if "person" in settled:
        worse = {"unmet"}
        left = [criterion for criterion in left if "unmet" in _judgements(product, criterion, answers)]
    asked = {field for criterion in left for field in criterion.asks}
    if any(criterion.segments for criterion in left) or any(
        state in worse for criterion, state in states if not _speaks(criterion, answers)
    ):
        asked.add("segment")
    return tuple(field for field in FIELDS if field in asked and answers.get(field) is None)


def assessment_values(assessment: Assessment) -> Values:
    """An assessment for texts and storage: `outcome`, `product`, lists of texts `met`, `unmet`, `changes`, `alternatives`.

    `unmet` also holds what a person would look at; `reason` is the first of it, and None where all is met. `unknown` are
    the answers still missing. Each item of `changes` is a text, for changes that are needed together one that lists them.
    `papers` show at the application what was only said so far.
    """
    unmet = assessment.in_state("unmet", "person")
    missing = (finding.text.values["fields"] for finding in assessment.in_state("unknown"))
    changes = tuple(_remedy_text(remedy) for remedy in assessment.remedies)
    return {
        "product": Text(f"product.{assessment.product}.name"),
        "product_id": assessment.product,
        "outcome": assessment.outcome,
        "met": tuple(finding.text for finding in assessment.in_state("met")),
        "unmet": tuple(finding.text for finding in unmet),
        "unmet_codes": tuple(finding.code for finding in unmet),
        "unknown": _once(field for fields in missing if isinstance(fields, tuple) for field in fields),
        "reason": unmet[0].text if unmet else None,
        "changes": changes,
        "has_changes": bool(changes),
        "papers": document_texts(assessment.papers),
        "alternatives": tuple(Text(f"product.{other}.name") for other in assessment.alternatives),
        "alternative_ids": assessment.alternatives,
        "has_alternatives": bool(assessment.alternatives),
    }


@dataclass(frozen=True, slots=True)
class Told:
    """An assessment as a customer reads it, a thought a message.

    `result` says the outcome and what stands in the way, `next` what would change it, which other products fit or what to have
    ready, `details` goes through everything; None where there is nothing more to go through.
    """

    result: Text
    next: Text
    details: Text | None


def told(assessment: Assessment) -> Told:
    """The messages of an assessment."""
    values = assessment_values(assessment)
    headline = _headline(assessment)
    if headline == "prohibited":
        return Told(_joined(("prohibited", "reason", "notice"), values), Text("eligibility.what_next"), None)
    result = (headline, *_with_something(("unmet",) if values["unmet"] else ("unknown",), values), "notice")
    ahead = _with_something(("changes", "alternatives"), values) or _with_something(("papers",), values)
    if len(assessment.remedies) == 1:
        ahead = tuple("change" if part == "changes" else part for part in ahead)
    details = tuple(part for part in _with_something(_PARTS, values) if part not in (*result, *ahead))
    return Told(
        _joined(result, values),
        _joined(ahead or ("what_next",), values),
        _joined(details, values) if details else None,
    )


def _with_something(parts: tuple[str, ...], values: Values) -> tuple[str, ...]:
    """Those of the paragraphs that have something to say."""
    return tuple(part for part in parts if values[part])


def _joined(parts: tuple[str, ...], values: Values) -> Text:
    paragraphs = [Text(f"eligibility.{part}", values) for part in parts]
    joined = paragraphs.pop()
    while paragraphs:
        joined = Text("eligibility.joined", {"first": paragraphs.pop(), "rest": joined})
    return joined


def _headline(assessment: Assessment) -> str:
    """The outcome; `prohibited` for a prohibited use, `open` where nothing but missing answers stands in the way."""
    if any(_prohibits(finding) for finding in assessment.findings):
        return "prohibited"
    return assessment.outcome if assessment.complete or assessment.in_state("unmet", "person") else "open"


def _remedy_text(remedy: tuple[Counterfactual, ...]) -> Text:
    """One change by itself, or several that are needed together."""
    texts = tuple(change.text for change in remedy)
    return texts[0] if len(texts) == 1 else Text("change.together", {"changes": texts})


def _once(texts: Iterable[Value]) -> tuple[Value, ...]:
    found: list[Value] = []
    for text in texts:
        if text not in found:
            found.append(text)
    return tuple(found)


def _speaking(product: Product, answers: Values) -> tuple[Criterion, ...]:
    """The criteria that speak about the customer's segment."""
    return tuple(criterion for criterion in product.criteria if _speaks(criterion, answers))


def _speaks(criterion: Criterion, answers: Values) -> bool:
    return not criterion.segments or answers.get("segment") in criterion.segments


def _may_speak(product: Product, answers: Values) -> tuple[Criterion, ...]:
    """The criteria that speak, or would for some segment while that is not known."""
    return product.criteria if answers.get("segment") is None else _speaking(product, answers)


def _papers(product: Product, answers: Values) -> tuple[str, ...]:
    proofs = (criterion.proved_by for criterion in _speaking(product, answers))
    return tuple(dict.fromkeys(paper for paper in proofs if paper is not None))


def _findings(product: Product, answers: Values) -> tuple[Finding, ...]:
    """Every criterion's finding; a prohibited use ends the path, so that it is the only one then."""
    findings = tuple(_finding(product, criterion, answers) for criterion in _speaking(product, answers))
    return tuple(finding for finding in findings if _prohibits(finding)) or findings


def _prohibits(finding: Finding) -> bool:
    return finding.code == "purpose" and finding.state == "unmet"


def _outcome(states: Iterable[State]) -> Outcome:
    found = set(states)
    if "unmet" in found:
        return "not_met"
    return "meets" if found <= {"met"} else "person"


def _state(product: Product, criterion: Criterion, answers: Values) -> State:
    """The criterion's judgement; unknown while a missing answer can still make a difference to it."""
    missing = sum(answers.get(field) is None for field in criterion.asks)
    if not missing:
        return criterion.judged(answers)
    if missing == len(criterion.asks):
        return "unknown"
    judgements = _judgements(product, criterion, answers)
    return judgements.pop() if len(judgements) == 1 else "unknown"


def _judgements(product: Product, criterion: Criterion, answers: Values) -> set[Judgement]:
    """What the criterion can come to, whatever the missing answers are."""
    low, high = product.amount.low, product.amount.high
    return {criterion.judged(case) for case in cases_left(criterion, answers, low, high)}


def _finding(product: Product, criterion: Criterion, answers: Values) -> Finding:
    state = _state(product, criterion, answers)
    if state == "unknown":
        return Finding(criterion.code, state, Text("criterion.unknown", {"fields": _missing(criterion, answers)}))
    known = {**criterion.limits, **{field: answers.get(field) for field in criterion.asks}}
    text = Text(f"criterion.{criterion.code}.{state}", _shown(product, criterion, known))
    changes = () if state == "met" else tuple(_counterfactuals(product, criterion, known))
    return Finding(criterion.code, state, text, changes)


def _missing(criterion: Criterion, answers: Values) -> tuple[Value, ...]:
    return tuple(Text(f"field.{field}") for field in criterion.asks if answers.get(field) is None)


def _shown(product: Product, criterion: Criterion, known: Mapping[str, Value]) -> Values:
    """The placeholders of a criterion's texts: answers and limits with their units, the product, a prohibition's reason."""
    values: dict[str, Value] = dict(criterion.limits)
    values |= {field: field_value(field, known[field]) for field in criterion.asks}
    values["product"] = Text(f"product.{product.id}.name")
    if criterion.measure is not None:
        values["measure"] = Text(f"measure.{criterion.measure}")
    if "segment" in criterion.asks:
        values["segments"] = tuple(Text(f"segment.{segment}") for segment in product.segments)
    if "purpose" in criterion.asks:
        values["purposes"] = tuple(Text(f"purpose.{purpose}") for purpose in product.purposes)
    if known.get("purpose") in product.prohibited:
        values["reason"] = Text(f"prohibited.{known['purpose']}")
    return values


def _counterfactuals(product: Product, criterion: Criterion, known: Mapping[str, Value]) -> Iterator[Counterfactual]:
    """The authored changes that are possible and really turn this criterion around; none while an answer is missing."""
    if any(known[field] is None for field in criterion.asks):
        return
    for change in criterion.changes:
        to = _target(change, known)
        if to is not None and _possible(product, change.field, to) and _meets_with(criterion, known, change.field, to):
            yield Counterfactual(change.field, to, _change_text(change.field, known[change.field], to))


def _meets_with(criterion: Criterion, known: Mapping[str, Value], field: str, to: Value) -> bool:
    return criterion.judged({**known, field: to}) == "met"


def _change_text(field: str, answer: Value, to: Value) -> Text:
    now = field_value(field, answer)
    return Text(f"change.{field}", {"now": now, "to": field_value(field, to), "more": _difference(now, to)})


def _target(change: Change, known: Mapping[str, Value]) -> Value:
    """What the change's rule yields, with the unit of the field and rounded so that it still suffices; None for no number."""
    found, now = change.to.value(known), field_value(change.field, known[change.field])
    match now, found:
        case bool(), bool():
            return found
        case (Text(), str()):
            return found
        case _, bool():
            return None
        case Money(amount=amount, currency=currency), int() | float() | Decimal() if math.isfinite(found):
            number = Decimal(str(found))
            rounding = ROUND_FLOOR if number < amount else ROUND_CEILING
            return Money((number / _STEP).to_integral_value(rounding) * _STEP, currency)
        case Months(count=count), int() | float() | Decimal() if math.isfinite(found):
            return Months((math.floor if found < count else math.ceil)(found))
    return None


def _possible(product: Product, field: str, to: Value) -> bool:
    """Whether the product could be had with `to`: nobody is told to ask for less than its least amount."""
    match to:
        case Money(amount=amount):
            return product.amount.holds(amount) if field == "amount" else amount >= 0
        case Months(count=count):
            return count >= 0
    return True


def _difference(now: Value, to: Value) -> Value:
    """How far apart two answers are: an amount, or a time."""
    match now, to:
        case Money(), Money():
            return Money(abs(to.amount - now.amount), now.currency)
        case Months(), Months():
            return Months(abs(to.count - now.count))
    return None


def _remedies(
    product: Product, answers: Values, failing: tuple[Finding, ...]
) -> tuple[tuple[Counterfactual, ...], ...]:
    """Single changes that suffice; where none does, one change for each criterion that is not met, if those suffice."""
    singles = [(change,) for change in _strictest(change for finding in failing for change in finding.changes)]
    enough = tuple(remedy for remedy in singles if _suffices(product, answers, remedy))
    if enough:
        return enough
    together = _strictest(finding.changes[0] for finding in failing if finding.changes)
    return (together,) if together and _suffices(product, answers, together) else ()


def _strictest(changes: Iterable[Counterfactual]) -> tuple[Counterfactual, ...]:
    """One change a field: of several, the one that is farthest from the answer."""
    farthest: dict[str, Counterfactual] = {}
    for change in changes:
        rival = farthest.get(change.field)
        if rival is None or _distance(change) > _distance(rival):
            farthest[change.field] = change
    return tuple(farthest.values())


def _distance(change: Counterfactual) -> Decimal:
    match change.text.values["more"]:
        case Money(amount=amount):
            return amount
        case int(months):
            return Decimal(months)
    return Decimal(0)


def _suffices(product: Product, answers: Values, changes: Iterable[Counterfactual]) -> bool:
    """Whether nothing stays unmet once `changes` are made; what is unknown may stay so."""
    changed = {**answers, **{change.field: change.to for change in changes}}
    return all(_state(product, criterion, changed) in {"met", "unknown"} for criterion in _speaking(product, changed))


def _alternatives(product: Product, answers: Values, others: Iterable[Product]) -> tuple[str, ...]:
    """Other products that serve the purpose and are not ruled out by the answers, those that meet everything first."""
    rivals = [other for other in others if other.id != product.id and _serves(other, answers)]
    outcomes = {other.id: outcome(other, answers) for other in rivals}
    order: tuple[Outcome, ...] = ("meets", "person")
    return tuple(other for wanted in order for other, found in outcomes.items() if found == wanted)


def _serves(product: Product, answers: Values) -> bool:
    """Whether the purpose is one of the product's, or not yet known."""
    return answers.get("purpose") is None or answers["purpose"] in product.purposes
