"""Which products to show a customer, in which order, and why."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.values import NO_VALUES, Text, Values
from bot.products.catalogue import Catalogue, Product
from bot.products.eligibility import Outcome, outcome
from bot.products.fields import field_value


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A product with the reasons for showing it, the strongest first, and how its criteria stand on what is known so far."""

    product: str
    reasons: tuple[Text, ...]
    outcome: Outcome


def recommend(catalogue: Catalogue, segment: str, answers: Values = NO_VALUES) -> tuple[Recommendation, ...]:
    """The products for `segment` that the answers do not rule out, best first; reasons are texts.

    First those whose criteria are all met, then those that serve the purpose, then the catalogue's order for the segment.
    An unknown segment has none.
    """
    known = {**answers, "segment": segment}
    found = [(product, outcome(product, known)) for product in catalogue.for_segment(segment)]
    fitting = [(product, stands) for product, stands in found if stands != "not_met"]
    fitting.sort(key=lambda pair: (pair[1] != "meets", not _serves(pair[0], known)))
    return tuple(
        Recommendation(product.id, _reasons(product, segment, known, stands), stands) for product, stands in fitting
    )


def reasons(product: Product, segment: str, answers: Values = NO_VALUES) -> tuple[Text, ...]:
    """Why a product is shown to a customer of `segment`, the strongest reason first."""
    known = {**answers, "segment": segment}
    return _reasons(product, segment, known, outcome(product, known))


def _serves(product: Product, known: Values) -> bool:
    return known.get("purpose") in product.purposes


def _reasons(product: Product, segment: str, known: Values, stands: Outcome) -> tuple[Text, ...]:
    found = []
    if stands == "meets":
        found.append(Text("reason.meets_criteria"))
    if _serves(product, known):
        found.append(Text("reason.purpose_served", {"purpose": field_value("purpose", known["purpose"])}))
    own = product.audience.get(segment)
    found += [Text(f"reason.{reason}") for reason in own.reasons] if own else []
    return tuple(found)
