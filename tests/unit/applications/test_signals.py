"""Signals explain themselves, ask at most one question, and never refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.applications.application import Application
from bot.applications.progress import begun
from bot.applications.signals import (
    FIELDS,
    OUTCOMES,
    Matches,
    SignalRules,
    facts_of,
    parse_signals,
    screen,
    signal_keys,
    to_ask,
)
from bot.core.errors import ContentError
from bot.core.protected import protected_in
from bot.core.values import Money, Months, Rate, Value, Values
from bot.dialogs.model import Call, Choose, Enter
from bot.publishing.sources import read_documents
from tests.unit.dialogs.world import content

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RULES = content().signals
ANSWERS: Values = {
    "segment": "sole_trader",
    "amount": Money(Decimal(60_000)),
    "monthly_turnover": Money(Decimal(50_000)),
    "months_trading": Months(30),
    "licence_months": Months(28),
    "uscc": "92110000600037341L",
    "open_loans": 1,
    "recent_applications": 0,
}


def applied(at: datetime = NOW - timedelta(days=60), **answers: Value) -> Application:
    return Application(
        id=at.isoformat(), conversation=1, product="working_capital", amount=Money(Decimal(60_000)), months=12,
        method="annuity", segment="sole_trader", answers={**ANSWERS, **answers}, consents=(), quote=None, release=1,
        created_at=at, progress=begun(at), reference="RG-1",
    )  # fmt: skip


def codes(answers: Values = ANSWERS, **more: Any) -> set[str]:
    facts = facts_of(answers, now=NOW, matches=more.pop("matches", Matches()), **more)
    return {finding.code for finding in screen(RULES, facts)[1]}


def test_an_ordinary_application_is_clear() -> None:
    facts = facts_of(ANSWERS, now=NOW, matches=Matches(applicants=1), agreed_at=NOW - timedelta(minutes=6))
    assert screen(RULES, facts) == ("clear", ())


@pytest.mark.parametrize(
    ("code", "answers", "more"),
    [
        ("licence_younger", {"licence_months": Months(5)}, {}),
        ("licence_kind", {"uscc": "91110000600037341L"}, {}),
        ("amount_against_turnover", {"monthly_turnover": Money(Decimal(3_000))}, {}),
        ("many_loans", {"open_loans": 4}, {}),
        ("many_applications", {"recent_applications": 5}, {}),
        ("heavy_instalments", {}, {"instalment_share": Decimal("0.6")}),
        ("turnover_changed", {}, {"earlier": (applied(monthly_turnover=Money(Decimal(20_000))),)}),
        ("trading_changed", {}, {"earlier": (applied(months_trading=Months(6)),)}),
        ("shared_number", {}, {"matches": Matches(same_number=1)}),
        ("shared_licence", {}, {"matches": Matches(same_licence=2)}),
        ("shared_file", {}, {"matches": Matches(same_file=1)}),
        ("applies_for_many", {}, {"matches": Matches(applicants=3)}),
        ("many_in_a_day", {}, {"earlier": (applied(NOW - timedelta(hours=5)), applied(NOW - timedelta(hours=2)))}),
        ("very_fast", {}, {"agreed_at": NOW - timedelta(seconds=20)}),
        ("agent_words", {}, {"agent_words": True}),
    ],
)
def test_each_signal_holds_for_what_it_is_about_and_for_nothing_else(
    code: str, answers: Values, more: dict[str, Any]
) -> None:
    assert codes({**ANSWERS, **answers}, **more) == {code}


def test_the_cases_above_are_all_signals_that_ship() -> None:
    marks = test_each_signal_holds_for_what_it_is_about_and_for_nothing_else.pytestmark
    assert {case[0] for case in marks[0].args[1]} == {rule.code for rule in RULES.rules}


def test_what_is_not_known_raises_no_signal() -> None:
    assert codes({}) == set()


FACTS = st.fixed_dictionaries(
    {},
    optional={
        name: {
            "count": st.integers(-2000, 2000),
            "months": st.integers(-2000, 2000),
            "number": st.decimals(0, 10_000, places=3),
            "share": st.decimals(0, 50, places=3).map(Rate),
            "flag": st.booleans(),
        }[kind]
        for name, kind in FIELDS.items()
    },
)


@given(facts=FACTS)
def test_whatever_the_facts_the_outcome_is_no_refusal_and_can_be_made_again(facts: Values) -> None:
    outcome, findings = screen(RULES, facts)
    assert outcome in {"clear", "ask", "manual_review"}
    assert (outcome == "clear") == (not findings)
    assert screen(RULES, facts) == (outcome, findings)
    asking = to_ask(findings)
    assert (asking is None) == all(finding.outcome != "ask" for finding in findings)
    for finding in findings:
        for text in (finding.for_staff(), finding.for_customer()):
            assert all(content().texts.render(text, locale) for locale in ("zh", "en"))
    if asking is not None:
        assert all(content().texts.render(asking.question(), locale) for locale in ("zh", "en"))


def test_no_fact_and_no_limit_speaks_of_a_protected_attribute() -> None:
    assert protected_in(FIELDS) is None
    assert all(protected_in(rule.limits) is None for rule in RULES.rules)
    assert not {"refuse", "declined", "not_met"} & set(OUTCOMES)


def test_every_way_from_a_signal_leads_on_to_handing_in() -> None:
    """Neither the look nor any answer to its question has another end than the lender, the review, or a person and back."""
    steps = content().book.current("preapply").steps
    look, clarify, person = steps["look_over"], steps["clarify"], steps["person_to_clarify"]
    assert isinstance(look, Call)
    assert isinstance(clarify, Choose)
    assert isinstance(person, Enter)
    assert set(look.on.values()) == {"clarify", "submit"}
    assert {option.goto or clarify.goto for option in clarify.options} == {"submit", "review", "person_to_clarify"}
    assert person.goto == "clarify"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"outcome": "refuse"}, "'refuse' is not known"),
        ({"reads": ["home_city"]}, "'home_city' is not known"),
        ({"when": "gender == 'female'"}, "speaks of gender"),
        ({"when": "amount > 3"}, "neither among 'reads' nor among 'limits'"),
        ({"when": "open_loans >="}, "write an expression that compiles"),
        ({"limits": {"age": 18}}, "speaks of age"),
    ],
)
def test_a_rule_that_could_refuse_or_read_more_does_not_load(change: dict[str, Any], told: str) -> None:
    rule = {"code": "many", "reads": ["open_loans"], "limits": {"loans": 4}, "when": "open_loans >= loans"}
    words: dict[str, list[str]] = {"fee_first": [], "fee_question": [], "agent": []}
    document = {"version": 1, "compare_days": 30, "words": words, "signals": [{**rule, "outcome": "ask", **change}]}
    with pytest.raises(ContentError, match=told):
        parse_signals(document)


def test_every_text_of_a_signal_exists() -> None:
    assert set(signal_keys(RULES)) <= set(content().texts.keys)


@pytest.mark.parametrize(
    "words",
    [
        "有个人让我先交2000押金才放款", "我被要求先交钱", "中介要我先付手续费", "说要先打一笔钱验资", "我已经交了保证金",
        "They asked me to pay a deposit first", "I was told to transfer money to unlock the loan",
        "an agent wants an upfront payment", "someone says pay to release the loan",
    ],
)  # fmt: skip
def test_being_asked_for_money_first_is_recognised(words: str) -> None:
    assert tells_of_a_fee(words)


def tells_of_a_fee(words: str) -> bool:
    spotted = content().book.spotted(words)
    return "fee_first" in spotted and "fee_question" not in spotted


QUESTIONS = (
    "我要先交手续费吗", "贷款要先交钱吗", "需要先付保证金吗", "放款前要交费用吗", "是不是要先交押金", "你们要我先交费吗", "你们会让我先交钱吗",
    "会要求我先交保证金吗", "要先打钱给你们吗", "先交手续费是正规的吗", "请问要交工本费吗", "办贷款会让人先交会员费吗", "要不要提前交保险费",
    "听说有的平台让人先交钱，你们呢", "你们不会让我先转账吧", "需要我先转钱验资吗", "担保费什么时候交", "如果有人让我先交钱怎么办",
    "do I pay a fee first?", "Do I have to pay a deposit first", "will you ask me to pay a deposit first?", "do you ask customers to pay first",
    "is there an upfront fee", "can you tell me whether I pay the fee in advance", "do they ask for money before the loan?",
    "would anyone ask me to pay an advance fee?", "must I transfer money before the payout", "what happens if someone asks me to pay first?",
    "when do I pay the guarantee fee", "who says I must pay a deposit?", "does the lender require me to pay a charge upfront?",
    "should I pay the registration fee before I get the loan", "tell me if I must pay the fee first", "my friend asks whether one has to pay a deposit first",
)  # fmt: skip
TOLD = (
    "他们叫我先打2000保证金", "让我先交押金是真的吗", "对方要我先转解冻费", "我刚交了工本费，还没放款", "客服说必须先交会员费", "中介要我先交钱怎么办",
    "they say pay 500 deposit then loan is released", "a man asked me to pay a fee before the loan, is this real or a scam",
    "I already paid the processing fee", "they want money before the loan, is that normal?", "is it ok that an agent asked me to pay a deposit first?",
)  # fmt: skip


def test_who_asks_about_a_fee_tells_of_none_and_who_tells_of_one_is_heard_in_a_question_too() -> None:
    assert [words for words in QUESTIONS if tells_of_a_fee(words)] == []
    assert [words for words in TOLD if not tells_of_a_fee(words)] == []


def test_no_other_question_that_customers_ask_is_taken_for_it() -> None:
    """Not one phrasing of the other ninety-four topics."""
    answers = documents_of_answers()
    spotted = [
        phrase
        for topic, phrases in answers.items()
        if topic not in {"fee_first", "nothing"}
        for phrase in phrases
        if content().book.spotted(phrase) & {"fee_first", "agent"}
    ]
    assert len(answers) > 90
    assert spotted == []


def documents_of_answers() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for topics in read_documents()["answers"].values():
        for topic, answer in topics.items():
            found[topic] = [phrase for phrases in answer["asked"].values() for phrase in phrases]
    return found


@pytest.mark.parametrize("words", ["我帮客户申请贷款", "我是贷款中介", "my client wants a loan", "I'm a loan broker"])
def test_words_of_agents_are_recognised(words: str) -> None:
    assert content().book.spotted(words) == {"agent"}


def test_old_releases_have_no_signals() -> None:
    empty = SignalRules(version=0, compare_days=1, rules=(), words={})
    assert screen(empty, {"open_loans": 40}) == ("clear", ())
