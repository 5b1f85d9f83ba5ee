"""Stories: readable scripts of a conversation, the same file for every way of running the bot.

A story is what a customer does and what they then see. What is seen is told by text keys, so that words may change
freely; buttons are told by their choice ids. How to write one is in `docs/stories.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal, NoReturn, TypeAlias, get_args

from bot.core.errors import ContentError
from bot.core.values import Money, Months, Text, Value
from bot.dialogs.events import AttachmentKind

REST: Final = "…"
"""In what is seen: any number of texts."""

LOCALE: Final = "{locale}"
"""In a press: the language of the customer, so that one story can be played in each."""

RUNNERS: Final = ("engine", "turns", "bot")
OPERATORS: Final = ("lender", "third_party")
PEOPLE: Final = ("customer", "customer2", "manager", "manager2", "supervisor", "agent")
"""Whose phone a story may follow; it begins with the customer's."""

MANAGER_ACTS: Final = ("accepts", "returns")
LENDER_ACTS: Final = ("accepts", "refuses", "fails")
FigureKind: TypeAlias = Literal["table", "chart"]
FAULTS: Final = ("turn", "flood", "blocked", "not_modified", "timeout")


@dataclass(frozen=True, slots=True)
class Opens:
    """The customer starts the bot, perhaps by a link."""

    payload: str | None = None


@dataclass(frozen=True, slots=True)
class Becomes:
    """From here on the story follows the phone of `who`: what is done is done there, what is seen is seen there."""

    who: str


@dataclass(frozen=True, slots=True)
class Scans:
    """The newest link of the bot's own on the phone of `whose` is opened."""

    whose: str


@dataclass(frozen=True, slots=True)
class Says:
    """The customer types something; `text` by locale, or the same for all under the empty name. None: the last again."""

    text: Mapping[str, str] | None

    def in_locale(self, locale: str) -> str:
        """The words in one language."""
        words = self.text or {}
        return words.get(locale) or words[""]


@dataclass(frozen=True, slots=True)
class Presses:
    """The customer presses the button of `choice`, an id or a label.

    `again` repeats the last press under a new update; `stale` takes a button of an earlier message.
    """

    choice: str
    how: Literal["now", "again", "stale"] = "now"


@dataclass(frozen=True, slots=True)
class Shares:
    """The customer shares a contact, their own or another person's."""

    phone: str
    own: bool = True


@dataclass(frozen=True, slots=True)
class Sends:
    """The customer sends something that is not text; `sample` names a file that the runner has."""

    kind: AttachmentKind
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Lender:
    """The lender does something.

    `accepts`, `refuses` or `fails` is what becomes of the application being handed in; any other `act` is a stage that
    the lender tells of, `delayed` that it will take longer. `items` are the papers missing or the reasons. `how` is
    `again` for the last event once more, `late` for one that should have come before it.
    """

    act: str
    items: tuple[str, ...] = ()
    how: Literal["now", "again", "late"] = "now"


@dataclass(frozen=True, slots=True)
class Manager:
    """The account manager who was asked first accepts, gives the customer back, writes `words`, or presses the button that they name.

    `second` is another one, who joined after that one.
    """

    act: str
    words: str = ""
    second: bool = False


@dataclass(frozen=True, slots=True)
class Passes:
    """Time goes by; timers that fall due go off."""

    time: timedelta


@dataclass(frozen=True, slots=True)
class Breaks:
    """Something goes wrong in the next turn: `turn` is our own fault, the others are Telegram's."""

    fault: str


@dataclass(frozen=True, slots=True)
class Sees:
    """The text keys that the customer saw since the last act, in order; `REST` stands for any number.

    Of a message that is changed in place only what is new in it counts. The answer put behind a closed question does
    not count: see `Settled`. `by` is who saw it: the customer, the account manager who was asked first, or the second one.
    """

    keys: tuple[str, ...]
    by: Literal["customer", "manager", "colleague"] = "customer"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The notice that the last press was answered with; None: it was answered without one."""

    key: str | None


@dataclass(frozen=True, slots=True)
class Buttons:
    """The choices under the last message that has buttons, in order."""

    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """A question was closed since the last act, with the chosen answer shown behind it."""


@dataclass(frozen=True, slots=True)
class InPlace:
    """What was seen since the last act stands in messages that were there before."""


@dataclass(frozen=True, slots=True)
class Knows:
    """What the bot remembers, as `plain_text` writes it; None: nothing under that name."""

    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Consents:
    """The newest decision on each notice, by its id."""

    states: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """The tables and charts that came with what was seen since the last act, in order."""

    kinds: tuple[FigureKind, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """The customer saw nothing new since the last act."""


Act: TypeAlias = Opens | Becomes | Scans | Says | Presses | Shares | Sends | Lender | Manager | Passes | Breaks
Expectation: TypeAlias = Sees | Acknowledged | Buttons | Settled | InPlace | Knows | Consents | Figures | Nothing


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story; `place` says where it was written, for people."""

    place: str
    what: Act | Expectation


