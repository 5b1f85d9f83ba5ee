"""A person's screen as stories see it: messages made of texts by key, with buttons by choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.core.figures import Figure, Table
from bot.dialogs.stories import FigureKind, Manager
from bot.figures.worded import Worded, WordedTable

SETTLED = "settled"
"""The text that shows the chosen answer behind a closed question."""


@dataclass(frozen=True, slots=True)
class Part:
    """A text in a message: its key, and what else makes it the same text as before or another one."""

    key: str
    content: object = None


@dataclass(frozen=True, slots=True)
class Knob:
    """A button. `choice` is the id it stands for, without the mark of those that every form has."""

    choice: str
    label: str
    token: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A message on the screen; `words` are its words where they were rendered. Files and plain words have no parts."""

    parts: tuple[Part, ...]
    knobs: tuple[tuple[Knob, ...], ...] = ()
    words: str = ""
    asks_contact: bool = False
    figure: FigureKind | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        """The choices of all buttons."""
        return tuple(knob.choice for row in self.knobs for knob in row)


@dataclass(slots=True)
class Screen:
    """Messages by number, oldest first, and what has happened since the last act."""

    messages: dict[str, Shown] = field(default_factory=dict)
    pressed: list[tuple[str, Knob]] = field(default_factory=list)
    news: list[str] = field(default_factory=list)
    settled: bool = False
    figures: list[FigureKind] = field(default_factory=list)
    added: int = 0
    acknowledged: list[str | None] = field(default_factory=list)
    old_knobs: list[tuple[str, Knob]] = field(default_factory=list)

    def begin(self) -> None:
        """An act begins: what happened before it is no news."""
        self.news, self.settled, self.figures, self.added, self.acknowledged = [], False, [], 0, []

    def show(self, number: str, message: Shown) -> None:
        """A new message, or one that is changed in place, when only what is new in it is news.

        A question that is closed is no news, though its words may now be in another language.
        """
        before = self.messages.get(number)
        known = before.parts if before else ()
        fresh = [part for part in message.parts if part not in known]
        self.settled = self.settled or any(part.key == SETTLED for part in fresh)
        if not (before and closes(before, message)):
            self.news.extend(part.key for part in fresh)
            self.figures.extend([message.figure] if message.figure else [])
        self.added += before is None
        self._retire(number, before)
        self.messages[number] = message

    def _retire(self, number: str, before: Shown | None) -> None:
        if before:
            self.old_knobs.extend((number, knob) for row in before.knobs for knob in row)

    def with_buttons(self) -> list[str]:
        """The numbers of the messages that have buttons which come back."""
        return [number for number, shown in self.messages.items() if any(knob.token for knob in knobs_of(shown))]

    def find(self, choice: str) -> tuple[str, Knob]:
        """Message and button of a choice (an id or a label) as it stands on the screen. Raises `LookupError`."""
        for number, shown in reversed(self.messages.items()):
            for knob in knobs_of(shown):
                if choice in {knob.choice, knob.label}:
                    return number, knob
        raise LookupError(f"there is no button '{choice}' on the screen; there are {self._offered()}")

    def find_stale(self, choice: str) -> tuple[str, Knob]:
        """Message and button of a choice that stood on the screen earlier, the newest such. Raises `LookupError`."""
        standing = {knob.token for shown in self.messages.values() for knob in knobs_of(shown)}
        for number, knob in reversed(self.old_knobs):
            if choice in {knob.choice, knob.label} and knob.token not in standing:
                return number, knob
        raise LookupError(f"no button '{choice}' has stood on the screen before")

    def _offered(self) -> str:
        return ", ".join(choice for shown in self.messages.values() for choice in shown.choices) or "none"


def closes(before: Shown, after: Shown) -> bool:
    """Whether a message has lost its buttons, and says at most which answer was chosen."""
    added = {part.key for part in after.parts} - {part.key for part in before.parts} - {SETTLED}
    return bool(before.choices) and not after.choices and not added


def knobs_of(shown: Shown) -> Iterator[Knob]:
    """All buttons of a message."""
    for row in shown.knobs:
        yield from row


def choice_of(token: str) -> str:
    """The choice that a button's token carries: `3.7.!back` is `back`, an account manager's `m.pursue.won.5` is `pursue.won`.

    Of a manager's, numbers by which somebody or something is named are left out. A button that opens a link carries none, and is `link`.
    """
    if not token:
        return "link"
    first, _, rest = token.partition(".")
    if first == "m":
        return ".".join(part for part in rest.split(".") if not part.isdecimal())
    return rest.partition(".")[2].removeprefix("!")


def pressed_by_manager(act: Manager) -> str:
    """The choice that an account manager presses."""
    return act.words or {"accepts": "accept", "returns": "return"}[act.act]


def kind_of(figure: Figure | Worded | None) -> FigureKind | None:
    """What a story calls a figure."""
    if figure is None:
        return None
    return "table" if isinstance(figure, Table | WordedTable) else "chart"
