"""Charts and tables of the shapes that quotes have."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from bot.core.figures import Chart, Column, Table
from bot.core.values import Money, Rate, Text, Value
from bot.texts.texts import Texts

WORDS = {
    "zh": {
        "title": "每月还款占营业额的多少", "principal": "本金", "interest": "利息", "fee": "费用", "takings": "当月营业额",
        "note": "每月还 ¥8,661.90，共 12 期；生意最淡的 2 月占营业额的 29%，最旺的 11 月占 12%。", "number": "期", "due": "还款日",
        "pay": "应还", "left": "剩余本金", "caption": "还款计划", "any": "{value}",
        "chart.grouped": "每根柱子是 {count} 期之和。", "value.yes": "是", "value.no": "否", "value.none": "—",
        "value.months": "{count}个月",
        "value.years": "{count}年",
    },
    "en": {
        "title": "What it takes of each month’s takings", "principal": "Principal", "interest": "Interest", "fee": "Fee",
        "takings": "Takings of the month", "note": "¥8,661.90 a month, 12 times; 29% of takings in February, 12% in November.",
        "number": "No.", "due": "Due", "pay": "To pay", "left": "Left", "caption": "Repayment schedule", "any": "{value}",
        "chart.grouped": "Each bar is {count} instalments together.", "value.yes": "Yes", "value.no": "No", "value.none": "—",
        "value.months": "{count:month|months}",
        "value.years": "{count:year|years}",
    },
}  # fmt: skip
TEXTS = Texts(WORDS, "zh")
SERIES = (Text("principal"), Text("interest"))


def money(amount: float | str) -> Money:
    return Money(Decimal(str(amount)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def month(number: int, first: date = date(2026, 12, 1)) -> date:
    years, months = divmod(first.month - 1 + number, 12)
    return date(first.year + years, months + 1, first.day)


def level(months: int, principal: float = 100_000, rate: float = 0.072) -> list[tuple[float, float]]:
    """Principal and interest of each instalment."""
    monthly, left = rate / 12, principal
    payment = principal * monthly / (1 - (1 + monthly) ** -months)
    parts = []
    for _ in range(months):
        interest = left * monthly
        left -= payment - interest
        parts.append((payment - interest, interest))
    return parts


def chart(columns: list[Column], *, kind: str = "columns", whole: bool = False, fee: bool = False) -> Chart:
    series = (*SERIES, Text("fee")) if fee else SERIES
    shown = Text("takings") if whole else None
    return Chart(
        "calendar" if kind == "calendar" else "columns", Text("title"), tuple(columns), series, shown, Text("note")
    )


def stacked(parts: list[tuple[float, float]], first: date = date(2026, 12, 1)) -> list[Column]:
    return [Column(month(place, first), tuple(map(money, both))) for place, both in enumerate(parts)]


TAKINGS = (52, 38, 30, 41, 45, 47, 44, 43, 52, 61, 58, 72)


def shares() -> list[Column]:
    return [
        Column(one.label, one.parts, money(1000 * takings), Rate(Decimal(866190) / (takings * 100_000)))
        for one, takings in zip(stacked(level(12)), TAKINGS, strict=True)
    ]


def grace() -> list[Column]:
    parts = [(0.0, 1800.0)] * 6 + level(30, 300_000)
    return [Column(one.label, (*one.parts, money(50)), money(60_000)) for one in stacked(parts)]


def weekly(weeks: int) -> list[Column]:
    days = (date(2026, 11, 30) + timedelta(weeks=week) for week in range(weeks))
    takings = (9000 + 500 * (week % 7) for week in range(weeks))
    return [
        Column(day, (money(whole * 0.14), money(whole * 0.01)), money(whole))
        for day, whole in zip(days, takings, strict=False)
    ]


def bullet(months: int) -> list[Column]:
    """Nothing is due before the last month, or of every year the last."""
    due = (money(50_000), money(2_700))
    return [
        Column(month(place, date(2027, 3, 1)), due if place % 12 == (months - 1) % 12 else ())
        for place in range(months)
    ]


SHAPES = {
    "level12": chart(shares(), whole=True),
    "falling36": chart(stacked([(8333.33, 1800 - 50 * place) for place in range(36)])),
    "grace36": chart(grace(), whole=True, fee=True),
    "bullet9": chart(bullet(9), kind="calendar"),
    "bullet36": chart(bullet(36), kind="calendar"),
    "weekly26": chart(weekly(26), whole=True),
    "weekly104": chart(weekly(104), whole=True),
    "level60": chart(stacked(level(60, 300_000))),
    "level84": chart(stacked(level(84, 300_000))),
    "one": chart(stacked([(50_000, 300)])),
    "nothing": chart([]),
    "empty": chart([Column(month(place)) for place in range(4)]),
    "large": chart([Column(place, (money(99_999_999),), mark="!") for place in range(1, 31)]),
    "words": chart([Column(Text("any", {"value": f"一段很长的说明 {place}"}), (money(place),)) for place in range(1, 7)]),
    "marked": chart([Column(one.label, one.parts, mark=Rate(Decimal("0.2"))) for one in shares()], kind="calendar"),
}  # fmt: skip


def schedule(months: int = 12) -> Table:
    rows: list[tuple[Value, ...]] = [
        (place + 1, month(place), money(sum(both)), money(both[0]), money(both[1]), money(100_000 - 8000 * place))
        for place, both in enumerate(level(months))
    ]
    head = ("number", "due", "pay", "principal", "interest", "left")
    return Table(tuple(map(Text, head)), tuple(rows), Text("caption"))
