"""The documents that lenders ask for, by name: one vocabulary for the catalogue, the chat and the lender's interface.

A name is published to lenders, so it is added here and never given another meaning.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.core.values import Text

AT_LENDER: Final = "identity_at_lender"
"""What is shown on the lender's own page alone: a product may ask for it, and no chat takes it."""

DOCUMENTS: Final = (
    "business_licence",
    "bank_statements",
    "tax_return",
    "lease",
    "purchase_orders",
    "platform_income",
    "land_contract",
    "equipment_quote",
    "sales_records",
    "season_plan",
    "platform_settlements",
    "collection_records",
    "service_permit",
    "course_records",
    "park_membership",
)
"""What is handed in: from a product's list before the submission, or asked for by the lender behind it."""

ASKED_FOR: Final = (AT_LENDER, *DOCUMENTS)
"""What a product may ask for."""


def document_text(name: str) -> Text:
    """A document by its name in words; one that a lender has and this version does not know, in general words."""
    return Text(f"document.name.{name if name in ASKED_FOR else 'other'}")


def document_texts(names: Iterable[str]) -> tuple[Text, ...]:
    """Documents by their names, each with its words."""
    return tuple(map(document_text, names))
