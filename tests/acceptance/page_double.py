"""A stand-in for the servers behind the demo page: the control APIs' shapes, and words the tests put into it.

It holds chats in memory, records what the page asked for in `World.asked`, and pushes what a test says. It has no bot: what the real
simulator does with a press or a text is tested with the real simulator.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import Body, FastAPI, Header, HTTPException, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles

import bot.simulator

STATIC = Path(bot.simulator.__file__).parent / "static"
Row = dict[str, Any]
STAGES = ["submitted", "docs_check", "risk_review", "approved", "signing", "disbursed"]


def _now() -> str:
    return datetime.now(UTC).isoformat()


class Notes:
    """What happened, in order, and a way to wait for it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Row]] = []
        self._more = asyncio.Event()

    def note(self, what: str, details: Row) -> None:
        self.taken.append((what, details))
        self._more.set()

    def all_of(self, what: str) -> list[Row]:
        return [details for name, details in self.taken if name == what]

    async def first(self, what: str, skip: int = 0) -> Row:
        """The details of the first such happening after `skip` earlier ones, once there is one."""
        async with asyncio.timeout(10):
            while len(self.all_of(what)) <= skip:
                self._more.clear()
                await self._more.wait()
        return self.all_of(what)[skip]


class Channel:
    """Server-sent events with a memory, so that a reader who names the last one it saw gets the rest."""

    def __init__(self) -> None:
        self.sent: list[Row] = []
        self.connections = Notes()
        self._queues: set[asyncio.Queue[Row | None]] = set()

    def push(self, event: Row) -> None:
        self.sent.append(event)
        for queue in self._queues:
            queue.put_nowait(event)

    def hang_up(self) -> None:
        for queue in self._queues:
            queue.put_nowait(None)

    async def stream(self, last: str | None) -> AsyncIterator[str]:
        self.connections.note("connected", {"after": int(last or 0)})
        queue: asyncio.Queue[Row | None] = asyncio.Queue()
        self._queues.add(queue)
        try:
            for event in [event for event in self.sent if event.get("seq", 0) > int(last or 0)]:
                yield _block(event)
            yield ": here\n\n"
            while (news := await queue.get()) is not None:
                yield _block(news)
        finally:
            self._queues.discard(queue)


def _block(event: Row) -> str:
    identity = f"id: {event['seq']}\n" if "seq" in event else ""
    return f"{identity}data: {json.dumps(event, ensure_ascii=False)}\n\n"


