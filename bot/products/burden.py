"""How a repayment feels on the customer's own takings: shares, a verdict, a picture. Prose: `docs/algorithms/burden.md`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, TypeAlias

from bot.core.figures import Chart, Column
from bot.core.values import Money, Months, Rate, Text, Value, Values
from bot.products.catalogue import Lender
from bot.products.quote import Quote
from bot.products.repayment import ZERO, Payment, add_months, to_cent

Verdict: TypeAlias = Literal["light", "fair", "heavy"]

_BALLOONS: Final = frozenset(("interest_only", "interest_only_daily"))
_WEEKS_A_YEAR: Final = 52


@dataclass(frozen=True, slots=True)
class Takings:
    """What comes in, in the quote's currency: in an average month, or, of a `harvest`, at once when the loan falls due."""

    amount: Decimal
    harvest: bool = False

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError("takings are positive")


@dataclass(frozen=True, slots=True)
class Burden:
    """A quote seen against takings.

    `share` is that of the largest payment; where most is due at the end, that of what must be set aside each month for it.
    """

    quote: Quote
    takings: Takings
    share: Decimal
    verdict: Verdict

    def of(self, payment: Payment) -> Decimal:
        """A payment as a share of the takings of its own period."""
        return payment.total / _period(self.quote.method, self.takings)


def burden(quote: Quote, takings: Takings, lender: Lender) -> Burden:
    """The quote on those takings, judged by the lender's published shares."""
    share = _largest_share(quote, takings)
    fair, heavy = lender.fair_share, lender.heavy_share
    if takings.harvest:
        fair, heavy = lender.harvest_fair_share, lender.harvest_heavy_share
    verdict: Verdict = "light" if share <= fair else "fair" if share <= heavy else "heavy"
    return Burden(quote, takings, share, verdict)


def share_of_shown(shown: Values, takings: Takings) -> Decimal | None:
    """The `share` of a quote as it was shown and stored (`quote_values`); None where its payments are not among the values."""
    rows, months, method = shown.get("rows"), shown.get("months"), shown.get("method_id")
    found = [row.get("payment") for row in rows if isinstance(row, Mapping)] if isinstance(rows, tuple) else []
    payments = [payment.amount for payment in found if isinstance(payment, Money)]
    if not payments or not isinstance(months, Months) or months.count < 1 or not isinstance(method, str):
        return None
    return _share(payments, months.count, method, takings)


def _largest_share(quote: Quote, takings: Takings) -> Decimal:
    return _share([row.total for row in quote.rows], quote.months, quote.method, takings)


def _share(payments: Sequence[Decimal], months: int, method: str, takings: Takings) -> Decimal:
    if takings.harvest:
        return _dearest_year(payments) / takings.amount
    # Most of it is due at once, at the end: nobody pays that out of one month.
    if len(payments) == 1 or method in _BALLOONS:
        return _by_the_month(payments, months) / takings.amount
    return max(payments) / _period(method, takings)


def _aside(quote: Quote) -> Decimal:
    """What must be set aside each month, payments included, so that the last one can be made."""
    return _by_the_month([row.total for row in quote.rows], quote.months)


def _by_the_month(payments: Sequence[Decimal], months: int) -> Decimal:
    return to_cent(sum(payments, ZERO) / months)


def _of_a_year(quote: Quote) -> Decimal:
    """What the dearest year of the loan takes, all payments of a shorter one."""
    return _dearest_year([row.total for row in quote.rows])


def _dearest_year(payments: Sequence[Decimal]) -> Decimal:
    return max(sum(payments[start : start + 12], ZERO) for start in range(0, len(payments), 12))


def burden_text(found: Burden) -> Text:
    """The burden in words: what is paid out of what, the verdict, and that takings are not profit."""
    return Text(
        "burden.shown",
        {
            "product": Text(f"product.{found.quote.product}.name"),
            "principal": Money(found.quote.principal, found.quote.currency),
            "rhythm": _rhythm(found),
            "verdict": Text(f"burden.{found.verdict}"),
        },
    )


