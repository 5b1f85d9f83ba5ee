"""What can happen to a conversation: past tense, frozen, in the channel's neutral form.

`at` is the aware UTC time of the event. `message` names the channel's message that the event came with or refers to,
`reply_to` the one that it answers by the channel's own means, `thread` the topic of the chat it was written in, where it has any.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from bot.core.values import Values

AttachmentKind = Literal["photo", "document", "voice", "video", "sticker", "location", "other"]


@dataclass(frozen=True, slots=True)
class Opened:
    """The customer started the bot, perhaps by a link whose `payload` says where from."""

    at: datetime
    payload: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """The customer typed `text`; `withheld` names what was taken out of it because it must not be kept."""

    at: datetime
    text: str
    message: str | None = None
    withheld: Literal["identity", "bank_card"] | None = None
    reply_to: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """The customer claims to have pressed the button that carries `token`; `query` is what must be acknowledged."""

    at: datetime
    token: str
    message: str | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """The customer shared a contact; `own` when it is theirs by the channel's word."""

    at: datetime
    phone: str
    own: bool
    message: str | None = None
    reply_to: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """The customer sent something that is not text; `file` is the channel's handle of it.

    `place` is where a location is, latitude and longitude in degrees (WGS 84). It is looked at in its turn and never kept.
    """

    at: datetime
    kind: AttachmentKind
    file: str | None = None
    name: str | None = None
    caption: str | None = None
    message: str | None = None
    place: tuple[float, float] | None = None
    reply_to: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Edited:
    """The customer has changed a message, `text` being its words now, or those below its `file`.

    It is no new answer: what was answered stays answered, and a change goes by the review. Where a person holds the chat, the
    copy that was passed on is changed.
    """

    at: datetime
    text: str
    message: str
    kind: AttachmentKind | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """A service answered the request `request` with an outcome and values."""

    at: datetime
    request: str
    outcome: str
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signalled:
    """Something the customer waits for has happened: `name` is what is awaited, `outcome` how it came out."""

    at: datetime
    name: str
    outcome: str
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The timer `timer` ran out."""

    at: datetime
    timer: str


@dataclass(frozen=True, slots=True)
class Released:
    """The person who held the chat has given it back; `values` may say why."""

    at: datetime
    values: Values = field(default_factory=dict)


Event: TypeAlias = Opened | Said | Pressed | Shared | Attached | Edited | Returned | Signalled | TimedOut | Released
EVENTS: tuple[type[Event], ...] = (
    Opened,
    Said,
    Pressed,
    Shared,
    Attached,
    Edited,
    Returned,
    Signalled,
    TimedOut,
    Released,
)
