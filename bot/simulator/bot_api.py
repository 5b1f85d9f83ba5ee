"""The Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>` (https://core.telegram.org/bots/api#making-requests)."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.simulator.arguments import Arguments, read_arguments
from bot.simulator.errors import ApiError
from bot.simulator.limits import OTHER_UPLOAD_BYTES
from bot.simulator.methods import acts_on_chat, perform
from bot.simulator.wire import encoded
from bot.simulator.world import World

_HEADROOM: Final = 1 << 20  # for what surrounds a file in a request


def bot_api_routes(world: World) -> list[Route]:
    """The routes that bots use."""

    async def method(request: Request) -> Response:
        return await _answered(world, request)

    async def file(request: Request) -> Response:
        return _file(world, request.path_params["token"], request.path_params["path"])

    async def nothing(_: Request) -> Response:
        return _failed(ApiError(404, "Not Found"))

    both = ["GET", "POST"]
    return [
        Route("/bot{token}/{method}", method, methods=both),
        Route("/file/bot{token}/{path:path}", file, methods=["GET"]),
        Route("/bot{rest:path}", nothing, methods=both),
    ]


async def _answered(world: World, request: Request) -> Response:
    try:
        return await _carried_out(world, request, request.path_params["method"])
    except ApiError as error:
        return _failed(error)


async def _carried_out(world: World, request: Request, name: str) -> Response:
    if int(request.headers.get("content-length", 0)) > OTHER_UPLOAD_BYTES + _HEADROOM:
        raise ApiError(413, "Request Entity Too Large")
    bot = world.bot_of_token(request.path_params["token"])
    arguments = await read_arguments(request.headers.get("content-type", ""), await request.body(), request.url.query)
    result = await perform(world, bot, name, arguments)
    await _fall_silent(world, request, name, arguments)
    return Response(encoded({"ok": True, "result": result}), media_type="application/json")


def _failed(error: ApiError) -> Response:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else None
    return Response(encoded(error.body()), error.code, headers, media_type="application/json")


async def _fall_silent(world: World, request: Request, name: str, arguments: Arguments) -> None:
    """The `timeout` fault: what was asked is done, and the answer does not come."""
    user = arguments.integer("chat_id") if arguments.has("chat_id") else None
    fault = world.faults.strike("timeout", method=name, user=user, in_reach=acts_on_chat(name, arguments))
    if fault is not None:
        await _gone(request, fault.parameters["seconds"])
        raise ApiError(504, "Gateway Timeout")


async def _gone(request: Request, seconds: float) -> None:
    async def hang_up() -> Any:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(hang_up(), seconds)
    except TimeoutError:
        return


def _file(world: World, token: str, path: str) -> Response:
    try:
        world.bot_of_token(token)
    except ApiError as error:
        return _failed(error)
    stored = world.files.by_path(path)
    if stored is None:
        return _failed(ApiError(404, "Not Found"))
    return Response(stored.content, media_type="application/octet-stream")
