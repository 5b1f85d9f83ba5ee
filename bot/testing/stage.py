"""Plays stories: what a customer does is done on a stage, what they then see is compared with what is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Protocol

from bot.core.values import Values
from bot.dialogs.events import AttachmentKind
from bot.dialogs.stories import (
    LOCALE,
    Acknowledged,
    Act,
    Becomes,
    Breaks,
    Buttons,
    Consents,
    Expectation,
    Figures,
    InPlace,
    Knows,
    Lender,
    Line,
    Manager,
    Nothing,
    Opens,
    Passes,
    Presses,
    Says,
    Scans,
    Sees,
    Sends,
    Settled,
    Shares,
    Story,
    fits,
    plain_text,
)
from bot.testing.screen import Knob, Screen

FORM_STEP = "form.step"
"""Tells how far a form is; it is compared only where a story names it."""


class Stage(Protocol):
    """A running bot with one customer. Each act returns when the bot has done what follows from it."""

    screen: Screen
    manager_screen: Screen | None
    colleague_screen: Screen | None
    """Those of the account manager who is asked first, and of the second one; None where they are not played."""

    async def open(self, payload: str | None) -> None: ...
    def become(self, who: str) -> None:
        """What is done and seen from now on is done and seen on the phone of `who`."""
        ...

    def screens(self) -> Iterable[Screen]:
        """Every screen that is played."""
        ...

    def link_on(self, whose: str) -> str:
        """The payload of the newest link of the bot's own on the phone of `whose`."""
        ...

    async def say(self, text: str) -> None: ...
    async def press(self, number: str, knob: Knob) -> None: ...
    async def share(self, phone: str, own: bool) -> None: ...
    async def send(self, kind: AttachmentKind, sample: str) -> None: ...
    async def lender(self, act: Lender) -> None: ...
    async def manager(self, act: Manager) -> None: ...
    async def pass_time(self, time: timedelta) -> None: ...
    async def break_down(self, fault: str) -> None: ...
    async def known(self) -> Values:
        """All that the bot remembers of the customer, with the answers of the flows under way."""
        ...

    async def consents(self) -> Mapping[str, str]:
        """The newest decision on each notice, by its id."""
        ...


async def play(
    story: Story, stage: Stage, locale: str, watch: Callable[[Act, Knob | None], None] = lambda _act, _knob: None
) -> None:
    """Play `story` in one language. Raises `AssertionError` that says where it went differently.

    `watch` is told of each act when all has happened, with the button where one was pressed.
    """
    performance = _Performance(stage, locale)
    for line in story.lines:
        try:
            await performance.line(line)
            if isinstance(line.what, Act):
                watch(line.what, performance.pressed)
        except (AssertionError, LookupError) as error:
            raise AssertionError(f"{story.title}\n{line.place}: {error}\n{_recent(stage.screen)}") from error


class _Performance:
    def __init__(self, stage: Stage, locale: str) -> None:
        self._stage = stage
        self._locale = locale
        self._pressed: tuple[str, Knob] | None = None
        self._said = ""
        self._at_the_desk = False

    @property
    def pressed(self) -> Knob | None:
        """The button pressed last."""
        return self._pressed[1] if self._pressed else None

    async def line(self, line: Line) -> None:
        match line.what:
            case expectation if not isinstance(expectation, Act):
                await self._expect(expectation)
            case Becomes(who=who):
                self._at_the_desk = who.startswith(("manager", "supervisor"))
                self._stage.become(who)
            case act:
                self._begin()
                await self._act(act)
                self._hold_always(act)

    def _begin(self) -> None:
        for screen in self._stage.screens():
            screen.begin()

    async def _act(self, act: Act) -> None:
        stage = self._stage
        match act:
            case Opens(payload=payload):
                await stage.open(payload)
            case Scans(whose=whose):
                await stage.open(stage.link_on(whose))
            case Says():
                self._said = act.in_locale(self._locale) if act.text else self._said
                await stage.say(self._said)
            case Presses():
                self._pressed = self._button(act)
                await stage.press(*self._pressed)
            case Shares(phone=phone, own=own):
                await stage.share(phone, own)
            case Sends(kind=kind, sample=name):
                await stage.send(kind, name)
            case Lender():
                await stage.lender(act)
            case Manager():
                await stage.manager(act)
            case Passes(time=time):
                await stage.pass_time(time)
            case Breaks(fault=fault):
                await stage.break_down(fault)

    def _button(self, act: Presses) -> tuple[str, Knob]:
        choice = self._locale if act.choice == LOCALE else act.choice
        match act.how:
            case "now":
                return self._stage.screen.find(choice)
            case "stale":
                return self._stage.screen.find_stale(choice)
        if self._pressed is None or choice not in {self._pressed[1].choice, self._pressed[1].label}:
            raise LookupError(f"'{choice}' was not pressed last")
        return self._pressed

    def _hold_always(self, act: Act) -> None:
        """Every press is answered once, and only one question at a time has buttons; at the desk each lead has its own."""
        screen = self._stage.screen
        if isinstance(act, Presses):
            assert len(screen.acknowledged) == 1, f"the press was answered {len(screen.acknowledged)} times"
        assert self._at_the_desk or len(screen.with_buttons()) <= 1, (
            f"several messages have buttons: {screen.with_buttons()}"
        )

    async def _expect(self, expectation: Expectation) -> None:
        screen = self._stage.screen
        match expectation:
            case Sees(keys=keys, by="manager"):
                _see(keys, self._stage.manager_screen)
            case Sees(keys=keys, by="colleague"):
                _see(keys, self._stage.colleague_screen)
            case Sees(keys=keys):
                _see(keys, screen)
            case Nothing():
                assert not screen.news, f"saw {_list(screen.news)} instead of nothing"
            case Acknowledged(key=key):
                assert screen.acknowledged == [key], f"the press was answered with {screen.acknowledged}"
            case Buttons(choices=choices):
                found = screen.messages[screen.with_buttons()[-1]].choices if screen.with_buttons() else ()
                assert found == choices, f"the buttons are {_list(found)}"
            case Settled():
                assert screen.settled, "no question was closed with its answer"
            case InPlace():
                assert screen.added == 0, "a new message was sent"
            case Figures(kinds=kinds):
                assert tuple(screen.figures) == kinds, f"saw the figures {_list(screen.figures)}"
            case Knows(values=values):
                _compare(values, {name: plain_text(item) for name, item in (await self._stage.known()).items()})
            case Consents(states=states):
                _compare(states, await self._stage.consents())


def _see(keys: tuple[str, ...], screen: Screen | None) -> None:
    if screen:
        news = [key for key in screen.news if key != FORM_STEP or FORM_STEP in keys]
        assert fits(keys, tuple(news)), f"saw {_list(news)} instead of {_list(keys)}"


def _compare(expected: Mapping[str, str | None], found: Mapping[str, str]) -> None:
    for name, value in expected.items():
        there = found.get(name)
        assert there == value or (value is None and there == "None"), f"{name} is {there!r} and not {value!r}"


def _list(keys: object) -> str:
    return f"[{', '.join(map(str, keys))}]" if isinstance(keys, tuple | list) else str(keys)


def _recent(screen: Screen) -> str:
    """The last messages on the screen, for whoever reads the failure."""
    lines = ["The screen ends with:"]
    for number, shown in list(screen.messages.items())[-5:]:
        lines.append(f"  #{number} {_list([part.key for part in shown.parts])} {_list(list(shown.choices))}")
    return "\n".join(lines)
