"""Fees of a product: what is charged, by whom, when. Prose: `docs/algorithms/annualised-cost.md`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.core.values import Rate, Text
from bot.products.reading import Section
from bot.products.repayment import ZERO, to_cent

MOMENTS: Final = ("upfront", "monthly")
PAYEES: Final = ("lender", "guarantor", "insurer", "valuer", "registry")


@dataclass(frozen=True, slots=True)
class Fee:
    """One fee: `rate` of the principal (a fraction) plus a fixed `amount`, paid at `moment` to `payee`.

    An `upfront` fee is paid once at the pay-out and lowers what is received; a `monthly` one comes with every payment.
    """

    id: str
    payee: str
    moment: str
    rate: Decimal
    amount: Decimal

    def of(self, principal: Decimal) -> Decimal:
        """What is charged each time for a loan of `principal`, to the cent."""
        return to_cent(principal * self.rate + self.amount)


def early_settlement_text(rate: Decimal) -> Text:
    """What repaying early costs, in words; `rate` is the share of the principal repaid early."""
    return Text(f"early_settlement.{'fee' if rate else 'free'}", {"rate": Rate(rate)})


def read_fee(section: Section) -> Fee:
    """A fee as authored; it needs a rate or an amount."""
    fee = Fee(
        id=section.text("id"),
        payee=section.choice("payee", PAYEES),
        moment=section.choice("moment", MOMENTS),
        rate=section.optional("rate", lambda field: section.number(field, high="0.2"), ZERO),
        amount=section.optional("amount", section.number, ZERO),
    )
    if not fee.rate and not fee.amount:
        section.refuse("", "give the fee a rate (a fraction of the principal) or an amount")
    section.done()
    return fee
