"""What people type, understood: amounts, terms, numbers, phones, codes, names. Pure functions of the text.

`read` turns the text for one kind of question into an `Accepted` value or a `Rejected` hint that says what was
understood and what is expected.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import phonenumbers
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from bot.core.values import Money, Months, Text, Value, Values


@dataclass(frozen=True, slots=True)
class Accepted:
    """The text is an answer: `value`."""

    value: Value


@dataclass(frozen=True, slots=True)
class Rejected:
    """The text is not an answer; `hint` says what was understood and what is expected, with an example."""

    hint: Text


Reading = Accepted | Rejected


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds an answer: the least and greatest value, and the market's region and currency."""

    low: Decimal | None = None
    high: Decimal | None = None
    region: str = "CN"
    currency: str = "CNY"


_EDGES = " \t\r\n.,!?;:。，！？；：、~～…\"'“”‘’()（）[]【】"
OF_AGE = 18
"""Years from which on a person may take a loan."""

_OWN_AGE = re.compile(
    r"(?:我|本人)(?:今年|现在|才|刚|只有|还?未?满)*\s*(?P<zh>\d{1,3}|[一二三四五六七八九十百]{1,5})\s*周?岁[了啦]?"
    r"|(?:i am|i'm|im)(?: only| just)? (?P<en>\d{1,3})(?: years? old)?"
)
_QUESTION_END = re.compile(r"[?？]\s*$|[吗呢么嘛]\s*[。.!！~～]?\s*$")
_QUESTION_START = re.compile(
    r"^\s*(what|why|how|when|where|who|which|can|could|do|does|is|are|will|would|should|may"
    r"|为什么|为何|怎么|怎样|如何|什么|多少|多久|哪|谁|能不能|可不可以|可以|是不是|有没有|要不要|几)\b",
    re.IGNORECASE,
)
_QUESTION_ANYWHERE = re.compile(
    r"为什么|怎么|如何|多少|多久|什么|哪些|哪里|能不能|可不可以|是不是|有没有|要不要|会不会"
)
_SENTENCE = re.compile(r"[^。；;！!？?\n]+[。；;！!？?\n]*")
_CLAUSE = re.compile(r"(?:[,，]\s*|[.]\s+)(?!\d)")


def normalise(text: str) -> str:
    """`text` for comparison: full-width to half-width (NFKC), case folded, without punctuation at the edges."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().strip(_EDGES).split())


def says_minor(text: str) -> bool:
    """Whether somebody says of themselves that they are younger than `OF_AGE`, and says nothing else."""
    stated = _OWN_AGE.fullmatch(normalise(text))
    if stated is None:
        return False
    written = stated["zh"] or stated["en"]
    age = Decimal(written) if written.isdecimal() else chinese_number(written)
    return age is not None and age < OF_AGE


def looks_like_question(text: str) -> bool:
    """Whether the text asks something, by its ending or its question words."""
    plain = unicodedata.normalize("NFKC", text).strip()
    starts = _QUESTION_START.match(plain)
    return bool(_QUESTION_END.search(plain) or starts or _QUESTION_ANYWHERE.search(plain))


def surely_asks(text: str) -> bool:
    """The same where nearly any words would do as an answer: a name may begin with `Will`, a shop's with `Can`."""
    plain = unicodedata.normalize("NFKC", text).strip()
    whole_sentence = _QUESTION_START.match(plain) and len(plain.split()) > 3
    return bool(_QUESTION_END.search(plain) or _QUESTION_ANYWHERE.search(plain) or whole_sentence)


def answer_and_question(text: str) -> tuple[str, str] | None:
    """Splits "300k. What is the rate?" into its answer and its question, or None where it is not both."""
    parts = [part.strip() for sentence in _SENTENCE.findall(text) for part in _CLAUSE.split(sentence)]
    parts = [part for part in parts if part.strip(_EDGES)]
    questions = [part for part in parts if looks_like_question(part)]
    answers = [part for part in parts if not looks_like_question(part)]
    if not questions or len(answers) != 1:
        return None
    return answers[0], " ".join(questions)


def read(kind: str, text: str, limits: Limits) -> Reading:
    """The text as an answer of `kind`, one of `KINDS`."""
    return KINDS[kind](text, limits)


