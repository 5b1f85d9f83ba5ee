"""Which texts the program itself needs, read off its source.

That is every `Text("…")`, every string that is a key, and every f-string that makes keys of one family, such as
`f"stage.{stage}.name"`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot import resources
from bot.publishing.labels import ALSO
from bot.publishing.menu import PREFIX, SUFFIX

_START = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_.]*")
_PART = re.compile(r"[a-z0-9_.]*")
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


def _made(node: ast.AST) -> Iterator[str]:
    """The keys in a call `Text("…")`, also in `Text("…" if … else "…")`."""
    match node:
        case ast.Call(func=ast.Name(id="Text") | ast.Attribute(attr="Text"), args=[first, *_]):
            branches = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
            yield from (
                branch.value
                for branch in branches
                if isinstance(branch, ast.Constant) and isinstance(branch.value, str)
            )


def _family(node: ast.JoinedStr) -> str | None:
    """A pattern for the keys that an f-string makes; None where what it makes is no key, or does not say its start."""
    parts = [str(part.value) if isinstance(part, ast.Constant) else None for part in node.values]
    if not (parts[0] and _START.fullmatch(parts[0]) and all(part is None or _PART.fullmatch(part) for part in parts)):
        return None
    return "".join("[a-z0-9_.]+" if part is None else re.escape(part) for part in parts)


def _place(file: Path, node: ast.AST) -> str:
    return f"{file.relative_to(resources.PACKAGE.parent).as_posix()}:{getattr(node, 'lineno', 0)}"
