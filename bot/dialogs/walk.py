"""The engine's workspace for one event: a state being moved on, the effects so far, and the trace of why.

A walk enters steps until one of them waits. It knows how to show, settle and repeat the open prompt, and how frames
come and go; which event leads to which move is `engine`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from bot.core.errors import ContentError
from bot.core.figures import Figure
from bot.core.records import changed
from bot.core.values import NO_VALUES, Text, Value, Values
from bot.dialogs import prompts
from bot.dialogs.ahead import applies
from bot.dialogs.effects import Button, Effect, OpenHandoff, Request, SetTimer, Show
from bot.dialogs.events import Event
from bot.dialogs.model import (
    Ask,
    Await,
    Branch,
    Call,
    Cards,
    Choose,
    Consent,
    End,
    Enter,
    Flow,
    FlowBook,
    Forget,
    Handoff,
    Recall,
    Review,
    Say,
    Step,
)
from bot.dialogs.state import Frame, Pending, Prompt, State

NO_CHOICES: Mapping[str, Text] = {}
LEAST_RECALLED = 2
"""Earlier answers of a part from which on they are shown together; a single one is offered with its question."""

MOST_STEPS = 200
"""More steps than this without waiting is a loop, which the content check should have refused."""


class Walk:
    """One event's way through the flows. `state`, `effects` and `trace` are the result."""

    def __init__(self, book: FlowBook, facts: Values, state: State, event: Event) -> None:
        self.book = book
        self.facts = facts
        self.state = state
        self.event = event
        self.effects: list[Effect] = []
        self.trace: list[str] = []
        self.is_news = False
        """Whether what comes next follows from what a service has just answered."""
        self._steps = 0
        self._notes = 0
        self._live: str | None = None

    # What is there

    @property
    def frame(self) -> Frame:
        """The frame on top."""
        return self.state.frames[-1]

    @property
    def flow(self) -> Flow:
        """The flow of the frame on top, in the release it is pinned to."""
        return self.flow_of(self.frame)

    @property
    def step(self) -> Step:
        """The step that the frame on top stands at."""
        return self.flow.steps[self.frame.step]

    def flow_of(self, frame: Frame) -> Flow:
        """The flow that a frame is in."""
        return self.book.flows[frame.flow]

    def values(self) -> Values:
        """All that texts and rules may use: facts, what is known, and the answers of every frame, the top one last.

        What is known is newer than what the frames beneath were told. The fact `details` holds, by the name of an
        answer, what there is to say about each possible choice; what belongs to the one chosen is among the values.
        """
        merged = {**self.facts}
        for frame in self.state.frames[:-1]:
            merged.update(frame.answers)
        merged |= self.state.known
        if self.state.frames:
            merged |= self.frame.answers
        details = self.facts.get("details")
        for name in details if isinstance(details, Mapping) else ():
            if own := prompts.details_of(merged, name, merged.get(name)):
                merged = {**own, **merged}
        return merged

    def form_under_way(self) -> bool:
        """Whether a form is unfinished: entered, not yet resting on something that the lender does."""
        return any(self.is_form(frame) for frame in self.state.frames)

    def is_form(self, frame: Frame) -> bool:
        """Whether the frame holds answers that are worth coming back to, and waits for the customer."""
        return self.lasts(frame) and not isinstance(self._step_of(frame), Await) and not self.waits(frame)

    def lasts(self, frame: Frame) -> bool:
        """Whether the frame outlives a way to the menu: a form that has not come to its end."""
        step = self._step_of(frame)
        over = isinstance(step, End) or (isinstance(step, Choose) and step.finished)
        return self.flow_of(frame).kind == "form" and not over

    def waits(self, frame: Frame) -> bool:
        """Whether the frame's step has asked a service that has not answered yet."""
        asked = any(item.purpose == "step" and item.instance == frame.instance for item in self.state.pending)
        return asked and isinstance(self._step_of(frame), Call | Handoff)

    def _step_of(self, frame: Frame) -> Step:
        return self.flow_of(frame).steps[frame.step]

    # Changing the state

    def change(self, **changes: object) -> None:
        """Replace fields of the state."""
        self.state = changed(self.state, **changes)

    def change_frame(self, **changes: object) -> None:
        """Replace fields of the frame on top."""
        self.change(frames=(*self.state.frames[:-1], changed(self.frame, **changes)))

    def save(self, name: str, value: Value) -> None:
        """Keep an answer with the form and with what is known of the customer."""
        if isinstance(self.step, Ask) and self.step.corrects:
            self.change(frames=tuple(_corrected(frame, name, value) for frame in self.state.frames))
        self.change_frame(answers={**self.frame.answers, name: value})
        self.change(known={**self.state.known, name: value})

    def remember(self, values: Values, names: Iterable[str]) -> None:
        """Keep those of `values` that are named with what is known of the customer."""
        kept = {name: values[name] for name in names if name in values}
        if kept:
            self.change(known={**self.state.known, **kept})

    def count(self) -> None:
        """The event changes something: presses of earlier prompts become stale."""
        self.change(turn=self.state.turn + 1)

    def note(self, what: str) -> None:
        """One line for whoever asks why the bot did this."""
        where = f"{self.frame.flow.name}@{self.frame.flow.release}.{self.frame.step}" if self.state.frames else "-"
        self.trace.append(f"{where}: {what}")

    # Showing

    def say(self, *body: Text, figure: Figure | None = None) -> None:
        """A message of its own, without buttons; the open prompt is no longer the last thing in the chat.

        What said that it would take a moment is replaced by it.
        """
        self._notes += 1
        slot = self._live or f"n{self.state.turn}.{self._notes}"
        self.effects.append(Show(slot=slot, body=body, edit=self._live is not None, figure=figure))
        self._live = None
        self.bury()

    def place_card(self, values: Values) -> None:
        """Show a card in its own message: `placed` says whether it is changed there, or sent anew below the one it leaves."""
        card, slot, placed = values.get("card"), values.get("slot"), values.get("placed")
        if not isinstance(card, Text) or not isinstance(slot, str):
            return
        if placed == "moved":
            self.effects.append(Show(slot=slot, body=(Text("card.moved"),), edit=True))
        self.effects.append(Show(slot=slot, body=(card,), edit=placed not in ("new", "moved")))

    def bury(self) -> None:
        """Something now stands below the open prompt."""
        if self.state.prompt and not self.state.prompt.buried:
            self.change(prompt=replace(self.state.prompt, buried=True))

    def settle(self, answer: Text | None) -> None:
        """Close the open prompt: take its buttons off and show the chosen answer there."""
        prompt = self.state.prompt
        self.change(prompt=None)
        if not prompt:
            return
        if answer is not None:
            body = (*prompt.body, Text("settled", {"answer": answer}))
            self.effects.append(Show(slot=prompt.slot, body=body, edit=True, figure=prompt.figure))
        elif prompt.choices:
            self.effects.append(Show(slot=prompt.slot, body=prompt.body, edit=True, figure=prompt.figure))

    def stand_in(self) -> None:
        """What is shown next takes the place of the open prompt, unless something stands below it."""
        prompt = self.state.prompt
        if prompt is None or prompt.buried:
            self.settle(None)
            return
        self._live = prompt.slot
        self.change(prompt=Prompt(slot=prompt.slot, turn=prompt.turn, body=prompt.body))

    def show(
        self,
        *lead: Text,
        position: int = 0,
        edit: bool = False,
        misses: int = 0,
        besides: Mapping[str, Text] = NO_CHOICES,
        again: bool = False,
    ) -> None:
        """Show the step as the open prompt, behind `lead` paragraphs and with the choices `besides` its own.

        With `edit` the message of the open prompt is changed in place; otherwise that one is closed first. `again` says
        that it stands a little above, so that what is long need not be repeated.
        """
        shown = prompts.view(self.book, self.flow, self.frame, self.values(), position)
        if again and shown.brief:
            shown = replace(shown, body=shown.brief, figure=None)
        previous = self.state.prompt
        in_place = edit and previous is not None and not previous.buried
        slot = previous.slot if previous and in_place else self._live or f"p{self.state.turn}.{self.frame.instance}"
        if previous and not in_place:
            self.settle(None)
        offered = {label.key for label in shown.choices.values()}
        besides = {name: label for name, label in besides.items() if label.key not in offered}
        choices = {**shown.choices, **besides}
        meant = tuple(name for name in besides if name.startswith(prompts.MEANT))
        rows = (*((meant,) if meant else ()), *shown.rows, *((name,) for name in besides if name not in meant))
        self.effects.append(
            Show(
                slot=slot,
                body=(*lead, *shown.body),
                buttons=tuple(tuple(self._button(name, choices[name], shown) for name in row) for row in rows),
                edit=in_place or self._live is not None,
                asks_contact=shown.asks_contact,
                figure=shown.figure,
            )
        )
        self._live = None
        prompt = Prompt(
            slot=slot, turn=self.state.turn, body=shown.body,
            choices={name: label for name, label in choices.items() if name not in shown.links},
            position=position, version=shown.version, misses=misses, figure=shown.figure,
        )  # fmt: skip
        self.change(prompt=prompt)

    def _button(self, choice: str, label: Text, shown: prompts.View) -> Button:
        if choice in shown.links:
            return Button(label, url=shown.links[choice])
        return Button(label, token=f"{self.frame.instance}.{self.state.turn}.{choice}")

    # Moving

    def begin(self, name: str, answers: Values = NO_VALUES) -> None:
        """Enter a flow of the current release, with `answers` it has from the start.

        A talk or finished form of that name is left first; a form that is already under way is not begun a second time.
        """
        if self._resumes(name):
            return
        frames = self.state.frames
        for depth, frame in enumerate(frames):
            if frame.flow.name == name and not self.lasts(frame):
                above = tuple(kept for kept in frames[depth + 1 :] if self.lasts(kept))
                frames = frames[:depth] + above
                break
        flow = self.book.current(name)
        instance = self.state.instances + 1
        frame = Frame(flow.ref, instance, flow.entry, answers)
        self.change(frames=(*frames, frame), instances=instance)
        self.note("entered")
        self.enter()

    def _resumes(self, name: str) -> bool:
        under_way = [frame for frame in self.state.frames if frame.flow.name == name and self.is_form(frame)]
        if not under_way:
            return False
        others = tuple(frame for frame in self.state.frames if frame is not under_way[-1])
        self.change(frames=(*others, under_way[-1]))
        self.begin(self.book.resume)
        return True

    def home(self) -> None:
        """Go to the menu; forms under way and what waits for the lender stay open beneath it."""
        self.change(frames=tuple(frame for frame in self.state.frames if self.lasts(frame)))
        self.begin(self.book.home)

    def go(self, target: str) -> None:
        """Move the frame on top to another of its steps and enter it."""
        self.change_frame(step=target)
        self.enter()

    def enter(self) -> None:
        """Carry out the step of the frame on top, and those after it, until one waits."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise ContentError(f"flow '{self.frame.flow.name}' goes round without waiting at step '{self.frame.step}'")
        match self.step:
            case Say() as step:
                if self.is_news or not self.frame.revising:
                    self._say_all(step)
                self.go(step.goto)
            case Branch() as step:
                values = self.values()
                self.go(next((target for rule, target in step.branches if rule.holds(values)), step.otherwise))
            case Forget() as step:
                self._forget(step)
                self.go(step.goto)
            case Enter() as step:
                self.change_frame(step=step.goto)
                self.begin(step.enter)
            case End() as step:
                self.leave(step)
            case Call() | Handoff() as step if self.waits(self.frame):
                self._show_busy((isinstance(step, Call) and step.busy) or "busy")
            case Call() | Handoff() as step:
                self.call(step)
            case Ask() | Choose() as step if not applies(step, self.values()):
                self.go(step.goto or self.frame.step)
            case Ask() | Choose() | Consent() as step if self._passes() and self.stands(step):
                self._pass_over(step)
            case Recall() as step if self.frame.revising or len(self.recalled(step)) < LEAST_RECALLED:
                self.go(step.goto)
            case Await() as step if len(self.state.frames) > 1 and self.is_form(self.state.frames[-2]):
                self._give_way(step)
            case Review():
                self.change_frame(revising=False)
                self._arrive()
            case Await():
                self.change_frame(path=())  # what waits for others cannot be gone back on
                self._arrive()
            case Cards() as step:
                self._arrive()
                if not prompts.items(step, self.values()):
                    self.change(prompt=None)
                    self.end()
            case _:
                self._arrive()

    def _forget(self, step: Forget) -> None:
        gone, decision = frozenset(step.forget), f"consent_{step.consent}"
        refused: dict[str, Value] = {decision: "refused"} if step.consent else {}
        frames = tuple(
            changed(frame, answers=_without(frame.answers, gone) | (refused if decision in frame.answers else {}))
            for frame in self.state.frames
        )
        self.change(frames=frames, known=_without(self.state.known, gone))

    def _passes(self) -> bool:
        """Whether questions that have an answer are passed over here: in a revision, or where a part was kept as a whole."""
        return self.frame.revising or self.flow.parts.get(self.frame.step) in self.frame.kept

    def recalled(self, step: Recall) -> Mapping[str, Ask | Choose | Cards]:
        """The questions of the part that `step` opens with an earlier answer that can be kept."""
        return prompts.recalled(self.flow, self.frame, step, self.values())

    def keep_part(self, step: Recall) -> None:
        """Take every earlier answer of a part as one to this form, and ask only what is not known."""
        values = self.values()
        answers = {question.saves or "": values.get(question.saves or "") for question in self.recalled(step).values()}
        part = self.flow.parts[self.frame.step]
        self.change(known={**self.state.known, **answers})
        self.change_frame(answers={**self.frame.answers, **answers}, kept=(*self.frame.kept, part))
        self.go(step.goto)

    def _say_all(self, step: Say) -> None:
        values = self.values()
        self.say(prompts.said(self.book, step.say, values), figure=prompts.figure_of(step.figure, values))
        each = values.get(step.each or "")
        for text in each if isinstance(each, tuple) else ():
            if isinstance(text, Text):
                self.say(text)
            elif isinstance(text, Mapping):
                self.place_card(text)
        self._let_go({step.each, step.figure})

    def _let_go(self, said: Collection[str | None]) -> None:
        """What a service gave to be said once, such as a whole schedule, is not carried through every turn from then on."""
        answers = self.frame.answers
        if any(name in answers for name in said):
            self.change_frame(answers={name: value for name, value in answers.items() if name not in said})

    def _arrive(self) -> None:
        self.note("shown")
        lead = (Text("review.affects"),) if self.frame.revising and self._new_question() else ()
        self.show(*lead)

    def _new_question(self) -> bool:
        """Whether an answer is asked for that there was none to before; what asks for none is no new question."""
        step = self.step
        if isinstance(step, Choose) and step.saves is None:
            return False
        return isinstance(step, Cards) or (isinstance(step, Ask | Choose | Consent) and not self.stands(step))

    def stands(self, step: Ask | Choose | Consent) -> bool:
        """In a revision: whether the question was answered before and its answer is still one.

        The answer that was just changed does not stand where the same is asked again: it led here.
        """
        if isinstance(step, Consent):
            return f"consent_{step.consent}" in self.frame.answers
        name = step.saves or ""
        return (
            name in self.frame.answers
            and name not in prompts.names_saved(self.flow, self.frame.path)
            and prompts.keepable(self.flow, step, self.frame.answers[name], self.values())
        )

    def _give_way(self, step: Await) -> None:
        """Rest beneath the form that was interrupted, so that it goes on where it was."""
        self.say(prompts.said(self.book, step.shows, self.values()))
        self.change(frames=(self.frame, *self.state.frames[:-1]))
        self.enter()

    def _pass_over(self, step: Ask | Choose | Consent) -> None:
        """In a revision: the question was answered before and its answer still stands."""
        self.is_news = False
        self.change_frame(path=(*self.frame.path, self.frame.step))
        match step:
            case Ask():
                self.go(step.goto)
            case Choose():
                value = self.frame.answers[step.saves or ""]
                chosen = next((one for one in step.options if prompts.option_value(one) == value), None)
                self.go((chosen.goto if chosen else None) or step.goto or self.frame.step)
            case Consent():
                given = self.frame.answers[f"consent_{step.consent}"] == "given"
                self.go(step.agreed if given else step.refused)

    def call(self, step: Call | Handoff) -> None:
        """Ask a service, or for a person; the step goes on when the answer has come."""
        frame = self.frame
        request = f"{frame.instance}.{self.state.turn}.{self._steps}"
        waiting = tuple(item for item in self.state.pending if item.instance != frame.instance)
        self.change(pending=(*waiting, Pending(request, "step", frame.instance)))
        values = self.values()
        if isinstance(step, Handoff):
            self.effects.append(OpenHandoff(request, step.handoff, {}))
            return
        if step.busy:
            self._show_busy(step.busy)
        if step.patience:
            self.effects.append(SetTimer(request, step.patience))
        passed = {name: values.get(name) if self._applies(name, values) else None for name in step.passes}
        self.effects.append(Request(request, step.call, passed))

    def _applies(self, name: str, values: Values) -> bool:
        """Whether one of the questions that an answer of this name belongs to applies; an answer may outlive its question."""
        asked = [step for step in self.flow.steps.values() if isinstance(step, Ask | Choose) and step.saves == name]
        return not asked or any(applies(step, values) for step in asked)

    def _show_busy(self, key: str) -> None:
        """Show that something is under way, in the place where its outcome will stand."""
        self.settle(None)
        slot = f"p{self.state.turn}.{self.frame.instance}"
        body = (prompts.said(self.book, key, self.values()),)
        self.effects.append(Show(slot=slot, body=body))
        self.change(prompt=Prompt(slot=slot, turn=self.state.turn, body=body))

    def replace_busy(self) -> None:
        """What is shown next takes the place of the message that said it would take a moment, or that was pressed in place."""
        prompt = self.state.prompt
        if prompt and not prompt.choices and not prompt.buried and isinstance(self.step, Call):
            self._live = prompt.slot
            self.change(prompt=None)

    def leave(self, step: End) -> None:
        """Carry out the end of a flow."""
        match step.then:
            case "home":
                self.change(frames=self.state.frames[:-1])
                self.home()
            case "restart":
                self.change(frames=self.state.frames[:-1])
                self.restart()
            case "forget":
                # The language is the channel's word rather than the customer's, and the goodbye is said in it.
                spoken = {name: value for name, value in self.state.known.items() if name == "locale"}
                self.change(frames=(), known=spoken, heard=None, pending=(), deferred=())
            case _:
                self.end()

    def end(self) -> None:
        """Leave the flow on top and go on with what was open beneath it, or with the menu."""
        self.change(frames=self.state.frames[:-1])
        if self.state.frames:
            self.enter()
        else:
            self.begin(self.book.home)

    def restart(self) -> None:
        """Begin the topmost form anew in the current release; earlier answers are offered to be kept."""
        frames = self.state.frames
        names = [frame.flow.name for frame in frames if self.is_form(frame)]
        kept = tuple(frame for frame in frames if not self.is_form(frame))
        self.change(frames=kept)
        if names:
            self.begin(names[-1])
        else:
            self.home()


def _without(answers: Values, names: Collection[str]) -> dict[str, Value]:
    return {name: value for name, value in answers.items() if name not in names}


def _corrected(frame: Frame, name: str, value: Value) -> Frame:
    """The frame with an answer put right that it holds."""
    return changed(frame, answers={**frame.answers, name: value}) if name in frame.answers else frame
