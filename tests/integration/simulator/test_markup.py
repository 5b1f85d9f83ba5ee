from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.errors import ApiError
from bot.simulator.markup import Formatted, from_html, tidy, to_html, utf16_length


def entities_of(source: str) -> list[dict[str, Any]]:
    return [
        {name: str(value) if name == "type" else value for name, value in entity.to_dict().items()}
        for entity in tidy(from_html(source)).entities
    ]


def test_entities_count_utf16_units_so_that_an_emoji_counts_two() -> None:
    formatted = from_html("😀<b>粗</b>")
    assert formatted.text == "😀粗"
    assert [(entity.offset, entity.length) for entity in formatted.entities] == [(2, 1)]


def test_nested_tags_give_the_outer_entity_first() -> None:
    found = from_html("<i>a<b>b</b></i>").entities
    assert [(str(entity.type), entity.offset, entity.length) for entity in found] == [("italic", 0, 2), ("bold", 1, 1)]


def test_references_are_decoded_and_an_unknown_one_is_left_as_it_is() -> None:
    assert from_html("&lt;&#36;&#x4e2d;&amp;amp; &nbsp; & ").text == "<$中&amp; &nbsp; & "


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("中<x>", 'Unsupported start tag "x" at byte offset 3'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b>1", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>1</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("1</b>", "Unexpected end tag at byte offset 1"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
        ('<a ="x">y</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<a href=a/b>x</a>", "Unexpected end of name token at byte offset 8"),
    ],
)
def test_html_that_does_not_parse_is_refused_with_its_place_in_bytes(source: str, error: str) -> None:
    with pytest.raises(ApiError) as refused:
        from_html(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {error}"


def test_a_blockquote_may_be_expandable() -> None:
    assert entities_of("<blockquote expandable>long</blockquote>")[0]["type"] == "expandable_blockquote"


def test_code_in_pre_is_one_block_with_its_language() -> None:
    assert entities_of('<pre><code class="language-py">x</code></pre>') == [
        {"type": "pre", "offset": 0, "length": 1, "language": "py"}
    ]


def test_commands_links_and_mentions_are_found_outside_code() -> None:
    found = entities_of("/help @tillwise_bot a@b.cn https://t.me/x. <code>/no</code> #标签")
    assert [entity["type"] for entity in found] == ["bot_command", "mention", "email", "url", "code", "hashtag"]


def test_blank_ends_are_trimmed_and_entities_move_along() -> None:
    formatted = tidy(from_html("\n  <b>x </b>  "))
    assert formatted.text == "x"
    assert [(entity.offset, entity.length) for entity in formatted.entities] == [(0, 1)]


def test_a_text_shown_as_html_keeps_its_tags_and_escapes_the_rest() -> None:
    source = '<b>a &lt; <i>b</i></b> <a href="https://x.cn/?a=1&amp;b">c</a>'
    formatted = from_html(source)
    assert to_html(formatted.text, formatted.entities) == source


def test_an_address_that_is_no_web_address_makes_no_link() -> None:
    formatted = from_html('<a href="javascript:alert(1)">c</a>')
    assert to_html(formatted.text, formatted.entities) == "c"


@given(st.text())
def test_any_text_escaped_as_html_comes_back_as_it_was(text: str) -> None:
    escaped = to_html(text, ())
    assert from_html(escaped) == Formatted(text)


@given(
    st.lists(
        st.tuples(st.sampled_from(["b", "i", "u", "s", "code"]), st.text(alphabet="a中😀 <&", min_size=1)), max_size=6
    )
)
def test_formatted_text_survives_being_shown_and_read_again(pieces: list[tuple[str, str]]) -> None:
    source = "".join(f"<{tag}>{to_html(text, ())}</{tag}>" for tag, text in pieces)
    formatted = from_html(source)
    assert to_html(formatted.text, formatted.entities) == source
    assert all(entity.offset + entity.length <= utf16_length(formatted.text) for entity in formatted.entities)
