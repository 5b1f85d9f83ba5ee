from __future__ import annotations

import re
from pathlib import Path

from bot.simulator.control import router
from bot.simulator.faults import KINDS
from bot.simulator.limits import Limits
from bot.simulator.methods import METHODS

PAGE = (Path(__file__).parents[3] / "docs/simulator.md").read_text()


def test_every_fault_and_limit_is_documented() -> None:
    assert [name for name in (*KINDS, *Limits().view()) if f"| `{name}` |" not in PAGE] == []


def test_every_call_of_the_control_api_is_documented() -> None:
    calls = [(method, route.path) for route in router.routes for method in route.methods]  # type: ignore[attr-defined]  # all are routes of an API
    documented = {path.replace("user_id", "id") for path in re.findall(r"`((?:GET|POST|PUT) /simulator/[^`?]*)", PAGE)}
    assert [call for call in calls if f"{call[0]} {call[1]}".replace("user_id", "id") not in documented] == []


def test_the_methods_documented_are_those_there_are() -> None:
    section = PAGE.split("## What it knows of the Bot API")[1]
    named = set(re.findall(r"`([a-z]+[A-Z]\w+|close)`", section))
    assert {name.lower() for name in named} == set(METHODS)
