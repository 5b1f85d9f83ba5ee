"""What an account manager is shown of a lead: before it is accepted what is wanted, afterwards a short card that opens. Pure.

Only facts named in `FACTS` are ever taken from a customer's answers, and numbers that identify a person, a business or an
account are blotted out of free words: a card never shows a raw identity number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from bot.core.values import Money, Months, Text, Value, Values
from bot.handoff.notes import notes_of
from bot.handoff.records import Lead
from bot.handoff.scoring import Points, Score

FACTS: Final = (
    "contact_name",
    "business_name",
    "segment",
    "need",
    "purpose",
    "product",
    "amount",
    "months",
    "months_trading",
    "monthly_turnover",
    "open_debts",
    "has_licence",
    "eligibility_outcome",
    "locale",
    "tag",
    "found_by",
    "field_note",
    "question",
)
"""The answers that a manager may be shown, in the order of the card."""

REASONS: Final = (
    "asked",
    "quote",
    "complaint",
    "high_value",
    "application",
    "not_understood",
    "correction",
    "fee_first",
    "field",
    "other",
)
WORDS_SHOWN: Final = 160
"""Characters of a transcript's line that a card shows."""

REMARKS_SHOWN: Final = 5
_IN_SHORT: Final = frozenset(
    ("contact_name", "business_name", "segment", "need", "purpose", "product", "amount", "months", "locale", "question")
)
"""What the short card tells of the answers."""

_BEFORE_ACCEPTING: Final = frozenset(FACTS) - {"contact_name", "business_name", "field_note", "question"}
_COUNTED: Final = frozenset(("months", "months_trading"))
_QUOTE: Final = (
    "principal",
    "months",
    "method",
    "rate",
    "annual_simple",
    "instalments",
    "total_to_repay",
    "valid_until",
)
_IDENTITY: Final = re.compile(
    r"(?<![^\W_])(?:(?:\d[ \-]?){14,18}[\dXxＸｘ]|[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10})(?![^\W_])"
)
_BLOTTED: Final = "•••"

Knows = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line of a transcript."""

    at: datetime
    author: Literal["customer", "bot", "manager"]
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """An eligibility result as it was told: the product, the outcome, and each criterion's state with its words.

    A criterion without words is one that published rules judge otherwise, or no longer have.
    """

    product: str
    outcome: str
    at: datetime
    criteria: tuple[tuple[str, Text | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of a customer beside the answers.

    `quote` are the figures of the last quote as it was shown; `consents` each notice's id with its state; `application`
    the last one's reference and stage, the reference absent until the lender gave one; `signals` say what is worth a second look in it;
    `trace` is the last eligibility result.
    """

    quote: Values | None = None
    trace: Trace | None = None
    consents: tuple[tuple[str, str], ...] = ()
    application: tuple[str | None, str] | None = None
    signals: tuple[Text, ...] = ()


def shareable(answers: Values) -> Values:
    """Of a customer's answers those that a manager may be shown, free words without identity numbers."""
    kept = {name: answers.get(name) for name in FACTS}
    return {
        name: blotted(value) if isinstance(value, str) else value for name, value in kept.items() if value is not None
    }


def blotted(words: str) -> str:
    """`words` without resident, credit-code and bank-card numbers."""
    return _IDENTITY.sub(_BLOTTED, words)


def offer(lead: Lead, score: Score, knows: Knows) -> Text:
    """What a manager is shown who may accept: what is wanted and what it is worth, but not by whom."""
    return Text("lead.offer", _head(lead, score, knows) | {"lines": _lines(lead.facts, knows, _BEFORE_ACCEPTING)})


def card(lead: Lead, score: Score, spoken: Iterable[Spoken], knows: Knows) -> Text:
    """The lead in short, for the manager who has accepted it; `spoken` are the last lines, oldest first."""
    values = _head(lead, score, knows)
    remarks = notes_of(lead).remarks[-1:]
    return Text(
        "lead.card",
        values
        | {
            "lines": _lines(lead.facts, knows, _IN_SHORT),
            "remarks": _block("remarks", tuple(_remark(lead, knows))) if remarks else "",
            "said": tuple(said_line(line) for line in spoken) or (Text("lead.nothing_said"),),
        },
    )


