"""What people type, understood: amounts, terms, counts, phones, codes, names. Pure functions of the text.

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
from bot.dialogs.numbers import has_unit, numbers


@dataclass(frozen=True, slots=True)
class Accepted:
    """The text is an answer: `value`."""

    value: Value


@dataclass(frozen=True, slots=True)
class Rejected:
    """The text is not an answer; `hint` says what was understood and what is expected, with an example.

    `near` are the answers that it may mean, for the customer to choose from.
    """

    hint: Text
    near: tuple[Value, ...] = ()


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
_QUESTION_END = re.compile(r"[?？]\s*$|[吗嗎呢么麼嘛]\s*[。.!！~～]?\s*$")
_QUESTION_START = re.compile(
    r"^\s*(what|why|how|when|where|who|which|can|could|do|does|is|are|will|would|should|may"
    r"|为什么|為什麼|为何|怎么|怎麼|怎样|怎樣|如何|什么|什麼|多少|多久|哪|谁|誰|能不能|可不可以|可以|是不是|有没有|有沒有|要不要|几|幾)\b",
    re.IGNORECASE,
)
_QUESTION_ANYWHERE = re.compile(
    r"为什么|為什麼|怎么|怎麼|如何|多少|多久|什么|什麼|哪些|哪里|哪裡|能不能|可不可以|是不是|有没有|有沒有|要不要|会不会|會不會"
)
_GREETING = re.compile(r"(?:你好|您好|哈喽|嗨|请问|請問|hi|hello|hey)+[啊呀]?", re.IGNORECASE)
_SENTENCE = re.compile(r"[^。；;！!？?\n]+[。；;！!？?\n]*")
_CLAUSE = re.compile(r"(?:[,，]\s*|[.]\s+)(?!\d)")


def normalise(text: str) -> str:
    """`text` for comparison: full-width to half-width (NFKC), case folded, without punctuation at the edges."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().strip(_EDGES).split())


_TIME_OF_DAY = re.compile(
    r"(?P<before>上午|早上|早晨|中午|下午|晚上|傍晚)?\s*(?P<hour>\d{1,2}|[一二两三四五六七八九]|十[一二]?)"
    r"(?:\s*[:.点时]\s*(?:(?P<minute>[0-5]\d)\s*分?|(?P<half>半)|钟|整)?)?\s*(?P<behind>[ap]\.?m\.?|o'?clock)?"
)
_HOURS = {word: hour for hour, word in enumerate("一二三四五六七八九", 1)} | {"两": 2, "十": 10, "十一": 11, "十二": 12}
_MORNING = frozenset(("上午", "早上", "早晨"))


def times_of_day(plain: str) -> tuple[int, ...]:
    """The minutes since midnight that normalised words such as `09:00`, `9点半` or `3 pm` may mean, the likelier first; none: no time.

    An hour up to twelve without a word for the half of the day may be of either.
    """
    found = _TIME_OF_DAY.fullmatch(plain)
    if found is None:
        return ()
    said = found["hour"]
    hour = int(said) if said.isdecimal() else _HOURS[said]
    minute = 30 if found["half"] else int(found["minute"] or 0)
    behind = (found["behind"] or "")[:1]
    if hour > 23:
        return ()
    if found["before"] in _MORNING or behind == "a":
        return (hour % 12 * 60 + minute,) if hour <= 12 else ()
    if found["before"] or behind == "p":
        return ((hour % 12 + 12) * 60 + minute,) if hour <= 12 else (hour * 60 + minute,)
    other = ((hour + 12) * 60 + minute,) if 1 <= hour < 12 else ()
    return (hour * 60 + minute, *other)


def says_minor(text: str) -> bool:
    """Whether somebody says of themselves that they are younger than `OF_AGE`, and says nothing else."""
    stated = _OWN_AGE.fullmatch(normalise(text))
    if stated is None:
        return False
    ages = numbers(stated["zh"] or stated["en"])
    return bool(ages) and max(ages) < OF_AGE


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


