"""The one function that owns every transition of a conversation.

Theory of operation. A state holds frames, the top one being the flow the customer is in; its step waits for an answer.
An event is first given to whoever holds the chat: while a manager does, what the customer sends is relayed and the bot
is silent. Otherwise the event is understood in this order:

1. a press counts only with the instance and turn of the open prompt; any other press gets a short notice and the
   current step again, and changes nothing;
2. typed words are commands before anything else, then an answer to the open question, then a question of the customer's
   own (an aside, after which the open question is asked once more), and at last not understood, with a hint;
3. results, signals and timers go to the frame that waits for them, wherever it is.

An accepted event raises `turn`, so that every earlier button is stale. A walk then enters steps until one waits.
Nothing here reads a clock, a store or a language: facts come in, effects with text keys go out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.values import NO_VALUES, Text, Value, Values
from bot.dialogs import inputs, prompts
from bot.dialogs.effects import Acknowledge, CloseHandoff, Effect, RecordConsent, Relay, Request, Track
from bot.dialogs.events import (
    Attached,
    Edited,
    Event,
    Opened,
    Pressed,
    Released,
    Returned,
    Said,
    Shared,
    Signalled,
    TimedOut,
)
from bot.dialogs.model import Ask, Await, Call, Cards, Choose, Consent, FlowBook, Handoff, Option, Recall, Review, Typed
from bot.dialogs.state import Frame, Heard, Pending, Prompt, State
from bot.dialogs.walk import NO_CHOICES, Walk

TWICE_WITHIN = timedelta(seconds=5)
"""The same text again within this time is a message sent twice, unless it suits the new question."""

MISSES_BEFORE_PERSON = 2
CARD = "card"
"""Asks who the account manager is, which the bot answers though that person holds the chat."""

RIGHTS = frozenset({"privacy", "withdraw", "delete"})
"""Commands that are understood whoever holds the chat."""
MINOR = "minor"
"""The command of who says that they are under age, in words or by a number of years."""
FEE_FIRST = "fee_first"
"""The command of who tells that they were asked for money before the pay-out, whatever the words."""
FEE_QUESTION = "fee_question"
"""What is spotted where somebody only asks whether money is due first: it is answered, and nobody has been asked for any."""
AGENT = "agent"
"""What is spotted where somebody speaks as an agent for other people's applications; it is noted for staff, and nothing else."""
FIND_ANSWER = "find-answer"
"""The service that finds an approved answer to a customer's own question."""
PLACE_NUMBER = "place-number"
"""The service that says where a number belongs that must not stand in a chat."""
HOSTED_FORM = "hosted_form"
"""The command that opens the lender's own form, where such a number belongs."""
_PERSON = {prompts.PERSON: Text(prompts.LABELS[prompts.PERSON])}


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of an event: the new state, what the world is asked to do, and why, for people."""

    state: State
    effects: tuple[Effect, ...]
    trace: tuple[str, ...]


def advance(book: FlowBook, facts: Values, state: State, event: Event) -> Turn:
    """The conversation after `event`. Total: every event in every state gives a valid turn."""
    walk = Walk(book, facts, _without_lost_frames(book, state), event)
    if walk.state.held_by == "manager":
        _while_held(walk, event)
    else:
        _EVENTS[type(event)](walk, event)
    return Turn(walk.state, tuple(walk.effects), tuple(walk.trace))


def _without_lost_frames(book: FlowBook, state: State) -> State:
    """Frames whose flow or step no longer exists anywhere are dropped; the answers stay known."""
    kept = tuple(frame for frame in state.frames if (flow := book.flows.get(frame.flow)) and frame.step in flow.steps)
    return state if len(kept) == len(state.frames) else replace(state, frames=kept, prompt=None)


# While a person holds the chat


def _while_held(walk: Walk, event: Event) -> None:
    match event:
        case Released():
            _released(walk, event)
        case Said(text=text) if _command(walk, text) == "bot":
            walk.effects.append(CloseHandoff())
        case Said(text=text) if _command(walk, text) == CARD:
            walk.effects.append(Request(CARD, "manager-card"))
        case Said(text=text) if (command := _command(walk, text)) in RIGHTS:
            _claims_right(walk, command or "")
        case Said(text=text):
            _noticed(walk, text, while_held=True)
            walk.note("relayed")
            walk.effects.append(Relay())
        case Attached() | Shared() | Edited():
            walk.note("relayed")
            walk.effects.append(Relay())
        case Pressed():
            walk.effects.append(Acknowledge(Text("held.press")))
        case Opened(payload=payload):
            _arrived_by(walk, payload)
            walk.effects.append(Relay())
        case Signalled():
            _signalled_while_held(walk, event)
        case _:
            walk.note("came while a person holds the chat")
            _keep_result(walk, event)


def _claims_right(walk: Walk, command: str) -> None:
    """A right over one's own data is not a matter for the person in the chat: the chat ends, and the bot answers."""
    walk.effects.append(CloseHandoff())
    walk.count()
    deferred = walk.state.deferred
    walk.change(held_by="bot", deferred=())
    for signal in deferred:
        _signalled(walk, signal)
    _commanded(walk, command)


