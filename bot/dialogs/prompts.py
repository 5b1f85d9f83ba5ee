"""What a step shows while it waits: its paragraphs, the choices it offers, and how the buttons stand in rows.

Choices that every form has carry ids with `!`, so that they cannot be mistaken for an author's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bot.core.figures import Figure
from bot.core.values import NO_VALUES, Money, Months, Text, Value, Values
from bot.dialogs import inputs
from bot.dialogs.ahead import ahead, is_asked
from bot.dialogs.model import (
    Ask,
    Await,
    Cards,
    Choose,
    Consent,
    Flow,
    FlowBook,
    Option,
    Recall,
    Review,
    Step,
    Typed,
)
from bot.dialogs.state import Frame

BACK, WHY, KEEP, SKIP, NEXT, PREVIOUS, PERSON, AGREE, REFUSE, CONFIRM, KEEP_ALL, CHANGE_SOME = (
    "!back", "!why", "!keep", "!skip", "!next", "!previous", "!person", "!agree", "!refuse", "!confirm", "!keep_all",
    "!change_some",
)  # fmt: skip
CHANGE = "!change:"
"""Followed by the step whose answer is to be changed."""

TOPIC = "!topic:"
"""Followed by a topic near to what the customer asked."""

MEANT = "!meant:"
"""Followed by a number that the customer may have meant."""

LABELS: Mapping[str, str] = {
    BACK: "button.back",
    WHY: "button.why",
    SKIP: "button.skip",
    NEXT: "button.next",
    PREVIOUS: "button.previous",
    PERSON: "button.person",
    AGREE: "button.agree",
    REFUSE: "button.refuse",
    KEEP_ALL: "button.keep_all",
    CHANGE_SOME: "button.change_some",
}


@dataclass(frozen=True, slots=True)
class View:
    """A step as it is to be shown; `links` are choices that open an address instead of coming back.

    `brief` stands for a long `body` where that stands a little above in the chat.
    """

    body: tuple[Text, ...]
    choices: Mapping[str, Text] = field(default_factory=dict)
    rows: tuple[tuple[str, ...], ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    asks_contact: bool = False
    version: int = 0
    figure: Figure | None = None
    brief: tuple[Text, ...] = ()


def view(book: FlowBook, flow: Flow, frame: Frame, values: Values, position: int) -> View:
    """What the frame's step shows. `values` are all that texts and conditions may use."""
    shown = _view(book, flow, frame, values, position)
    progress = _progress(flow, frame, values)
    return replace(shown, body=(progress, *shown.body)) if progress else shown


def _progress(flow: Flow, frame: Frame, values: Values) -> Text | None:
    """How far a form with parts is: the number of this question among those that there will be as things stand."""
    step = flow.steps[frame.step]
    if not flow.parts or frame.revising or not is_asked(step, values) or _saves(step) in _found_by(flow):
        return None
    answered = names_saved(flow, frame.path) - _found_by(flow) - {_saves(step), ""}
    number = len(answered) + 1
    whole = len(answered) + len({_saves(flow.steps[name]) for name in ahead(flow, frame.step, values)} - answered)
    part = flow.parts.get(frame.step, "review")
    return Text("form.step", {"number": number, "whole": whole, "part": Text(f"form.part.{part}")})


def _found_by(flow: Flow) -> frozenset[str]:
    """What is chosen out of a list to find one's way, such as a page to look at, and is no answer of the form."""
    steps = flow.steps.values()
    return frozenset(_saves(step) for step in steps if isinstance(step, Choose) and step.listed and not step.reviewed)


def _view(book: FlowBook, flow: Flow, frame: Frame, values: Values, position: int) -> View:
    step = flow.steps[frame.step]
    match step:
        case Ask():
            return _ask(book, flow, frame, step, values)
        case Choose():
            return _choose(book, flow, frame, step, values)
        case Cards():
            return _cards(book, step, values, position)
        case Consent():
            return _consent(book, step, values)
        case Recall():
            return _recall(book, flow, frame, step, values)
        case Review():
            return _review(book, flow, frame, step, values)
        case Await():
            options = offered(step.options, values)
            return View(
                (said(book, step.shows, values),),
                {option.id: filled(book, option.label, values) for option in options},
                tuple((option.id,) for option in options),
                {option.id: address for option in options if (address := _address(option, values))},
            )
        case _:
            return View(())


