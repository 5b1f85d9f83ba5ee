from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot import resources
from bot.applications.signals import Finding
from bot.core.values import Money, Months, Rate, Text, Values
from bot.handoff import cards
from bot.handoff.notes import Notes, Unsaid, notes_of, with_notes
from bot.handoff.pursuit import LOST_REASONS, PASS_REASONS, PURSUITS, Remark
from bot.handoff.records import Lead
from bot.handoff.scoring import parse_rules, score
from bot.publishing.sources import read_documents
from bot.texts.catalogues import read_catalogues
from bot.texts.texts import Texts

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
RULES = parse_rules(read_documents()["lead_rules"])
TEXTS = Texts(read_catalogues(resources.locales()), "zh")
ANSWERS: Values = {
    "contact_name": "李女士",
    "segment": "farmer",
    "purpose": "seed",
    "product": "harvest",
    "amount": Money(Decimal(350000)),
    "months": Months(12),
    "has_licence": "no",
    "eligibility_outcome": "meets",
    "locale": "zh",
    "uscc": "92310115MA1K4XXX1B",
    "phone": "+8613800138000",
    "id_number": "31010119800101123X",
}
QUOTE: Values = {
    "principal": Money(Decimal(350000)),
    "months": Months(12),
    "method": Text("method.bullet"),
    "rate": Rate(Decimal("0.072")),
    "annual_simple": Rate(Decimal("0.081")),
    "instalments": Text("instalments.bullet", {"last_due": date(2027, 3, 2), "last": Money(Decimal(375200))}),
    "total_to_repay": Money(Decimal(376000)),
    "valid_until": date(2026, 3, 9),
}


def lead(answers: Values = ANSWERS, reason: str = "high_value") -> Lead:
    return Lead(1234, 7, reason, "offered", {**cards.shareable(answers), "may_contact": True}, AT)


def shown(one: Lead, *spoken: cards.Spoken, locale: str = "zh") -> str:
    return TEXTS.render(cards.card(one, score(RULES, one.facts), spoken, TEXTS.knows), locale)


def whole(one: Lead, locale: str = "zh", **background: Any) -> str:
    found = score(RULES, one.facts)
    return TEXTS.render(cards.whole_card(one, found, cards.Background(**background), TEXTS.knows), locale)


def offered(one: Lead, locale: str = "zh") -> str:
    return TEXTS.render(cards.offer(one, score(RULES, one.facts), TEXTS.knows), locale)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_card_never_shows_identity_numbers_or_what_a_manager_need_not_know(locale: str) -> None:
    card = shown(lead(), locale=locale) + whole(lead(), locale)
    for number in ("92310115MA1K4XXX1B", "13800138000", "31010119800101123X"):
        assert number not in card


def test_an_offer_shows_need_product_amount_and_term_in_words() -> None:
    offer = offered(lead())
    for words in ("用途：买种苗", "产品：丰收贷", "金额：¥350,000", "期限：1年", "客户类型：农户", "语言：中文"):
        assert words in offer


def test_the_whole_card_says_what_is_worth_a_second_look() -> None:
    found = Finding(
        "licence_younger", "ask", {"months_trading": Months(30), "licence_months": Months(5), "slack": Months(6)}
    )
    card = whole(lead(), "zh", signals=(found.for_staff(),))
    assert "留意：执照办了5个月，说已经营2年半" in card
    assert "留意" not in whole(lead(), "zh")


def test_an_offer_does_not_say_who_the_customer_is() -> None:
    assert "李女士" not in offered(lead())
    assert "李女士" in shown(lead())


def test_points_are_shown_by_factor() -> None:
    offer = offered(lead(), "en")
    assert "<b>Lead score 55</b> (high-value)" in offer
    assert "+40 amount ¥350,000" in offer
    assert "+15 published criteria: met" in offer


def test_the_whole_card_shows_the_quote_as_it_was_shown_the_consents_and_the_application() -> None:
    card = whole(lead(), quote=QUOTE, consents=(("contact_by_manager", "given"),), application=("RG-1", "risk_review"))
    assert "年化综合成本8.10%（单利）" in card
    assert "✓ 客户经理联系：已同意" in card
    assert "申请：RG-1，审批中" in card
    assert "+40 金额 ¥350,000" in card