def _signalled_while_held(walk: Walk, event: Signalled) -> None:
    told = event.values.get("told")
    walk.place_card(event.values)
    if _brings_person(event):
        walk.note("another person has come")
        if isinstance(told, Text):
            walk.say(told)
        return
    later = {name: value for name, value in event.values.items() if name not in ("card", "placed")}
    walk.change(deferred=(*walk.state.deferred, replace(event, values=later)))


def _keep_result(walk: Walk, event: Event) -> None:
    """A service's answer is not lost: the frame goes on from it once the bot is back."""
    if isinstance(event, Returned) and (waiting := _waiting(walk, event.request)):
        if waiting.purpose == "step":
            _deliver(walk, waiting, event)
        else:
            _no_longer(walk, waiting)


def _released(walk: Walk, event: Released) -> None:
    if walk.state.held_by == "bot":
        walk.note("was not held")
        return
    walk.count()
    deferred = walk.state.deferred
    walk.change(held_by="bot", deferred=())
    walk.say(Text("handoff.back"))
    for signal in deferred:
        _signalled(walk, signal)
    if walk.state.prompt is None or walk.state.prompt.buried:
        _again(walk)


# Coming in


def _opened(walk: Walk, event: Opened) -> None:
    kind, _, code = (event.payload or "").partition("-")
    if code and kind in walk.book.links:
        walk.count()
        walk.settle(None)
        walk.begin(walk.book.links[kind], {"link_code": code})
        return
    _arrived_by(walk, event.payload)
    walk.count()
    if not walk.state.frames:
        _greet(walk)
    elif walk.form_under_way():
        _offer_to_resume(walk)
    else:
        walk.home()


def _greet(walk: Walk) -> None:
    walk.begin(walk.book.entry if _is_new(walk) else walk.book.home)


def _is_new(walk: Walk) -> bool:
    """Whether nothing is known of the customer but the language that the channel claims, and who has brought them."""
    return not walk.state.known.keys() - {"locale", "found_by"}


def _arrived_by(walk: Walk, payload: str | None) -> None:
    if payload and payload.partition("-")[0] not in walk.book.links:
        walk.effects.append(Track("arrived", {"payload": payload}))


def _offer_to_resume(walk: Walk) -> None:
    """A form under way is neither destroyed nor silently continued."""
    kept = tuple(frame for frame in walk.state.frames if walk.lasts(frame))
    forms = tuple(frame for frame in kept if walk.is_form(frame))
    resting = tuple(frame for frame in kept if not walk.is_form(frame))
    walk.change(frames=(*resting, *forms))
    walk.begin(walk.book.resume)


# Presses


def _pressed(walk: Walk, event: Pressed) -> None:
    prompt = walk.state.prompt
    instance, turn, choice = _token(event.token)
    current = prompt and walk.state.frames and prompt.turn == turn and walk.frame.instance == instance
    if not (prompt and current and choice in prompt.choices):
        _stale(walk)
        return
    walk.effects.append(Acknowledge())
    walk.count()
    _chosen(walk, choice, event)


def _token(token: str) -> tuple[int, int, str]:
    instance, _, rest = token.partition(".")
    turn, _, choice = rest.partition(".")
    if instance.isdecimal() and turn.isdecimal():
        return int(instance), int(turn), choice
    return -1, -1, ""


def _stale(walk: Walk) -> None:
    """A short notice and the current step again: in place where it is the last message, else sent anew."""
    walk.note("stale press")
    walk.effects.append(Acknowledge(Text("stale")))
    prompt = walk.state.prompt
    if walk.state.frames and prompt and prompt.choices:
        walk.show(position=prompt.position, edit=True, misses=prompt.misses, besides=_besides(prompt))


