"""What is wrong with a flow, before a customer finds out.

Dead ends, unreachable steps, loops that never wait, missing texts, services without `else`, buttons too long to travel.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot.dialogs.model import (
    Ask,
    Await,
    Branch,
    Call,
    Cards,
    Choose,
    Consent,
    Enter,
    Flow,
    Forget,
    Handoff,
    Option,
    Recall,
    Review,
    Say,
    Step,
)


@dataclass(frozen=True, slots=True)
class FlowProblem:
    """What is wrong at a step of a flow, and what to do about it."""

    flow: str
    step: str
    what: str


SYSTEM_TEXTS = (
    "answer", "settled", "cards.position", "cards.again", "card.moved", "current", "stale", "unclear", "unclear.near", "busy", "help", "cancelled", "cancelled.kept", "back.nothing",
    "why.general", "held.press", "handoff.back", "consent.changed", "review.line", "review.lines", "review.affects",
    "form.step", "form.part.review", "button.keep_all", "button.change_some", "withheld.identity", "withheld.bank_card",
    "contact.unexpected", "contact.not_own", "input.amount", "input.range", "input.meant", "input.too_low", "input.too_high",
    "input.months", "input.count", "input.phone", "input.uscc", "input.words", "input.too_long", "input.name",
    "attached.photo", "attached.document", "attached.voice", "attached.video", "attached.sticker",
    "attached.location", "attached.other", "button.back", "button.why", "button.keep", "button.skip", "button.next",
    "button.previous", "button.person", "button.agree", "button.refuse", "button.change", "button.meant",
)  # fmt: skip
"""Keys that the engine itself uses."""


def check_flow(
    flow: Flow,
    *,
    texts: Collection[str],
    flows: Collection[str],
    services: Collection[str],
    notices: Collection[str],
) -> list[FlowProblem]:
    """Everything wrong with one flow, given the keys, flows, services and notices that exist."""
    return [
        FlowProblem(flow.ref.name, step, what)
        for step, what in (
            *_targets(flow),
            *_unreachable(flow),
            *_loops(flow),
            *_texts(flow, texts),
            *_references(flow, flows, services, notices),
            *_outcomes(flow),
            *_figures(flow),
        )
    ]


def next_steps(step: Step) -> tuple[str, ...]:
    """Where a step can lead within its flow."""
    match step:
        case (
            Say(goto=goto)
            | Ask(goto=goto)
            | Recall(goto=goto)
            | Review(goto=goto)
            | Enter(goto=goto)
            | Forget(goto=goto)
        ):
            return (goto,)
        case Choose(options=options, goto=goto, listed=listed, on=on, when=when):
            passed = (goto or "",) if listed or when is not None else ()
            pressed = (option.goto or goto or "" for option in options if not (option.link or option.url))
            return (*passed, *pressed, *on.values())
        case Cards(options=options, typed=typed):
            pressed = (option.goto or "" for option in options if not (option.link or option.url))
            return (*pressed, *((typed.goto,) if typed else ()))
        case Await(on=on, options=options):
            return (*on.values(), *(option.goto or "" for option in options if not (option.link or option.url)))
        case Branch(branches=branches, otherwise=otherwise):
            return (*(target for _, target in branches), otherwise)
        case Consent(agreed=agreed, refused=refused):
            return (agreed, refused)
        case Call(on=on) | Handoff(on=on):
            return tuple(on.values())
    return ()


def services_called(flow: Flow) -> Iterator[str]:
    """The services that the flow's steps ask by name."""
    for step in flow.steps.values():
        match step:
            case Choose(takes=takes, near=near):
                yield from (service for service in (takes, near) if service)
            case Call(call=service) | Await(takes=str(service)):
                yield service


def text_keys(flow: Flow) -> Iterator[tuple[str, str]]:
    """Step and key of every text that the flow uses; notices have their own."""
    reviewed = any(isinstance(step, Review) for step in flow.steps.values())
    for name, step in flow.steps.items():
        for key in _keys(step):
            yield name, key
        if name in flow.parts:
            yield name, f"form.part.{flow.parts[name]}"
        if reviewed and isinstance(step, Cards):
            yield name, f"label.{step.saves}"


def _keys(step: Step) -> tuple[str, ...]:
    match step:
        case Say(say=key):
            return (key,)
        case Ask(ask=key, why=why, saves=saves):
            return (key, f"label.{saves}", *((why,) if why else ()))
        case Choose(choose=key, options=options, why=why, saves=saves, reviewed=reviewed):
            saved = (f"label.{saves}",) if saves and reviewed else ()
            return (key, *(option.label for option in options), *((why,) if why else ()), *saved)
        case Cards(text=key, empty=empty, options=options):
            return (key, empty, *(option.label for option in options))
        case Recall(recall=key):
            return (key,)
        case Review(review=key, confirm=confirm):
            return (key, confirm)
        case Call(busy=busy, late=late):
            return tuple(key for key in (busy, late) if key)
        case Await(shows=key, options=options):
            return (key, *(option.label for option in options))
    return ()