_WISH = re.compile(
    r"我|想要?|需要|要|打算|准备|借款?|贷款?|申请|大概|大约|差不多|左右|约|就行|就够|就好|够了?|吧|的|个|元|块钱?|人民币|[¥￥]|先|来|给|算一?下?"
    r"|\b(?:i'?d|i|we|want|wants|need|would|like|to|borrow|loan|of|about|around|roughly|some|say|maybe|please|for|a|an|the|me|quote|rmb|yuan|cny)\b"
)
_NUMBER_SIGNS = re.compile(
    r"\d+(?:[.,]\d+)*|[零〇一二两三四五六七八九十几多余来百千万亿]"
    r"|(?:hundred|thousand|grand|million|half)|(?<![a-z])(?:mn|[kmw])(?![a-z])|[-–—~～到至]|\b(?:to|or|and)\b|或者?"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b"
)


def says_only_amount(text: str) -> bool:
    """Whether the words are an amount and no more than a wish for it: `30万`, `20-30万`, "I'd like about 300k"."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if not numbers(plain) or looks_like_question(text) or _TIME.search(plain):
        return False
    rest = _WISH.sub(" ", _NUMBER_SIGNS.sub(" ", plain))
    return not rest.strip(_EDGES + "'")


def answer_and_question(text: str) -> tuple[str, str] | None:
    """Splits "300k. What is the rate?" into its answer and its question, or None where it is not both.

    A greeting is neither.
    """
    parts = [part.strip() for sentence in _SENTENCE.findall(text) for part in _CLAUSE.split(sentence)]
    parts = [part for part in parts if (bare := part.strip(_EDGES)) and not _GREETING.fullmatch(bare)]
    questions = [part for part in parts if looks_like_question(part)]
    answers = [part for part in parts if not looks_like_question(part)]
    if not questions or len(answers) != 1:
        return None
    return answers[0], " ".join(questions)


def read(kind: str, text: str, limits: Limits) -> Reading:
    """The text as an answer of `kind`, one of `KINDS`."""
    return KINDS[kind](text, limits)


def _amount(text: str, limits: Limits) -> Reading:
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    once = _PER_TIME.sub(" ", plain).strip()
    found = numbers(once)
    if len(found) == 2:
        return _asked_back(tuple(Money(number, limits.currency) for number in found), limits)
    if len(found) != 1 or _TIME.search(once) or not _is_amount(found[0]) or plain.startswith("-"):
        return Rejected(Text("input.amount", {"said": _quoted(text)}))
    money = Money(found[0], limits.currency)
    near = () if _CURRENCY.search(plain) or has_unit(plain) else _larger_amounts(found[0], limits)
    if near:
        return Rejected(Text("input.meant", {"said": _quoted(text)}), near)
    return _within(found[0], limits, Accepted(money), lambda bound: Money(bound, limits.currency), money)


def _is_amount(number: Decimal) -> bool:
    return number > 0 and number == number.quantize(Decimal("0.01"))


_CURRENCY = re.compile(r"元|块|毛|角|[¥￥$€]|yuan|rmb|cny")
_PER_TIME = re.compile(
    r"[每一1]\s*个?(?:月|年|天|季度|季|周|星期)|(?:\ba|\bper|\beach|\bevery|/)\s*(?:month|year|day|week|season|harvest)\b"
)
"""Says how often an amount comes in, not how much."""
_TIME = re.compile(
    r"\d\s*(?:个月|月|年|天|years?|yrs?|months?|days?|weeks?)\b|^[零一二两三四五六七八九十半]+(?:个月|个半月|年|天)"
)
"""A number that counts time: "3年" answers how long, not how much."""
_SMALL = Decimal(1000)
"""A bare number below it may be meant in 万, where nothing else says what is too little."""


def _larger_amounts(number: Decimal, limits: Limits) -> tuple[Money, ...]:
    """What a bare number may mean that is too small as it stands: `30` where the least is 10,000. Empty where it is clear."""
    if number >= (_SMALL if limits.low is None else limits.low):
        return ()
    powers = (1, 10_000) if limits.low is None else (1_000, 10_000)
    within = tuple(number * power for power in powers if _fits(number * power, limits))
    return tuple(Money(number, limits.currency) for number in within)


def _fits(number: Decimal, limits: Limits) -> bool:
    return (limits.low is None or number >= limits.low) and (limits.high is None or number <= limits.high)


def _asked_back(ends: tuple[Value, ...], limits: Limits) -> Rejected:
    """Both ends of a range, those to choose from that are possible."""
    low, high = ends
    near = tuple(end for end in ends if (number := _number(end)) is not None and _fits(number, limits))
    return Rejected(Text("input.range", {"low": low, "high": high}), near)


_NOTHING = re.compile(r"^(0|零|没有|没|无|none|no|nothing|zero|nil)[了的]?$")


def _balance(text: str, limits: Limits) -> Reading:
    """An amount that may be nothing, such as what is still owed elsewhere."""
    if _NOTHING.match(normalise(text)):
        return Accepted(Money(Decimal(0), limits.currency))
    return _amount(text, limits)


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
_YEARS_SAID = 12
"""A bare number below it may be meant in years."""


def _months(text: str, limits: Limits) -> Reading:
    """A time in months; a small bare number is asked back where it may be meant in years too."""
    reading = _months_ahead(text, limits)
    plain = unicodedata.normalize("NFKC", text).casefold()
    found = numbers(plain)
    if _YEARS.search(plain) or _MONTHS.search(plain) or len(found) != 1 or not 0 < found[0] < _YEARS_SAID:
        return reading
    in_years = found[0] * 12
    if in_years != int(in_years) or not _fits(in_years, limits) or _MONEY.search(plain) or has_unit(plain):
        return reading
    literal = (reading.value,) if isinstance(reading, Accepted) else ()
    return Rejected(Text("input.meant", {"said": _quoted(text)}), (*literal, Months(int(in_years))))


def _months_ahead(text: str, limits: Limits) -> Reading:
    """A time where a bare number can only mean months."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if _NOTHING.match(normalise(text)) and not limits.low:
        return Accepted(Months(0))
    count = _month_count(plain)
    if count is None:
        ends = _month_range(plain)
        return _asked_back(ends, limits) if ends else Rejected(Text("input.months", {"said": _quoted(text)}))
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
    return _whole_months(count)