def _besides(prompt: Prompt) -> dict[str, Text]:
    """The choices that were offered beside the step's own."""
    near = (prompts.TOPIC, prompts.MEANT)
    return {name: label for name, label in prompt.choices.items() if name in _PERSON or name.startswith(near)}


def _chosen(walk: Walk, choice: str, event: Pressed | Said) -> None:
    """One of the offered choices was taken, by a press or in words."""
    prompt, step = walk.state.prompt, walk.step
    assert prompt is not None  # noqa: S101 -- a choice is only ever one of the open prompt's
    walk.note(f"chose {choice}")
    label = prompt.choices[choice]
    match choice:
        case prompts.BACK:
            _back(walk)
        case prompts.WHY:
            _why(walk, step)
        case prompts.KEEP if isinstance(step, Ask):
            _keep(walk, step)
        case prompts.SKIP if isinstance(step, Ask):
            walk.settle(label)
            _answered(walk, step.saves, None, step.goto)
        case prompts.PERSON:
            walk.settle(label)
            _command_flow(walk, "human")
        case prompts.NEXT | prompts.PREVIOUS:
            by = 1 if choice == prompts.NEXT else -1
            walk.show(position=prompt.position + by, edit=True)
        case prompts.AGREE | prompts.REFUSE if isinstance(step, Consent):
            _consented(walk, step, choice == prompts.AGREE, label, event)
        case prompts.KEEP_ALL if isinstance(step, Recall):
            walk.settle(label)
            walk.keep_part(step)
        case prompts.CHANGE_SOME if isinstance(step, Recall):
            walk.settle(label)
            walk.go(step.goto)
        case prompts.CONFIRM if isinstance(step, Review):
            walk.settle(label)
            walk.go(step.goto)
        case str() if choice.startswith(prompts.MEANT) and isinstance(step, Ask):
            _meant(walk, step, choice)
        case str() if choice.startswith(prompts.MEANT) and isinstance(step, Cards) and step.typed:
            _meant_at_card(walk, step, step.typed, choice)
        case str() if choice.startswith(prompts.TOPIC):
            _aside(walk, {"topic": choice.removeprefix(prompts.TOPIC)})
        case str() if choice.startswith(prompts.CHANGE):
            _revise(walk, choice.removeprefix(prompts.CHANGE))
        case _:
            _optioned(walk, choice, label)


def _optioned(walk: Walk, choice: str, label: Text) -> None:
    step = walk.step
    match step:
        case Choose(saves=saves):
            option = _option(prompts.options_of(step, walk.values()), choice)
            if option.in_place and isinstance(walk.event, Pressed):
                walk.stand_in()
            else:
                walk.settle(label)
            goto = option.goto or step.goto or walk.frame.step
            _answered(walk, saves if option.chooses else None, prompts.option_value(option), goto)
        case Cards(saves=saves, options=options):
            option = _option(options, choice)
            taken = _card_on_show(walk, step) if option.chooses else None
            walk.settle(label)
            _answered(walk, saves if option.chooses else None, taken, option.goto or walk.frame.step)
        case Await(options=options):
            walk.settle(label)
            walk.go(_option(options, choice).goto or walk.frame.step)


def _card_on_show(walk: Walk, step: Cards) -> str:
    position = walk.state.prompt.position if walk.state.prompt else 0
    return prompts.card_at(step, position, walk.values())


def _option(options: tuple[Option, ...], choice: str) -> Option:
    return next(option for option in options if option.id == choice)


def _answered(walk: Walk, saves: str | None, value: Value, goto: str) -> None:
    """Keep an answer and go on; the way back remembers the step."""
    if saves:
        walk.save(saves, value)
        walk.change_frame(path=(*walk.frame.path, walk.frame.step))
    walk.go(goto)


def _meant(walk: Walk, step: Ask, choice: str) -> None:
    """What the customer wrote could mean several things, and they have said which."""
    values = walk.values()
    value = prompts.meant(step, choice, values)
    if value is None:
        _again(walk)
        return
    walk.settle(prompts.answer_text(walk.flow, step, value, values))
    _answered(walk, step.saves, value, step.goto)


def _meant_at_card(walk: Walk, step: Cards, typed: Typed, choice: str) -> None:
    card = _card_on_show(walk, step)
    value = prompts.meant(typed, choice, prompts.beside_card(step, card, walk.values()))
    if value is None:
        _again(walk)
        return
    _taken_at_card(walk, step, typed, card, value)


