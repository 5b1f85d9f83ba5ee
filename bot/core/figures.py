"""Figures that go with a message: tables and charts, made of typed values as texts are.

A figure holds no words and no drawing: texts are chosen by key and values keep their units, so that one figure reads right in
every language and on every channel, and a stored one can be shown again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.core.values import Money, Text, Value


@dataclass(frozen=True, slots=True)
class Table:
    """A table: `head` names its columns, the first value of a row is the row's heading.

    Amounts, rates and numbers stand at the right of their cells; None leaves a cell empty. Rows are as long as the head.
    """

    head: tuple[Text, ...]
    rows: tuple[tuple[Value, ...], ...]
    caption: Text | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a chart, or one cell of a calendar; without `parts` nothing is due there.

    `parts` are stacked, one for each series of the chart, all in one currency. `whole` is what they are seen against, such as the
    takings of that month. `mark` is a short word above, such as the share of the takings. A day as `label` is written as a month,
    or as a day where columns are less than three weeks apart.
    """

    label: Value
    parts: tuple[Money, ...] = ()
    whole: Money | None = None
    mark: Value = None


@dataclass(frozen=True, slots=True)
class Chart:
    """Amounts over time: `columns` beside each other, or a `calendar` whose cells are filled where something is due.

    `series` names the parts of a column from the bottom up, `whole` what stands behind them. `note` says in words what there is to
    see, with its figures, for those who cannot see it.
    """

    kind: Literal["columns", "calendar"]
    title: Text
    columns: tuple[Column, ...]
    series: tuple[Text, ...]
    whole: Text | None = None
    note: Text | None = None


Figure: TypeAlias = Table | Chart
