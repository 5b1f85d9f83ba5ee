"""What a form is still going to ask: the questions on the usual way from a step to the review, as far as is known now.

At a branch the rules decide by the present values; where an answer is open, the way of the step's own `goto` counts, else
of its first option; a service is taken to give the first outcome that its step lists. So how far a form is can be told
truly, and changes only where an answer leads elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.errors import RuleError
from bot.core.rules import Rule
from bot.core.values import Values
from bot.dialogs.model import (
    Ask,
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


def ahead(flow: Flow, start: str, values: Values) -> Iterator[str]:
    """The names of the questions from the step `start` on, the review with them."""
    name, seen = start, set[str]()
    while name in flow.steps and name not in seen:
        seen.add(name)
        step = flow.steps[name]
        if is_asked(step, values):
            yield name
        name = _usual(step, values)


def is_asked(step: Step, values: Values) -> bool:
    """Whether the step asks for an answer, or to look at all of them, as things stand."""
    match step:
        case Ask() | Choose(saves=str()):
            return applies(step, values)
        case Cards() | Review():
            return True
    return False


def applies(step: Ask | Choose, values: Values) -> bool:
    """Whether the question's `when` holds."""
    return step.when is None or _holds(step.when, values)


def _usual(step: Step, values: Values) -> str:
    match step:
        case Ask(goto=goto) | Say(goto=goto) | Enter(goto=goto) | Recall(goto=goto) | Forget(goto=goto):
            return goto
        case Choose():
            return _chosen(step, values)
        case Cards(options=options):
            return next((option.goto for option in options if option.chooses and option.goto), "")
        case Branch(branches=branches, otherwise=otherwise):
            return next((target for rule, target in branches if _holds(rule, values)), otherwise)
        case Consent(agreed=agreed):
            return agreed
        case Call(on=on) | Handoff(on=on):
            return next(iter(on.values()))
    return ""


def _chosen(step: Choose, values: Values) -> str:
    answer = values.get(step.saves or "")
    options = [option for option in step.options if option.chooses and not (option.url or option.link)]
    taken = next((option.goto for option in options if answer is not None and _value(option) == answer), None)
    return taken or step.goto or next((option.goto for option in options if option.goto), "")


def _value(option: Option) -> object:
    return option.id if option.value is None else option.value


def _holds(rule: Rule, values: Values) -> bool:
    """Whether the rule holds; one about what is not known yet does not."""
    try:
        return rule.holds(values)
    except RuleError:
        return False
