"""The Bot API's methods by their lower-case names; carrying one out, with the faults that are switched on."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

from bot.simulator.arguments import Arguments
from bot.simulator.errors import ApiError, forbidden, not_modified, too_many_requests
from bot.simulator.faults import Kind
from bot.simulator.methods import chats, edits, messages, profile, receiving, topics, uploads
from bot.simulator.methods.call import Call, Method
from bot.simulator.wire import wire
from bot.simulator.world import Bot, World

METHODS: Final[Mapping[str, Method]] = {
    **chats.METHODS, **edits.METHODS, **messages.METHODS, **profile.METHODS, **receiving.METHODS, **topics.METHODS,
    **uploads.METHODS,
}  # fmt: skip
REFUSALS: Final[tuple[Kind, ...]] = ("too_many_requests", "server_error", "blocked", "deactivated", "not_modified")
STATUS_TEXTS: Final = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


async def perform(world: World, bot: Bot, name: str, arguments: Arguments) -> Any:
    """Carry out a method and return its result as plain JSON values; raises `ApiError`."""
    method = METHODS.get(name.lower())
    if method is None or (method is messages.send_rich_message and not world.limits.rich_messages):
        raise ApiError(404, "Not Found: method not found")
    _fail_on_purpose(world, name.lower(), arguments)
    result = method(Call(world, bot, arguments))
    return wire(await result if inspect.isawaitable(result) else result)


def acts_on_chat(name: str, arguments: Arguments) -> bool:
    """Whether a call reaches a person: only such calls fail on purpose, unless a fault names the method."""
    return arguments.has("chat_id") or name.lower() == "answercallbackquery"


def _fail_on_purpose(world: World, name: str, arguments: Arguments) -> None:
    user = arguments.integer("chat_id") if arguments.has("chat_id") else None
    for kind in REFUSALS:
        in_reach = _in_reach(kind, name, arguments)
        if fault := world.faults.strike(kind, method=name, user=user, in_reach=in_reach):
            raise _failure(kind, fault.parameters)


def _in_reach(kind: Kind, name: str, arguments: Arguments) -> bool:
    if kind == "not_modified":
        return name.startswith("editmessage")
    if kind in ("blocked", "deactivated"):
        return arguments.has("chat_id")
    return acts_on_chat(name, arguments)


def _failure(kind: Kind, parameters: Mapping[str, float]) -> ApiError:
    match kind:
        case "too_many_requests":
            return too_many_requests(int(parameters["retry_after"]))
        case "server_error":
            status = int(parameters["status"])
            return ApiError(status, STATUS_TEXTS.get(status, "Internal Server Error"))
        case "blocked":
            return forbidden("bot was blocked by the user")
        case "deactivated":
            return forbidden("user is deactivated")
        case _:
            return not_modified()
