"""A quote: a frozen snapshot of everything a customer must see before deciding. Prose: `docs/algorithms/quote.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from bot.core.errors import StateError
from bot.core.figures import Table
from bot.core.values import Money, Months, Rate, Text, Value, Values
from bot.products.catalogue import Catalogue, Lender, Product
from bot.products.cost import AnnualCost, annual_cost
from bot.products.fees import Fee, early_settlement_text
from bot.products.pricing import INDICATIVE, RateParts, price
from bot.products.repayment import METHODS, ZERO, Loan, Payment, schedule, to_cent


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """A quote cannot be made: `field` (`amount` or `months`) is outside what the product offers."""

    field: Literal["amount", "months"]
    low: Money | Months
    high: Money | Months

    @property
    def text(self) -> Text:
        """What is offered instead, as words."""
        return Text(f"quote.refused.{self.field}", {"low": self.low, "high": self.high})


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A quote cannot be made: the product has no such `field` (`method`, `grade` or `guarantee`)."""

    field: Literal["method", "grade", "guarantee"]
    offered: tuple[str, ...]

    @property
    def text(self) -> Text:
        """What is offered instead, as words."""
        shown = tuple(Text(f"{self.field}.{item}") for item in self.offered)
        return Text(f"quote.refused.{self.field}", {"offered": shown})


Refusal: TypeAlias = OutOfRange | NotOffered


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A fee as charged in this quote: `amount` each time, `times` times."""

    fee: Fee
    amount: Decimal
    times: int

    @property
    def total(self) -> Decimal:
        """All of it over the term."""
        return self.amount * self.times


@dataclass(frozen=True, slots=True)
class Quote:
    """What was computed and shown, kept as it was shown. Amounts in `currency`, rates as fractions.

    It holds through `valid_until`. `basis` is the year of daily interest in days, None where months are twelfths of a year.
    """

    product: str
    lender: str
    guarantor: str | None
    currency: str
    start: date
    valid_until: date
    valid_days: int
    principal: Decimal
    months: int
    method: str
    grace_months: int
    basis: int | None
    rate: RateParts
    fees: tuple[FeeLine, ...]
    rows: tuple[Payment, ...]
    cost: AnnualCost
    takings_share: Decimal
    early_settlement_rate: Decimal
    overdue_rate: Decimal
    misuse_rate: Decimal

    @property
    def upfront_fees(self) -> Decimal:
        """What is paid to anybody at the pay-out."""
        return sum((line.total for line in self.fees if line.fee.moment == "upfront"), ZERO)

    @property
    def net_received(self) -> Decimal:
        """What the customer has in hand after the fees due at the pay-out."""
        return self.principal - self.upfront_fees

    @property
    def total_interest(self) -> Decimal:
        """All interest over the term."""
        return sum((row.interest for row in self.rows), ZERO)

    @property
    def total_fees(self) -> Decimal:
        """All fees, those at the pay-out and those with the payments."""
        return sum((line.total for line in self.fees), ZERO)

    @property
    def total_payments(self) -> Decimal:
        """All payments of the schedule: principal, interest and periodic fees."""
        return sum((row.total for row in self.rows), ZERO)

    @property
    def total_to_repay(self) -> Decimal:
        """Everything the customer pays in the end, fees at the pay-out included."""
        return self.total_payments + self.upfront_fees


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a quote is asked for."""

    amount: Decimal
    months: int
    start: date
    method: str
    grade: str
    purpose: str | None
    guarantee: str


def make_quote(  # noqa: PLR0913  # a quote has this many terms, each given by name
    catalogue: Catalogue,
    product_id: str,
    *,
    amount: Decimal,
    months: int,
    start: date,
    method: str | None = None,
    grade: str = INDICATIVE,
    purpose: str | None = None,
    guarantee: str = "none",
) -> Quote | Refusal:
    """A quote for a pay-out of `amount` on `start`, or why there is none. `method` None takes the product's usual one.

    Raises `KeyError` for an unknown product.
    """
    product = catalogue.product(product_id)
    wish = _Wish(to_cent(amount), months, start, method or product.methods[0], grade, purpose, guarantee)
    return _refusal(product, catalogue.lender.currency, wish) or _quote(catalogue.lender, product, wish)


def _refusal(product: Product, currency: str, wish: _Wish) -> Refusal | None:
    if not product.amount.holds(wish.amount):
        return OutOfRange("amount", Money(product.amount.low, currency), Money(product.amount.high, currency))
    if not product.months.holds(wish.months):
        return OutOfRange("months", Months(int(product.months.low)), Months(int(product.months.high)))
    if wish.method not in product.methods:
        return NotOffered("method", product.methods)
    if wish.grade not in product.pricing.grades:
        return NotOffered("grade", tuple(product.pricing.grades))
    if wish.guarantee not in product.pricing.guarantees:
        return NotOffered("guarantee", tuple(product.pricing.guarantees))
    return None


