"""What managers write, held against labels: every claim is found under its name, and nothing else is."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot import resources
from bot.core.errors import ContentError
from bot.handoff.claims import ClaimRules, parse_claims, strictest
from bot.publishing.sources import parse_yaml

HERE = Path(__file__).parent
LABELLED = parse_yaml((HERE / "claims.yaml").read_text(encoding="utf-8"), "claims.yaml")
PUBLISHED = frozenset(map(Decimal, ("0.0720", "0.0630", "0.0648", "0.01")))


def shipped() -> ClaimRules:
    return parse_claims(parse_yaml(resources.claims().read_text(encoding="utf-8"), "claims.yaml"))


def test_every_labelled_claim_is_found_under_its_name() -> None:
    rules = shipped()
    found = {
        words: {breach.claim.id for breach in rules.breaches(words, PUBLISHED)}
        for said in LABELLED["found"].values()
        for words in said
    }
    assert [
        (claim, words) for claim, said in LABELLED["found"].items() for words in said if claim not in found[words]
    ] == []


def test_nothing_is_found_in_what_a_good_manager_writes() -> None:
    rules = shipped()
    found = {words: rules.breaches(words, PUBLISHED) for words in LABELLED["harmless"]}
    assert {
        words: [(one.claim.id, one.words) for one in breaches] for words, breaches in found.items() if breaches
    } == {}


def test_words_that_are_held_are_held_whatever_else_they_claim() -> None:
    rules = shipped()
    assert strictest(rules.breaches("利率最低，包过")) == "hold"
    assert strictest(rules.breaches("利率最低")) == "warn"
    assert strictest(rules.breaches("您好")) is None


def test_markup_does_not_hide_a_claim_and_a_breach_says_the_words() -> None:
    (breach,) = shipped().breaches("放心，<b>秒</b>到账，很方便")
    assert (breach.claim.id, breach.words) == ("instant_money", "秒到账")
    assert breach.claim.reason


CLAIM = {"id": "luck", "action": "warn", "reason": "say less", "text": "claim.luck", "patterns": ["lucky"]}


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ([{**CLAIM, "patterns": ["luck("]}], "claims[0].patterns: 'luck(' is no regular expression"),
        ([{**CLAIM, "patterns": ["(luck)?"]}], "finds claims where nothing is said"),
        ([{**CLAIM, "patterns": ["Luck"]}], "write 'Luck' in small letters"),
        ([{**CLAIM, "patterns": ["保證"]}], "write '保证' for '保證'"),
        ([{**CLAIM, "action": "block"}], "claims[0].action: 'block' is not known; use one of warn, hold"),
        ([CLAIM, CLAIM], "claims: give each claim an id of its own"),
    ],
)
def test_a_slip_in_the_rules_is_told_with_its_place_and_remedy(claims: list[object], told: str) -> None:
    with pytest.raises(ContentError, match=r"^claims\.yaml: ") as error:
        parse_claims({"claims": claims})
    assert told in str(error.value)


def test_the_list_knows_every_rule_and_both_languages() -> None:
    assert set(LABELLED["found"]) == {claim.id for claim in shipped().claims}
    every = [*LABELLED["harmless"], *(words for said in LABELLED["found"].values() for words in said)]
    assert sum(words.isascii() for words in every) >= 40
    assert sum(not words.isascii() for words in every) >= 60