def _taken_at_card(walk: Walk, step: Cards, typed: Typed, card: str, value: Value) -> None:
    """The card on show is chosen, with an answer that the customer has typed at it."""
    walk.note(f"answered {typed.saves} at {card}")
    walk.settle(None)
    walk.save(typed.saves, value)
    walk.change_frame(answers={**walk.frame.answers, f"{typed.saves}_given": True})
    _answered(walk, step.saves, card, typed.goto)


def _keep(walk: Walk, step: Ask) -> None:
    """The answer given before still holds."""
    values = walk.values()
    value = values.get(step.saves)
    walk.settle(prompts.answer_text(walk.flow, step, value, values))
    _answered(walk, step.saves, value, step.goto)


def _consented(walk: Walk, step: Consent, agreed: bool, label: Text, event: Pressed | Said) -> None:
    """Record what was decided on the very text that was shown; a notice changed meanwhile is asked again."""
    prompt, notice = walk.state.prompt, walk.book.notices[step.consent]
    if prompt and prompt.version != notice.version:
        walk.note("the notice has changed")
        walk.show(Text("consent.changed"), edit=isinstance(event, Pressed))
        return
    slot = prompt.slot if prompt else ""
    state = "given" if agreed else "refused"
    walk.effects.append(RecordConsent(notice.id, notice.version, "given" if agreed else "refused", slot, event.message))
    walk.settle(label)
    walk.change_frame(answers={**walk.frame.answers, f"consent_{notice.id}": state})
    walk.go(step.agreed if agreed else step.refused)


def _revise(walk: Walk, name: str) -> None:
    """Change one answer from the review, then follow its consequences through."""
    order = list(walk.flow.steps)
    before = takewhile(lambda step: step != name and order.index(step) < order.index(name), walk.frame.path)
    walk.settle(None)
    walk.change_frame(step=name, revising=True, path=tuple(before))
    walk.note("revising")
    walk.show()


def _back(walk: Walk) -> None:
    """To the question before, with its answer shown; from the first question of a flow to what was before it.

    What a review was left for is left as it was. What rests with the lender is not opened again.
    """
    frame, step = walk.frame, walk.step
    if walk.waits(frame):
        walk.say(Text("busy"))
    elif frame.revising and isinstance(step, Ask | Choose) and walk.stands(step):
        walk.note("left as it was")
        walk.settle(None)
        walk.enter()
    elif frame.path and not isinstance(step, Await):
        walk.settle(None)
        walk.change_frame(step=frame.path[-1], path=frame.path[:-1])
        walk.note("back")
        walk.show()
    elif len(walk.state.frames) > 1 and walk.flow.kind == "talk":
        walk.settle(None)
        walk.end()
    else:
        walk.show(Text("back.nothing"))


def _why(walk: Walk, step: object) -> None:
    if walk.waits(walk.frame):
        walk.say(Text("busy"))
        return
    why = step.why if isinstance(step, Ask | Choose) else None
    prompt = walk.state.prompt
    answer = prompts.said(walk.book, why or "why.general", walk.values())
    walk.show(answer, edit=isinstance(walk.event, Pressed), misses=prompt.misses if prompt else 0)


# Words


def _noticed(walk: Walk, text: str, *, while_held: bool = False) -> None:
    """Have staff know of words that speak of fraud; where a person holds the chat, they see the words themselves."""
    spotted = walk.book.spotted(text)
    if AGENT in spotted:
        walk.note("words of an agent")
        walk.effects.append(Track("agent_words", {}))
    if FEE_FIRST in spotted and FEE_QUESTION not in spotted and while_held:
        walk.effects.append(Track("fee_first", {}))


def _said(walk: Walk, event: Said) -> None:
    _noticed(walk, event.text)
    command = _command(walk, event.text)
    if command:
        walk.bury()
        walk.count()
        _commanded(walk, command)
        return
    if _sent_twice(walk, event):
        walk.note("the same text again")
        return
    walk.bury()
    walk.count()
    if not walk.state.frames:
        _greet(walk)
        return
    match walk.step:
        case _ if event.withheld:
            _withheld(walk, event)
        case _ if {FEE_FIRST, FEE_QUESTION} <= walk.book.spotted(event.text):
            _aside(walk, {"topic": FEE_FIRST})
        case Ask() as step:
            _typed_answer(walk, step, event)
        case Choose() | Cards() | Consent() | Recall() | Review() | Await():
            _typed_choice(walk, event)
        case _:
            walk.say(Text("busy"))


