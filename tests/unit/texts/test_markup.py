from __future__ import annotations

import pytest

from bot.texts import markup


@pytest.mark.parametrize(
    "words", ["", "plain", "<b>x <i>y</i></b>", "a &amp; b &lt; c", "<blockquote>q</blockquote><code>c</code>"]
)
def test_well_formed_words_have_no_fault(words: str) -> None:
    assert markup.fault(words) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("<b>x", "<b> is not closed"),
        ("x</b>", "</b> closes what is not open"),
        ("<b><i>x</b></i>", "</b> closes what is not open"),
        ("<u>x</u>", "'<' is neither"),
        ("1 < 2", "'<' is neither"),
        ("a & b", "'&' is neither"),
        ('<b class="x">y</b>', "'<' is neither"),
    ],
)
def test_what_a_channel_would_refuse_is_told(words: str, told: str) -> None:
    assert told in str(markup.fault(words))


def test_bare_words_have_neither_tags_nor_entities() -> None:
    assert markup.bare("<b>a</b> &amp; b") == "a & b"


def test_escaped_words_are_well_formed_and_read_the_same() -> None:
    assert markup.bare(markup.escape("<b>&amp;")) == "<b>&amp;"
    assert markup.fault(markup.escape("<u>&")) is None
