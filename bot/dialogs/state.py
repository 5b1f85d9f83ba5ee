"""Where a customer stands in a conversation: frames of flows, the open prompt, and what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.core.figures import Figure
from bot.core.values import Text, Values
from bot.dialogs.events import Signalled
from bot.dialogs.model import FlowRef


@dataclass(frozen=True, slots=True)
class Frame:
    """One flow under way. `flow` is pinned to the release it was entered with.

    `instance` numbers the entry within the conversation, so that a press from an earlier visit is recognised.
    `path` holds the answered steps in order, for going back; `revising` is set while a change made in a review is
    being followed through, when questions already answered are passed over; `kept` names the parts of the form whose
    earlier answers were kept as a whole.
    """

    flow: FlowRef
    instance: int
    step: str
    answers: Values = field(default_factory=dict)
    path: tuple[str, ...] = ()
    revising: bool = False
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """The question that is open on the customer's screen.

    `slot` names its message; `turn` is the one a press must carry; `choices` are the offered choice ids with their
    labels; `position` the card shown; `version` that of the consent notice shown; `buried` is set once something was
    typed below it; `misses` counts inputs in a row that were not understood; `figure` is what is shown with the words.
    """

    slot: str
    turn: int
    body: tuple[Text, ...]
    choices: Mapping[str, Text] = field(default_factory=dict)
    position: int = 0
    version: int = 0
    buried: bool = False
    misses: int = 0
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that has not been answered.

    It is a step's own, or an aside: a question in the middle of a form, after which the step is asked again.
    `instance` is the frame that waits.
    """

    request: str
    purpose: Literal["step", "aside"]
    instance: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The last text that was taken as an answer, to recognise one sent twice."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """All that the engine remembers of a conversation; `known` outlives the flows it was answered in.

    `turn` grows with every event that changes something; `deferred` are signals that came while a person held the
    chat, told afterwards.
    """

    frames: tuple[Frame, ...] = ()
    turn: int = 0
    instances: int = 0
    held_by: Literal["bot", "manager"] = "bot"
    known: Values = field(default_factory=dict)
    prompt: Prompt | None = None
    pending: tuple[Pending, ...] = ()
    heard: Heard | None = None
    deferred: tuple[Signalled, ...] = ()
