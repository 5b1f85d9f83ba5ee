"""Figures put into the words of a language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise, zip_longest
from typing import Final

from bot.core.figures import Chart, Column, Figure, Table
from bot.core.values import Money, Rate, Text, Value
from bot.figures.worded import Worded, WordedChart, WordedColumn, WordedTable
from bot.texts.texts import Texts

MOST_COLUMNS: Final = 60
"""More columns than this are put together, by the quarter or year of monthly instalments."""

_TOGETHER: Final = (3, 12)
_MONTHLY: Final = 21
"""Days: columns that are nearer to each other than this are told by their days, not their months."""


def worded(figure: Figure, texts: Texts, locale: str) -> Worded:
    """`figure` in the words of `locale`. Raises `ContentError` for a text that has none."""
    wording = _Wording(texts, locale)
    return wording.table(figure) if isinstance(figure, Table) else wording.chart(figure)


class _Wording:
    def __init__(self, texts: Texts, locale: str) -> None:
        self._texts = texts
        self._locale = locale

    def table(self, table: Table) -> WordedTable:
        columns = [*zip_longest(*table.rows, fillvalue=None)] if table.rows else [()] * len(table.head)
        signs = [_currency(column) for column in columns]
        head = (self._headed(text, sign) for text, sign in zip(table.head, signs, strict=True))
        cells = (self._cells(column, sign) for column, sign in zip(columns, signs, strict=True))
        return WordedTable(
            head=tuple(head),
            rows=tuple(zip(*cells, strict=True)),
            numeric=tuple(place > 0 and _is_numeric(column) for place, column in enumerate(columns)),
            caption=self._said(table.caption),
        )

    def _headed(self, text: Text, currency: str | None) -> str:
        """A column of amounts in one currency names it once, in its head."""
        head = self._said(text)
        return f"{head} {self._texts.currency(currency, self._locale)}".strip() if currency else head

    def _cells(self, column: Iterable[Value], currency: str | None) -> Iterator[str]:
        if currency is None:
            return (self._cell(value) for value in column)
        style = "bare_cents" if any(isinstance(one, Money) and one.amount % 1 for one in column) else "bare"
        return ("" if value is None else self._say(value, style) for value in column)

    def _cell(self, value: Value) -> str:
        if value is None:
            return ""
        return self._say(value, "short" if isinstance(value, date) else "inline" if isinstance(value, tuple) else "")

    def chart(self, chart: Chart) -> WordedChart:
        columns, together = _put_together(chart.columns) if chart.kind == "columns" else (chart.columns, 1)
        return WordedChart(
            kind=chart.kind,
            title=self._said(chart.title),
            columns=tuple(self._columns(columns)),
            series=tuple(self._said(text) for text in chart.series),
            whole=self._said(chart.whole),
            note=" ".join(filter(None, (self._said(chart.note), self._grouping(together)))),
            ticks=tuple(self._ticks(columns)) if chart.kind == "columns" else (),
        )

    def _grouping(self, together: int) -> str:
        return self._said(Text("chart.grouped", {"count": together})) if together > 1 else ""

    def _columns(self, columns: tuple[Column, ...]) -> Iterator[WordedColumn]:
        by_month = _are_monthly(columns)
        for column in columns:
            total = _total(column)
            yield WordedColumn(
                label=self._label(column.label, by_month=by_month),
                group=self._say(column.label, "year") if isinstance(column.label, date) else "",
                parts=tuple(float(part.amount) for part in column.parts),
                amount=self._say(total, "whole") if total else "",
                short=self._say(total, "compact") if total else "",
                whole=float(column.whole.amount) if column.whole else None,
                mark="" if column.mark is None else self._say(column.mark, "whole"),
            )

    def _label(self, label: Value, *, by_month: bool) -> str:
        if isinstance(label, date):
            return self._say(label, "month" if by_month else "month_day")
        return "" if label is None else self._say(label)

    def _ticks(self, columns: tuple[Column, ...]) -> Iterator[tuple[float, str]]:
        amounts = [one for column in columns for one in (_total(column), column.whole) if one is not None]
        if not amounts:
            return
        highest = max(one.amount for one in amounts)
        step = step_for(highest)
        for number in range(int(highest / step) + 1):
            yield float(step * number), self._say(Money(step * number, amounts[0].currency), "compact")

    def _said(self, text: Text | None) -> str:
        return self._texts.label(text, self._locale) if text else ""

    def _say(self, value: Value, style: str = "") -> str:
        return self._texts.value(value, self._locale, style)


def step_for(highest: Decimal) -> Decimal:
    """The distance of lines behind a chart: 1, 2 or 5 times a power of ten, so that there are two to five above nought."""
    if highest <= 0:
        return Decimal(1)
    rough = highest / 5
    power = Decimal(1).scaleb(rough.adjusted())
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def _currency(column: Iterable[Value]) -> str | None:
    """The one currency of a column that has nothing but amounts."""
    found = {value.currency if isinstance(value, Money) else "" for value in column if value is not None}
    return next(iter(found)) or None if len(found) == 1 else None


def _is_numeric(column: Iterable[Value]) -> bool:
    shown = [value for value in column if value is not None]
    return bool(shown) and all(_is_number(value) for value in shown)


def _is_number(value: Value) -> bool:
    return isinstance(value, Money | Rate | Decimal | int) and not isinstance(value, bool)


def _total(column: Column) -> Money | None:
    if not column.parts:
        return None
    return Money(sum((part.amount for part in column.parts), Decimal(0)), column.parts[0].currency)


def _are_monthly(columns: tuple[Column, ...]) -> bool:
    days = [column.label for column in columns if isinstance(column.label, date)]
    return all((after - before).days >= _MONTHLY for before, after in pairwise(days))


def _put_together(columns: tuple[Column, ...]) -> tuple[tuple[Column, ...], int]:
    """The columns, so many of them in one that they can be told apart, and how many that are."""
    if len(columns) <= MOST_COLUMNS:
        return columns, 1
    count = next((one for one in _TOGETHER if len(columns) <= one * MOST_COLUMNS), _TOGETHER[-1])
    groups = (columns[start : start + count] for start in range(0, len(columns), count))
    return tuple(_sum(group) for group in groups), count


def _sum(group: tuple[Column, ...]) -> Column:
    stacked = zip_longest(*(column.parts for column in group))
    wholes = [column.whole for column in group if column.whole is not None]
    return Column(
        label=group[0].label,
        parts=tuple(_added(part for part in parts if part is not None) for parts in stacked),
        whole=_added(wholes) if len(wholes) == len(group) else None,
    )


def _added(amounts: Iterable[Money]) -> Money:
    first, *others = amounts
    return Money(first.amount + sum(one.amount for one in others), first.currency)
