"""States and events as JSON-ready objects and back; decimals, dates and units survive.

Dataclasses are stored as lists and small objects with short names, since a state is written at every turn.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from bot.core.codec import decode, decode_all, encode, encode_all
from bot.core.errors import StateError
from bot.core.figures import Figure
from bot.core.values import Text
from bot.dialogs.events import EVENTS, Event, Signalled
from bot.dialogs.model import FlowRef
from bot.dialogs.state import Frame, Heard, Pending, Prompt, State

_NEVER_KEPT = frozenset({"place"})
_EVENT_TYPES = {kind.__name__: kind for kind in EVENTS}


def encode_event(event: Event) -> dict[str, Any]:
    """An event as `{"type": …, field: value, …}` without the fields that are absent, and without where somebody is."""
    stored: dict[str, Any] = {"type": type(event).__name__}
    for field in fields(event):
        value = getattr(event, field.name)
        if value is not None and field.name not in _NEVER_KEPT:
            stored[field.name] = encode(value)
    return stored


def decode_event(stored: dict[str, Any]) -> Event:
    """The event that `encode_event` was given."""
    values: dict[str, Any] = {name: decode(item) for name, item in stored.items() if name != "type"}
    kind = _EVENT_TYPES.get(stored.get("type", ""))
    if kind is None:
        raise StateError("a stored event is of an unknown type")
    return kind(**values)


def encode_state(state: State) -> dict[str, Any]:
    """A state as JSON-ready object; what is absent or empty takes no space."""
    stored: dict[str, Any] = {"turn": state.turn, "instances": state.instances}
    if state.frames:
        stored["frames"] = [_frame(frame) for frame in state.frames]
    if state.held_by != "bot":
        stored["held_by"] = state.held_by
    if state.known:
        stored["known"] = encode_all(state.known)
    if state.prompt:
        stored["prompt"] = _prompt(state.prompt)
    if state.pending:
        stored["pending"] = [[item.request, item.purpose, item.instance] for item in state.pending]
    if state.heard:
        stored["heard"] = [state.heard.text, state.heard.at.isoformat()]
    if state.deferred:
        stored["deferred"] = [encode_event(signal) for signal in state.deferred]
    return stored


def decode_state(stored: dict[str, Any]) -> State:
    """The state that `encode_state` was given; an empty object is the state of somebody new."""
    try:
        return State(
            frames=tuple(_read_frame(frame) for frame in stored.get("frames", ())),
            turn=stored.get("turn", 0),
            instances=stored.get("instances", 0),
            held_by=stored.get("held_by", "bot"),
            known=decode_all(stored.get("known", {})),
            prompt=_read_prompt(stored["prompt"]) if "prompt" in stored else None,
            pending=tuple(Pending(*item) for item in stored.get("pending", ())),
            heard=_read_heard(stored["heard"]) if "heard" in stored else None,
            deferred=tuple(_read_signal(signal) for signal in stored.get("deferred", ())),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise StateError(f"a stored state cannot be read: {type(error).__name__}") from None


def _frame(frame: Frame) -> dict[str, Any]:
    kept = {"kept": list(frame.kept)} if frame.kept else {}
    return {
        "flow": [frame.flow.name, frame.flow.release],
        "instance": frame.instance,
        "step": frame.step,
        "answers": encode_all(frame.answers),
        "path": list(frame.path),
        "revising": frame.revising,
        **kept,
    }


def _read_frame(stored: dict[str, Any]) -> Frame:
    return Frame(
        flow=FlowRef(*stored["flow"]),
        instance=stored["instance"],
        step=stored["step"],
        answers=decode_all(stored["answers"]),
        path=tuple(stored["path"]),
        revising=stored["revising"],
        kept=tuple(stored.get("kept", ())),
    )


def _prompt(prompt: Prompt) -> dict[str, Any]:
    figure = {"figure": encode(prompt.figure)} if prompt.figure else {}
    return figure | {
        "slot": prompt.slot,
        "turn": prompt.turn,
        "body": [encode(text) for text in prompt.body],
        "choices": encode_all(prompt.choices),
        "rest": [prompt.position, prompt.version, prompt.buried, prompt.misses],
    }


def _read_prompt(stored: dict[str, Any]) -> Prompt:
    position, version, buried, misses = stored["rest"]
    return Prompt(
        slot=stored["slot"],
        turn=stored["turn"],
        body=tuple(_text(item) for item in stored["body"]),
        choices={name: _text(item) for name, item in stored["choices"].items()},
        position=position,
        version=version,
        buried=buried,
        misses=misses,
        figure=_figure(stored.get("figure")),
    )


def _figure(stored: Any) -> Figure | None:
    figure = decode(stored)
    if figure is not None and not isinstance(figure, Figure):
        raise StateError("a stored prompt holds something that is not a figure")
    return figure


def _text(stored: Any) -> Text:
    text = decode(stored)
    if not isinstance(text, Text):
        raise StateError("a stored prompt holds something that is not a text")
    return text


def _read_heard(stored: list[str]) -> Heard:
    return Heard(stored[0], datetime.fromisoformat(stored[1]))


def _read_signal(stored: dict[str, Any]) -> Signalled:
    event = decode_event(stored)
    if not isinstance(event, Signalled):
        raise StateError("a deferred event is not a signal")
    return event
