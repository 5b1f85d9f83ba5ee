"""What customers do: from the first word to a quote and an eligibility result with a question in the middle, and back again.

Buttons are pressed by the tokens that the bot put into its messages, so every step is a claim on the bot too: a button
that is not there ends the run.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from bench.telegram import Shown

LANGUAGES: Final = ("zh", "en")
SEGMENTS: Final = ("sole_trader", "small_company")
_numbers: Final = itertools.count(1)


class Astray(Exception):  # noqa: N818 -- what happened to the customer
    """The bot did not show what the journey needs."""


@dataclass(frozen=True, slots=True)
class Say:
    """Type something."""

    text: str


@dataclass(frozen=True, slots=True)
class Press:
    """Press the button that stands for a choice, or for the `other` one where that is offered instead.

    `maybe`: go on where there is no such button, since what is offered depends on what was answered.
    """

    choice: str
    other: str = ""
    maybe: bool = False


Step: TypeAlias = Say | Press
Update: TypeAlias = dict[str, object]


class Player(Protocol):
    """Somebody who writes to a bot. `chat` may become another once the bot has answered in full."""

    @property
    def chat(self) -> int: ...

    def update(self) -> Update:
        """The next thing that they do."""
        ...

    def shown(self, shown: Shown) -> bool:
        """Take in what the bot shows; whether that completes its answer."""
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """What customers type."""

    amount: str
    months: str
    question: str
    trading: str
    turnover: str


WORDS: Final = {
    "zh": Words("3万", "12个月", "可以提前还款吗？", "2年", "2万"),
    "en": Words("30,000", "12 months", "Can I repay early?", "2 years", "20k"),
}


def script(language: str, segment: str) -> Iterator[Step]:
    """The whole journey of one customer."""
    words = WORDS[language]
    yield from (Say("/start"), Press(language), Press(segment))
    yield from _look(words)
    yield from (Press("check"), Press("check"), Press("stock"), Press("yes"))
    yield from (Say(words.trading), Say(words.turnover), Press("!agree"), Say("0"))
    yield from (Say("/start"), Press("continue", maybe=True))
    yield from _look(words)
    yield from (Press("check"), Press("check"), Press("restart", maybe=True))


def _look(words: Words) -> tuple[Step, ...]:
    """Through the products to a quote and all of its pages, then back to the menu."""
    cards = (
        Press("products", "others"),
        Press("details"),
        Press("others"),
        Press("!next"),
        Press("!next"),
        Press("quote"),
    )
    return (*cards, Say(words.amount), Say(words.question), Say(words.months), Press("whole"), Press("menu"))


class Customer:
    """A seat in which one customer after another plays the journey, every other one in Chinese."""

    def __init__(self) -> None:
        self._sit_down()

    @property
    def chat(self) -> int:
        return self._chat

    def _sit_down(self) -> None:
        number = next(_numbers)
        self._chat = 1_000_000 + number
        self._language, segment = LANGUAGES[number % 2], SEGMENTS[number // 2 % 2]
        self._script = script(self._language, segment)
        self._prompt: Shown | None = None

    def update(self) -> Update:
        while True:
            match next(self._script, None):
                case None:
                    self._sit_down()
                case Say(text):
                    return said(self._chat, text, self._language)
                case Press() as press if token := self._token(press):
                    return self._pressed(token)
                case Press(choice, maybe=False):
                    raise Astray(f"there is no button '{choice}' among {self._tokens()}")

    def shown(self, shown: Shown) -> bool:
        """Every answer of the bot ends with a message that has buttons."""
        if not shown.buttons:
            return False
        self._prompt = shown
        return True

    def _tokens(self) -> dict[str, str]:
        """What is offered: by choice, what its button brings back."""
        found = (button["callback_data"] for button in (self._prompt.buttons if self._prompt else ()))
        return {token.rpartition(".")[2]: token for token in found}

    def _token(self, press: Press) -> str | None:
        offered = self._tokens()
        return offered.get(press.choice) or offered.get(press.other)

    def _pressed(self, token: str) -> Update:
        number = next(_numbers)
        query = {
            "id": str(number),
            "from": _person(self._chat, self._language),
            "chat_instance": str(self._chat),
            "message": self._prompt and self._prompt.message,
            "data": token,
        }
        return {"update_id": number, "callback_query": query}


class Chatter:
    """Somebody who writes to the echo bot."""

    def __init__(self) -> None:
        self.chat = 1_000_000 + next(_numbers)

    def update(self) -> Update:
        return said(self.chat, "What happens when I repay early?", "en")

    def shown(self, _shown: Shown) -> bool:
        return True


def said(chat: int, text: str, language: str) -> Update:
    """An update with a typed message, as Telegram makes it."""
    number = next(_numbers)
    message: dict[str, Any] = {
        "message_id": number,
        "from": _person(chat, language),
        "chat": {"id": chat, "first_name": "Customer", "type": "private"},
        "date": int(time.time()),
        "text": text,
    }
    if text.startswith("/"):
        message["entities"] = [{"offset": 0, "length": len(text), "type": "bot_command"}]
    return {"update_id": number, "message": message}


def _person(chat: int, language: str) -> dict[str, object]:
    return {"id": chat, "is_bot": False, "first_name": "Customer", "language_code": language}