def said(book: FlowBook, key: str, values: Values) -> Text:
    """The text as it is worded for the customer's segment: `<key>.<segment>` where there is one, else `key`."""
    worded = f"{key}.{values.get('segment')}"
    return filled(book, worded if worded in book.placeholders else key, values)


def filled(book: FlowBook, key: str, values: Values) -> Text:
    """The text with just the values it has placeholders for; one that is missing is None, which reads as a dash."""
    return Text(key, {name: values.get(name) for name in book.placeholders.get(key, ())})


def figure_of(name: str | None, values: Values) -> Figure | None:
    """The figure that a step names, where the value is there and is one."""
    figure = values.get(name) if name else None
    return figure if isinstance(figure, Figure) else None


def offered(options: tuple[Option, ...], values: Values) -> tuple[Option, ...]:
    """The options whose condition holds; one that opens a value's address only where there is one."""
    return tuple(
        option
        for option in options
        if (option.when is None or option.when.holds(values)) and (option.link is None or _address(option, values))
    )


def options_of(step: Choose, values: Values) -> tuple[Option, ...]:
    """The options that a question offers: those listed among the values, then its own whose condition holds."""
    return (*listed_options(step, values), *offered(step.options, values))


def listed_options(step: Choose, values: Values) -> tuple[Option, ...]:
    """The options that come with the values."""
    listed = step.listed
    names = values.get(listed.names) if listed else None
    if listed is None or not isinstance(names, tuple):
        return ()
    return tuple(listed.option(name) for name in names if isinstance(name, str))


def option_value(option: Option) -> Value:
    """What choosing the option saves."""
    return option.id if option.value is None else option.value


def answer_text(flow: Flow, step: Ask | Choose | Cards, value: Value, values: Values) -> Text:
    """An answer as it is read back: a choice by its label, a card by its name, anything else as its value.

    What a service says of the answer called `name`, as the text `<name>_told`, is read back in place of it.
    """
    told = values.get(f"{step.saves}_told")
    if isinstance(told, Text):
        return told
    if isinstance(step, Cards):
        return Text("answer", {"answer": details_of(values, step.saves, value).get("name", value)})
    option = next((one for one in _options(flow, step, values) if option_value(one) == value), None)
    return Text(option.label) if option else Text("answer", {"answer": value})


def _options(flow: Flow, step: Ask | Choose, values: Values) -> Iterator[Option]:
    """The options of the question, offered or not, and of others in the flow that save the same answer."""
    if isinstance(step, Choose) and step.saves:
        alike = (one for one in flow.steps.values() if isinstance(one, Choose) and one.saves == step.saves)
        for asked in (step, *alike):
            yield from listed_options(asked, values)
            yield from (option for option in asked.options if option.chooses)


def details_of(values: Values, name: str, choice: Value) -> Values:
    """What there is to say about `choice` as an answer called `name`, by the fact `details`."""
    details = values.get("details")
    choices = details.get(name) if isinstance(details, Mapping) else None
    found = choices.get(choice) if isinstance(choices, Mapping) and isinstance(choice, str) else None
    return found if isinstance(found, Mapping) else NO_VALUES


def items(step: Cards, values: Values) -> tuple[str, ...]:
    """The names of the things that the cards go through, as far as there is something to say about them."""
    found = values.get(step.cards)
    names = (name for name in found if isinstance(name, str)) if isinstance(found, tuple) else ()
    return tuple(name for name in names if details_of(values, step.saves, name))


def answered_steps(flow: Flow, frame: Frame, values: Values) -> Mapping[str, Ask | Choose | Cards]:
    """The questions whose answers a review lists, in the flow's order, each answer once.

    A card counts also where it was chosen before the form was entered, since the form rests on it.
    """
    found: dict[str, str] = {}
    for name, step in flow.steps.items():
        asked = isinstance(step, Ask | Choose) and name in frame.path and step.saves in frame.answers
        hidden = isinstance(step, Choose) and not step.reviewed
        if (asked and not hidden) or (isinstance(step, Cards) and values.get(step.saves) is not None):
            found.setdefault(_saves(step), name)
    return {name: step for name in found.values() if isinstance(step := flow.steps[name], Ask | Choose | Cards)}


