from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.core.errors import ContentError
from bot.products.catalogue import Catalogue
from bot.products.fields import SEGMENTS
from bot.products.stories import PARTS, Story, current, parse_stories, reconcile, story_pages, story_quote
from bot.texts.texts import Texts
from tests.unit.products.conftest import Documents

TODAY = date(2026, 11, 23)


@pytest.fixture
def orchard(stories: tuple[Story, ...]) -> Story:
    return next(story for story in stories if story.id == "apple_orchard")


@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_segment_has_a_story_to_tell(stories: tuple[Story, ...], segment: str) -> None:
    assert current(stories, TODAY, segment)


def test_every_shipped_story_agrees_with_the_catalogue(catalogue: Catalogue, stories: tuple[Story, ...]) -> None:
    assert [problem for story in stories for problem in reconcile(story, catalogue)] == []


def test_an_expired_or_withdrawn_story_is_not_told(orchard: Story) -> None:
    assert current([orchard], orchard.expiry) == (orchard,)
    assert current([orchard], date(2027, 10, 21)) == ()
    assert current([replace(orchard, withdrawn=True)], TODAY) == ()


def test_the_label_stands_in_the_first_line_of_each_message(
    catalogue: Catalogue, stories: tuple[Story, ...], texts: Texts
) -> None:
    labels = {"zh": "【示例】", "en": "[Illustrative]"}
    for story in stories:
        for locale, label in labels.items():
            for page in story_pages(story, catalogue).values():
                assert label in texts.render(page, locale).split("\n")[0]


def test_a_story_shows_the_products_own_figures_lender_cost_and_risk(
    catalogue: Catalogue, orchard: Story, texts: Texts
) -> None:
    pages = {name: texts.render(page, "en") for name, page in story_pages(orchard, catalogue).items()}
    quote = story_quote(orchard, catalogue)
    assert f"¥{quote.rows[-1].total:,}" in pages["way"]
    for shown in (f"{quote.cost.simple * 100:.2f}%", "Rivergate Microfinance", "Loans carry risk; borrow with care."):
        assert shown in pages["need"]


def test_a_story_is_told_in_short_messages(catalogue: Catalogue, stories: tuple[Story, ...], texts: Texts) -> None:
    longest = {"zh": 220, "en": 520}
    for story in stories:
        for locale, most in longest.items():
            for page in story_pages(story, catalogue).values():
                assert len(texts.label(page, locale)) <= most, (story.id, page.key)


def test_no_figure_is_typed_into_the_prose_of_a_story(stories: tuple[Story, ...], texts: Texts) -> None:
    spoken = {f"story.{story.id}.{part}" for story in stories for part in PARTS}
    for locale in texts.locales:
        for key in spoken:
            words = re.sub(r"\{[^}]*\}", "", _raw(texts, key, locale))
            assert not re.search(r"[0-9０-９¥￥%％]", words), key


def _raw(texts: Texts, key: str, locale: str) -> str:
    voice = texts._voices_of(locale).rich
    return "".join(part for part in voice.template(key) if isinstance(part, str))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"product": "gold_mine"}, "apple_orchard.yaml: product: 'gold_mine' is not in the catalogue"),
        ({"segment": "small_company"}, "apple_orchard.yaml: segment: harvest is not for small_company"),
        ({"purpose": "vehicle"}, "apple_orchard.yaml: purpose: harvest does not serve vehicle"),
        ({"amount": Decimal(1)}, "apple_orchard.yaml: amount, months or method: apple_orchard: harvest does not offer this amount"),
        ({"method": "annuity"}, "does not offer this method"),
        ({"figures": {"instalment": Decimal("1.00")}}, "figures.instalment: 1.00 is stated but the product's arithmetic gives"),
        ({"figures": {"happiness": Decimal(1)}}, "figures.happiness: this figure is not known"),
    ],
)  # fmt: skip
def test_a_story_that_disagrees_with_the_catalogue_is_told_how(
    catalogue: Catalogue, orchard: Story, change: dict[str, object], problem: str
) -> None:
    (found,) = reconcile(replace(orchard, **change), catalogue)  # type: ignore[arg-type]  # spoilt on purpose
    assert problem in found


def test_stated_figures_that_agree_are_accepted(catalogue: Catalogue, orchard: Story) -> None:
    quote = story_quote(orchard, catalogue)
    stated = {"instalment": quote.rows[0].total, "annual_simple": quote.cost.simple}
    assert reconcile(replace(orchard, figures=stated), catalogue) == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "real"}, "apple_orchard.yaml: evidence: a real story needs its consent and record"),
        ({"kind": "funny"}, "apple_orchard.yaml: kind: 'funny' is not known"),
        ({"story": "pear_orchard"}, "apple_orchard.yaml: story: name the file pear_orchard.yaml"),
        ({"review": date(2028, 1, 1)}, "apple_orchard.yaml: review: the review falls between start and expiry"),
        ({"months": 0}, "apple_orchard.yaml: months: write a number from 1"),
    ],
)
def test_a_slip_in_a_story_is_told_with_file_field_and_remedy(
    story_documents: Documents, change: dict[str, object], message: str
) -> None:
    story_documents["apple_orchard.yaml"].update(change)
    with pytest.raises(ContentError, match=re.escape(message)):
        parse_stories(story_documents)


def test_a_real_story_keeps_what_it_rests_on(story_documents: Documents) -> None:
    evidence = {"consent": "consent-17", "record": "file-17"}
    story_documents["apple_orchard.yaml"].update(kind="real", evidence=evidence)
    (story, *_) = parse_stories(story_documents)
    assert story.evidence is not None
    assert (story.evidence.consent, story.evidence.record) == ("consent-17", "file-17")
