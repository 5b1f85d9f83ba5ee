"""Whom a manager's words are for. Pure.

A manager may serve several customers in one chat, so words must never be guessed to somebody. What points at a customer
counts: the message that is answered. Words that point at nobody go to the customer whom the manager has chosen to talk with
(`Seat.active`), and only while nobody else has come, written or gone since the manager last chose, or answered them: who
answers somebody who leaves just then must not be heard by another. In every other case the manager is asked, and the words are kept meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from bot.core.values import Value, Values

MOST_KEPT: Final = 20
"""Messages that wait at once for an answer to whom they are; the oldest give way."""

_NAME: Final = "desk"
_OF_KEPT: Final = ("place", "text", "kind", "file", "answers")

Whom: TypeAlias = int | Literal["ask", "gone", "nobody"]
"""The lead that words are for. `ask`: the manager must say; `gone`: it is no longer the manager's; `nobody`: there is none."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a manager wrote or sent, kept until the manager says whom it is for; `place` is the message it came in.

    `answers` is the message that it answers, in the manager's own chat.
    """

    place: str
    text: str
    kind: str | None = None
    file: str | None = None
    answers: str | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """What the desk remembers about a manager's chat.

    `active` is the lead the manager has chosen to talk with, `seen` how many messages of each lead's customer had come when
    the manager last chose, or answered; `kept` are words that wait. `noting` is the lead that the next words are a remark on,
    which is for no customer's eyes.
    """

    active: int | None = None
    seen: Mapping[int, int] = field(default_factory=dict)
    kept: tuple[Kept, ...] = ()
    noting: int | None = None

    def talking(self, active: int | None, heard: Mapping[int, int]) -> Seat:
        """The manager has chosen whom to talk with, having `heard` so many messages of each customer."""
        return replace(self, active=active, seen=dict(heard))

    def answering(self, lead: int, heard: Mapping[int, int]) -> Seat:
        """The manager has answered this customer: who answers another one than the active one has to choose again."""
        active = self.active if self.active == lead else None
        return replace(self, active=active, seen={**self.seen, lead: heard.get(lead, 0)})

    def giving_back(self, lead: int) -> Seat:
        """The manager gives this customer back, and so means nobody there any more."""
        seen = {number: count for number, count in self.seen.items() if number != lead}
        return replace(self, active=self.active if self.active != lead else None, seen=seen)

    def unheard(self, heard: Mapping[int, int]) -> frozenset[int]:
        """The leads that are new, whose customer has written since, or has gone: what is written may be meant for them."""
        since = {lead for lead, count in heard.items() if count > self.seen.get(lead, -1)}
        return frozenset(since | (self.seen.keys() - heard.keys()))

    def keeping(self, words: Kept) -> Seat:
        """With these words among those that wait."""
        others = tuple(one for one in self.kept if one.place != words.place)
        return replace(self, kept=(*others, words)[-MOST_KEPT:])

    def without(self, place: str) -> Seat:
        """Without the words of that message."""
        return replace(self, kept=tuple(one for one in self.kept if one.place != place))

    def waiting(self, place: str) -> Kept | None:
        """The words of that message, where they still wait."""
        return next((one for one in self.kept if one.place == place), None)


def addressee(
    held: Collection[int], unheard: Collection[int], active: int | None, pointed: Collection[int | None]
) -> Whom:
    """Whom words are for.

    `held` are the manager's leads, `unheard` those that are new, or whose customer has written or gone since the manager
    last chose or answered. `pointed` is what the words point at, each the number of a lead, or None for what belongs to no lead known.
    """
    if pointed:
        lead, *others = set(pointed)
        if lead is None or others:
            return "ask" if held else "nobody"
        return lead if lead in held else "gone"
    if not held:
        return "nobody"
    return active if active is not None and active in held and not set(unheard) - {active} else "ask"


def seat_of(known: Values) -> Seat:
    """The seat that is kept among what is known of a manager's chat."""
    kept = known.get(_NAME)
    if not isinstance(kept, Mapping):
        return Seat()
    active, seen, words, noting = kept.get("active"), kept.get("seen"), kept.get("kept"), kept.get("noting")
    counts = seen.items() if isinstance(seen, Mapping) else ()
    return Seat(
        active=active if isinstance(active, int) else None,
        seen={int(lead): count for lead, count in counts if isinstance(count, int)},
        kept=tuple(_read(one) for one in words if isinstance(one, Mapping)) if isinstance(words, tuple) else (),
        noting=noting if isinstance(noting, int) else None,
    )


def with_seat(known: Values, seat: Seat) -> Values:
    """What is known of a manager's chat, with this seat instead of the one before."""
    others = {name: value for name, value in known.items() if name != _NAME}
    if seat == Seat():
        return others
    seen = {str(lead): count for lead, count in seat.seen.items()}
    words = tuple({name: getattr(one, name) for name in _OF_KEPT} for one in seat.kept)
    noting = {} if seat.noting is None else {"noting": seat.noting}
    return {**others, _NAME: {"active": seat.active, "seen": seen, "kept": words, **noting}}


def _read(kept: Mapping[str, Value]) -> Kept:
    kind, file, answers = (kept.get(name) for name in _OF_KEPT[2:])
    return Kept(
        place=str(kept.get("place")),
        text=str(kept.get("text")),
        kind=kind if isinstance(kind, str) else None,
        file=file if isinstance(file, str) else None,
        answers=answers if isinstance(answers, str) else None,
    )
