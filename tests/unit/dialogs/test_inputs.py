"""What people type, as they type it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.values import Money, Months, Values
from bot.dialogs.inputs import (
    KINDS,
    Accepted,
    Limits,
    Reading,
    Rejected,
    answer_and_question,
    is_within,
    kind_of,
    limit,
    looks_like_question,
    normalise,
    number_of,
    of_kind,
    read,
    says_minor,
    surely_asks,
)
from bot.dialogs.numbers import numbers

FREE = Limits()


def amount(text: str, limits: Limits = FREE) -> Decimal | str:
    """The amount, or the key of the hint."""
    reading = read("amount", text, limits)
    if isinstance(reading, Rejected):
        return reading.hint.key
    assert isinstance(reading.value, Money)
    return reading.value.amount


def months(text: str, limits: Limits = FREE) -> int | str:
    reading = read("months", text, limits)
    if isinstance(reading, Rejected):
        return reading.hint.key
    assert isinstance(reading.value, Months)
    return reading.value.count


def value(reading: Reading) -> object:
    return reading.value if isinstance(reading, Accepted) else reading.hint.key


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("30万", 300_000), ("300,000", 300_000), ("３０００００", 300_000), ("300k", 300_000), ("1.5 million", 1_500_000),
        ("三十万", 300_000), ("30w", 300_000), ("¥300,000.50", Decimal("300000.50")), ("300 000", 300_000),
        ("我想借5万元", 50_000), ("五十块", 50), ("3万5", 35_000), ("3万5千", 35_000), ("2千5", 2_500), ("5百", 500),
        ("1百万", 1_000_000), ("三万五", 35_000), ("两万五千", 25_000), ("一百零五元", 105), ("一亿两千万", 120_000_000),
        ("每月5万", 50_000), ("5万一个月", 50_000), ("50k a month", 50_000), ("RMB 8000", 8_000),
        ("30万元", 300_000), ("两万", 20_000), ("大概30万", 300_000), ("三十万左右", 300_000), ("30来万", 300_000), ("一个月五万", 50_000),
        ("三千五", 3_500), ("一百二十万", 1_200_000), ("一万零五百", 10_500), ("2 hundred thousand", 200_000), ("300 grand", 300_000),
        ("half a million", 500_000), ("two hundred thousand", 200_000), ("thirty-five thousand", 35_000), ("每季8万", 80_000),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(text: str, number: Decimal) -> None:
    assert amount(text) == number


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("20-30万", "input.range"), ("20万到30万", "input.range"), ("10 to 20k", "input.range"), ("三到五万", "input.range"),
        ("三五万", "input.range"), ("二三十万", "input.range"), ("20多万", "input.range"), ("5万多", "input.range"),
        ("十几万", "input.range"), ("五十多万", "input.range"), ("twenty to thirty thousand", "input.range"), ("几十万", "input.amount"),
        ("30", "input.meant"), ("五十", "input.meant"), ("-300000", "input.amount"),
        ("一些", "input.amount"), ("much", "input.amount"), ("0", "input.amount"), ("1.234", "input.amount"),
        ("3年", "input.amount"), ("三个月", "input.amount"), ("12 months", "input.amount"),
    ],
)  # fmt: skip
def test_what_is_no_single_amount_is_asked_again(text: str, hint: str) -> None:
    assert amount(text) == hint


def test_both_ends_of_a_range_are_said_back_with_their_unit() -> None:
    reading = read("amount", "20-30万", FREE)
    assert isinstance(reading, Rejected)
    assert reading.hint.values == {"low": Money(Decimal(200_000)), "high": Money(Decimal(300_000))}


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("20-30万", [200_000, 300_000]), ("40-60万", [400_000]), ("60到80万", []), ("三五万", [30_000, 50_000]),
        ("十几万", [100_000, 200_000]), ("20多万", [200_000, 300_000]), ("25多万", [250_000, 260_000]), ("30", [30_000, 300_000]),
        ("80", [80_000]), ("3", [30_000]), ("600", []),
    ],
)  # fmt: skip
def test_what_an_amount_may_mean_is_offered_within_its_limits(text: str, near: list[int]) -> None:
    reading = read("amount", text, Limits(Decimal(10_000), Decimal(500_000)))
    assert isinstance(reading, Rejected)
    assert reading.near == tuple(Money(Decimal(number)) for number in near)


def test_a_small_bare_amount_may_be_meant_as_it_stands_where_nothing_says_it_is_too_little() -> None:
    reading = read("balance", "30", FREE)
    assert isinstance(reading, Rejected)
    assert reading.near == (Money(Decimal(30)), Money(Decimal(300_000)))
    assert value(read("balance", "30元", FREE)) == Money(Decimal(30))


@pytest.mark.parametrize(
    ("text", "limits", "near"),
    [
        ("3", FREE, [3, 36]), ("3", Limits(Decimal(12), Decimal(60)), [36]), ("3-6个月", FREE, [3, 6]), ("两三年", FREE, [24, 36]),
        ("1", Limits(Decimal(1), Decimal(12)), [1, 12]),
    ],
)  # fmt: skip
def test_a_time_that_may_mean_several_is_asked_back(text: str, limits: Limits, near: list[int]) -> None:
    reading = read("months", text, limits)
    assert isinstance(reading, Rejected)
    assert reading.near == tuple(Months(count) for count in near)


def test_a_bare_number_is_months_where_the_question_asks_in_months_or_years_cannot_be_meant() -> None:
    assert value(read("months_ahead", "3", FREE)) == Months(3)
    assert months("9", Limits(Decimal(3), Decimal(12))) == 9
    assert months("18") == 18


@pytest.mark.parametrize("text", ["0", "没有", "none"])
def test_a_time_may_be_nothing_where_no_least_is_set(text: str) -> None:
    assert months(text) == 0


@given(st.sampled_from(["amount", "balance", "months", "months_ahead", "count"]), st.integers(0, 1200))
def test_an_answer_comes_back_from_its_number(kind: str, number: int) -> None:
    answer = of_kind(kind, Decimal(number), "CNY")
    assert of_kind(kind, Decimal(number_of(answer)), "CNY") == answer


def test_an_amount_beyond_its_limits_is_said_back_with_the_limit() -> None:
    limits = Limits(Decimal(5_000), Decimal(200_000), currency="EUR")
    low, high = read("amount", "300", limits), read("amount", "30万", limits)
    assert isinstance(low, Rejected)
    assert isinstance(high, Rejected)
    assert low.hint.values == {"said": Money(Decimal(300), "EUR"), "low": Money(Decimal(5_000), "EUR")}
    assert high.hint.values == {"said": Money(Decimal(300_000), "EUR"), "high": Money(Decimal(200_000), "EUR")}
    assert amount("5000", limits) == 5_000
    assert amount("200000", limits) == 200_000


@pytest.mark.parametrize("text", ["0", "没有", "无", "none", "Nothing", "没有了。"])
def test_a_balance_may_be_nothing(text: str) -> None:
    assert value(read("balance", text, FREE)) == Money(Decimal(0))


@given(st.integers(1000, 10**9))
def test_any_whole_amount_is_read_with_and_without_separators(number: int) -> None:
    assert amount(str(number)) == amount(f"{number:,}") == amount(f"{number} 元") == number


@given(st.integers(0, 99_999_999))
def test_every_number_in_chinese_words_is_read(number: int) -> None:
    assert numbers(in_chinese(number)) == [number]


def in_chinese(number: int) -> str:
    """The number as it is said in full: 20305 is 二万零三百零五."""
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千"]

    def section(part: int) -> str:
        said = ""
        for place in (3, 2, 1, 0):
            digit = part // 10**place % 10
            if digit:
                said += digits[digit] + units[place]
            elif said and not said.endswith("零") and part % 10**place:
                said += "零"
        return said

    upper, lower = divmod(number, 10_000)
    said = f"{section(upper)}万" if upper else ""
    return said + ("零" if said and 0 < lower < 1000 else "") + section(lower) or "零"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("12", 12), ("18个月", 18), ("1年半", 18), ("一年半", 18), ("两年", 24), ("半年", 6), ("2 years 3 months", 27),
        ("三年零两个月", 38), ("1 year and a half", 18), ("1.5 years", 18), ("half a year", 6), ("24mo", 24), ("１２", 12),
    ],
)  # fmt: skip
def test_a_term_is_read_in_months(text: str, count: int) -> None:
    assert months(text) == count


@pytest.mark.parametrize("text", ["long", "300k", "12元", "5万", "1.3年", "9999"])
def test_what_is_no_term_is_asked_again(text: str) -> None:
    assert months(text) == "input.months"


def test_a_term_beyond_its_limits_is_asked_again() -> None:
    limits = Limits(Decimal(3), Decimal(12))
    assert (months("2", limits), months("2年", limits), months("9", limits)) == ("input.too_low", "input.too_high", 9)


@pytest.mark.parametrize(
    "text", ["13800138000", "8613800138000", "+86 138 0013 8000", "138-0013-8000", "１３８００１３８０００"]
)
def test_a_mobile_number_of_the_market_is_stored_in_one_form(text: str) -> None:
    assert value(read("phone", text, FREE)) == "+8613800138000"


@pytest.mark.parametrize("text", ["+1 202 555 0123", "8612", "12345", "no", "138001380001"])
def test_another_number_is_asked_again(text: str) -> None:
    assert value(read("phone", text, FREE)) == "input.phone"


@pytest.mark.parametrize("text", ["010-65001234", "(0571) 8700 1234", "+86 10 6500 1234"])
def test_a_landline_is_taken_and_known_for_one(text: str) -> None:
    number = value(read("phone", text, FREE))
    assert kind_of("phone", str(number)) == "landline"
    assert kind_of("phone", "+8613800138000") == "mobile"


@pytest.mark.parametrize("text", ["没有", "0", "none", "无"])
def test_a_count_may_be_none_at_all(text: str) -> None:
    assert value(read("count", text, FREE)) == 0


def test_the_market_decides_which_numbers_are_its_own() -> None:
    assert value(read("phone", "0171 2345678", Limits(region="DE"))) == "+491712345678"


@pytest.mark.parametrize(
    "text",
    ["91110000600037341L", "9111 0000 6000 3734 1l", "９１１１００００６０００３７３４１Ｌ", "91110000-600037341L"],
)
def test_a_licence_code_is_checked_whatever_its_spaces_and_width(text: str) -> None:
    assert value(read("uscc", text, FREE)) == "91110000600037341L"


def test_a_wrong_licence_code_is_told_how_long_it_is() -> None:
    reading = read("uscc", "9111 0000 6000", FREE)
    assert isinstance(reading, Rejected)
    assert (reading.hint.key, reading.hint.values) == ("input.uscc", {"count": 12})


@pytest.mark.parametrize("text", ["李梅", "Will Smith", "O'Neil", "买买提·艾力", "  李   梅 "])
def test_a_name_is_kept_as_written_but_for_its_spaces(text: str) -> None:
    assert value(read("name", text, FREE)) == " ".join(text.split())


@pytest.mark.parametrize("text", ["5", "A", "李梅2", "x" * 61])
def test_what_can_be_no_name_is_asked_again(text: str) -> None:
    assert value(read("name", text, FREE)) == "input.name"


def test_free_words_need_a_letter_and_an_end() -> None:
    assert value(read("words", "!!!", FREE)) == "input.words"
    assert value(read("words", "x" * 201, FREE)) == "input.too_long"
    assert value(read("words", "王记（面馆）", FREE)) == "王记（面馆）"


def test_a_count_is_a_whole_number() -> None:
    assert [value(read("count", text, FREE)) for text in ("3", "三", "-", "1.5")] == [
        3,
        3,
        "input.count",
        "input.count",
    ]


@given(st.sampled_from(sorted(KINDS)), st.text())
def test_whatever_is_typed_is_an_answer_or_gets_a_hint(kind: str, text: str) -> None:
    assert isinstance(read(kind, text, Limits(Decimal(1), Decimal(100))), Accepted | Rejected)


@given(st.text())
def test_numbers_are_found_in_any_text_without_fail(text: str) -> None:
    assert all(number >= 0 for number in numbers(text))


@pytest.mark.parametrize(
    "text",
    ["利息多少", "为什么要这个", "可以提前还吗", "要抵押么？", "How much is it", "can I repay early?", "多久能放款。"],
)
def test_a_question_is_recognised_by_its_ending_or_its_words(text: str) -> None:
    assert looks_like_question(text)
    assert surely_asks(text)


@pytest.mark.parametrize("text", ["5万", "李梅", "seed", "好的", "12 months"])
def test_an_answer_is_no_question(text: str) -> None:
    assert not looks_like_question(text)


@pytest.mark.parametrize("text", ["Will Smith", "May Chen", "Can-Do Cleaning", "Do It Yourself"])
def test_a_name_that_begins_like_a_question_is_a_name(text: str) -> None:
    assert not surely_asks(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("300k. What is the rate?", ("300k", "What is the rate?")),
        ("3年，利息怎么算？", ("3年", "利息怎么算？")),
        ("12000。要抵押吗？", ("12000。", "要抵押吗？")),
        ("No. What is the interest?", ("No", "What is the interest?")),
        ("300,000, how long does it take?", ("300,000", "how long does it take?")),
    ],
)
def test_an_answer_with_a_question_in_it_is_taken_apart(text: str, parts: tuple[str, str]) -> None:
    assert answer_and_question(text) == parts


@pytest.mark.parametrize("text", ["300k", "利息多少？", "李梅，王强，利息多少？", ""])
def test_what_is_not_one_answer_and_a_question_stays_whole(text: str) -> None:
    assert answer_and_question(text) is None


def test_words_are_compared_without_width_case_and_edges() -> None:
    assert normalise("  ＯＫ！ ") == normalise("ok") == "ok"


def test_a_limit_is_a_number_or_the_name_of_a_value() -> None:
    values: Values = {"least": Money(Decimal(5)), "terms": Months(12), "most": 7}
    assert [limit(one, values) for one in ("3.5", "least", "terms", "most", "unknown", None)] == [
        Decimal("3.5"), Decimal(5), Decimal(12), Decimal(7), None, None,
    ]  # fmt: skip
    assert is_within(Money(Decimal(6)), "least", "most", values)
    assert not is_within(Months(8), None, "most", values)
    assert is_within("words", "least", "most", values)


@pytest.mark.parametrize(
    "text", ["我17岁", "我今年 16 周岁了。", "我才十五岁", "我１７岁", "I'm 17", "I am only 16 years old", "本人十岁"]
)
def test_who_says_that_they_are_under_age_is_understood(text: str) -> None:
    assert says_minor(text)


@pytest.mark.parametrize(
    "text",
    [
        "我18岁",
        "我今年三十五岁",
        "I'm 42",
        "17",
        "我儿子17岁",
        "17岁奶茶店",
        "I'm 17 km away",
        "我开店17年了",
        "我百岁",
    ],
)
def test_other_ages_and_numbers_are_no_word_of_a_minor(text: str) -> None:
    assert not says_minor(text)
