"""Flows drawn as Mermaid state diagrams, from the very tables that run."""

from __future__ import annotations

from collections.abc import Iterator

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
    Forget,
    Handoff,
    Recall,
    Review,
    Say,
    Step,
)


def diagram(flow: Flow) -> str:
    """A Mermaid `stateDiagram-v2` of the flow: one state a step, one arrow a way on."""
    lines = ["stateDiagram-v2", f"    [*] --> {flow.entry}"]
    for name, step in flow.steps.items():
        lines.append(f"    {name}: {name} ({type(step).__name__.lower()})")
        lines.extend(f"    {name} --> {target}{f': {label}' if label else ''}" for label, target in _arrows(step))
    return "\n".join(lines) + "\n"


def _arrows(step: Step) -> Iterator[tuple[str, str]]:
    match step:
        case Say(goto=goto) | Ask(goto=goto) | Recall(goto=goto) | Review(goto=goto) | Forget(goto=goto):
            yield "", goto
        case Enter(enter=other, goto=goto):
            yield f"after {other}", goto
        case Choose(options=options, goto=default, on=on):
            yield from (
                (option.id, option.goto or default or "") for option in options if not (option.link or option.url)
            )
            yield from on.items()
        case Cards(options=options, typed=typed):
            yield from ((option.id, option.goto or "") for option in options if not (option.link or option.url))
            if typed:
                yield f"{typed.accepts} typed", typed.goto
        case Branch(branches=branches, otherwise=otherwise):
            yield from ((rule.expression.replace(":", " "), target) for rule, target in branches)
            yield "else", otherwise
        case Consent(agreed=agreed, refused=refused):
            yield from (("agreed", agreed), ("refused", refused))
        case Call(on=on) | Handoff(on=on):
            yield from on.items()
        case Await(on=on, options=options):
            yield from on.items()
            yield from ((option.id, option.goto or "") for option in options if not (option.link or option.url))
        case End(then=then):
            yield then, "[*]"