def _month_range(plain: str) -> tuple[Value, ...]:
    """Both ends of `3-6个月` or `两三年`; empty for anything else."""
    found = numbers(plain)
    in_years, in_months = bool(_YEARS.search(plain)), bool(_MONTHS.search(plain))
    if len(found) != 2 or in_years == in_months or _MONEY.search(plain):
        return ()
    counts = [_whole_months(number * (12 if in_years else 1)) for number in found]
    return tuple(Months(count) for count in counts if count is not None) if None not in counts else ()


def _whole_months(count: Decimal) -> int | None:
    return int(count) if count == int(count) and 0 <= count <= 1200 else None


def _count(text: str, limits: Limits) -> Reading:
    found = [Decimal(0)] if _NOTHING.match(normalise(text)) else numbers(text)
    if len(found) == 2 and all(number == int(number) for number in found):
        return _asked_back(tuple(int(number) for number in found), limits)
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
    "months_ahead": _months_ahead,
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


def of_kind(kind: str, number: Decimal, currency: str) -> Value:
    """A number as an answer of a kind that has a unit or counts."""
    match kind:
        case "amount" | "balance":
            return Money(number, currency)
        case "months" | "months_ahead":
            return Months(int(number))
    return int(number)


def number_of(value: Value) -> str:
    """The number of an amount, a time or a count, without its unit; the way back is `of_kind`."""
    number = _number(value)
    return "" if number is None else f"{number:f}"


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
