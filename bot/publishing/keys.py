"""Which texts are needed, and by whom: flows, products, stories, answers, notices, and the program itself.

The program's own needs are read off its source: every `Text("…")`, every string that is a key, and every f-string that
makes keys of one family, such as `f"stage.{stage}.name"`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot import resources
from bot.dialogs.model import Ask, Await, Call, Cards, Choose, Flow, Review, Say, Step
from bot.publishing.labels import ALSO
from bot.publishing.menu import PREFIX, SUFFIX

_KEY = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*")


@dataclass(frozen=True, slots=True)
class ProgramKeys:
    """What the program's source says about texts.

    `required` are keys it names where a text is made, each with the place; `mentioned` all its strings that could be
    keys; `families` match the keys that it puts together.
    """

    required: Mapping[str, str]
    mentioned: frozenset[str]
    families: re.Pattern[str]

    def uses(self, key: str) -> bool:
        """Whether the program may ask for this text."""
        return key in self.mentioned or self.families.fullmatch(key) is not None


@cache
def program_keys() -> ProgramKeys:
    """The keys in the source of this program; none where it is installed without source."""
    required: dict[str, str] = {}
    mentioned: set[str] = set()
    families: set[str] = set()
    for file in sorted(resources.PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            required |= {key: _place(file, node) for key in _made(node)}
            match node:
                case ast.Constant(value=str(words)) if _KEY.fullmatch(words):
                    mentioned.add(words)
                case ast.JoinedStr() if family := _family(node):
                    families.add(family)
    return ProgramKeys(required, frozenset(mentioned), re.compile("|".join(sorted(families)) or r"(?!)"))


def step_keys(step: Step) -> Iterator[str]:
    """The texts that an authored step names."""
    match step:
        case Say():
            yield step.say
        case Ask():
            yield from _given(step.ask, step.why)
        case Choose():
            yield from _given(step.choose, step.why, *(option.label for option in step.options))
        case Cards():
            yield from (step.text, step.empty, *(option.label for option in step.options))
        case Review():
            yield from (step.review, step.confirm)
        case Call():
            yield from _given(step.busy, step.late)
        case Await():
            yield from (step.shows, *(option.label for option in step.options))


def flow_keys(flow: Flow) -> Iterator[tuple[str, str]]:
    """Each text that a flow needs, with the step that needs it; a reviewed answer needs the name of its field."""
    reviewed = any(isinstance(step, Review) for step in flow.steps.values())
    for name, step in flow.steps.items():
        yield from ((key, name) for key in step_keys(step))
        if reviewed and isinstance(step, Ask | Choose) and step.saves:
            yield f"field.{step.saves}", name


def strings(document: Any) -> Iterator[str]:
    """Every string in a document, names of mappings left out."""
    match document:
        case str():
            yield document
        case Mapping():
            yield from (words for item in document.values() for words in strings(item))
        case list() | tuple():
            yield from (words for item in document for words in strings(item))


def bound_to(key: str) -> str | None:
    """The text that `key` only accompanies, if it does: synonyms go with their label."""
    return key.removesuffix(ALSO) if key.endswith(ALSO) else None


def is_command(key: str) -> bool:
    """Whether `key` holds the words of a command."""
    return key.startswith(PREFIX) and key.endswith(SUFFIX)


def _given(*keys: str | None) -> Iterable[str]:
    return (key for key in keys if key is not None)


def _made(node: ast.AST) -> Iterator[str]:
    """The keys in a call `Text("…")`, also in `Text("…" if … else "…")`."""
    match node:
        case ast.Call(func=ast.Name(id="Text") | ast.Attribute(attr="Text"), args=[first, *_]):
            branches = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
            yield from (
                branch.value for branch in branches if isinstance(branch, ast.Constant) and isinstance(branch.value, str)
            )


def _family(node: ast.JoinedStr) -> str | None:
    """A pattern for the keys that an f-string makes; None where it does not begin with the start of a key."""
    first = node.values[0]
    if not (isinstance(first, ast.Constant) and re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z0-9_.]*", str(first.value))):
        return None
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z0-9_.]+" for part in node.values)


def _place(file: Path, node: ast.AST) -> str:
    return f"{file.relative_to(resources.PACKAGE.parent).as_posix()}:{getattr(node, 'lineno', 0)}"
