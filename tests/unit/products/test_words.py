from __future__ import annotations

import re
from datetime import date

import pytest

from bot.core.values import Rate, Text
from bot.products.cards import product_values, segment_cards
from bot.products.catalogue import Catalogue, text_keys
from bot.products.fees import MOMENTS, PAYEES
from bot.products.fields import PURPOSES, SEGMENTS
from bot.products.pricing import RESETS
from bot.products.repayment import METHODS
from bot.products.stories import Story, story_keys
from bot.texts.texts import Texts

TODAY = date(2026, 11, 23)
LOCALES = ("zh", "en")
SECTIONS = ("walk.what", "walk.whom", "walk.terms", "walk.costs", "walk.risks", "walk.documents", "takings.methods")


def test_every_key_that_catalogue_and_stories_lead_to_has_words(
    catalogue: Catalogue, stories: tuple[Story, ...], texts: Texts
) -> None:
    wanted = text_keys(catalogue) | story_keys(stories)
    assert {key for key in wanted if not texts.knows(key)} == set()


def test_everything_an_author_may_choose_has_words(texts: Texts) -> None:
    families = {
        "segment": SEGMENTS,
        "purpose": PURPOSES,
        "method": METHODS,
        "payee": PAYEES,
        "moment": MOMENTS,
        "reset": RESETS,
    }
    assert {
        f"{family}.{name}"
        for family, names in families.items()
        for name in names
        if not texts.knows(f"{family}.{name}")
    } == set()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_card_names_lender_annualised_cost_and_risk_and_is_short(
    catalogue: Catalogue, texts: Texts, segment: str, locale: str
) -> None:
    risk = texts.render(Text("risk.warning"), locale)
    lender = texts.render(Text("lender.rivergate"), locale)
    for values in segment_cards(catalogue, segment, TODAY):
        card = texts.render(Text("product.card", values), locale)
        cost = values["cost_from"]
        assert isinstance(cost, Rate)
        assert lender in card
        assert risk in card
        assert f"{cost.fraction * 100:.2f}%" in card
        assert len(card) < 500


@pytest.mark.parametrize("locale", LOCALES)
def test_every_section_of_a_walk_through_is_one_thought_a_message(
    catalogue: Catalogue, texts: Texts, locale: str
) -> None:
    for product in catalogue.products:
        values = product_values(catalogue, product, TODAY)
        sections = [texts.render(Text(key, values), locale) for key in SECTIONS]
        assert max(map(len, sections)) < 700
        assert texts.render(Text("risk.warning"), locale) in sections[SECTIONS.index("walk.costs")]


def test_a_card_lists_the_documents_of_its_own_segment(catalogue: Catalogue) -> None:
    values = product_values(catalogue, catalogue.product("equipment"), TODAY, "farmer")
    assert values["documents"] == tuple(
        Text(f"document.name.{name}")
        for name in ("identity_at_lender", "land_contract", "bank_statements", "equipment_quote")
    )


def test_the_cost_from_which_a_card_speaks_is_the_best_grades_and_includes_fees(catalogue: Catalogue) -> None:
    values = product_values(catalogue, catalogue.product("harvest"), TODAY)
    best, usual, rate = values["cost_from"], values["cost_usual"], values["rate"]
    assert isinstance(best, Rate)
    assert isinstance(usual, Rate)
    assert isinstance(rate, Rate)
    assert best.fraction < usual.fraction
    assert usual.fraction > rate.fraction


# What may never be said, whoever writes: promises of approval or money, superlatives, pressure, deposits.
FORBIDDEN = re.compile(
    r"guaranteed|100 ?%|no credit check|instant|zero.interest|the best|cheapest|lowest|hurry|last chance|only today|deposit"
    r"|包过|必过|秒批|秒到|免征信|不看征信|零利息|免息|最低|最优|最快|第一|国家支持|抓紧|最后机会|保证金|包装",
    re.IGNORECASE,
)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_card_detail_or_reason_makes_an_untruthful_promise(catalogue: Catalogue, texts: Texts, locale: str) -> None:
    promoting = [
        Text(key, product_values(catalogue, product, TODAY))
        for product in catalogue.products
        for key in ("product.card", *SECTIONS)
    ]
    promoting += [
        Text(f"reason.{reason}")
        for product in catalogue.products
        for audience in product.audience.values()
        for reason in audience.reasons
    ]
    for text in promoting:
        assert not FORBIDDEN.search(texts.render(text, locale))