@dataclass(frozen=True, slots=True)
class Story:
    """One story. `title` is its sentence, `rules` are those of the interaction rules that it shows.

    It is played once for each of `locales` by each of `runners`, for a bot run by `operator` that has `managers`
    account managers on duty, a `supervisor` and a field `agent` where it says so.
    """

    title: str
    lines: tuple[Line, ...]
    rules: tuple[int, ...] = ()
    locales: tuple[str, ...] = ("zh",)
    operator: str = "lender"
    managers: int = 1
    supervisor: bool = False
    agent: bool = False
    runners: tuple[str, ...] = RUNNERS


def parse_story(document: object, file: str, scenes: Mapping[str, object] | None = None) -> Story:
    """The story in a parsed YAML file. `scenes` are the parsed files of steps that stories share, by name.

    Raises `ContentError` that names file, step, field and remedy.
    """
    fields = _mapping(document, file)
    _refuse_unknown(fields, _FIELDS, file)
    lines = tuple(_lines(fields.get("steps"), file, scenes or {}))
    runners = tuple(_one_of(name, RUNNERS, f"{file}: runners") for name in _list(fields.get("runners", [*RUNNERS])))
    if runners != ("turns",) and any(isinstance(line.what, Becomes | Scans) for line in lines):
        _refuse(f"{file}: runners", "write [turns]: only there a story follows several people")
    return Story(
        title=_text(fields.get("story"), f"{file}: story"),
        lines=lines,
        rules=tuple(_whole(rule, f"{file}: rule") for rule in _list(fields.get("rule", []))),
        locales=tuple(_text(locale, f"{file}: locale") for locale in _list(fields.get("locale", "zh"))),
        operator=_one_of(fields.get("operator", "lender"), OPERATORS, f"{file}: operator"),
        managers=_whole(fields.get("managers", 1), f"{file}: managers"),
        supervisor=fields.get("supervisor", False) is True,
        agent=fields.get("agent", False) is True,
        runners=runners,
    )


_FIELDS: Final = ("story", "rule", "locale", "operator", "managers", "supervisor", "agent", "runners", "steps")


def fits(expected: tuple[str, ...], seen: tuple[str, ...]) -> bool:
    """Whether `seen` is what was `expected`, where `REST` stands for any number of texts."""
    if not expected:
        return not seen
    first, *rest = expected
    if first == REST:
        return any(fits(tuple(rest), seen[start:]) for start in range(len(seen) + 1))
    return bool(seen) and seen[0] == first and fits(tuple(rest), seen[1:])


def plain_text(value: Value) -> str:
    """A value as stories write it: an amount or a term as its number, a text by its key."""
    match value:
        case Money(amount=amount):
            return f"{amount.normalize():f}"
        case Months(count=count):
            return str(count)
        case Text(key=key):
            return key
        case tuple():
            return ", ".join(plain_text(item) for item in value)
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _lines(steps: object, file: str, scenes: Mapping[str, object], within: tuple[str, ...] = ()) -> list[Line]:
    if not isinstance(steps, list) or not steps:
        _refuse(f"{file}: steps", "write a list of steps here")
    lines: list[Line] = []
    for number, step in enumerate(steps, start=1):
        place = f"{file}: step {number}"
        if isinstance(step, dict) and "scene" in step:
            lines.extend(_scene(_text(step["scene"], place), place, scenes, within))
        else:
            lines.append(Line(place, _what(step, place)))
    return lines


def _scene(name: str, place: str, scenes: Mapping[str, object], within: tuple[str, ...]) -> list[Line]:
    if name not in scenes:
        _refuse(place, f"there is no scene '{name}'; use one of {', '.join(sorted(scenes))}")
    if name in within:
        _refuse(place, f"the scene '{name}' leads back to itself; take it out")
    steps = _mapping(scenes[name], f"{name}.yaml").get("steps")
    return _lines(steps, f"{name}.yaml", scenes, (*within, name))


def _what(step: object, place: str) -> Act | Expectation:
    if isinstance(step, str):
        step = {step: None}
    fields = _mapping(step, place)
    if len(fields) != 1:
        _refuse(place, "write one act or one expectation a step")
    ((verb, value),) = fields.items()
    if verb not in _VERBS:
        _refuse(place, f"'{verb}' is not known; use one of scene, {', '.join(_VERBS)}")
    return _VERBS[verb](value, f"{place}: {verb}")


def _opened(value: object, place: str) -> Act:
    if value is None:
        return Opens()
    fields = _mapping(value, place)
    _refuse_unknown(fields, ("payload",), place)
    return Opens(_text(fields.get("payload"), f"{place}: payload"))


