"""Small flows for tests, written as authors write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.core.values import Text, Values
from bot.dialogs.engine import Turn, advance
from bot.dialogs.events import Event, Opened, Pressed, Said
from bot.dialogs.model import Flow, FlowBook, Notice
from bot.dialogs.reader import parse_flows
from bot.dialogs.state import State
from bot.publishing.sources import parse_yaml

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
NOTICE = Notice("share", 1, "share", "consent.share", "lender", "consent", ("contact",), ("lender",), "a year")
HOME = """
flow: home
entry: menu
steps:
  menu: {choose: home.menu, options: [{id: form, label: home.form, goto: form}]}
  form: {enter: form, goto: menu}
"""
RESUME = """
flow: resume
entry: ask
steps:
  ask: {choose: resume.ask, options: [{id: continue, label: go, goto: on}, {id: restart, label: anew, goto: anew}]}
  on: {end: return}
  anew: {end: restart}
"""
SIDE = """
flow: side
entry: ask
steps:
  ask: {choose: side.ask, options: [{id: done, label: done, goto: end}]}
  end: {end: return}
"""


def flow(text: str, name: str = "form") -> Flow:
    """One flow; its document gives all but the heading where it begins with `steps`."""
    heading = f"flow: {name}\nkind: form\nentry: first\n" if text.lstrip().startswith("steps") else ""
    return next(iter(parse_flows({f"{name}.yaml": parse_yaml(heading + text, name)}, 1).values()))


def book(*texts: str, **more: Any) -> FlowBook:
    """A book with these flows, a menu that leads to `form`, a talk `side`, and commands of these and other names."""
    flows = [flow(HOME), flow(RESUME), flow(SIDE), *(flow(text) for text in texts)]
    given: dict[str, Any] = {
        "release": 1,
        "flows": {one.ref: one for one in flows},
        "entry": "form",
        "home": "home",
        "resume": "resume",
        "commands": {"back": "back", "cancel": "cancel", "help": "help", "apply": "apply", "side": "side"},
        "command_flows": {"apply": "form", "side": "side"},
        "words": {},
        "placeholders": {},
        "notices": {"share": NOTICE},
    }
    return FlowBook(**{**given, **more})


class Talk:
    """A conversation on the engine alone; `turn` is its last turn."""

    def __init__(self, flows: FlowBook, facts: Values | None = None) -> None:
        self.book = flows
        self.facts: Values = facts or {}
        self.state = State()
        self.turn: Turn | None = None
        self.now = NOW

    def take(self, event: Event) -> Turn:
        self.turn = advance(self.book, self.facts, self.state, event)
        self.state = self.turn.state
        return self.turn

    def open(self) -> Turn:
        return self.take(Opened(self.now))

    def say(self, text: str) -> Turn:
        return self.take(Said(self.now, text))

    def press(self, choice: str) -> Turn:
        prompt = self.state.prompt
        assert prompt is not None
        assert choice in prompt.choices, list(prompt.choices)
        return self.take(Pressed(self.now, f"{self.state.frames[-1].instance}.{prompt.turn}.{choice}"))

    @property
    def step(self) -> str:
        return self.state.frames[-1].step

    @property
    def answers(self) -> Mapping[str, object]:
        return self.state.frames[-1].answers

    @property
    def shown(self) -> list[Text]:
        """The paragraphs of the open prompt."""
        return list(self.state.prompt.body) if self.state.prompt else []
