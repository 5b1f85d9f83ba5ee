"""Words and tables as the blocks of rich messages, as Telegram describes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aiogram.types import InputRichMessage

from bot.figures.worded import WordedTable
from bot.gateways.telegram.rich import MOST_ROWS, fits, paragraphs, rich_message
from bot.simulator.rich import read_rich, rich_html

TABLE = WordedTable(("产品", "额度 ¥"), (("流动资金", "300,000"), ("设备", "")), (False, True), "两款产品")


def words(html: str) -> list[dict[str, Any]]:
    return [*paragraphs(html)]


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("", []),
        ("one\ntwo\n\nthree &lt;4", [("paragraph", "one\ntwo"), ("paragraph", "three <4")]),
        ("<b>a</b>", [("paragraph", {"type": "bold", "text": "a"})]),
        ("a <b>b <i>c</i></b>.", [("paragraph", ["a ", {"type": "bold", "text": ["b ", {"type": "italic", "text": "c"}]}, "."])]),
        ("<code>1</code>\n\n\n\n2", [("paragraph", {"type": "code", "text": "1"}), ("paragraph", "2")]),
    ],
)  # fmt: skip
def test_each_paragraph_is_a_block(html: str, blocks: list[tuple[str, Any]]) -> None:
    assert words(html) == [{"type": kind, "text": text} for kind, text in blocks]


def test_a_quotation_holds_its_paragraphs() -> None:
    assert words("a<blockquote>b\n\nc</blockquote>d") == [
        {"type": "paragraph", "text": "a"},
        {"type": "blockquote", "blocks": [{"type": "paragraph", "text": "b"}, {"type": "paragraph", "text": "c"}]},
        {"type": "paragraph", "text": "d"},
    ]


def test_a_table_names_its_columns_and_sets_its_cells() -> None:
    head, first, second = rich_message("x", TABLE)["blocks"][-1]["cells"]

    assert [cell.get("is_header") for cell in head + first] == [True, True, None, None]
    assert [cell["align"] for cell in first] == ["left", "right"]
    assert [cell["text"] for cell in second] == ["设备", "\u00a0"]


@pytest.mark.parametrize("html", ["", "<b>Words</b>\n\nand <i>more</i><blockquote>said</blockquote>"])
def test_aiogram_and_the_simulator_read_it_alike(html: str) -> None:
    made = rich_message(html, TABLE)
    read = InputRichMessage.model_validate(made).model_dump(exclude_none=True, mode="json")

    assert read["blocks"] == made["blocks"]
    assert [*read_rich(made)] == made["blocks"]
    assert rich_html(made["blocks"]) == html.replace("<blockquote>", "\n\n<blockquote>")


def test_what_telegram_would_not_take_does_not_fit() -> None:
    row = TABLE.rows[0]
    assert fits("words", replace(TABLE, rows=(row,) * MOST_ROWS))
    assert not fits("words", replace(TABLE, rows=(row,) * (MOST_ROWS + 1)))
    assert not fits("字" * 30_000, TABLE)
    assert not fits("words", WordedTable(("x",) * 21, (), (False,) * 21))