def _withheld(walk: Walk, event: Said) -> None:
    """A number that must not be in a chat was taken out of what was typed: say so, and where it belongs."""
    walk.note(f"{event.withheld} withheld")
    _ask_service(walk, PLACE_NUMBER, {"withheld": event.withheld})


def _command(walk: Walk, text: str) -> str | None:
    command = walk.book.commands.get(inputs.normalise(text))
    if command is not None:
        return command
    if MINOR in walk.book.command_flows and inputs.says_minor(text):
        return MINOR
    spotted = walk.book.spotted(text) if FEE_FIRST in walk.book.command_flows else frozenset()
    return FEE_FIRST if FEE_FIRST in spotted and FEE_QUESTION not in spotted else None


def _sent_twice(walk: Walk, event: Said) -> bool:
    heard = walk.state.heard
    if not heard or heard.text != event.text or event.at - heard.at > TWICE_WITHIN or not walk.state.frames:
        return False
    step = walk.step
    if isinstance(step, Ask) and step.accepts not in inputs.FREE_KINDS:
        return isinstance(_read(walk, step, event.text), inputs.Rejected)
    return _matching_choice(walk, event.text) is None


def _read(walk: Walk, step: Ask, text: str) -> inputs.Reading:
    return _read_as(step, text, walk.values())


def _read_as(step: Ask | Typed, text: str, values: Values) -> inputs.Reading:
    limits = inputs.Limits(
        inputs.limit(step.low, values),
        inputs.limit(step.high, values),
        str(values.get("region") or "CN"),
        str(values.get("currency") or "CNY"),
    )
    return inputs.read(step.accepts, text, limits)


def _typed_answer(walk: Walk, step: Ask, event: Said) -> None:
    choice = _matching_choice(walk, event.text)
    both = inputs.answer_and_question(event.text)
    free = step.accepts in inputs.FREE_KINDS
    asks = inputs.surely_asks(event.text) if free else inputs.looks_like_question(event.text)
    if choice:
        _chosen(walk, choice, event)
    elif both and not isinstance(reading := _read(walk, step, both[0]), inputs.Rejected):
        _take_answer(walk, step, reading.value, event, question=both[1])
    elif asks and free:
        _aside(walk, {"question": event.text})
    elif not isinstance(reading := _read(walk, step, event.text), inputs.Rejected):
        _take_answer(walk, step, reading.value, event)
    elif asks:
        _aside(walk, {"question": event.text})
    else:
        _missed(walk, reading.hint, prompts.what_was_meant(reading.near))


def _take_answer(walk: Walk, step: Ask, value: Value, event: Said | Shared, question: str | None = None) -> None:
    if isinstance(event, Said):
        walk.change(heard=Heard(event.text, event.at))
    walk.note(f"answered {step.saves}")
    walk.settle(None)
    if kind := inputs.kind_of(step.accepts, value):
        walk.change_frame(answers={**walk.frame.answers, f"{step.saves}_kind": kind})
    if question is None:
        _answered(walk, step.saves, value, step.goto)
        return
    walk.save(step.saves, value)
    walk.change_frame(path=(*walk.frame.path, walk.frame.step), step=step.goto)
    _aside(walk, {"question": question})


def _typed_choice(walk: Walk, event: Said) -> None:
    both = inputs.answer_and_question(event.text) if isinstance(walk.step, Choose) else None
    if choice := _matching_choice(walk, event.text):
        walk.change(heard=Heard(event.text, event.at))
        _chosen(walk, choice, event)
    elif both and (choice := _matching_choice(walk, both[0])):
        walk.change(heard=Heard(event.text, event.at))
        _chosen(walk, choice, event)
        if walk.state.frames:
            _aside(walk, {"question": both[1]})
    elif isinstance(step := walk.step, Cards) and step.typed and inputs.says_only_amount(event.text):
        _typed_at_card(walk, step, step.typed, event)
    else:
        _aside(walk, {"question": event.text})


def _typed_at_card(walk: Walk, step: Cards, typed: Typed, event: Said) -> None:
    card = _card_on_show(walk, step)
    reading = _read_as(typed, event.text, prompts.beside_card(step, card, walk.values()))
    if isinstance(reading, inputs.Rejected):
        _missed(walk, reading.hint, prompts.what_was_meant(reading.near))
        return
    walk.change(heard=Heard(event.text, event.at))
    _taken_at_card(walk, step, typed, card, reading.value)


