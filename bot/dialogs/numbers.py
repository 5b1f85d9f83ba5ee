"""Numbers as people write them, found in any text: digits with units, Chinese and English words, ranges.

Words are turned into digits first, section by section, with the great units left standing: 三到五万 becomes 3到5万, "twenty thousand"
20 thousand. What is only about a number becomes the range that it lies in: 三五万, 20多万, 十几万.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Final

_DIGITS: Final = {
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_TENS: Final = {"十": 10, "百": 100, "千": 1000}
_UNITS: Final = {
    "": 1, "百": 100, "hundred": 100, "k": 1_000, "thousand": 1_000, "grand": 1_000, "千": 1_000, "w": 10_000, "万": 10_000,
    "hundred thousand": 100_000, "百万": 1_000_000, "m": 1_000_000, "mn": 1_000_000, "million": 1_000_000,
    "千万": 10_000_000, "亿": 100_000_000,
}  # fmt: skip
_NUMBER: Final = re.compile(
    r"(?P<digits>\d{1,3}(?:[, ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)\s*"
    r"(?P<unit>hundred thousand|hundred|thousand|grand|million|mn|百万|千万|[kmw百千万亿](?![a-z]))?"
)
_RANGE_MARK: Final = re.compile(r"^\s*(?:-|–|—|~|～|到|至|to|or|或|或者)\s*$")
# "一些" and "一点" are no numbers, nor is "几十".
_SECTION: Final = re.compile(r"(?<!几)(?!一[些点般下样直])[零〇一二两三四五六七八九十百千]+[几多余来]?")
_FROM_TO: Final = re.compile(
    r"(?<![零〇一二两三四五六七八九])([一二两三四五六七八])([二两三四五六七八九])(?=[十百千]|$)"
)
_ABOUT: Final = re.compile(r"(\d+)(?:[多几余]([百千万亿])|([百千万亿])[多几余])")
_AROUND: Final = re.compile(r"(?<=\d)来(?=[百千万亿])")

_SMALL: Final = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_ENGLISH: Final = {
    "a": 1, "an": 1, "hundred": 100,
    **{word: value for value, word in enumerate(_SMALL)},
    **{f"{word}ty": 10 * value for value, word in enumerate(("twen", "thir", "for", "fif", "six", "seven", "eigh", "nine"), 2)},
}  # fmt: skip
_ENGLISH_WORD: Final = "|".join(sorted(_ENGLISH, key=len, reverse=True))
_ENGLISH_SECTION: Final = re.compile(rf"\b(?:{_ENGLISH_WORD})(?:(?:\s+(?:and\s+)?|-)(?:{_ENGLISH_WORD}))*\b")
_HALF: Final = re.compile(r"\bhalf\s+an?\s+(?=million|thousand|hundred)")


def numbers(text: str) -> list[Decimal]:
    """All numbers in the text in order, with their units: `20-30万` gives 200000 and 300000, `3万5` gives 35000."""
    plain = _in_digits(unicodedata.normalize("NFKC", text).casefold())
    matches = list(_NUMBER.finditer(plain))
    values: list[Decimal] = []
    for before, match, after in zip([None, *matches], matches, [*matches[1:], None], strict=False):
        value = _value(match, _unit_behind(match, after, plain))
        if before and (part := _part_of(before, match)) is not None:
            values[-1] += part
        else:
            values.append(value)
    return values


def has_unit(text: str) -> bool:
    """Whether a number in the text has a unit such as 万 or k."""
    plain = _in_digits(unicodedata.normalize("NFKC", text).casefold())
    return any(match["unit"] for match in _NUMBER.finditer(plain))


def _in_digits(plain: str) -> str:
    """Words as digits, unless there are digits already: in 一个月5万 only those count."""
    if not re.search(r"\d", plain):
        plain = _SECTION.sub(lambda match: _chinese_section(match.group()), plain)
    if not re.search(r"\d", plain):
        plain = _ENGLISH_SECTION.sub(lambda match: _english_section(match.group()), _HALF.sub("0.5 ", plain))
    return _ABOUT.sub(_range_about, _AROUND.sub("", plain))


def _chinese_section(words: str) -> str:
    """What stands before 万 or at the end, in digits: 一百二十 → 120, 三五 → 3-5, 十几 → 10-20, 零五 → 05."""
    last = words[-2:-1]
    if words[-1] in "几多余" and last in _TENS:
        least = _chinese_value(words[:-1])
        return f"{least}-{least + _TENS[last]}"
    bare, more = (words[:-1], words[-1]) if words[-1] in "几多余来" else (words, "")
    if (found := _FROM_TO.search(bare)) and 0 < _DIGITS[found[2]] - _DIGITS[found[1]] <= 2:
        ends = (bare[: found.start()] + digit + bare[found.end() :] for digit in found.groups())
        return "-".join(str(_chinese_value(end)) for end in ends) + more
    if all(sign in _DIGITS for sign in bare):
        return "".join(str(_DIGITS[sign]) for sign in bare) + more  # read out digit by digit
    return ("0" if bare[0] in "零〇" else "") + str(_chinese_value(bare)) + more


def _chinese_value(words: str) -> int:
    """A number below 万 in words."""
    value = digit = 0
    unit = 1
    for sign in words:
        if sign in _TENS:
            value += (digit or 1) * _TENS[sign]
            digit, unit = 0, _TENS[sign]
        else:
            digit, unit = _DIGITS[sign], 10 if sign in "零〇" else unit
    # 一百二 is 120: a last bare digit counts in tenths of the unit before it.
    return value + (digit * (unit // 10) if unit >= 100 else digit)


def _english_section(words: str) -> str:
    value = 0
    for word in re.findall(r"[a-z]+", words.replace(" and ", " ")):
        value = value * 100 if word == "hundred" and value else value + _ENGLISH[word]
    return str(value) if words not in {"a", "an"} else words


def _range_about(match: re.Match[str]) -> str:
    """20多万 lies between 20万 and 30万, 5万多 between 5万 and 6万."""
    digits, inner, outer = match.groups()
    step = 10 ** (len(digits) - len(digits.rstrip("0"))) if inner else 1
    return f"{digits}-{int(digits) + step}{inner or outer}"


def _value(match: re.Match[str], unit: str) -> Decimal:
    return Decimal(re.sub("[, ]", "", match["digits"])) * _UNITS[unit]


def _unit_behind(match: re.Match[str], after: re.Match[str] | None, plain: str) -> str:
    """The number's unit; in a range the second number's counts for both."""
    if match["unit"] or not after:
        return match["unit"] or ""
    ranges = after["unit"] and _RANGE_MARK.match(plain[match.end() : after.start()])
    return after["unit"] if ranges else ""


def _part_of(before: re.Match[str], match: re.Match[str]) -> Decimal | None:
    """What a number adds to the one right before it: `3万5千` is 35,000, and so is `3万5`."""
    unit = _UNITS[before["unit"] or ""]
    if before.end() != match.start() or unit < 100:
        return None
    if not match["unit"] and len(match["digits"]) == 1:
        return Decimal(match["digits"]) * unit / 10
    value = _value(match, match["unit"] or "")
    return value if value < unit else None