class World:
    """Users, chats, faults, the lender's applications, and everything the page asked for."""

    def __init__(self) -> None:
        self.bots: list[Row] = [{"id": 1, "username": "tillwise_bot", "name": "Tillwise", "webhook": None}]
        self.users: list[Row] = []
        self.chats: dict[int, dict[int, Row]] = {}
        self.keyboards: dict[int, Row | None] = {}
        self.topics: dict[int, list[Row]] = {}
        self.faults: Row = {
            kind: {"on": False, "count": None, "probability": 1.0, "methods": [], "users": [], "struck": 0} | more
            for kind, more in {"too_many_requests": {"retry_after": 1}, "repeat_update": {}, "disorder": {}}.items()
        }
        self.invitation: str | None = "https://t.me/tillwise_bot?start=team-7Qk2"
        self.applications: dict[str, Row] = {}
        self.settings: Row = {"automatic": False, "pace_seconds": 8, "duplicates": False, "disorder": False}
        self.asked = Notes()
        self.events = Channel()
        self.lender_events = Channel()
        self._ids = itertools.count(101)
        self._seq = itertools.count(1)
        self.seq = 0
        self._people = itertools.count(1001)

    def join(self, fields: Row) -> Row:
        user: Row = {"id": next(self._people), "last_name": None, "username": None, "phone": None, "role": "customer"}
        user |= fields | {"blocked": False}
        self.users.append(user)
        self._push("user", user["id"])
        return user

    def of_role(self, role: str) -> int:
        return next(int(user["id"]) for user in self.users if user["role"] == role)

    def say(self, user: int, html: str = "", **more: Any) -> Row:
        return self._put(user, "message", {"id": next(self._ids), "from": "bot", "html": html, "text": html} | more)

    def hear(self, user: int, text: str, **more: Any) -> Row:
        message = {"id": next(self._ids), "from": "user", "html": None, "text": text}
        return self._put(user, "message", message | more)

    def revise(self, user: int, number: int, html: str, **more: Any) -> Row:
        known = self.chats[user][number]
        edits = [*known["edits"], known["html"]]
        return self._put(user, "edit", known | {"html": html, "edits": edits, "edited": _now()} | more)

    def remove(self, user: int, number: int) -> None:
        self._put(user, "delete", self.chats[user][number] | {"deleted": True})

    def answer(self, user: int, text: str, *, alert: bool = False) -> None:
        self._push("callback_answer", user, text=text, alert=alert)

    def typing(self, user: int) -> None:
        self._push("typing", user)

    def keyboard(self, user: int, keyboard: Row | None) -> None:
        self.keyboards[user] = keyboard
        self._push("keyboard", user)

    def topic(self, user: int, number: int, name: str) -> None:
        self.topics.setdefault(user, []).append({"id": number, "name": name, "closed": False})
        self._push("topic", user)

    def connect_bot(self, bots: list[Row]) -> None:
        self.bots = bots
        self._push("bot", 0)

    def apply(self, reference: str, **more: Any) -> Row:
        at = _now()
        application = {
            "reference": reference, "product": "working_capital", "amount": {"amount": "300000.00", "currency": "CNY"},
            "months": 12, "applicant": "林*英", "stage": "submitted", "acts_next": "lender", "missing": [],
            "submitted_at": at, "updated_at": at, "next_stages": STAGES[1:2],
        } | more  # fmt: skip
        self.applications[reference] = application
        self.lender_events.push({"type": "application", "application": application})
        return application

    def step(self, reference: str) -> Row:
        later = STAGES[STAGES.index(self.applications[reference]["stage"]) + 1 :]
        stage: Row = {"stage": later[0], "next_stages": later[1:2]}
        return self.apply(**self.applications[reference] | stage)

    def _put(self, user: int, kind: str, message: Row) -> Row:
        self.seq = next(self._seq)
        blank: Row = {
            "date": _now(), "buttons": [], "media": None, "contact": None, "reply_to": None, "thread": None,
            "edited": None, "edits": [], "deleted": False, "reactions": [],
        }  # fmt: skip
        message = blank | message | {"seq": self.seq}
        self.chats.setdefault(user, {})[message["id"]] = message
        self.events.push({"seq": self.seq, "type": kind, "user": user, "message": message})
        return message

    def _push(self, kind: str, user: int, **more: Any) -> None:
        self.seq = next(self._seq)
        self.events.push({"seq": self.seq, "type": kind, "user": user} | more)


def create_double(world: World) -> FastAPI:
    """The page, the simulator's control API and the lender's over one world."""
    app = FastAPI()
    _add_page(app, world)
    _add_simulator(app, world)
    _add_lender(app, world)
    return app


def _add_page(app: FastAPI, world: World) -> None:
    app.mount("/static", StaticFiles(directory=STATIC))

    @app.get("/")
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.get("/sample.svg")
    async def sample() -> Response:
        picture = '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="200"><rect width="320" height="200" fill="#8cc3a8"/></svg>'
        return Response(picture, media_type="image/svg+xml")

    @app.get("/demo/invitation")
    async def invitation() -> Row:
        if world.invitation is None:
            raise HTTPException(404)
        return {"link": world.invitation}