def _matching_choice(walk: Walk, text: str) -> str | None:
    """The offered choice that the words mean: its label, its number, or a synonym."""
    prompt = walk.state.prompt
    if not prompt or not prompt.choices:
        return None
    plain = inputs.normalise(text)
    keys = walk.book.words.get(plain, frozenset())
    for choice, label in prompt.choices.items():
        named = [inputs.normalise(value) for value in label.values.values() if isinstance(value, str)]
        if label.key in keys or plain == choice or named == [plain]:
            return choice
    own = [choice for choice in prompt.choices if not choice.startswith("!")]
    if isinstance(walk.step, Choose | Await) and plain.isdecimal() and 1 <= int(plain) <= len(own):
        return own[int(plain) - 1]
    return _choice_at(walk, prompt, plain)


def _choice_at(walk: Walk, prompt: Prompt, plain: str) -> str | None:
    """The choice that is the time of day that was typed, where there is just one: one by the afternoon's clock is meant too."""
    meant = inputs.times_of_day(plain)
    zone = walk.facts.get("timezone")
    if not meant or not isinstance(zone, str):
        return None
    times = {
        choice: value.astimezone(ZoneInfo(zone)).time()
        for choice, label in prompt.choices.items()
        for value in label.values.values()
        if isinstance(value, datetime)
    }
    for minutes in meant:
        found = [choice for choice, at in times.items() if at.hour * 60 + at.minute == minutes]
        if len(found) == 1:
            return found[0]
    return None


def _aside(walk: Walk, question: Values) -> None:
    """The customer asks something; the open question is asked again behind the answer."""
    walk.note("a question of the customer's own")
    _ask_service(walk, FIND_ANSWER, question)


def _ask_service(walk: Walk, service: str, values: Values) -> None:
    """Have a service answer aside from the open step."""
    request = f"{walk.frame.instance}.{walk.state.turn}.aside"
    walk.change(pending=(*walk.state.pending, Pending(request, "aside", walk.frame.instance)))
    walk.effects.append(Request(request, service, values))


def _missed(walk: Walk, hint: Text, near: Mapping[str, Text] = NO_CHOICES) -> None:
    """Say what is expected and keep the question open; `near` are answers or topics that may have been meant."""
    prompt = walk.state.prompt
    misses = prompt.misses + 1 if prompt else 1
    walk.note(f"not understood, {misses} in a row")
    person = _PERSON if misses >= MISSES_BEFORE_PERSON else NO_CHOICES
    position = prompt.position if prompt else 0
    walk.show(hint, position=position, misses=misses, besides={**near, **person}, again=True)


def _again(walk: Walk, *lead: Text, besides: Mapping[str, Text] = NO_CHOICES) -> None:
    """Ask the open question once more, below what has been said."""
    if not walk.state.frames:
        for paragraph in lead:
            walk.say(paragraph)
        _greet(walk)
    elif walk.waits(walk.frame):
        for paragraph in lead:
            walk.say(paragraph)
    elif walk.state.prompt:
        walk.show(*lead, position=walk.state.prompt.position, besides=besides, again=True)
    else:
        for paragraph in lead:
            walk.say(paragraph)
        walk.enter()


# Commands


def _commanded(walk: Walk, command: str) -> None:
    walk.note(f"command {command}")
    match command:
        case "start":
            _opened(walk, Opened(walk.event.at))
        case "help":
            walk.say(Text("help"))
            _again(walk)
        case "cancel":
            _cancel(walk)
        case "back" if walk.state.frames:
            _back(walk)
        case "why" if walk.state.frames:
            _why(walk, walk.step)
        case "bot" | "back" | "why":
            _again(walk)
        case _:
            walk.settle(None)
            _command_flow(walk, command)


def _cancel(walk: Walk) -> None:
    walk.settle(None)
    kept = walk.form_under_way()
    walk.say(Text("cancelled.kept" if kept else "cancelled"))
    walk.home()


def _command_flow(walk: Walk, command: str) -> None:
    walk.begin(walk.book.command_flows[command])


# Contacts and files


