"""Draws `flows.md`: every shipped flow as a diagram, from the files that run. Run it when a flow has changed."""  # noqa: INP001 -- a script beside the documents

from __future__ import annotations

from pathlib import Path

from bot import resources
from bot.dialogs.diagram import diagram
from bot.dialogs.reader import parse_flows
from bot.publishing.sources import read_documents

PAGE = Path(__file__).with_name("flows.md")
HEAD = """# Flows

Every flow that ships, drawn from the file that runs: one state a step, one arrow a way on. The kind of each step stands in brackets; arrows
bear the choice, the outcome or the condition. `after x` goes on when the flow *x* has ended. Commands that open a flow are in
`bot/dialogs/commands.yaml`; what holds in all of them is [how the conversation behaves](conversation.md).

One of them alone: `python -m bot content diagram welcome`. This page is written by
`make diagrams`, and `make check` fails when it is out of step.
"""


def page() -> str:
    """The whole page: each flow with what its file says of it, and its diagram."""
    flows = parse_flows(read_documents()["flows"], 0)
    return HEAD + "".join(_section(name, diagram(flow)) for name, flow in sorted(flows.items()))


def _section(name: str, drawn: str) -> str:
    about = _about(resources.flows() / f"{name}.yaml")
    return f"\n## {name}\n\n{about}```mermaid\n{drawn}```\n"


def _about(file: Path) -> str:
    """The comment that the file opens with, as a paragraph."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return "\n".join(lines) + "\n\n" if lines else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