def names_saved(flow: Flow, path: Iterable[str]) -> frozenset[str]:
    """The answers that the steps of a path have saved."""
    return frozenset(_saves(flow.steps[name]) for name in path if name in flow.steps)


def _saves(step: Step) -> str:
    return (step.saves or "") if isinstance(step, Ask | Choose | Cards) else ""


def _navigation(flow: Flow, frame: Frame, why: str | None) -> tuple[str, ...]:
    goes_back = flow.kind == "form" and (frame.path or frame.revising)
    return (*((BACK,) if goes_back else ()), *((WHY,) if why else ()))


def _current(book: FlowBook, flow: Flow, frame: Frame, step: Ask | Choose, values: Values) -> Text | None:
    """The answer given before, offered to be kept; only forms remember aloud."""
    if flow.kind != "form" or not step.saves:
        return None
    value = frame.answers.get(step.saves, values.get(step.saves))
    if value is None or not keepable(flow, step, value, values):
        return None
    return answer_text(flow, step, value, values)


def keepable(flow: Flow, step: Ask | Choose, value: Value, values: Values) -> bool:
    """Whether an earlier answer can be one to this question as it stands now.

    Two flows may use one name for unlike things, and an answer may have changed what may be answered here.
    """
    if isinstance(step, Choose):
        return any(option_value(option) == value for option in offered(tuple(_options(flow, step, values)), values))
    return step.optional if value is None else keepable_answer(step, value, values)


def keepable_answer(step: Ask | Typed, value: Value, values: Values) -> bool:
    """Whether a value is of the question's kind and within its limits."""
    return _is_kind(step, value) and inputs.is_within(value, step.low, step.high, values)


def _is_kind(step: Ask | Typed, value: Value) -> bool:
    match step.accepts:
        case "amount" | "balance":
            return isinstance(value, Money)
        case "months" | "months_ahead":
            return isinstance(value, Months)
        case "count":
            return isinstance(value, int)
        case _:
            return isinstance(value, str)


def meant(step: Ask | Typed, choice: str, values: Values) -> Value:
    """The answer behind a choice that `what_was_meant` has offered; None where it no longer is one."""
    number = Decimal(choice.removeprefix(MEANT))
    value = inputs.of_kind(step.accepts, number, str(values.get("currency") or "CNY"))
    return value if keepable_answer(step, value, values) else None


def what_was_meant(near: Iterable[Value]) -> dict[str, Text]:
    """Answers that the customer may have meant, as choices."""
    return {f"{MEANT}{inputs.number_of(value)}": Text("button.meant", {"answer": value}) for value in near}


def _labelled(book: FlowBook, ids: tuple[str, ...]) -> dict[str, Text]:
    return {name: Text(LABELS[name]) for name in ids}


def _ask(book: FlowBook, flow: Flow, frame: Frame, step: Ask, values: Values) -> View:
    current = _current(book, flow, frame, step, values)
    body = [said(book, step.ask, values)]
    choices: dict[str, Text] = {}
    rows: list[tuple[str, ...]] = []
    if current:
        body.append(Text("current", {"answer": current}))
        choices[KEEP] = Text("button.keep", {"answer": current})
        rows.append((KEEP,))
    navigation = (*((SKIP,) if step.optional else ()), *_navigation(flow, frame, step.why))
    choices |= _labelled(book, navigation)
    if navigation:
        rows.append(navigation)
    return View(tuple(body), choices, tuple(rows), asks_contact=step.accepts == "phone")


def _choose(book: FlowBook, flow: Flow, frame: Frame, step: Choose, values: Values) -> View:
    current = _current(book, flow, frame, step, values)
    options = options_of(step, values)
    body = [said(book, step.choose, values)]
    if current:
        body.append(Text("current", {"answer": current}))
    ids = [option.id for option in options]
    rows = [tuple(ids[start : start + step.columns]) for start in range(0, len(ids), step.columns)]
    navigation = _navigation(flow, frame, step.why)
    if navigation:
        rows.append(navigation)
    labels = {option.id: filled(book, option.label, values) for option in options}
    links = {option.id: address for option in options if (address := _address(option, values))}
    figure = figure_of(step.figure, values)
    return View(tuple(body), labels | _labelled(book, navigation), tuple(rows), links, figure=figure)


