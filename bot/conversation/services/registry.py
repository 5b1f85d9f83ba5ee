"""Every service by the name that flows call it by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.conversation.services import (
    answers,
    applications,
    appointments,
    consents,
    documents,
    eligibility,
    privacy,
    products,
    quotes,
)
from bot.conversation.services.call import Remote, Service

LOCAL: Final[Mapping[str, Service]] = {
    "list-products": products.list_products,
    "list-stories": products.list_stories,
    "list-rivals": products.list_rivals,
    "compare-products": products.compare_products,
    "why-this-one": products.why_this_one,
    "repayment-on-takings": products.repayment_on_takings,
    "next-question": eligibility.next_question,
    "assess-eligibility": eligibility.assess_eligibility,
    "quote": quotes.quote,
    "quote-less": quotes.quote_less,
    "quote-more": quotes.quote_more,
    "quote-shorter": quotes.quote_shorter,
    "quote-longer": quotes.quote_longer,
    "whole-quote": quotes.whole_quote,
    "keep-quote": quotes.keep_quote,
    "list-quotes": quotes.list_quotes,
    "reopen-quote": quotes.reopen_quote,
    "compare-quotes": quotes.compare_quotes,
    "let-quotes-go": quotes.let_quotes_go,
    "find-answer": answers.find_answer,
    "begin-call-back": appointments.begin_call_back,
    "begin-branch": appointments.begin_branch,
    "begin-visit": appointments.begin_visit,
    "offer-slots": appointments.offer_slots,
    "book-appointment": appointments.book_appointment,
    "list-appointments": appointments.list_appointments,
    "open-appointment": appointments.open_appointment,
    "cancel-appointment": appointments.cancel_appointment,
    "list-branches": appointments.list_branches,
    "show-branch": appointments.show_branch,
    "list-applications": applications.list_applications,
    "list-consents": consents.list_consents,
    "show-consent": consents.show_consent,
    "respect-refusals": consents.respect_refusals,
    "check-consents": consents.check_consents,
    "find-withdrawable": applications.find_withdrawable,
    "compare-offer": applications.compare_offer,
    "take-page": documents.take_page,
    "replace-page": documents.replace_page,
    "complete-document": documents.complete_document,
    "list-pages": documents.list_pages,
    "show-page": documents.show_page,
    "remove-page": documents.remove_page,
    "withdraw-consent": consents.withdraw_consent,
    "withdraw-consents": consents.withdraw_consents,
    "consent-receipt": consents.consent_receipt,
    "export-data": privacy.export_data,
    "list-held": privacy.list_held,
    "keep-correction": privacy.keep_correction,
    "explain-results": privacy.explain_results,
    "record-adult": privacy.record_adult,
    "record-minor": privacy.record_minor,
    "erase-customer": privacy.erase_customer,
}
REMOTE: Final[Mapping[str, Remote]] = {
    "submit-application": applications.submit_application,
    "withdraw-application": applications.withdraw_application,
    "accept-offer": applications.accept_offer,
    "request-review": applications.request_review,
    "make-form-link": applications.make_form_link,
}
SERVICES: Final = frozenset(LOCAL) | frozenset(REMOTE)
