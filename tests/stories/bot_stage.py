"""Stories on the real bot: the customer has a phone in the simulator, the account manager another one."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import orjson

from bot.applications.events import DELAYED, LenderEvent
from bot.core.values import Value, Values
from bot.dialogs.events import AttachmentKind
from bot.dialogs.stories import FigureKind, Lender, Manager, Story
from bot.gateways.signatures import sign
from bot.handlers.routers import CHANNEL
from bot.simulator.client import Phone, SeenMessage
from bot.testing import samples
from bot.testing.lender_book import LenderBook
from bot.testing.screen import Knob, Part, Screen, Shown, choice_of, pressed_by_manager
from tests.stories.house import House

_ANSWERS: Final = {"accepts": None, "refuses": 422, "fails": 503}
_PIXEL: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
)
_FAULTS: Final[Mapping[str, Any]] = {
    "flood": {"too_many_requests": {"count": 1, "retry_after": 1, "methods": ["sendMessage"]}},
    "blocked": {"blocked": {"count": 1, "methods": ["sendMessage"]}},
    "not_modified": {"not_modified": {"count": 1}},
}


class BotStage:
    """See `Stage`."""

    def __init__(self, house: House, customer: Phone, manager: Phone | None, colleague: Phone | None = None) -> None:
        self.screen = Screen()
        self.manager_screen: Screen | None = Screen() if manager else None
        self.colleague_screen: Screen | None = Screen() if colleague else None
        self._colleague = colleague
        self._house = house
        self._customer = customer
        self._manager = manager
        self._lender = LenderBook()
        self._read: dict[int, int] = {}

    # The customer

    def become(self, who: str) -> None:
        raise AssertionError(f"the real bot plays one customer, and not {who}")

    def link_on(self, whose: str) -> str:
        raise AssertionError(f"the real bot plays one customer, and not {whose}")

    def screens(self) -> Iterable[Screen]:
        return filter(None, (self.screen, self.manager_screen, self.colleague_screen))

    async def open(self, payload: str | None) -> None:
        """See `Stage`."""
        await self._done(await self._customer.start(payload or ""))

    async def say(self, text: str) -> None:
        """See `Stage`."""
        await self._done(await self._customer.text(text))

    async def press(self, number: str, knob: Knob) -> None:
        """See `Stage`."""
        done = await self._customer.press(int(number), data=knob.token, stale=True)
        await self._done(done)
        chat = await self._customer.chat()
        answers = [one["text"] for one in chat.answers if one["callback_id"] == done["callback_id"]]
        self.screen.acknowledged.extend(self._key(text) for text in answers)

    async def share(self, phone: str, own: bool) -> None:
        """See `Stage`."""
        await self._done(await self._customer.contact(phone, own=own))

    async def send(self, kind: AttachmentKind, sample: str) -> None:
        """See `Stage`."""
        match kind:
            case "sticker":
                await self._done(await self._customer.sticker())
            case "location":
                await self._done(await self._customer.location(31.24, 121.5))
            case _:
                content = samples.sample(sample) if kind in ("photo", "document") else _PIXEL
                await self._done(await self._customer.file(_file_name(kind, sample), content, kind=kind))

    # Time and faults

    async def pass_time(self, time: timedelta) -> None:
        """See `Stage`."""
        await self._house.pass_time(time)
        await self._look()

    async def break_down(self, fault: str) -> None:
        """See `Stage`."""
        if fault == "turn":
            await self._house.break_next_turn()
        else:
            await self._house.simulator.set_faults(**_FAULTS[fault])

    # The lender

    async def lender(self, act: Lender) -> None:
        """See `Stage`."""
        if act.act in _ANSWERS:
            self._house.gate.status = _ANSWERS[act.act]
            reference = await self._reference()
            self._house.gate.standing = lambda action: self._standing(action, reference)
            await self._house.let_submissions_go(last=act.act == "fails")
            self._house.gate.status = None
        else:
            now = self._house.bot.parts.clock.now()
            await self._tell(self._lender.event(act, await self._reference(), now))
        await self._look()

    def _standing(self, action: str, reference: str) -> dict[str, Any]:
        answer = self._lender.answer(action, reference, self._house.bot.parts.clock.now())
        return {
            "reference": reference, "stage": answer.data.stage, "missing": [], "sequence": answer.sequence,
            "updated_at": answer.time.isoformat(),
        }  # fmt: skip

    async def _tell(self, event: LenderEvent) -> None:
        """The lender's event as it comes: signed, over HTTP."""
        body = orjson.dumps(_cloud_event(event)).decode()
        now = self._house.bot.parts.clock.now()
        signed = sign((self._house.lender_secret,), f"msg_{event.id}", now, body)
        answer = await self._house.http.post(
            "/webhooks/lender", content=body, headers=signed | {"content-type": "application/cloudevents+json"}
        )
        assert answer.status_code == 204, answer.text

    async def _reference(self) -> str:
        async with self._house.bot.parts.storage.work() as work:
            conversation = await work.open("story:look", CHANNEL, str(self._customer.id))
            applications = await work.applications.of_conversation(conversation.id) if conversation else ()
        return (applications[-1].reference if applications else None) or "unknown"

    # The account manager

    async def manager(self, act: Manager) -> None:
        """See `Stage`."""
        phone = self._colleague if act.second else self._manager
        screen = self.colleague_screen if act.second else self.manager_screen
        assert phone is not None, "no such account manager is on duty"
        assert screen is not None
        if act.act == "says":
            await self._done(await phone.text(act.words))
            return
        number, knob = screen.find(pressed_by_manager(act))
        await self._done(await phone.press(int(number), data=knob.token))

    # What is remembered

    async def known(self) -> Values:
        """See `Stage`."""
        async with self._house.bot.parts.storage.work() as work:
            conversation = await work.open("story:look", CHANNEL, str(self._customer.id))
        known: dict[str, Value] = {**conversation.state.known} if conversation else {}
        for frame in conversation.state.frames if conversation else ():
            known.update(frame.answers)
        return known

    async def consents(self) -> Mapping[str, str]:
        """See `Stage`."""
        async with self._house.bot.parts.storage.work() as work:
            conversation = await work.open("story:look", CHANNEL, str(self._customer.id))
            latest = await work.consents.latest(conversation.id) if conversation else {}
        return {notice: record.state for notice, record in latest.items()}

    # The screens

    async def _done(self, act: Mapping[str, Any]) -> None:
        await self._house.taken(act["update_id"])
        await self._look()

    async def _look(self) -> None:
        """Wait until everything has happened, and see it."""
        await self._house.settle()
        await self._see(self._customer, self.screen)
        for phone, screen in ((self._manager, self.manager_screen), (self._colleague, self.colleague_screen)):
            if phone and screen:
                await self._see(phone, screen)

    async def _see(self, phone: Phone, screen: Screen) -> None:
        read = self._read.get(phone.id, 0)
        chat = await phone.chat(after=read)
        self._read[phone.id] = chat.seq
        order = self._house.order(phone.id, read)
        for message in sorted(chat.messages, key=lambda message: order.index(message.id)):
            if message.deleted:
                screen.messages.pop(str(message.id), None)
            elif message.by_bot:
                screen.show(str(message.id), self._shown(message))

    def _shown(self, message: SeenMessage) -> Shown:
        marks = self._house.marks
        parts = tuple(Part(one.key, one.words) for one in marks.paragraphs(message.html))
        knobs = tuple(
            tuple(Knob(choice_of(one.data or ""), one.text, one.data or "", one.url) for one in row)
            for row in message.buttons
        )
        return Shown(parts, knobs, marks.plain(message.text), figure=_figure(message))

    def _key(self, notice: str | None) -> str | None:
        shown = self._house.marks.paragraphs(notice or "")
        return shown[0].key if shown else notice or None


