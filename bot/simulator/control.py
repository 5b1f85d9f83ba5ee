"""The control API, `/simulator/…`: what pages, scripts and tests use to be the people in the chats. See docs/simulator.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Body, Depends, File, Form, Header, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from bot.simulator.actions import Hand, opened_link
from bot.simulator.errors import ControlError
from bot.simulator.files import Kind, Upload
from bot.simulator.views import chat_view, event_view, person_view, state_view
from bot.simulator.world import Chat, Role, World

HEARTBEAT: Final = 15.0
LONGEST_WAIT: Final = 60.0
router = APIRouter(prefix="/simulator")


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewUser(_Wanted):
    """Somebody who joins."""

    first_name: str = Field(min_length=1, max_length=64)
    last_name: str | None = None
    username: str | None = Field(default=None, pattern=r"^[A-Za-z]\w{3,31}$")
    language_code: str = Field(pattern=r"^[A-Za-z]{2,3}([_-]\w{2,8})?$")
    phone: str | None = None
    role: Role = "customer"


class Start(_Wanted):
    """START, perhaps from a deep link."""

    payload: str = ""


class Text(_Wanted):
    """A message."""

    text: str
    reply_to: int | None = None
    thread: int | None = None


class Press(_Wanted):
    """A button under a message, by its data or its label; `stale` allows one that is gone by now."""

    message_id: int
    data: str | None = None
    text: str | None = None
    stale: bool = False


class SharedContact(_Wanted):
    """A phone number; one's own unless said otherwise."""

    phone: str | None = None
    own: bool = True


class Place(_Wanted):
    """A place in degrees."""

    latitude: float = Field(default=31.2304, ge=-90, le=90)
    longitude: float = Field(default=121.4737, ge=-180, le=180)


class Edit(_Wanted):
    """A correction of one's own message."""

    message_id: int
    text: str


class Label(_Wanted):
    """A button of the reply keyboard."""

    text: str


def the_world(request: Request) -> World:
    """The world of the app that was asked."""
    world: World = request.app.state.world
    return world


Here = Annotated[World, Depends(the_world)]


def the_chat(user_id: int, world: Here, bot: int | None = None) -> Chat:
    """The user's chat with the bot that `?bot=` names, or with the first one."""
    return world.chat(world.main_bot(bot), world.person(user_id))


TheChat = Annotated[Chat, Depends(the_chat)]


def chat_finder(user_id: int, world: Here, bot: int | None = None) -> Callable[[], Chat | None]:
    """How to find the same chat for reading: None while no bot is connected."""
    person = world.person(user_id)
    return lambda: world.chat(world.main_bot(bot), person) if world.bots else None


FindChat = Annotated[Callable[[], Chat | None], Depends(chat_finder)]


def the_hand(world: Here, chat: TheChat) -> Hand:
    """The user acting in that chat."""
    return Hand(world, chat)


TheHand = Annotated[Hand, Depends(the_hand)]
After = Annotated[int, Query(ge=0)]
Patience = Annotated[float, Query(ge=0, alias="timeout")]


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


@router.get("/state")
async def state(world: Here) -> Response:
    """Bots, users, faults, limits and the counter."""
    return _json(state_view(world))


@router.post("/users")
async def add_user(wanted: NewUser, world: Here) -> Response:
    """Let somebody join."""
    names = {"first_name": wanted.first_name, "last_name": wanted.last_name, "username": wanted.username}
    person = world.add_person(names, wanted.language_code, wanted.phone, wanted.role)
    return _json(person_view(world, person))


@router.post("/users/{user_id}/start")
async def start(hand: TheHand, wanted: Start | None = None) -> Response:
    """Send /start."""
    return _json(hand.start(wanted.payload if wanted is not None else ""))


@router.get("/users/{user_id}/open")
async def open_link(user_id: int, link: str, world: Here) -> Response:
    """Open a link to a bot."""
    return _json(opened_link(world, world.person(user_id), link))


@router.post("/users/{user_id}/text")
async def text(hand: TheHand, wanted: Text) -> Response:
    """Write a message."""
    return _json(hand.say(wanted.text, wanted.reply_to, wanted.thread))


@router.post("/users/{user_id}/press")
async def press(hand: TheHand, wanted: Press) -> Response:
    """Press a button under a message."""
    return _json(hand.press(wanted.message_id, wanted.data, wanted.text, stale=wanted.stale))