def whole_card(lead: Lead, score: Score, background: Background, knows: Knows) -> Text:
    """All that managers may see of the lead: answers, the criteria with their states, quote, application, consents, the score by factor."""
    trace = background.trace
    return Text(
        "lead.whole",
        _head(lead, score, knows)
        | {
            "lines": _lines(lead.facts, knows, frozenset(FACTS)),
            "trace": _traced(trace, knows) if trace else "",
            "open": _block("open", _open_questions(lead, trace)),
            "quote": _block("quote", _quoted(background)),
            "application": _block("application", _application_lines(background)),
            "consents": _block("consents", tuple(_consent(*one, knows) for one in background.consents)),
            "remarks": _block("remarks", tuple(_remark(lead, knows, REMARKS_SHOWN))),
        },
    )


def transcript(lead: Lead, spoken: Iterable[Spoken], knows: Knows) -> Text:
    """A page of what was said, oldest first."""
    said = tuple(said_line(line) for line in spoken) or (Text("lead.nothing_said"),)
    return Text("lead.transcript", {"lead": lead.id, "pursuit": _pursuit(lead, knows), "said": said})


def said_line(line: Spoken) -> Text:
    """A line of a transcript: when, who, and the beginning of what was said."""
    words = " ".join(blotted(line.text).split())
    shown = words if len(words) <= WORDS_SHOWN else words[: WORDS_SHOWN - 1] + "…"
    return Text(f"lead.said.{line.author}", {"time": line.at, "text": shown})


def customer(lead: Lead) -> Text:
    """What managers call the customer: by name where it is known, else by the lead's number."""
    name = lead.facts.get("contact_name")
    if isinstance(name, str) and name:
        return Text("lead.customer_named", {"name": name, "lead": lead.id})
    return Text("lead.customer", {"lead": lead.id})


def topic(lead: Lead, knows: Knows) -> Text:
    """What a customer's topic is called: the name people are told apart by in a list, the lead, and the product; `✓` when the chat is over."""
    name, product = lead.facts.get("contact_name"), lead.facts.get("product")
    who = Text("topic.named", {"name": _surname(name)}) if isinstance(name, str) and name else Text("topic.nameless")
    about = _known(f"product.{product}.name", product, knows) if isinstance(product, str) else ""
    key = "topic.name_with_product" if about else "topic.name"
    named = Text(key, {"who": who, "lead": lead.id, "product": about})
    return named if lead.status in ("accepted", "active") else Text("topic.over", {"name": named})


def _surname(name: str) -> str:
    """The part of a name that is enough in a list: of a Chinese one the first character, else the last word."""
    name = name.strip()
    return name[:1] if "\u4e00" <= name[:1] <= "\u9fff" else name.split()[-1]


def _head(lead: Lead, score: Score, knows: Knows) -> dict[str, Value]:
    reason = lead.reason if lead.reason in REASONS else "other"
    factors = tuple(_factor(points, knows) for points in score.factors)
    return {
        "lead": lead.id,
        "reason": Text(f"lead.reason.{reason}"),
        "pursuit": _pursuit(lead, knows),
        "points": score.points,
        "value": Text("lead.high_value" if score.high_value else "lead.usual_value"),
        "factors": factors or "",
    }


def _pursuit(lead: Lead, knows: Knows) -> Value:
    """How far the manager has come, behind the head of a card; nothing where nothing was said."""
    notes = notes_of(lead)
    if notes.pursuit is None:
        return ""
    stage: Value = Text(f"pursuit.{notes.pursuit}")
    if notes.lost is not None:
        stage = Text("pursuit.lost_because", {"reason": _known(f"lost.{notes.lost}", notes.lost, knows)})
    return Text("lead.pursuit", {"stage": stage})


