"""Every service by the name that flows call it by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.conversation.services import answers, applications, privacy, products, quotes
from bot.conversation.services.call import Remote, Service

LOCAL: Final[Mapping[str, Service]] = {
    "list-products": products.list_products,
    "list-stories": products.list_stories,
    "next-question": products.next_question,
    "assess-eligibility": products.assess_eligibility,
    "quote": quotes.quote,
    "whole-quote": quotes.whole_quote,
    "find-answer": answers.find_answer,
    "list-applications": applications.list_applications,
    "list-consents": privacy.list_consents,
    "check-consents": privacy.check_consents,
    "take-document": applications.take_document,
    "withdraw-consents": privacy.withdraw_consents,
    "erase-customer": privacy.erase_customer,
}
REMOTE: Final[Mapping[str, Remote]] = {"submit-application": applications.submit_application}
SERVICES: Final = frozenset(LOCAL) | frozenset(REMOTE)
