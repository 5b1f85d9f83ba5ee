from dataclasses import FrozenInstanceError, replace

import pytest

from bot.core.records import changed
from bot.dialogs.state import Prompt, State


def test_a_record_is_changed_as_the_standard_library_would() -> None:
    state = State(turn=3, known={"locale": "zh"}, prompt=Prompt("p1.1", 1, ()))

    assert changed(state, turn=4, prompt=None) == replace(state, turn=4, prompt=None)
    assert changed(state) == state
    assert state.turn == 3


def test_a_changed_record_is_frozen_too() -> None:
    with pytest.raises(FrozenInstanceError):
        changed(State(), turn=1).turn = 2  # type: ignore[misc]


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="State has no field tern"):
        changed(State(), tern=1)