def _targets(flow: Flow) -> Iterator[tuple[str, str]]:
    if flow.entry not in flow.steps:
        yield flow.entry, "the flow's entry is not one of its steps; correct 'entry'"
    for name, step in flow.steps.items():
        for target in next_steps(step):
            if not target:
                yield name, "an option leads nowhere; give it, or the step, a 'goto'"
            elif target not in flow.steps:
                yield name, f"it leads to '{target}', which does not exist; correct the name"


def _reached(flow: Flow, start: str) -> set[str]:
    seen: set[str] = set()
    to_see = [start]
    while to_see:
        name = to_see.pop()
        if name not in seen and name in flow.steps:
            seen.add(name)
            to_see.extend(next_steps(flow.steps[name]))
    return seen


def _unreachable(flow: Flow) -> Iterator[tuple[str, str]]:
    for name in sorted(flow.steps.keys() - _reached(flow, flow.entry)):
        yield name, "no step leads here; remove it or lead to it"


def _loops(flow: Flow) -> Iterator[tuple[str, str]]:
    passing = {name: step for name, step in flow.steps.items() if isinstance(step, Say | Branch | Forget)}
    for name in passing:
        seen: set[str] = set()
        to_see = [name]
        while to_see:
            for target in next_steps(flow.steps[to_see.pop()]):
                if target == name:
                    yield name, "it comes back to itself without waiting for the customer; put a question in between"
                    to_see.clear()
                    break
                if target in passing and target not in seen:
                    seen.add(target)
                    to_see.append(target)


def _texts(flow: Flow, texts: Collection[str]) -> Iterator[tuple[str, str]]:
    for name, key in text_keys(flow):
        if key not in texts:
            yield name, f"text '{key}' has no words; add it to the catalogues"
    for name, step in flow.steps.items():
        if isinstance(step, Choose) and step.listed and not any(step.listed.labels(texts)):
            yield name, f"no text is called '{step.listed.label}', whatever stands for {{}}; correct the label"


def _references(
    flow: Flow, flows: Collection[str], services: Collection[str], notices: Collection[str]
) -> Iterator[tuple[str, str]]:
    for name, step in flow.steps.items():
        match step:
            case Enter(enter=other) if other not in flows:
                yield name, f"flow '{other}' does not exist; correct the name"
            case Call(call=service) if service not in services:
                yield name, f"service '{service}' is not registered; use one of {', '.join(sorted(services))}"
            case Choose(near=str(service)) if service not in services:
                yield name, f"service '{service}' is not registered; use one of {', '.join(sorted(services))}"
            case Await(takes=str(service)) | Choose(takes=str(service)) if service not in services:
                yield name, f"service '{service}' is not registered; use one of {', '.join(sorted(services))}"
            case Consent(consent=notice) | Forget(consent=str(notice)) if notice not in notices:
                yield name, f"notice '{notice}' does not exist; correct the name or add the notice"


def _outcomes(flow: Flow) -> Iterator[tuple[str, str]]:
    for name, step in flow.steps.items():
        if isinstance(step, Call | Handoff) and "else" not in step.on:
            yield name, "the outcome 'else' is missing under 'on'; say where to go when the service fails"
        ids = [option.id for option in _options(step)]
        for twice in sorted({one for one in ids if ids.count(one) > 1}):
            yield name, f"two options have the id '{twice}'; rename one"
        for option in _options(step):
            # "<instance>.<turn>.<id>" must fit into Telegram's 64 bytes; ids are limited to 32 by the reader.
            if len(f"{10**9}.{10**9}.{option.id}") > 64:
                yield name, f"option id '{option.id}' is too long for a button; shorten it"


def _figures(flow: Flow) -> Iterator[tuple[str, str]]:
    answers = {step.saves for step in flow.steps.values() if isinstance(step, Ask | Choose | Cards)}
    for name, step in flow.steps.items():
        if isinstance(step, Say | Choose | Cards) and step.figure in answers and step.figure is not None:
            yield (
                name,
                f"figure '{step.figure}' is an answer of the customer; name a table or chart that a service gives",
            )


def _options(step: Step) -> tuple[Option, ...]:
    return step.options if isinstance(step, Choose | Cards | Await) else ()