def _shared(walk: Walk, event: Shared) -> None:
    walk.bury()
    walk.count()
    step = walk.step if walk.state.frames else None
    if not isinstance(step, Ask) or step.accepts != "phone":
        _again(walk, Text("contact.unexpected"))
    elif not event.own:
        _missed(walk, Text("contact.not_own"))
    elif isinstance(reading := _read(walk, step, event.phone), inputs.Rejected):
        _missed(walk, reading.hint)
    else:
        _take_answer(walk, step, reading.value, event)


def _edited(walk: Walk, _: Edited) -> None:
    walk.note("an edit answers nothing")


def _attached(walk: Walk, event: Attached) -> None:
    walk.bury()
    walk.count()
    walk.note(f"sent a {event.kind}")
    step = walk.step if walk.state.frames else None
    takes = step.takes if isinstance(step, Await | Choose) else None
    if takes and event.file and event.kind in ("photo", "document"):
        values = walk.values()
        sent = {"kind": event.kind, "file": event.file, "name": event.name}
        _ask_service(
            walk, takes, {**sent, **{name: values.get(name) for name in ("application", "document", "page_chosen")}}
        )
    elif isinstance(step, Choose) and step.near and event.place:
        latitude, longitude = event.place
        _ask_service(walk, step.near, {"latitude": Decimal(str(latitude)), "longitude": Decimal(str(longitude))})
    else:
        _again(walk, Text(f"attached.{event.kind}"))


# Answers of services


def _waiting(walk: Walk, request: str) -> Pending | None:
    return next((item for item in walk.state.pending if item.request == request), None)


def _returned(walk: Walk, event: Returned) -> None:
    waiting = _waiting(walk, event.request)
    if not waiting:
        walk.note("an answer nobody waits for")
        return
    if waiting.purpose == "aside":
        _no_longer(walk, waiting)
        _answer_found(walk, event)
        return
    asking = next((frame for frame in walk.state.frames if frame.instance == waiting.instance), None)
    if asking is None or not walk.waits(asking):
        walk.note("who asked is gone")
        _no_longer(walk, waiting)
        return
    walk.count()
    if asking is walk.frame:
        walk.replace_busy()
    else:
        _bring_to_top(walk, asking)
    _deliver(walk, waiting, event)
    walk.is_news = True
    walk.enter()


def _no_longer(walk: Walk, waiting: Pending) -> None:
    walk.change(pending=tuple(item for item in walk.state.pending if item != waiting))


def _bring_to_top(walk: Walk, frame: Frame) -> None:
    """What the customer waits for is told at once, whatever else was begun meanwhile."""
    walk.settle(None)
    walk.change(frames=(*(other for other in walk.state.frames if other is not frame), frame))


def _deliver(walk: Walk, waiting: Pending, event: Returned) -> None:
    """Put a service's values into the frame that asked, and move it to where the outcome points."""
    frames = []
    for frame in walk.state.frames:
        step = walk.flow_of(frame).steps[frame.step]
        if frame.instance == waiting.instance and isinstance(step, Call | Handoff):
            target = step.on.get(event.outcome) or step.on["else"]
            frames.append(replace(frame, step=target, answers={**frame.answers, **event.values}))
            walk.remember(event.values, step.saves if isinstance(step, Call) else ())
        else:
            frames.append(frame)
    walk.note(f"returned {event.outcome}")
    walk.change(frames=tuple(frames))
    _no_longer(walk, waiting)


def _answer_found(walk: Walk, event: Returned) -> None:
    """Answer the customer's own question and ask ours again; offer what else was asked, or, unsure, the topics near.

    What is only `noted` leaves the open prompt as it is. What is `placed` puts its other values, such as a list in another order,
    into the form, and asks again by them. An answer that comes with a `form` is followed by that.
    """
    answer = event.values.get("answer")
    if event.outcome == "form" and isinstance(answer, Text) and HOSTED_FORM in walk.book.command_flows:
        walk.settle(None)
        walk.say(answer)
        _command_flow(walk, HOSTED_FORM)
        return
    if event.outcome == "placed" and isinstance(answer, Text) and walk.state.frames:
        others = {name: value for name, value in event.values.items() if name != "answer"}
        walk.change_frame(answers={**walk.frame.answers, **others})
        _again(walk, answer)
        return
    if event.outcome == "noted":
        if isinstance(answer, Text):
            walk.say(answer)
        return
    if event.outcome == "found" and isinstance(answer, Text):
        walk.say(answer)
        near, person = _near(event), _PERSON if event.values.get("person") is True else NO_CHOICES
        lead = (Text("also.asked"),) if near and walk.state.prompt else ()
        _again(walk, *lead, besides={**near, **person})
    elif walk.state.prompt:
        near = _near(event)
        _missed(walk, Text("unclear.near" if near else "unclear"), near)
    else:
        walk.say(Text("unclear"))
        _again(walk)


