"""Updates as Telegram sends them, and a turn that notes what it takes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from bot.conversation.incoming import Incoming, NotTaken, Taken
from bot.conversation.ports import Failure
from bot.dialogs.events import Said
from bot.handlers.intake import Intake, TurnWatch
from bot.handlers.routers import Desk
from tests.integration.telegram.telegram_double import FixedClock

_numbers = itertools.count(1000)


def person(chat: int = 7) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "小明", "last_name": "王", "language_code": "zh-hans"}


def message(chat: int = 7, kind: str = "private", **content: Any) -> dict[str, Any]:
    place = {"id": chat, "type": kind, "first_name": "小明"}
    return {"message_id": 55, "date": 1772442000, "chat": place, "from": person(chat), **content}


def update(**kind: Any) -> dict[str, Any]:
    return {"update_id": next(_numbers), **kind}


def typed(text: str, chat: int = 7) -> dict[str, Any]:
    return update(message=message(chat, text=text))


def press(data: str = "token", chat: int = 7, **changes: Any) -> dict[str, Any]:
    bot = {"id": 42, "is_bot": True, "first_name": "Tillwise"}
    shown = message(chat, text="Question?") | {"from": bot}
    query = {"id": "991", "from": person(chat), "message": shown, "chat_instance": "1", "data": data}
    return update(callback_query=query | changes)


@dataclass
class Turns:
    """Takes every event once, unless it is told to fail."""

    taken: list[Incoming] = field(default_factory=list)
    reached: list[tuple[str, str, bool]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    notice: str | None = None
    down: bool = False
    bug: Exception | None = None

    async def take(self, incoming: Incoming) -> Taken:
        if self.down:
            raise NotTaken("storage is down")
        if self.bug is not None:
            raise self.bug
        if incoming.key not in {one.key for one in self.taken}:
            self.taken.append(incoming)
        return Taken(self.notice)

    async def reach(self, channel: str, address: str, reachable: bool, /) -> None:
        self.reached.append((channel, address, reachable))

    async def failed(self, failure: Failure) -> None:
        self.failures.append(failure)

    def texts(self, chat: int = 7) -> list[str]:
        here = [one.event for one in self.taken if one.address == str(chat)]
        return [event.text for event in here if isinstance(event, Said)]

    def intake(self) -> Intake:
        watch = TurnWatch(lambda outcome, seconds: self.counted.append(outcome), self.failed)
        return Intake(Desk(42, self.take, self.reach, FixedClock()), watch)