def _says(value: object, place: str) -> Act:
    if isinstance(value, dict):
        return Says({str(locale): _text(words, f"{place}: {locale}") for locale, words in value.items()})
    return Says({"": _text(value, place)})


def _shares(value: object, place: str) -> Act:
    fields = _mapping(value, place)
    _refuse_unknown(fields, ("phone", "own"), place)
    return Shares(_text(fields.get("phone"), f"{place}: phone"), own=fields.get("own", True) is True)


def _sends(value: object, place: str) -> Act:
    kind, sample = next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else (value, "")
    known = _one_of(kind, get_args(AttachmentKind), place)
    return Sends(known, str(sample or ""))  # type: ignore[arg-type]  # just checked


def _lender(how: Literal["now", "late"]) -> Callable[[object, str], Act]:
    def read(value: object, place: str) -> Act:
        if isinstance(value, dict) and len(value) == 1:
            ((act, items),) = value.items()
            return Lender(str(act), tuple(_text(item, place) for item in _list(items)), how)
        return Lender(_text(value, place), how=how)

    return read


def _manager(*, second: bool) -> Callable[[object, str], Act]:
    def read(value: object, place: str) -> Act:
        if isinstance(value, dict) and len(value) == 1 and not value.keys() - {"says", "presses"}:
            ((act, words),) = value.items()
            return Manager(str(act), _text(words, place), second)
        return Manager(_one_of(value, MANAGER_ACTS, place), second=second)

    return read


_DURATION: Final = re.compile(r"(\d+) (second|minute|hour|day)s?")


def _after(value: object, place: str) -> Act:
    found = _DURATION.fullmatch(_text(value, place))
    if found is None:
        _refuse(place, "write a time such as 10 minutes")
    return Passes(timedelta(**{f"{found[2]}s": int(found[1])}))


def _knows(value: object, place: str) -> Expectation:
    known = _mapping(value, place)
    return Knows({name: None if item is None else _text(item, f"{place}: {name}") for name, item in known.items()})


def _consents(value: object, place: str) -> Expectation:
    return Consents({name: _text(item, f"{place}: {name}") for name, item in _mapping(value, place).items()})


def _figures(value: object, place: str) -> Expectation:
    kinds = (_one_of(kind, get_args(FigureKind), place) for kind in _list(value))
    return Figures(tuple(kinds))  # type: ignore[arg-type]  # just checked


def _keys(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        _refuse(place, "write a list here")
    return tuple(_text(item, place) for item in value)


_VERBS: Final[Mapping[str, Callable[[Any, str], Act | Expectation]]] = {
    "opened": _opened,
    "as": lambda value, place: Becomes(_one_of(value, PEOPLE, place)),
    "scans": lambda value, place: Scans(_one_of(value, PEOPLE, place)),
    "says": _says,
    "says again": lambda _value, _place: Says(None),
    "presses": lambda value, place: Presses(_text(value, place)),
    "presses again": lambda value, place: Presses(_text(value, place), "again"),
    "presses stale": lambda value, place: Presses(_text(value, place), "stale"),
    "shares": _shares,
    "sends": _sends,
    "lender": _lender("now"),
    "lender again": lambda _value, _place: Lender("", how="again"),
    "lender late": _lender("late"),
    "manager": _manager(second=False),
    "colleague": _manager(second=True),
    "after": _after,
    "breaks": lambda value, place: Breaks(_one_of(value, FAULTS, place)),
    "sees": lambda value, place: Sees(_keys(value, place)),
    "manager sees": lambda value, place: Sees(_keys(value, place), "manager"),
    "colleague sees": lambda value, place: Sees(_keys(value, place), "colleague"),
    "acknowledged": lambda value, place: Acknowledged(None if value is None else _text(value, place)),
    "buttons": lambda value, place: Buttons(_keys(value, place)),
    "settled": lambda _value, _place: Settled(),
    "in place": lambda _value, _place: InPlace(),
    "figure": _figures,
    "knows": _knows,
    "consents": _consents,
    "nothing": lambda _value, _place: Nothing(),
}
"""What a step may say, and how it is read."""

VERBS: Final = ("scene", *_VERBS)


def _refuse(place: str, remedy: str) -> NoReturn:
    raise ContentError(f"{place}: {remedy}")


def _refuse_unknown(fields: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    for name in fields:
        if name not in known:
            _refuse(f"{place}: {name}", f"this field is not known; use {', '.join(known)}")


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _refuse(place, "write a mapping of names to values here")
    return value


def _text(value: object, place: str) -> str:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    _refuse(place, "write a text here")


def _whole(value: object, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(place, "write a whole number here")
    return value


def _one_of(value: object, allowed: tuple[str, ...], place: str) -> str:
    if value not in allowed:
        _refuse(place, f"'{value}' is not known; use one of {', '.join(allowed)}")
    return str(value)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
