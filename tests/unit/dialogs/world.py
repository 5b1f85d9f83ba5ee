"""A customer's screen, the services and the lender as anybody might meet them, around the engine alone."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from bot.conversation.desk import Desk
from bot.conversation.facts import Market, facts
from bot.core.values import Text, Values
from bot.dialogs.codec import decode_event, decode_state, encode_event, encode_state
from bot.dialogs.effects import Effect, OpenHandoff, RecordConsent, Request, SetTimer, Show
from bot.dialogs.engine import Turn, advance
from bot.dialogs.events import Event, Returned, Said, Signalled
from bot.dialogs.model import Ask
from bot.dialogs.state import Frame, State
from bot.publishing.content import Content, assemble
from bot.publishing.release import Release, digest_of
from bot.publishing.sources import read_documents
from bot.testing.memory_stage import BEGINNING

PERSONAL = frozenset({"business_name", "uscc", "contact_name", "phone"})
"""Answers that tell who somebody is."""

ASKED_AGAIN = frozenset({"share_again", "credit_again", "contact_again", "financial_again"})
"""Steps of the pre-application that ask a consent again that no longer stands."""

MOST_CALLS = 40
"""More service calls than this after one event is a loop."""


@cache
def content() -> Content:
    """The shipped content."""
    documents = read_documents()
    return assemble(Release(1, documents, digest_of(documents), BEGINNING, "tests"))


@cache
def thresholds() -> Values:
    return Desk(content).facts()


@dataclass
class World:
    """The state of one conversation, what is on the screen, and what services have been asked.

    Where it is `refusing`, no amount suits the lender's product.
    """

    operator: str = "lender"
    state: State = field(default_factory=lambda: State(known={"locale": "zh"}))
    now: datetime = BEGINNING
    refusing: bool = False
    screen: dict[str, Show] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    asked: deque[Request | OpenHandoff] = field(default_factory=deque)
    timers: list[str] = field(default_factory=list)
    consented: set[tuple[int, str]] = field(default_factory=set)
    offered: bool = False

    def turn(self, event: Event) -> Turn:
        """The engine's answer to the event; every promise about it is kept."""
        before = self.state
        market = Market(operator="third_party" if self.operator == "third_party" else "lender")
        known = {**facts(content(), market, self.now, before.known), **thresholds()}
        turn = advance(content().book, known, before, event)
        self.state = turn.state
        for effect in turn.effects:
            self._perform(effect, before)
        self._check(before, event, turn)
        return turn

    # What the engine asks for

    def _perform(self, effect: Effect, before: State) -> None:
        match effect:
            case Show():
                self._show(effect)
            case Request():
                self._requested(effect, before)
                self.asked.append(effect)
            case OpenHandoff():
                self.offered = True
                self.asked.append(effect)
            case SetTimer(timer=timer):
                self.timers.append(timer)
            case RecordConsent(notice=notice, state="given"):
                self.consented.add((before.frames[-1].instance, notice))

    def _show(self, show: Show) -> None:
        assert show.body, "a message has no words"
        for text in show.body:
            self._readable(text)
        for button in (button for row in show.buttons for button in row):
            assert button.label.key in content().texts.keys
            assert len(button.token.encode()) <= 64
            assert button.url or button.token
            for locale in ("zh", "en"):
                assert content().texts.label(button.label, locale)
            self.tokens.append(button.token)
        if not show.edit:
            self.screen.pop(show.slot, None)
        self.screen[show.slot] = show

    def _readable(self, text: Text) -> None:
        for locale in ("zh", "en"):
            assert len(content().texts.render(text, locale)) > 0

    def _requested(self, request: Request, before: State) -> None:
        """What the lender is to get was confirmed, or has failed before, and its consents were looked at in between."""
        # An answer may come while something else lies on top of the application.
        form = {frame.step for frame in before.frames if frame.flow.name == "preapply"}
        if request.service == "check-consents":
            assert form & {"review", "submit", *ASKED_AGAIN}, "nobody confirmed this application"
        if request.service == "submit-application":
            assert self._agreed_to_share(), "an application goes out without its consent"
            assert form & {"consents", "failed", "look_over", "clarify"}, "nobody confirmed this application"

    def _agreed_to_share(self) -> bool:
        frame = self.state.frames[-1]
        return (frame.instance, "share_with_lender") in self.consented

    # What must hold of every turn

    def _check(self, before: State, event: Event, turn: Turn) -> None:
        after = turn.state
        assert decode_state(encode_state(after)) == after
        assert decode_event(encode_event(event)) == event
        assert after.turn >= before.turn
        self._one_question_is_open()
        self._personal_questions_follow_consent()
        if before.held_by == "manager":
            self._only_cards(event, turn)
        if isinstance(event, Said):
            self._one_answer_at_most(before, after)

    def _one_question_is_open(self) -> None:
        """Only the open prompt has buttons, and they are those it offers."""
        live = {
            slot for slot, show in self.screen.items() if any(button.token for row in show.buttons for button in row)
        }
        prompt = self.state.prompt
        assert live <= ({prompt.slot} if prompt else set()), "an answered question still has buttons"
        # Between a press and the answer that takes the message's place there is nothing to choose: its buttons are stale.
        if prompt and prompt.choices and prompt.slot in live and self.state.frames:
            offered = {button.token for row in self.screen[prompt.slot].buttons for button in row if not button.url}
            instance = self.state.frames[-1].instance
            assert offered == {f"{instance}.{prompt.turn}.{choice}" for choice in self._pressable()}

    def _pressable(self) -> list[str]:
        prompt = self.state.prompt
        return list(prompt.choices) if prompt else []

    def _personal_questions_follow_consent(self) -> None:
        frame, prompt = self.top, self.state.prompt
        step = content().book.flows[frame.flow].steps[frame.step] if frame else None
        if frame and prompt and isinstance(step, Ask) and step.saves in PERSONAL and not step.corrects:
            assert (frame.instance, "share_with_lender") in self.consented, f"{step.saves} is asked without consent"

    def _only_cards(self, event: Event, turn: Turn) -> None:
        """While a person holds the chat the bot says nothing, but that another person has come."""
        if turn.state.held_by == "bot" or (isinstance(event, Signalled) and event.name == "manager"):
            return
        shown = [effect for effect in turn.effects if isinstance(effect, Show)]
        assert all(show.slot.startswith("card.") for show in shown), "the bot spoke in between"

    def _one_answer_at_most(self, before: State, after: State) -> None:
        changed = {name for name, value in after.known.items() if before.known.get(name) != value}
        assert len(changed) <= 1, f"one text answered {sorted(changed)}"

    # What is there to do

    @property
    def top(self) -> Frame | None:
        """The flow that the customer is in."""
        return self.state.frames[-1] if self.state.frames else None

    def at(self, step: str) -> bool:
        """Whether the customer is asked this step of a flow."""
        return self.top is not None and self.top.step == step and self.state.prompt is not None

    def current_tokens(self) -> list[str]:
        """The tokens of the open question's buttons."""
        prompt, frame = self.state.prompt, self.top
        return [f"{frame.instance}.{prompt.turn}.{choice}" for choice in prompt.choices] if prompt and frame else []

    def token_of(self, wanted: tuple[str, ...]) -> str | None:
        """The token of the first of the wanted choices that is offered."""
        offered = {token.split(".", 2)[2]: token for token in self.current_tokens()}
        return next((offered[choice] for choice in wanted if choice in offered), None)

    def stale_tokens(self) -> list[str]:
        """The tokens of all buttons that were ever shown and are not the open question's."""
        current = set(self.current_tokens())
        return [token for token in dict.fromkeys(self.tokens) if token and token not in current]

    def pass_time(self, time: timedelta) -> None:
        self.now += time

    def take_request(self) -> Request | OpenHandoff | None:
        """The next thing asked of a local service; handing in an application takes its time."""
        for asked in self.asked:
            if isinstance(asked, OpenHandoff) or asked.service != "submit-application":
                self.asked.remove(asked)
                return asked
        return None

    def answer(self, request: Request | OpenHandoff, outcome: str, values: Values) -> None:
        self.turn(Returned(self.now, request.id, outcome, values))
