"""Case stories as data: their figures are computed by the product's own arithmetic, never typed into prose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from bot.core.values import Text, Value, Values
from bot.products.catalogue import Catalogue
from bot.products.fields import PURPOSES, SEGMENTS
from bot.products.quote import Quote, make_quote, quote_values
from bot.products.reading import Section
from bot.products.repayment import METHODS

KINDS: Final = ("real", "illustrative")
PAGES: Final = ("need", "way", "outcome")
PARTS: Final = ("who", "need", "options", "hard", "outcome", "not_for")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a real story rests on: references to the customer's consent record and to the file that proves the figures."""

    consent: str
    record: str


@dataclass(frozen=True, slots=True)
class Story:
    """A case: somebody of `segment` took `product`, paid out on `start`.

    It is looked at again on `review` and is not told after `expiry`, nor once `withdrawn`. `figures` are those on file of
    a real case (names as in `quote_values`), which must agree with the arithmetic.
    """

    id: str
    kind: str
    segment: str
    product: str
    purpose: str
    amount: Decimal
    months: int
    method: str
    start: date
    review: date
    expiry: date
    withdrawn: bool
    evidence: Evidence | None
    figures: Mapping[str, Decimal]


def parse_stories(documents: Mapping[str, object]) -> tuple[Story, ...]:
    """The stories in `documents` (file name → parsed YAML). Raises `ContentError` that names file, field and remedy."""
    return tuple(_read_story(Section(documents[name], name)) for name in sorted(documents))


def current(stories: Iterable[Story], on: date, segment: str | None = None) -> tuple[Story, ...]:
    """The stories that may be told on the day `on`, of one segment where that is given."""
    return tuple(
        story
        for story in stories
        if not story.withdrawn and on <= story.expiry and (segment is None or story.segment == segment)
    )


def reconcile(story: Story, catalogue: Catalogue) -> tuple[str, ...]:
    """What in a story disagrees with the catalogue, each as a sentence with its remedy; empty when all agrees."""
    return tuple(f"{story.id}.yaml: {problem}" for problem in _disagreements(story, catalogue))


def story_quote(story: Story, catalogue: Catalogue) -> Quote:
    """The quote behind a story. Raises `ValueError` when the product does not offer it; `reconcile` says why."""
    found = make_quote(
        catalogue,
        story.product,
        amount=story.amount,
        months=story.months,
        start=story.start,
        method=story.method,
        purpose=story.purpose,
    )
    if isinstance(found, Quote):
        return found
    raise ValueError(f"{story.id}: {story.product} does not offer this {found.field}")


def story_pages(story: Story, catalogue: Catalogue) -> Mapping[str, Text]:
    """The story as it is told, by `PAGES`: short messages, each with the label in its first line, so that a forwarded one keeps it.

    The first, by which it is chosen, names the product and so the lender, the annualised cost and the risk.
    """
    values = story_values(story, catalogue)
    return {page: Text(f"story.page.{page}", values) for page in PAGES}


def story_values(story: Story, catalogue: Catalogue) -> Values:
    """The values of the pages: those of its quote, its label and its parts, each of which may use the figures."""
    figures = {name: value for name, value in quote_values(story_quote(story, catalogue)).items() if name != "rows"}
    parts: dict[str, Value] = {part: Text(f"story.{story.id}.{part}", figures) for part in PARTS}
    label = Text(f"story.kind.{story.kind}", {"reviewed": story.review})
    return {**figures, **parts, "label": label, "story_id": story.id, "segment": Text(f"segment.{story.segment}")}


def story_keys(stories: Iterable[Story]) -> frozenset[str]:
    """Every text key that the stories lead to."""
    return frozenset(key for story in stories for key in _keys(story))


def _keys(story: Story) -> Iterator[str]:
    yield from (f"story.{story.id}.{part}" for part in PARTS)
    yield f"story.kind.{story.kind}"
    yield f"segment.{story.segment}"


def _disagreements(story: Story, catalogue: Catalogue) -> Iterator[str]:
    if all(product.id != story.product for product in catalogue.products):
        yield f"product: '{story.product}' is not in the catalogue; name one that is"
        return
    product = catalogue.product(story.product)
    if story.segment not in product.audience:
        yield f"segment: {story.product} is not for {story.segment}; tell it of another product"
    if story.purpose not in product.purposes:
        yield f"purpose: {story.product} does not serve {story.purpose}; choose one it serves"
    try:
        yield from _wrong_figures(story, story_quote(story, catalogue))
    except ValueError as error:
        yield f"amount, months or method: {error}; use what it offers"


def _wrong_figures(story: Story, quote: Quote) -> Iterator[str]:
    computed = {
        "net_received": quote.net_received,
        "instalment": quote.rows[0].total,
        "total_interest": quote.total_interest,
        "total_to_repay": quote.total_to_repay,
        "annual_simple": quote.cost.simple,
        "annual_compound": quote.cost.compound,
    }
    for name, stated in story.figures.items():
        if name not in computed:
            yield f"figures.{name}: this figure is not known; use some of {', '.join(computed)}"
        elif computed[name] != stated:
            yield f"figures.{name}: {stated} is stated but the product's arithmetic gives {computed[name]}; correct it"


def _read_story(section: Section) -> Story:
    story = Story(
        id=section.text("story"),
        kind=section.choice("kind", KINDS),
        segment=section.choice("segment", SEGMENTS),
        product=section.text("product"),
        purpose=section.choice("purpose", PURPOSES),
        amount=section.number("amount"),
        months=section.whole("months", low=1),
        method=section.choice("method", tuple(METHODS)),
        start=section.day("start"),
        review=section.day("review"),
        expiry=section.day("expiry"),
        withdrawn=section.optional("withdrawn", section.flag, False),
        evidence=section.optional("evidence", lambda field: _read_evidence(section.section(field)), None),
        figures=section.optional("figures", lambda field: _read_figures(section.section(field)), {}),
    )
    section.done()
    if section.file != f"{story.id}.yaml":
        section.refuse("story", f"name the file {story.id}.yaml, after its story")
    if story.kind == "real" and story.evidence is None:
        section.refuse("evidence", "a real story needs its consent and record; or make it illustrative")
    if not story.start <= story.review <= story.expiry:
        section.refuse("review", "the review falls between start and expiry")
    return story


def _read_evidence(section: Section) -> Evidence:
    evidence = Evidence(section.text("consent"), section.text("record"))
    section.done()
    return evidence


def _read_figures(section: Section) -> dict[str, Decimal]:
    return {name: section.number(name) for name in section.names()}