def _address(option: Option, values: Values) -> str | None:
    address = values.get(option.link) if option.link else option.url
    return address if isinstance(address, str) else None


def _cards(book: FlowBook, step: Cards, values: Values, position: int) -> View:
    found = items(step, values)
    if not found:
        return View((said(book, step.empty, values),))
    place = position % len(found)
    shown: Values = {**beside_card(step, found[place], values), "position": place + 1, "total": len(found)}
    options = offered(step.options, shown)
    links = {option.id: address for option in options if (address := _address(option, shown))}
    navigation = (PREVIOUS, NEXT) if len(found) > 1 else ()
    labels = {option.id: filled(book, option.label, shown) for option in options}
    rows = ((navigation,) if navigation else ()) + tuple((option.id,) for option in options)
    body = [said(book, step.text, shown)]
    if navigation:
        body.append(said(book, "cards.position", shown))
    brief = (Text("cards.again"), *body[1:])
    figure = figure_of(step.figure, shown)
    return View(tuple(body), labels | _labelled(book, navigation), rows, links, figure=figure, brief=brief)


def beside_card(step: Cards, item: str, values: Values) -> Values:
    """The values with those of one card before them."""
    return {**values, **details_of(values, step.saves, item)}


def card_at(step: Cards, position: int, values: Values) -> str:
    """The item on show at a position; positions go round."""
    found = items(step, values)
    return found[position % len(found)]


def _consent(book: FlowBook, step: Consent, values: Values) -> View:
    notice = book.notices[step.consent]
    body = (said(book, notice.text, values),)
    return View(body, _labelled(book, (AGREE, REFUSE)), ((AGREE,), (REFUSE,)), version=notice.version)


def recalled(flow: Flow, frame: Frame, step: Recall, values: Values) -> Mapping[str, Ask | Choose | Cards]:
    """The questions of the part that `step` opens whose earlier answers can be kept; the step's name with the question."""
    part = flow.parts.get(frame.step)
    found: dict[str, Ask | Choose | Cards] = {}
    for name in ahead(flow, step.goto, values):
        question = flow.steps[name]
        if flow.parts.get(name) != part:
            break
        if isinstance(question, Ask | Choose | Cards) and _can_be_kept(flow, question, values):
            found[name] = question
    return found


def _can_be_kept(flow: Flow, question: Ask | Choose | Cards, values: Values) -> bool:
    value = values.get(_saves(question))
    return value is not None and (isinstance(question, Cards) or keepable(flow, question, value, values))


def _recall(book: FlowBook, flow: Flow, frame: Frame, step: Recall, values: Values) -> View:
    lines = tuple(_line(flow, question, values) for question in recalled(flow, frame, step, values).values())
    navigation = _navigation(flow, frame, None)
    body = (said(book, step.recall, values), Text("review.lines", {"lines": lines}))
    rows = ((KEEP_ALL,), (CHANGE_SOME,), *((navigation,) if navigation else ()))
    return View(body, _labelled(book, (KEEP_ALL, CHANGE_SOME, *navigation)), rows)


def _line(flow: Flow, asked: Ask | Choose | Cards, values: Values) -> Text:
    answer = answer_text(flow, asked, values.get(asked.saves or ""), values)
    return Text("review.line", {"field": Text(f"label.{asked.saves}"), "answer": answer})


def _review(book: FlowBook, flow: Flow, frame: Frame, step: Review, values: Values) -> View:
    lines: list[Text] = [said(book, step.review, values)]
    choices: dict[str, Text] = {}
    for name, asked in answered_steps(flow, frame, values).items():
        lines.append(_line(flow, asked, values))
        choices[CHANGE + name] = Text("button.change", {"field": Text(f"label.{asked.saves}")})
    ids = list(choices)
    rows = tuple(tuple(ids[start : start + 2]) for start in range(0, len(ids), 2))
    body = (lines[0], Text("review.lines", {"lines": tuple(lines[1:])}))
    return View(body, {CONFIRM: Text(step.confirm), **choices}, ((CONFIRM,), *rows))
