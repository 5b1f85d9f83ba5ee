"""Words a lender must not use, in published texts and in what account managers send: the rules, and what they find. Pure.

The rules are content (`claims.yaml`; `docs/content.md` says how they are written). What stands behind a negation in the same
clause, or behind a warning in the same sentence, denies the claim and is let pass.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final, Literal

from bot.handoff.plain_words import readings
from bot.products.reading import Section
from bot.texts import markup
from bot.texts.chinese import simplified

FILE: Final = "claims.yaml"
ACTIONS: Final = ("warn", "hold")
RATE: Final = "rate"
"""The name of a pattern's group that takes in a percentage: the claim is one where nothing published says that figure."""

Action = Literal["warn", "hold"]
_HUNDRED: Final = Decimal(100)
_SYNTAX: Final = re.compile(r"\\[A-Z]|\(\?P<")
"""What of a pattern is written in capitals and finds no words."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A kind of forbidden claim: `patterns` find it, `unless` found in the same text makes it lawful.

    `action` is what becomes of a manager's words: whoever wrote them is warned, or a supervisor decides. `text` says why, to
    the manager; `reason` says what to write instead, to authors.
    """

    id: str
    action: Action
    reason: str
    text: str
    patterns: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A forbidden claim found in a text, and the words that make it, as they read."""

    claim: Claim
    words: str


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """The authored rules. What a supervisor has not decided on is given back to its manager after `decide_within` of desk hours."""

    claims: tuple[Claim, ...] = ()
    denied: re.Pattern[str] | None = None
    decide_within: timedelta = timedelta(minutes=15)

    def breaches(self, words: str, rates: Collection[Decimal] | None = None) -> tuple[Breach, ...]:
        """The forbidden claims that `words` make, with or without markup, each once.

        `rates` are the percentages that are published or were quoted, as fractions. Without them no figure is held against any.
        """
        read = readings(markup.bare(words))
        return tuple(self._found(read, rates))

    def _found(self, read: tuple[str, ...], rates: Collection[Decimal] | None) -> Iterator[Breach]:
        for claim in self.claims:
            made = next((found for said in read if (found := self._made(claim, said, rates)) is not None), None)
            if made is not None:
                yield Breach(claim, made)

    def _made(self, claim: Claim, said: str, rates: Collection[Decimal] | None) -> str | None:
        if claim.unless is not None and claim.unless.search(said):
            return None
        for pattern in claim.patterns:
            for match in pattern.finditer(said):
                if not self._denies(said[: match.start()]) and _counts(match, rates):
                    return match.group().strip()
        return None

    def _denies(self, before: str) -> bool:
        return self.denied is not None and self.denied.search(before) is not None


def strictest(breaches: Collection[Breach]) -> Action | None:
    """What is done about words that make these claims; None: nothing."""
    actions = {breach.claim.action for breach in breaches}
    return "hold" if "hold" in actions else "warn" if actions else None


def _counts(match: re.Match[str], rates: Collection[Decimal] | None) -> bool:
    """A claim about a rate is one only where nothing says that rate, to the hundredth of a percent at most."""
    stated = match.groupdict().get(RATE)
    if stated is None:
        return True
    if rates is None:
        return False
    percent = Decimal(stated)
    places = Decimal(1).scaleb(min(0, int(percent.as_tuple().exponent)))
    return all((rate * _HUNDRED).quantize(places) != percent for rate in rates)


def parse_claims(document: object, file: str = FILE) -> ClaimRules:
    """The rules as authored. Raises `ContentError` with file, field and remedy."""
    section = Section(document, file)
    usual = ClaimRules()
    rules = ClaimRules(
        claims=tuple(map(_claim, section.sections("claims"))),
        denied=section.optional("denied", lambda name: _either(_patterns(section, name)), None),
        decide_within=section.optional(
            "decide_within", lambda name: timedelta(minutes=section.whole(name, 1, 1440)), usual.decide_within
        ),
    )
    section.done()
    ids = [claim.id for claim in rules.claims]
    if len(set(ids)) < len(ids):
        section.refuse("claims", "give each claim an id of its own")
    return rules


def claim_keys(rules: ClaimRules) -> tuple[str, ...]:
    """The texts that the rules need."""
    return tuple(claim.text for claim in rules.claims)


def _claim(section: Section) -> Claim:
    action: Action = "hold" if section.choice("action", ACTIONS) == "hold" else "warn"
    claim = Claim(
        id=section.code("id"),
        action=action,
        reason=section.text("reason"),
        text=section.text("text"),
        patterns=_patterns(section, "patterns"),
        unless=section.optional("unless", lambda name: _either(_patterns(section, name)), None),
    )
    section.done()
    return claim


def _either(patterns: tuple[re.Pattern[str], ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern.pattern})" for pattern in patterns))


def _patterns(section: Section, field: str) -> tuple[re.Pattern[str], ...]:
    written = section.texts(field)
    if not written:
        section.refuse(field, "write at least one pattern")
    return tuple(_pattern(section, field, pattern) for pattern in written)


def _pattern(section: Section, field: str, written: str) -> re.Pattern[str]:
    """Words are compared in small letters and simplified characters: a pattern with others would never find anything."""
    try:
        pattern = re.compile(written)
    except re.error as error:
        section.refuse(field, f"'{written}' is no regular expression ({error}); correct it")
    if pattern.search(""):
        section.refuse(field, f"'{written}' finds claims where nothing is said; make a part of it required")
    if (plain := simplified(written)) != written:
        section.refuse(field, f"write '{plain}' for '{written}': words are compared in simplified characters")
    if any(map(str.isupper, _SYNTAX.sub("", written))):
        section.refuse(field, f"write '{written}' in small letters: words are compared so")
    return pattern