def _add_simulator(app: FastAPI, world: World) -> None:
    @app.get("/simulator/state")
    async def state() -> Row:
        return {"bots": world.bots, "users": world.users, "faults": world.faults, "seq": world.seq}

    @app.post("/simulator/users")
    async def create(fields: Row) -> Row:
        return world.join(fields)

    @app.get("/simulator/users/{user}/chat")
    async def chat(user: int, after: int = 0) -> Row:
        messages = [message for message in world.chats.get(user, {}).values() if message["seq"] > after]
        keyboard, topics = world.keyboards.get(user), world.topics.get(user, [])
        return {"messages": messages, "keyboard": keyboard, "topics": topics, "seq": world.seq}

    @app.get("/simulator/events")
    async def events(last_event_id: str | None = Header(None)) -> StreamingResponse:
        return StreamingResponse(world.events.stream(last_event_id), media_type="text/event-stream")

    @app.put("/simulator/faults")
    async def faults(wanted: Row) -> Row:
        world.faults = {kind: fault | {"on": False} | wanted.get(kind, {}) for kind, fault in world.faults.items()}
        return world.faults

    @app.get("/simulator/users/{user}/open")
    async def follow(user: int, link: str) -> Row:
        world.asked.note("open", {"user": user, "link": link})
        return world.hear(user, f"/start {link.partition('start=')[2]}")

    @app.post("/simulator/users/{user}/file")
    async def file(user: int, request: Request) -> Row:
        async with request.form() as form:
            upload, kind = form["file"], str(form["kind"])
            name = getattr(upload, "filename", "")
            world.asked.note("file", {"kind": kind, "name": name, "caption": form.get("caption")})
        return world.hear(user, "", media={"kind": kind, "url": None, "name": name, "size": 1, "mime": None})

    @app.post("/simulator/users/{user}/{verb}")
    async def act(user: int, verb: str, body: Row = Body(default={})) -> Row:  # noqa: B008 — how FastAPI takes a body
        world.asked.note(verb, {"user": user} | body)
        if verb in {"text", "reply-keyboard"}:
            return world.hear(user, body["text"], reply_to=body.get("reply_to"), thread=body.get("thread"))
        if verb == "start":
            return world.hear(user, f"/start {body.get('payload', '')}".strip())
        if verb == "edit":
            return world.revise(user, body["message_id"], body["text"])
        return {}


def _add_lender(app: FastAPI, world: World) -> None:
    def labelled(*ids: str) -> list[Row]:
        return [{"id": name, "label": {"zh": f"{name}（中）", "en": name.replace("_", " ")}} for name in ids]

    @app.get("/lender/control/applications")
    async def applications() -> Row:
        return {"automatic": world.settings["automatic"], "applications": list(world.applications.values())}

    @app.get("/lender/control/options")
    async def options() -> Row:
        documents = labelled("business_licence", "bank_statements")
        return {"documents": documents, "reasons": labelled("existing_debt", "time_in_business"), "stages": []}

    @app.get("/lender/control/settings")
    async def settings() -> Row:
        return world.settings

    @app.put("/lender/control/settings")
    async def change(wanted: Row) -> Row:
        world.asked.note("settings", wanted)
        world.settings |= wanted
        world.lender_events.push({"type": "settings"} | world.settings)
        return world.settings

    @app.get("/lender/control/events")
    async def events() -> StreamingResponse:
        return StreamingResponse(world.lender_events.stream(None), media_type="text/event-stream")

    @app.post("/lender/control/applications/{reference}/{verb}")
    async def act(reference: str, verb: str, body: Row = Body(default={})) -> Row:  # noqa: B008 — how FastAPI takes a body
        world.asked.note(verb, {"reference": reference} | body)
        return world.step(reference) if verb == "step" else world.applications[reference]


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[str]:
    """The double on a port of its own; gives its address."""
    config = uvicorn.Config(create_double(world), log_level="warning", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        world.events.hang_up()
        world.lender_events.hang_up()
        server.should_exit = True
        await running