def _quote(lender: Lender, product: Product, wish: _Wish) -> Quote:
    base = lender.base_rate(wish.months, wish.start)
    rate = price(product.pricing, base, grade=wish.grade, purpose=wish.purpose, guarantee=wish.guarantee)
    grace = product.grace_months if wish.method == "grace_annuity" else 0
    loan = Loan(wish.amount, rate.annual, wish.months, wish.start, grace, product.basis)
    return _computed(lender, product, rate, loan, wish.method)


def quote_on_terms(  # noqa: PLR0913  # a quote has this many terms, each given by name
    catalogue: Catalogue, product_id: str, *, amount: Decimal, months: int, annual: Decimal, start: date, method: str
) -> Quote:
    """A quote on terms that a lender has named itself, which may lie outside of what `product_id` publishes.

    `annual` is the contract rate as a fraction; fees and day basis are the product's. Raises `ValueError` where no schedule can be
    made of the terms.
    """
    product, lender = catalogue.product(product_id), catalogue.lender
    base = lender.base_rate(months, start)
    spread = int(((annual - base.rate) * 10_000).to_integral_value())
    rate = RateParts(base, spread, INDICATIVE, annual, product.pricing.reset)
    grace = min(product.grace_months, months - 1) if method == "grace_annuity" else 0
    return _computed(lender, product, rate, Loan(to_cent(amount), annual, months, start, grace, product.basis), method)


def _computed(lender: Lender, product: Product, rate: RateParts, loan: Loan, method: str) -> Quote:
    monthly = sum((fee.of(loan.principal) for fee in product.fees if fee.moment == "monthly"), ZERO)
    rows = schedule(method, loan, monthly)
    fees = tuple(_fee_line(fee, loan.principal, len(rows)) for fee in product.fees)
    upfront = sum((line.total for line in fees if line.fee.moment == "upfront"), ZERO)
    daily = METHODS[method].daily
    return Quote(
        product=product.id,
        lender=lender.id,
        guarantor=product.guarantor,
        currency=lender.currency,
        start=loan.start,
        valid_until=loan.start + timedelta(days=lender.quote_days),
        valid_days=lender.quote_days,
        principal=loan.principal,
        months=loan.months,
        method=method,
        grace_months=loan.grace_months,
        basis=loan.basis if daily else None,
        rate=rate,
        fees=fees,
        rows=rows,
        cost=annual_cost(loan.principal - upfront, loan.start, rows, dated=daily),
        takings_share=product.takings_share,
        early_settlement_rate=product.early_settlement_rate,
        overdue_rate=rate.annual * (1 + lender.overdue_markup),
        misuse_rate=rate.annual * (1 + lender.misuse_markup),
    )


def _fee_line(fee: Fee, principal: Decimal, payments: int) -> FeeLine:
    return FeeLine(fee, fee.of(principal), payments if fee.moment == "monthly" else 1)


def quote_values(quote: Quote) -> Values:
    """A quote as typed values, for texts and for storage through `core.codec`."""
    return {
        **_parties(quote),
        **_prices(quote),
        **_amounts(quote),
        "fees": fee_texts(quote),
        "rows": tuple(row_values(row, quote.currency) for row in quote.rows),
    }


def fee_texts(quote: Quote) -> tuple[Text, ...]:
    """Each fee in words: name, amount, payee, moment; one text that there are none where there are none."""
    return tuple(_fee_text(line, quote.currency) for line in quote.fees) or (Text("quote.no_fees"),)


def row_values(row: Payment, currency: str) -> Values:
    """A row of the schedule as typed values."""
    return {
        "n": row.number,
        "due": row.due,
        "payment": Money(row.total, currency),
        "principal": Money(row.principal, currency),
        "interest": Money(row.interest, currency),
        "fee": Money(row.fee, currency),
        "balance": Money(row.balance, currency),
    }


def short_quote(quote: Quote) -> Text:
    """The quote on one screen: what is received, what is paid when, what it costs a year, that it is an estimate."""
    return Text("quote.short", quote_values(quote))


def quote_pages(values: Values) -> tuple[Text, ...]:
    """Everything a quote must show but its schedule, as messages of one thought each: amount and rate, costs, what if.

    From the values of a quote as they were stored, so that it is shown again as it was.
    """
    return tuple(Text(f"quote.whole.{page}", values) for page in ("terms", "costs", "cases"))