def _remark(lead: Lead, knows: Knows, most: int = 1) -> Iterable[Text]:
    """The last remarks, oldest first."""
    for one in notes_of(lead).remarks[-most:]:
        yield Text("lead.remark", {"time": one.at, "name": one.by, "text": blotted(one.text)})


def _block(name: str, lines: tuple[Text, ...]) -> Value:
    """Lines under a heading of their own; nothing where there are none."""
    return Text(f"lead.block.{name}", {"lines": lines}) if lines else ""


def _traced(trace: Trace, knows: Knows) -> Text:
    product = _known(f"product.{trace.product}.name", trace.product, knows)
    lines = tuple(
        Text(f"lead.criterion.{state}", {"words": words}) for state, words in trace.criteria if words is not None
    )
    changed = any(words is None for _, words in trace.criteria)
    told = (*lines, Text("lead.criteria_changed")) if changed or not lines else lines
    values = {"product": product, "outcome": Text(f"lead.outcome.{trace.outcome}"), "day": trace.at, "lines": told}
    return Text("lead.block.trace", values)


def _open_questions(lead: Lead, trace: Trace | None) -> tuple[Text, ...]:
    """What the customer has asked, and what the criteria still lack."""
    asked = lead.facts.get("question")
    lacking = tuple(words for state, words in trace.criteria if state == "unknown" and words) if trace else ()
    return (*((Text("lead.fact.question", {"value": asked}),) if asked else ()), *lacking)


def _lines(facts: Values, knows: Knows, allowed: frozenset[str]) -> tuple[Text, ...]:
    shown = [(name, facts[name]) for name in FACTS if name in allowed and facts.get(name) is not None]
    return tuple(Text(f"lead.fact.{name}", {"value": _worded(name, value, knows)}) for name, value in shown)


def _factor(points: Points, knows: Knows) -> Text:
    values = {"points": points.points, "value": _worded(points.code, points.value, knows)}
    key = f"lead.factor.{points.code}"
    return Text(key, values) if knows(key) else Text("lead.factor.other", {**values, "code": points.code})


def _worded(name: str, value: Value, knows: Knows) -> Value:
    """A fact with its unit, a code in words where there are some."""
    match value:
        case "yes" | "no":
            return value == "yes"
        case str() if key := _key(name, value):
            return _known(key, value, knows)
        case bool():
            return value
        case int() if name in _COUNTED:
            return Months(value)
        case int() | Decimal() if name in {"amount", "monthly_turnover", "open_debts"}:
            return Money(Decimal(value))
    return value


def _key(name: str, code: str) -> str | None:
    """The text for a code, where the fact is one."""
    match name:
        case "product":
            return f"product.{code}.name"
        case "segment":
            return f"segment.{code}"
        case "purpose":
            return f"purpose.{code}"
        case "locale":
            return f"language.{code}"
        case "eligibility_outcome":
            return f"lead.outcome.{code}"
        case "tag":
            return f"lead.tag.{code}"
    return None


def _known(key: str, code: str, knows: Knows) -> Value:
    return Text(key) if knows(key) else code


def _quoted(background: Background) -> tuple[Text, ...]:
    quote = background.quote
    if quote is None or not all(name in quote for name in _QUOTE):
        return ()
    return (Text("lead.quote", {name: quote[name] for name in _QUOTE}),)


def _application_lines(background: Background) -> tuple[Text, ...]:
    lines: list[Text] = []
    if background.application is not None:
        reference, stage = background.application
        lines.append(Text("lead.application", {"reference": reference, "stage": Text(f"stage.{stage}.name")}))
    lines.extend(Text("lead.signal", {"signal": signal}) for signal in background.signals)
    return tuple(lines)


def _consent(notice: str, state: str, knows: Knows) -> Text:
    return Text(f"lead.consent.{state}", {"purpose": _known(f"consent.purpose.{notice}", notice, knows)})