def _file_name(kind: AttachmentKind, sample: str) -> str:
    suffix = "png" if kind not in ("photo", "document") else "pdf" if "pdf" in sample else "jpg"
    return f"{kind}.{suffix}"


def _figure(message: SeenMessage) -> FigureKind | None:
    """The bot's own pictures are charts, its rich messages have tables."""
    if message.media and message.media["kind"] == "photo":
        return "chart"
    return "table" if message.tables else None


async def bot_stage(house: House, story: Story, locale: str) -> BotStage:
    """A stage for one story, with its account managers on duty."""
    await house.send_home()
    managers = [await _manager(house, number) for number in range(story.managers)]
    customer = await house.simulator.join("小明", language=locale, phone="8613800138000")
    stage = BotStage(house, customer, *(managers[:2] or (None,)))
    await house.settle()
    return stage


async def _manager(house: House, number: int) -> Phone:
    phone = await house.simulator.join(f"王敏{number or ''}", role="manager")
    done = await phone.open(await house.hire("王敏"))
    await house.taken(done["update_id"])
    return phone


def _cloud_event(event: LenderEvent) -> dict[str, Any]:
    data: dict[str, Any] = {"stage": event.data.stage}
    if event.type == DELAYED and event.data.expected_at:
        data = {"expected_at": event.data.expected_at.isoformat()}
    if event.data.offer:
        offer = event.data.offer
        data["offer"] = {
            "amount": {"value": str(offer.amount.amount), "currency": offer.amount.currency},
            "months": offer.months.count,
            "rate": str(offer.rate.fraction),
        }
    if event.data.appointment:
        data["appointment"] = event.data.appointment.isoformat()
    if event.data.signing_url:
        data["signing_url"] = event.data.signing_url
    if event.data.instalment:
        due = event.data.instalment
        data["next_instalment"] = {
            "due": due.due.isoformat(),
            "amount": {"value": str(due.amount.amount), "currency": due.amount.currency},
        }
    data |= {"missing": list(event.data.missing)} if event.data.missing else {}
    data |= {"reasons": list(event.data.reasons)} if event.data.reasons else {}
    return {
        "specversion": "1.0", "id": event.id, "source": event.source, "type": event.type, "subject": event.reference,
        "sequence": str(event.sequence), "time": event.time.isoformat(), "datacontenttype": "application/json",
        "data": data,
    }  # fmt: skip