@router.post("/users/{user_id}/reply-keyboard")
async def press_keyboard(hand: TheHand, wanted: Label) -> Response:
    """Press a button of the reply keyboard."""
    return _json(hand.press_keyboard(wanted.text))


@router.post("/users/{user_id}/contact")
async def contact(hand: TheHand, wanted: SharedContact | None = None) -> Response:
    """Share a phone number."""
    shared = wanted or SharedContact()
    return _json(hand.share_contact(shared.phone, own=shared.own))


@router.post("/users/{user_id}/location")
async def location(hand: TheHand, wanted: Place | None = None) -> Response:
    """Share a place."""
    place = wanted or Place()
    return _json(hand.share_location(place.latitude, place.longitude))


@router.post("/users/{user_id}/sticker")
async def sticker(hand: TheHand) -> Response:
    """Send a sticker."""
    return _json(hand.send_sticker())


@router.post("/users/{user_id}/file")
async def file(
    hand: TheHand,
    file: Annotated[UploadFile, File()],
    kind: Annotated[Kind, Form()] = "document",
    caption: Annotated[str, Form()] = "",
    thread: Annotated[int | None, Form()] = None,
) -> Response:
    """Send a photo, document or voice."""
    upload = Upload(file.filename or "", file.content_type or "", await file.read())
    return _json(hand.send_file(kind, upload, caption, thread))


@router.post("/users/{user_id}/edit")
async def edit(hand: TheHand, wanted: Edit) -> Response:
    """Correct one's own message."""
    return _json(hand.edit(wanted.message_id, wanted.text))


@router.post("/users/{user_id}/block")
async def block(hand: TheHand) -> Response:
    """Block the bot."""
    return _json(hand.block())


@router.post("/users/{user_id}/unblock")
async def unblock(hand: TheHand) -> Response:
    """Let the bot write again."""
    return _json(hand.unblock())


@router.get("/users/{user_id}/chat")
async def chat(world: Here, find: FindChat, after: After = 0) -> Response:
    """The chat, or what changed in it after `after`."""
    return _json(chat_view(world, find(), after))


@router.get("/users/{user_id}/wait")
async def wait(world: Here, find: FindChat, after: After = 0, seconds: Patience = 10) -> Response:
    """What changed in the chat after `after`, as soon as something has; without messages after `?timeout=` seconds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + min(seconds, LONGEST_WAIT)
    while ((chat := find()) is None or chat.seq <= after) and not world.closed and (left := end - loop.time()) > 0:
        await (chat.changed if chat is not None else world.journal.changed).wait(left)
    return _json(chat_view(world, chat, after))


@router.get("/faults")
async def faults(world: Here) -> Response:
    """Every fault with its settings."""
    return _json(world.faults.view())


@router.put("/faults")
async def set_faults(world: Here, wanted: Annotated[dict[str, Any], Body()]) -> Response:
    """Have exactly these faults; see bot/simulator/faults.py for the kinds."""
    world.faults.set(wanted)
    world.journal.record("faults", None, faults=world.faults.view())
    return _json(world.faults.view())


@router.put("/limits")
async def set_limits(world: Here, wanted: Annotated[dict[str, Any], Body()]) -> Response:
    """Change limits, for instance {"flood_control": true}."""
    world.limits = world.limits.changed(wanted)
    return _json(world.limits.view())


@router.get("/files/{file_id}")
async def stored_file(file_id: str, world: Here) -> Response:
    """A file that was sent in a chat."""
    stored = world.files.by_id(file_id)
    if stored is None:
        raise ControlError("there is no such file", 404)
    shown = stored.mime.startswith(("image/", "audio/", "video/")) and stored.mime != "image/svg+xml"
    headers = {"X-Content-Type-Options": "nosniff"}
    return Response(stored.content, headers=headers, media_type=stored.mime if shown else "application/octet-stream")


@router.get("/events")
async def events(
    world: Here, after: int | None = None, last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """Server-Sent Events: every change from now on, or after `Last-Event-ID` or `?after=`."""
    seq = int(last_event_id) if last_event_id is not None and last_event_id.isdigit() else after
    stream = _stream(world, world.journal.seq if seq is None else seq)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _stream(world: World, seq: int) -> AsyncIterator[bytes]:
    yield b": changes follow\n\n"
    async for event in world.journal.follow(seq, HEARTBEAT):
        if event is None:
            yield b": still here\n\n"
        else:
            yield _sse(event.seq, event_view(world, event))


def _sse(seq: int, data: Mapping[str, Any]) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (seq, orjson.dumps(data))