def schedule_table(values: Values) -> Table:
    """The schedule of a quote as it was stored: every payment with its parts; fees only where there are some."""
    rows = values["rows"]
    if not isinstance(rows, tuple):
        raise StateError("a stored quote has no rows")
    found = [row for row in rows if isinstance(row, Mapping)]
    with_fees = any(isinstance(fee := row["fee"], Money) and fee.amount for row in found)
    columns = ("n", "due", "payment", "principal", "interest", *(("fee",) if with_fees else ()), "balance")
    return Table(
        head=tuple(Text(f"schedule.{column}") for column in columns),
        rows=tuple(tuple(row[column] for column in columns) for row in found),
        caption=Text("schedule.caption", {"product": values["product"], "principal": values["principal"]}),
    )


def _parties(quote: Quote) -> dict[str, Value]:
    return {
        "product": Text(f"product.{quote.product}.name"),
        "product_id": quote.product,
        "lender": Text(f"lender.{quote.lender}"),
        "guarantor": Text(f"guarantor.{quote.guarantor or 'none'}"),
        "method": Text(f"method.{quote.method}"),
        "method_id": quote.method,
        "months": Months(quote.months),
        "grace": Months(quote.grace_months),
        "basis": _basis(quote),
        "start": quote.start,
        "valid_until": quote.valid_until,
        "valid_days": quote.valid_days,
        "estimate": Text("quote.estimate"),
        "risk": Text("risk.warning"),
    }


def _basis(quote: Quote) -> Text:
    return Text("basis.monthly") if quote.basis is None else Text("basis.daily", {"days": quote.basis})


def _prices(quote: Quote) -> dict[str, Value]:
    rate = quote.rate
    return {
        "rate": Rate(rate.annual),
        "base": Rate(rate.base.rate),
        "base_name": Text(f"base_rate.{rate.base.id}"),
        "base_date": rate.base.since,
        "spread_bp": rate.spread,
        "grade": Text(f"grade.{rate.grade}"),
        "reset": Text(f"reset.{rate.reset}"),
        "annual_simple": Rate(quote.cost.simple),
        "annual_compound": Rate(quote.cost.compound),
        "cost_basis": Text("cost_basis.dated" if quote.cost.dated else "cost_basis.monthly"),
        "early_settlement_rate": Rate(quote.early_settlement_rate),
        "early_settlement": early_settlement_text(quote.early_settlement_rate),
        "overdue_rate": Rate(quote.overdue_rate),
        "misuse_rate": Rate(quote.misuse_rate),
    }


def _amounts(quote: Quote) -> dict[str, Value]:
    first, last = quote.rows[0], quote.rows[-1]
    amounts = {
        "principal": quote.principal,
        "net_received": quote.net_received,
        "instalment": first.total,
        "last_instalment": last.total,
        "upfront_fees": quote.upfront_fees,
        "total_interest": quote.total_interest,
        "total_fees": quote.total_fees,
        "total_payments": quote.total_payments,
        "total_to_repay": quote.total_to_repay,
    }
    return {
        **{name: Money(amount, quote.currency) for name, amount in amounts.items()},
        "payments": len(quote.rows),
        "first_due": first.due,
        "last_due": last.due,
        "instalments": _instalments(quote),
        "span": Text(
            f"quote.span.{'many' if len(quote.rows) > 1 else 'one'}",
            {"payments": len(quote.rows), "first_due": first.due, "last_due": last.due},
        ),
    }


def _instalments(quote: Quote) -> Text:
    """How the payments run, in one line: level, falling, small then large, or one at the end."""
    first, last = quote.rows[0], quote.rows[-1]
    return Text(
        f"instalments.{quote.method if len(quote.rows) > 1 else 'single'}",
        {
            "count": len(quote.rows) - 1,
            "grace": Months(quote.grace_months),
            "first": Money(first.total, quote.currency),
            "middle": Money(quote.rows[min(quote.grace_months, len(quote.rows) - 1)].total, quote.currency),
            "last": Money(last.total, quote.currency),
            "first_due": first.due,
            "last_due": last.due,
            "share": Rate(quote.takings_share),
            "takings": Money(
                to_cent(first.total / quote.takings_share) if quote.takings_share else ZERO, quote.currency
            ),
        },
    )


def _fee_text(line: FeeLine, currency: str) -> Text:
    return Text(
        f"quote.fee.{line.fee.moment}",
        {
            "name": Text(f"fee.{line.fee.id}"),
            "payee": Text(f"payee.{line.fee.payee}"),
            "moment": Text(f"moment.{line.fee.moment}"),
            "amount": Money(line.amount, currency),
            "total": Money(line.total, currency),
            "times": line.times,
        },
    )