def test_an_application_the_lender_has_not_taken_yet_is_shown_without_a_reference() -> None:
    assert "申请：—，" in whole(lead(), application=(None, "consented"))


def test_a_result_is_traced_criterion_by_criterion_in_the_words_it_was_told_in() -> None:
    trace = cards.Trace(
        "harvest",
        "person",
        AT,
        (
            ("met", Text("criterion.licence.met")),
            ("person", Text("criterion.purchaser_order.person")),
            ("unknown", Text("criterion.unknown", {"fields": (Text("label.open_debts"),)})),
            ("met", None),
        ),
    )
    card = whole(lead(), trace=trace)
    for words in (
        "丰收贷：需要人工看",
        "✓ 有营业执照",
        "◐ 订单说好了还没签",
        "<b>还没弄清</b>\n• 还差：",
        "条件后来有更新",
    ):
        assert words in card


def test_the_short_card_leaves_figures_and_factors_to_the_whole_one() -> None:
    assert "+40" not in shown(lead())
    assert "对照公布的条件" not in shown(lead())


def test_how_far_the_manager_is_and_the_last_remark_stand_on_the_card() -> None:
    remarks = (Remark(AT, "陈立", "先看果园"), Remark(AT, "陈立", "身份证 31010119800101123X"))
    noted = with_notes(lead(), Notes(pursuit="lost", lost="cost", remarks=remarks))
    assert "没成：嫌成本高" in shown(noted)
    assert "•••" in shown(noted)
    assert "先看果园" not in shown(noted)
    assert "先看果园" in whole(noted)


def test_the_last_words_are_shown_with_time_and_author_and_without_markup_of_their_own() -> None:
    said = (cards.Spoken(AT, "customer", "利息<多少>?"), cards.Spoken(AT, "bot", "见报价"))
    card = shown(lead(), *said)
    assert "09:30 客户：利息&lt;多少&gt;?" in card
    assert "09:30 机器人：见报价" in card


def test_long_words_are_cut() -> None:
    assert "长" * 159 + "…" in shown(lead(), cards.Spoken(AT, "customer", "长" * 500))


@pytest.mark.parametrize(
    "number",
    [
        "31010119800101123X",
        "310101 19800101 1234",
        "３１０１０１１９８００１０１１２３４",
        "91310115MA1K4ABC1B",
        "6222 0212 3456 7890 123",
    ],
)
def test_identity_numbers_in_free_words_are_blotted_out(number: str) -> None:
    assert cards.blotted(f"我的号码是 {number}，请查") == "我的号码是 •••，请查"


@pytest.mark.parametrize("words", ["300,000", "2026-03-02 09:30", "13800138000", "RG-20260302-1", "30万到50万"])
def test_amounts_times_and_telephone_numbers_stay(words: str) -> None:
    assert cards.blotted(words) == words


def test_a_code_without_words_is_shown_as_it_is() -> None:
    card = shown(lead({"product": "gone", "segment": "farmer", "locale": "tlh"}, reason="odd"))
    assert "产品：gone" in card
    assert "语言：tlh" in card
    assert "需要真人" in card


def test_a_customer_is_named_by_name_or_else_by_number() -> None:
    assert TEXTS.render(cards.customer(lead()), "zh") == "李女士（1234）"
    assert TEXTS.render(cards.customer(lead({})), "en") == "Customer 1234"


def test_notes_are_kept_among_the_facts_and_never_shown() -> None:
    unsaid = (Unsaid("m1.2", "您好"), Unsaid("m1.3", "", "photo", "file"))
    notes = Notes(passed=(3, 5), seen=AT, unsaid=unsaid, heard=2, paper="lease")
    noted = with_notes(lead(), notes)
    assert notes_of(noted) == notes
    assert shown(noted) == shown(lead())
    assert with_notes(noted, Notes()) == lead()


def test_every_fact_and_reason_has_its_words() -> None:
    for name in cards.FACTS:
        assert TEXTS.knows(f"lead.fact.{name}")
    for reason in cards.REASONS:
        assert TEXTS.knows(f"lead.reason.{reason}")
    for factor in RULES.factors:
        assert TEXTS.knows(f"lead.factor.{factor.code}")
    for words, codes in (("pursuit", PURSUITS), ("lost", LOST_REASONS), ("pass_reason", PASS_REASONS)):
        assert all(TEXTS.knows(f"{words}.{code}") for code in codes)
