"""Takes raw updates in, however they came: through aiogram's router to the handlers, and on to the turn.

An update counts as taken once its turn is committed. Where that could not be done the channel is told to bring it again
(`NotTaken`). A fault of ours that would repeat for ever must not hold up everybody else's updates: after `ATTEMPTS` the
update is reported, and given up.

The router is called without a dispatcher around it, and only what handlers read is built as aiogram's objects: its
dispatcher serves states, error handlers and middlewares that are not used here, at 0.1 ms of CPU an update.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import structlog
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message, TelegramObject
from pydantic import ValidationError

from bot.conversation.incoming import NotTaken
from bot.conversation.ports import Failure
from bot.gateways.telegram.account import UPDATES
from bot.handlers.routers import Desk, Reply, press_answer, private_chats

ATTEMPTS: Final = 3
_TYPES: Final[Mapping[str, type[TelegramObject]]] = {
    "message": Message,
    "edited_message": Message,
    "callback_query": CallbackQuery,
    "my_chat_member": ChatMemberUpdated,
}
_PRESSED: Final = ("message_id", "chat", "date")
_REMEMBERED: Final = 1000
_log = structlog.get_logger(__name__)

Feed: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[Reply | None]]


@dataclass(frozen=True, slots=True)
class TurnWatch:
    """Who is told of turns: `counted` of each with its outcome (`taken`, `not_taken`, `failed`) and seconds, `failed` of faults."""

    counted: Callable[[str, float], None]
    failed: Callable[[Failure], Awaitable[None]]


class Intake:
    """The way in for one bot's updates."""

    def __init__(self, desk: Desk, watch: TurnWatch) -> None:
        self._desk = desk
        self._watch = watch
        self._router = private_chats()
        self._attempts: Counter[int] = Counter()

    async def feed(self, raw: Mapping[str, Any]) -> Reply | None:
        """Take an update; the call to reply with, if any. Raises `NotTaken` when it must be brought again.

        Kinds of updates that the bot has no use for are ignored.
        """
        kind = next((kind for kind in UPDATES if kind in raw), None)
        if kind is None:
            return None
        started = asyncio.get_running_loop().time()
        outcome = "not_taken"
        try:
            reply = await self._dispatch(kind, raw)
            outcome = "taken"
        except (NotTaken, OSError):
            raise NotTaken("the turn was not committed") from None
        except Exception as error:  # noqa: BLE001 -- whatever it is: the update is tried again, then reported
            reply = await self._stumble(raw, error)
            outcome = "failed"
        finally:
            self._watch.counted(outcome, asyncio.get_running_loop().time() - started)
        return reply

    async def _dispatch(self, kind: str, raw: Mapping[str, Any]) -> Reply | None:
        event = _TYPES[kind].model_validate(_read(kind, raw[kind]))
        reply = await self._router.propagate_event(kind, event, update_id=raw["update_id"], desk=self._desk)
        return reply if isinstance(reply, dict) else None

    async def _stumble(self, raw: Mapping[str, Any], error: Exception) -> Reply | None:
        """Have the update brought again, the last time report and drop it. The error's own text may quote the customer."""
        number = int(raw.get("update_id", 0))
        self._attempts[number] += 1
        _log.error("update failed", update=number, attempt=self._attempts[number], error=type(error).__name__)
        if self._attempts[number] < ATTEMPTS and not isinstance(error, ValidationError):
            self._forget_oldest()
            raise NotTaken("the update failed, and is tried again")
        del self._attempts[number]
        await self._watch.failed(Failure(self._desk.clock.now(), "telegram.update", type(error).__name__))
        query = raw.get("callback_query")
        return press_answer(query["id"]) if query else None

    def _forget_oldest(self) -> None:
        if len(self._attempts) > _REMEMBERED:
            del self._attempts[next(iter(self._attempts))]


def _read(kind: str, body: Any) -> Any:
    """The part of an update that handlers read: of a message that was pressed, only which one it is."""
    pressed = body.get("message") if kind == "callback_query" and isinstance(body, dict) else None
    if not isinstance(pressed, dict):
        return body
    return {**body, "message": {name: pressed[name] for name in _PRESSED if name in pressed}}


def chat_of(raw: Mapping[str, Any]) -> int:
    """The chat whose order an update belongs to; 0 for what belongs to none."""
    body: Mapping[str, Any] = next((raw[kind] for kind in UPDATES if kind in raw), {})
    message = body.get("message") or body
    place = message.get("chat") or body.get("from") or {}
    return int(place.get("id", 0))
