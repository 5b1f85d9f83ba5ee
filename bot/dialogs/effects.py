"""What the engine asks the world to do: imperative, frozen. Words are chosen last, so texts are keys with values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bot.core.figures import Figure
from bot.core.values import Text, Values


@dataclass(frozen=True, slots=True)
class Button:
    """A button: its label, and the token that a press brings back (at most 64 bytes) or a link that it opens."""

    label: Text
    token: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """Show a message made of `body` paragraphs, and of a `figure` where there is one.

    `slot` names the message for later: with `edit` the message last shown in the slot is changed in place, and
    sent anew only where there is none. `asks_contact` adds the channel's own button for sharing a contact.
    """

    slot: str
    body: tuple[Text, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    edit: bool = False
    asks_contact: bool = False
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Answer the press in this event, with a short notice or with nothing."""

    notice: Text | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Call the service `service`; its answer comes back as `Returned(request=id)`."""

    id: str
    service: str
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Bring `TimedOut(timer)` after `seconds`."""

    timer: str
    seconds: int


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """Record that consent to `notice` (at `version`) was given or refused on the message shown in `slot`."""

    notice: str
    version: int
    state: Literal["given", "refused"]
    slot: str
    message: str | None


@dataclass(frozen=True, slots=True)
class OpenHandoff:
    """Ask for a person; the answer (`offered`, `nobody`) comes back as `Returned(request=id)`."""

    id: str
    reason: str
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Relay:
    """Pass what the customer has just sent on to the person who holds the chat."""


@dataclass(frozen=True, slots=True)
class CloseHandoff:
    """The customer ends the chat with the person who holds it."""


@dataclass(frozen=True, slots=True)
class Track:
    """Keep a milestone for the figures, such as the channel a customer came by."""

    name: str
    values: Values = field(default_factory=dict)


Effect: TypeAlias = Show | Acknowledge | Request | SetTimer | RecordConsent | OpenHandoff | CloseHandoff | Relay | Track