_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
# "一些" and "一点" are no numbers.
_CHINESE = re.compile(r"(?!一[些点般下样直])[零〇一二两三四五六七八九十百千万亿半]+")
_UNITS = {
    "": 1, "百": 100, "k": 1_000, "thousand": 1_000, "千": 1_000, "w": 10_000, "万": 10_000, "百万": 1_000_000,
    "m": 1_000_000, "mn": 1_000_000, "million": 1_000_000, "千万": 10_000_000, "亿": 100_000_000,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<digits>\d{1,3}(?:[, ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)\s*"
    r"(?P<unit>thousand|million|mn|百万|千万|[kmw百千万亿](?![a-z]))?"
)
_RANGE_MARK = re.compile(r"^\s*(?:-|–|—|~|～|到|至|to|or|或)\s*$")


def chinese_number(words: str) -> Decimal | None:
    """`三十万` → 300000, `一百二十` → 120, `三万五` → 35000; None where the words are no number."""
    total = section = digit = 0
    last_unit = 1
    half = words.endswith("半")
    for sign in words.removesuffix("半"):
        if sign in _DIGITS:
            digit = _DIGITS[sign]
            if sign in "零〇":
                last_unit = 10
        elif sign in _TENS:
            section += (digit or 1) * _TENS[sign]
            digit, last_unit = 0, _TENS[sign]
        elif sign in _MYRIADS:
            # 万 counts what stands since 亿, 亿 all before it: "一亿两千万", "一万亿".
            total, section = (total, section + digit) if sign == "万" else (0, total + section + digit)
            total += section * _MYRIADS[sign]
            section = digit = 0
            last_unit = _MYRIADS[sign]
        else:
            return None
    # "三万五" means 35,000 and "一百二" 120: a last bare digit counts in tenths of the unit before it.
    tail = digit * (last_unit // 10) if last_unit >= 100 else digit
    number = Decimal(total + section + tail)
    if half:
        number += Decimal(last_unit) / 2 if number else Decimal("0.5")
    return number if words else None


def numbers(text: str) -> list[Decimal]:
    """All numbers in the text in order, with their units: `20-30万` gives 200000 and 300000, `3万5` gives 35000."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    matches = list(_NUMBER.finditer(plain))
    if not matches:
        words = (chinese_number(match.group()) for match in _CHINESE.finditer(plain))
        return [number for number in words if number is not None]
    values: list[Decimal] = []
    for before, match, after in zip([None, *matches], matches, [*matches[1:], None], strict=False):
        value = _value(match, _unit_behind(match, after, plain))
        if before and (part := _part_of(before, match)):
            values[-1] += part
        else:
            values.append(value)
    return values


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


def _amount(text: str, limits: Limits) -> Reading:
    found = numbers(text)
    if len(found) != 1 or _counts_time(text):
        return Rejected(_amount_hint(text, found, limits))
    amount = found[0]
    if amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        return Rejected(Text("input.amount", {"said": _quoted(text)}))
    money = Money(amount, limits.currency)
    return _within(amount, limits, Accepted(money), lambda bound: Money(bound, limits.currency), money)


_TIME = re.compile(
    r"\d\s*(?:个月|月|年|天|years?|yrs?|months?|days?|weeks?)\b|^[零一二两三四五六七八九十半]+(?:个月|个半月|年|天)"
)


def _counts_time(text: str) -> bool:
    """Whether the number is a time: "3年" answers how long, not how much."""
    return _TIME.search(unicodedata.normalize("NFKC", text).casefold().strip()) is not None


_NOTHING = re.compile(r"^(0|零|没有|没|无|none|no|nothing|zero|nil)[了的]?$")


def _balance(text: str, limits: Limits) -> Reading:
    """An amount that may be nothing, such as what is still owed elsewhere."""
    if _NOTHING.match(normalise(text)):
        return Accepted(Money(Decimal(0), limits.currency))
    return _amount(text, limits)


def _amount_hint(text: str, found: list[Decimal], limits: Limits) -> Text:
    if len(found) == 2 and "几" not in text:
        low, high = (Money(number, limits.currency) for number in found)
        return Text("input.range", {"low": low, "high": high})
    return Text("input.amount", {"said": _quoted(text)})


def _within(
    number: Decimal, limits: Limits, accepted: Accepted, shown: Callable[[Decimal], Value], said: Value
) -> Reading:
    if limits.low is not None and number < limits.low:
        return Rejected(Text("input.too_low", {"said": said, "low": shown(limits.low)}))
    if limits.high is not None and number > limits.high:
        return Rejected(Text("input.too_high", {"said": said, "high": shown(limits.high)}))
    return accepted


_YEARS = re.compile(r"年|years?|yrs?|\by\b")
_HALF_YEAR = re.compile(r"半年|half a year")
_AND_A_HALF = re.compile(r"年半|years? and a half")
_MONTHS = re.compile(r"个?月|months?|mos?\b")
_MONEY = re.compile(r"元|块|[¥￥$万]|yuan|rmb|cny")


def _months(text: str, limits: Limits) -> Reading:
    count = _month_count(unicodedata.normalize("NFKC", text).casefold())
    if count is None:
        return Rejected(Text("input.months", {"said": _quoted(text)}))
    return _within(Decimal(count), limits, Accepted(Months(count)), lambda bound: Months(int(bound)), Months(count))


def _month_count(plain: str) -> int | None:
    """Months meant by `18`, `18个月`, `1年半`, `2 years 3 months`, `半年`."""
    if _HALF_YEAR.fullmatch(plain.strip(_EDGES)):
        return 6
    half = 6 if _AND_A_HALF.search(plain) else 0
    plain = plain.replace("年半", "年")
    found = numbers(plain)
    in_years, in_months = bool(_YEARS.search(plain)), bool(_MONTHS.search(plain))
    if _MONEY.search(plain):
        return None
    if len(found) == 2 and in_years and in_months:
        count = found[0] * 12 + found[1]
    elif len(found) == 1:
        count = found[0] * 12 + half if in_years else found[0]
    else:
        return None
    return int(count) if count == int(count) and 0 <= count <= 1200 else None


def _count(text: str, limits: Limits) -> Reading:
    found = [Decimal(0)] if _NOTHING.match(normalise(text)) else numbers(text)
    if len(found) != 1 or found[0] != int(found[0]) or found[0] < 0:
        return Rejected(Text("input.count", {"said": _quoted(text)}))
    count = int(found[0])
    return _within(found[0], limits, Accepted(count), int, count)


def _phone(text: str, limits: Limits) -> Reading:
    number = _number_of(unicodedata.normalize("NFKC", text), limits.region)
    if number is None:
        return Rejected(Text("input.phone"))
    return Accepted(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


_MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
_REACHABLE = (*_MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)


def _number_of(plain: str, region: str) -> phonenumbers.PhoneNumber | None:
    """A mobile or landline number of the market; the country's code may lack its plus, as in Telegram's contacts."""
    code = str(phonenumbers.country_code_for_region(region))
    for written in (plain, "+" + re.sub(r"\D", "", plain)) if re.sub(r"\D", "", plain).startswith(code) else (plain,):
        try:
            number = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            continue
        of_market = phonenumbers.region_code_for_number(number) == region
        if phonenumbers.is_valid_number(number) and of_market and phonenumbers.number_type(number) in _REACHABLE:
            return number
    return None


def kind_of(accepts: str, value: Value) -> str | None:
    """What flows may ask about an answer beside its value: whether a telephone number is a `mobile` or a `landline`."""
    if accepts != "phone" or not isinstance(value, str):
        return None
    return "mobile" if phonenumbers.number_type(phonenumbers.parse(value, None)) in _MOBILE else "landline"


def _uscc(text: str, limits: Limits) -> Reading:
    plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    try:
        return Accepted(uscc.validate(plain))
    except ValidationError:
        return Rejected(Text("input.uscc", {"count": len(plain)}))


def _words(text: str, limits: Limits) -> Reading:
    plain = " ".join(unicodedata.normalize("NFKC", text).split()) if text.isascii() else " ".join(text.split())
    if not any(sign.isalnum() for sign in plain):
        return Rejected(Text("input.words"))
    if len(plain) > 200:
        return Rejected(Text("input.too_long", {"count": len(plain), "most": 200}))
    return Accepted(plain)


def _name(text: str, limits: Limits) -> Reading:
    plain = " ".join(text.split())
    letters = [sign for sign in plain if sign.isalpha()]
    if len(letters) < 2 or len(plain) > 60 or any(sign.isdigit() for sign in plain):
        return Rejected(Text("input.name"))
    return Accepted(plain)


def _quoted(text: str) -> str:
    """What was typed, short enough to be said back."""
    plain = " ".join(text.split())
    return plain if len(plain) <= 24 else f"{plain[:23]}…"


KINDS: Mapping[str, Callable[[str, Limits], Reading]] = {
    "amount": _amount,
    "balance": _balance,
    "months": _months,
    "count": _count,
    "phone": _phone,
    "uscc": _uscc,
    "words": _words,
    "name": _name,
}

FREE_KINDS = frozenset({"words", "name"})
"""Kinds that nearly any text satisfies, where a question must not be taken for an answer."""


_VALUE_NAME = re.compile(r"[a-z][a-z0-9_]*")


def limit(authored: str | None, values: Values) -> Decimal | None:
    """A limit as authored: a number, or the name of a value such as the product's least amount.

    A name without a value is no limit. Raises `InvalidOperation` for what is neither.
    """
    if authored is None:
        return None
    if not _VALUE_NAME.fullmatch(authored):
        return Decimal(authored)
    return _number(values.get(authored))


def is_within(value: Value, low: str | None, high: str | None, values: Values) -> bool:
    """Whether an answer keeps to the limits as authored; one without a number has none to keep to."""
    number, least, most = _number(value), limit(low, values), limit(high, values)
    return number is None or ((least is None or least <= number) and (most is None or number <= most))


def _number(value: Value) -> Decimal | None:
    match value:
        case Money(amount=number):
            return number
        case Months(count=count):
            return Decimal(count)
        case int(number):
            return Decimal(number)
        case _:
            return None