def burden_chart(found: Burden) -> Chart:
    """The payments against the takings, as a picture."""
    quote = found.quote
    single = len(quote.rows) == 1
    with_fees = any(row.fee for row in quote.rows)
    series = ("interest", "principal", *(("fee",) if with_fees else ()))
    return Chart(
        kind="calendar" if single else "columns",
        title=Text("burden.title", {"product": Text(f"product.{quote.product}.name")}),
        columns=_calendar(found) if single else _columns(found, with_fees=with_fees),
        series=tuple(Text(f"burden.series.{name}") for name in series),
        whole=Text("burden.whole.harvest" if found.takings.harvest else f"burden.whole.{_rhythm_of(quote.method)}"),
        note=Text("burden.note", {"lender": Text(f"lender.{quote.lender}"), "risk": Text("risk.warning")}),
    )


def _rhythm_of(method: str) -> str:
    return "week" if method == "turnover_share" else "month"


def _period(method: str, takings: Takings) -> Decimal:
    """The takings of the period that one payment is paid out of."""
    if takings.harvest or _rhythm_of(method) == "month":
        return takings.amount
    return takings.amount * 12 / _WEEKS_A_YEAR


def _columns(found: Burden, *, with_fees: bool) -> tuple[Column, ...]:
    quote = found.quote
    period = None if found.takings.harvest else Money(to_cent(_period(quote.method, found.takings)), quote.currency)
    shares = [_percent(found.of(row)) for row in quote.rows]
    told = {0, *(number for number in range(1, len(shares)) if shares[number] != shares[number - 1])}
    return tuple(
        Column(
            row.due,
            _parts(row, quote.currency, with_fees=with_fees),
            period,
            _mark(shares[number]) if number in told and shares[number] and period is not None else None,
        )
        for number, row in enumerate(quote.rows)
    )


def _parts(row: Payment, currency: str, *, with_fees: bool) -> tuple[Money, ...]:
    amounts = (row.interest, row.principal, *((row.fee,) if with_fees else ()))
    return tuple(Money(amount, currency) for amount in amounts)


def _mark(share: Decimal) -> Text:
    return Text("burden.share", {"share": Rate(share)})


def _percent(share: Decimal) -> Decimal:
    return share.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _calendar(found: Burden) -> tuple[Column, ...]:
    """A cell a month from the pay-out to the only payment, which comes with the harvest where there is one."""
    quote = found.quote
    (only,) = quote.rows
    whole = Money(found.takings.amount, quote.currency)
    mark = _mark(_percent(found.of(only))) if found.takings.harvest else None
    due = Column(only.due, _parts(only, quote.currency, with_fees=bool(only.fee)), whole, mark)
    resting = (add_months(quote.start, number) for number in range(quote.months))
    return (*(Column(day, (), None if found.takings.harvest else whole) for day in resting), due)


def _rhythm(found: Burden) -> Text:
    """How payments and takings go together, in one sentence."""
    quote, first, last = found.quote, found.quote.rows[0], found.quote.rows[-1]
    middle = quote.rows[min(quote.grace_months, len(quote.rows) - 1)]
    values: dict[str, Value] = {
        "takings": Money(to_cent(_period(quote.method, found.takings)), quote.currency),
        "share": Rate(_percent(found.share)),
        **_told("first", first, found),
        **_told("middle", middle, found),
        **_told("last", last, found),
        "due": last.due,
        "grace": Months(quote.grace_months),
        "year": Money(_of_a_year(quote), quote.currency),
        "aside": Money(_aside(quote), quote.currency),
        "times": (last.total / found.takings.amount).quantize(Decimal("0.1"), ROUND_HALF_UP),
        "left": Money(max(found.takings.amount - last.total, ZERO), quote.currency),
        "takings_share": Rate(quote.takings_share),
    }
    return Text(f"burden.rhythm.{_kind(found)}", values)


def _told(name: str, row: Payment, found: Burden) -> Values:
    return {name: Money(row.total, found.quote.currency), f"{name}_share": Rate(_percent(found.of(row)))}


def _kind(found: Burden) -> str:
    quote = found.quote
    if found.takings.harvest and len(quote.rows) == 1:
        return "harvest" if quote.rows[-1].total <= found.takings.amount else "harvest_short"
    if found.takings.harvest:
        return "between_harvests"
    if len(quote.rows) == 1:
        return "single"
    match quote.method:
        case "interest_only" | "interest_only_daily":
            return "balloon"
        case "equal_principal":
            return "falling"
        case "grace_annuity":
            return "grace"
        case "turnover_share":
            return "weekly"
    return "level"
