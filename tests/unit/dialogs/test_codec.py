"""States and events survive being stored; what cannot be read is told as such."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import orjson
import pytest

from bot.core.errors import StateError
from bot.core.values import Money, Months, Rate, Text
from bot.dialogs.codec import decode_event, decode_state, encode_event, encode_state
from bot.dialogs.events import Attached, Returned, Said, Signalled
from bot.dialogs.model import FlowRef
from bot.dialogs.state import Frame, Heard, Pending, Prompt, State

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
FULL = State(
    frames=(Frame(FlowRef("form", 3), 2, "amount", {"amount": Money(Decimal("1.50"), "EUR")}, ("a", "b"), revising=True),),
    turn=9,
    instances=2,
    held_by="manager",
    known={"months": Months(9), "rate": Rate(Decimal("0.072")), "day": date(2026, 1, 2), "all": ("x", None, True)},
    prompt=Prompt("p9.2", 9, (Text("ask", {"low": Decimal(5)}),), {"!why": Text("why")}, 3, 2, buried=True, misses=1),
    pending=(Pending("2.9.1", "step", 2),),
    heard=Heard("3万", NOW),
    deferred=(Signalled(NOW, "application", "approved", {"told": Text("told")}),),
)  # fmt: skip


@pytest.mark.parametrize("state", [FULL, State()])
def test_a_state_survives_being_stored_as_json(state: State) -> None:
    assert decode_state(orjson.loads(orjson.dumps(encode_state(state)))) == state


def test_a_new_state_takes_no_space() -> None:
    assert encode_state(State()) == {"turn": 0, "instances": 0}
    assert decode_state({}) == State()


@pytest.mark.parametrize(
    "event",
    [
        Said(NOW, "hello"), Attached(NOW, "photo", file="f", message="7"),
        Returned(NOW, "1.2.3", "quoted", {"quote": Text("q")}),
    ],
)  # fmt: skip
def test_an_event_survives_being_stored_as_json(event: Said | Attached | Returned) -> None:
    assert decode_event(orjson.loads(orjson.dumps(encode_event(event)))) == event


@pytest.mark.parametrize(
    "stored",
    [{"frames": [{}]}, {"frames": 7}, {"heard": ["x"]}, {"prompt": {"slot": "p"}}, {"pending": [[1, 2, 3, 4]]},
     {"deferred": [{"type": "Said", "at": {"$time": "2026-11-20T01:30:00+00:00"}, "text": "x"}]}],
)  # fmt: skip
def test_a_state_that_cannot_be_read_is_told_without_its_content(stored: dict[str, object]) -> None:
    with pytest.raises(StateError):
        decode_state(stored)


def test_an_unknown_event_is_told() -> None:
    with pytest.raises(StateError, match="unknown type"):
        decode_event({"type": "Exploded"})
