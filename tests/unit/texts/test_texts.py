from __future__ import annotations

import timeit
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot import resources
from bot.core.errors import ContentError
from bot.core.values import Money, Months, Rate, Text, Value
from bot.texts.catalogues import read_catalogues
from bot.texts.texts import Texts

VALUE_WORDS = {
    "zh": {
        "value.yes": "是", "value.no": "否", "value.none": "—", "value.months": "{count}个月", "value.years": "{count}年",
        "value.years_and_half": "{years}年半", "value.years_and_months": "{years}年{months}个月",
    },
    "en": {
        "value.yes": "Yes", "value.no": "No", "value.none": "—", "value.months": "{count:month|months}",
        "value.years": "{count:year|years}", "value.years_and_half": "{years:year|years} 6 months",
        "value.years_and_months": "{years:year|years} {months:month|months}",
    },
}  # fmt: skip


def texts(zh: str, en: str | None = None, **more: str) -> Texts:
    both = {locale: {**VALUE_WORDS[locale], **more, "it": words} for locale, words in (("zh", zh), ("en", en or zh))}
    return Texts(both, "zh")


def shown(value: Value, locale: str, style: str = "") -> str:
    return texts("{x" + (f":{style}" if style else "") + "}").render(Text("it", {"x": value}), locale)


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (Money(Decimal(300000)), "¥300,000", "¥300,000"),
        (Money(Decimal("8661.9")), "¥8,661.90", "¥8,661.90"),
        (Money(Decimal("-0.005")), "-¥0.01", "-¥0.01"),
        (Money(Decimal(12), "USD"), "US$12", "$12"),
        (Rate(Decimal("0.072")), "7.20%", "7.20%"),
        (Rate(Decimal("0.12345")), "12.35%", "12.35%"),
        (Months(0), "0个月", "0 months"),
        (Months(1), "1个月", "1 month"),
        (Months(11), "11个月", "11 months"),
        (Months(12), "1年", "1 year"),
        (Months(18), "1年半", "1 year 6 months"),
        (Months(25), "2年1个月", "2 years 1 month"),
        (Months(96), "8年", "8 years"),
        (date(2026, 3, 1), "2026年3月1日", "Mar 1, 2026"),
        (1234567, "1,234,567", "1,234,567"),
        (Decimal("1234.5"), "1,234.5", "1,234.5"),
        (True, "是", "Yes"),
        (False, "否", "No"),
        (None, "—", "—"),
        (("a", Months(2)), "• a\n• 2个月", "• a\n• 2 months"),
        ((), "—", "—"),
        ((("a", "b"), "c"), "• a和b\n• c", "• a and b\n• c"),
    ],
)
def test_every_kind_of_value_is_written_as_its_locale_does(value: Value, zh: str, en: str) -> None:
    assert (shown(value, "zh"), shown(value, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("value", "style", "zh"),
    [
        (Money(Decimal(12)), "cents", "¥12.00"),
        (Rate(Decimal("0.00035")), "exact", "0.035%"),
        (Rate(Decimal("0.5")), "short", "50%"),
        (2026, "plain", "2026"),
        (("a", "b", "c"), "inline", "a、b和c"),
        (None, "cents", "—"),
    ],
)
def test_a_placeholder_may_choose_a_style(value: Value, style: str, zh: str) -> None:
    assert shown(value, "zh", style) == zh


def test_a_moment_is_told_on_the_customers_clock() -> None:
    late = datetime(2026, 2, 28, 18, 30, tzinfo=UTC)
    assert shown(late, "zh") == "2026年3月1日 02:30"
    assert shown(late, "zh", "date") == "2026年3月1日"
    assert shown(late, "en", "time") == "2:30\u00a0AM"


def test_equal_numbers_are_written_alike_however_many_zeros_they_carry() -> None:
    assert shown(Money(Decimal("5.00")), "zh") == shown(Money(Decimal(5)), "zh") == "¥5"
    assert shown(True, "zh") != shown(1, "zh")


def test_values_are_escaped_and_the_authors_markup_stays() -> None:
    said = texts("<b>{who}</b> &amp; co").render(Text("it", {"who": "<i>&"}), "zh")
    assert said == "<b>&lt;i&gt;&amp;</b> &amp; co"


def test_a_label_is_plain_words() -> None:
    assert texts("<b>{who}</b> &amp; co").label(Text("it", {"who": "<i>&"}), "zh") == "<i>& & co"


def test_a_text_may_be_the_value_of_another() -> None:
    outer = texts("[{inner}]", name="<i>{n}</i>")
    assert outer.render(Text("it", {"inner": Text("name", {"n": "<"})}), "zh") == "[<i>&lt;</i>]"
    assert outer.label(Text("it", {"inner": Text("name", {"n": "<"})}), "zh") == "[<]"


def test_a_counted_word_takes_the_form_of_its_number() -> None:
    days = texts("{n} 天", "{n:day|days}")
    assert [days.render(Text("it", {"n": count}), "en") for count in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert days.render(Text("it", {"n": 1}), "zh") == "1 天"


def test_a_text_without_words_is_an_error_that_names_key_and_locale() -> None:
    with pytest.raises(ContentError, match=r"'no\.such' has no words in 'en'"):
        texts("x").render(Text("no.such"), "en")


def test_a_placeholder_without_a_value_is_an_error_that_names_both() -> None:
    with pytest.raises(ContentError, match=r"'it' was given no value for \{x\}"):
        texts("{x}").render(Text("it"), "zh")


@pytest.mark.parametrize("words", ["{", "{}", "{X}", "{a.b}", "{x!r}", "{x:loud}", "{x:a|b|c}"])
def test_a_placeholder_that_cannot_be_filled_is_refused_when_texts_are_read(words: str) -> None:
    with pytest.raises(ContentError, match="text 'it'"):
        texts(words)


def test_a_doubled_brace_is_a_brace() -> None:
    assert texts("{{x}}").render(Text("it"), "zh") == "{x}"


def test_placeholders_of_a_text_are_known_by_name() -> None:
    assert texts("{a:cents} {b} {a}").placeholders("it") == {"a", "b"}


@pytest.mark.parametrize(
    ("asked", "given"),
    [("zh", "zh"), ("zh-Hans-CN", "zh"), ("EN_gb", "en"), ("fr", "zh"), ("", "zh"), (None, "zh")],
)
def test_a_language_without_words_gets_the_nearest_that_has_some(asked: str | None, given: str) -> None:
    assert texts("x").nearest(asked) == given


def test_a_locale_code_of_a_channel_can_be_rendered_directly() -> None:
    assert texts("你好", "Hello").render(Text("it"), "en-GB") == "Hello"


def test_texts_over_older_ones_keep_what_only_those_have() -> None:
    older = Texts({"zh": {"it": "old", "gone": "kept"}, "en": {"it": "old", "gone": "kept"}}, "zh")
    merged = texts("new").over(older)
    assert merged.render(Text("it"), "zh") == "new"
    assert merged.label(Text("gone"), "en") == "kept"


def test_the_default_locale_must_have_words() -> None:
    with pytest.raises(ContentError, match="default locale 'fr'"):
        Texts(VALUE_WORDS, "fr")


def test_a_typical_message_is_rendered_in_microseconds() -> None:
    message = texts("<b>{a}</b>，{b}，{c}，{d}，{e}")
    values: dict[str, Value] = {
        "a": "x",
        "b": Money(Decimal(1)),
        "c": Rate(Decimal(1)),
        "d": Months(1),
        "e": date(2026, 1, 1),
    }
    text = Text("it", values)
    best = min(timeit.repeat(lambda: message.render(text, "zh"), number=500, repeat=5)) / 500
    assert best < 100e-6, "five times what it takes on a slow machine"


def test_the_shipped_words_can_be_read() -> None:
    shipped = Texts(read_catalogues(resources.locales()), "zh")
    assert set(shipped.locales) == {"zh", "en"}
    assert shipped.locales[0] == "zh"