def _near(event: Returned) -> dict[str, Text]:
    """Topics as choices: the service names them as a mapping of topic to title."""
    near = event.values.get("near")
    titles = near.items() if isinstance(near, Mapping) else ()
    return {prompts.TOPIC + topic: title for topic, title in titles if isinstance(title, Text)}


# Signals and timers


def _signalled(walk: Walk, event: Signalled) -> None:
    told = event.values.get("told")
    walk.place_card(event.values)
    if _brings_person(event):
        walk.count()
        walk.settle(None)
        if isinstance(told, Text):
            walk.say(told)
        walk.change(held_by="manager")
        return
    if isinstance(told, Text):
        walk.say(told)
    _wake(walk, event)


def _brings_person(event: Signalled) -> bool:
    return event.name == "manager" and event.outcome == "joined"


def _wake(walk: Walk, event: Signalled) -> None:
    """The frame that awaits this outcome goes on, and comes to the top if it was beneath others."""
    for frame in reversed(walk.state.frames):
        step = walk.flow_of(frame).steps[frame.step]
        concerns = frame.answers.get("application", event.values.get("application")) == event.values.get("application")
        if isinstance(step, Choose) and event.name in step.on and concerns:
            _answered_by(walk, frame, step, event)
            return
        if isinstance(step, Await) and step.awaits == event.name and event.outcome in step.on and concerns:
            others = tuple(other for other in walk.state.frames if other is not frame)
            answers = {**frame.answers, **_lasting(event.values)}
            moved = replace(frame, step=step.on[event.outcome], answers=answers)
            walk.count()
            if frame is walk.frame and moved.step == frame.step and "card" not in event.values:
                walk.change(frames=(*others, moved))
                walk.note(f"signal {event.outcome}, in place")
                walk.show(edit=True)
                return
            walk.settle(None)
            walk.change(frames=(*others, moved))
            walk.note(f"signal {event.outcome}")
            walk.enter()
            return
    walk.note(f"signal {event.name} {event.outcome}")


def _answered_by(walk: Walk, frame: Frame, step: Choose, event: Signalled) -> None:
    """What a question is about has happened: its form goes on from there, beneath others too; those are not disturbed.

    An outcome that is one of the question's options answers it, and so does a value of the answer's name. Where the question stays, it changes in place.
    """
    option, target = next((one for one in step.options if one.id == event.outcome), None), step.on[event.name]
    on_top, moved = frame is walk.frame, replace(frame, answers={**frame.answers, **_lasting(event.values)})
    walk.change(frames=tuple(moved if one is frame else one for one in walk.state.frames))
    walk.note(f"signal {event.name} {event.outcome}")
    if not on_top:
        passed = (*moved.path, moved.step) if step.saves and step.saves in event.values else moved.path
        moved = replace(moved, step=target, path=passed)
        walk.change(frames=tuple(moved if one.instance == moved.instance else one for one in walk.state.frames))
        return
    walk.count()
    answer = event.outcome if option else event.values.get(step.saves or "")
    if target == moved.step and answer is None:
        walk.show(edit=True)
        return
    walk.settle(Text(option.label) if option else None)
    _answered(walk, step.saves if answer is not None else None, answer, target)


def _lasting(values: Values) -> Values:
    return {
        name: value for name, value in values.items() if name not in ("card", "told", "slot", "placed")
    } or NO_VALUES


def _timed_out(walk: Walk, event: TimedOut) -> None:
    waiting = _waiting(walk, event.timer)
    step = walk.step if walk.state.frames else None
    if waiting and isinstance(step, Call) and step.late and walk.frame.instance == waiting.instance:
        walk.say(Text(step.late))
    walk.note("timer ran out")


_EVENTS: dict[type, Callable[[Walk, Any], None]] = {
    Opened: _opened,
    Said: _said,
    Pressed: _pressed,
    Shared: _shared,
    Attached: _attached,
    Edited: _edited,
    Returned: _returned,
    Signalled: _signalled,
    TimedOut: _timed_out,
    Released: _released,
}
