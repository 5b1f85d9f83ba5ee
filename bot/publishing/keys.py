"""Which texts the program itself needs, read off its source.

That is every `Text("…")`, every string that is a key, and every f-string that makes keys of a family, such as
`f"stage.{stage}.name"`. In `Text(f"{kind}.{name}")` the families are those that the same file names. Pages name keys as
strings, and families as a string that ends with a point and is joined with what follows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from bot import resources
from bot.products.fields import SEGMENTS
from bot.publishing.labels import ALSO
from bot.publishing.menu import PREFIX, SUFFIX

_Parts: TypeAlias = tuple[str | None, ...]

_START = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_.]*")
_PART = re.compile(r"[a-z0-9_.]*")
_ON_A_PAGE = re.compile(r'"([a-z][a-z0-9_]*\.[a-z0-9_.]*)"')
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
        nodes = tuple(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        named = frozenset(_named(nodes))
        mentioned |= named
        families |= {_pattern(parts, named) for parts in _assembled(nodes)}
        required |= {key: _place(file, node) for node, branch in _made(nodes) for key in _constant(branch)}
    for page in sorted(resources.PACKAGE.rglob("*.jinja")):
        for key in _ON_A_PAGE.findall(page.read_text(encoding="utf-8")):
            mentioned.add(key)
            if key.endswith("."):
                families.add(re.escape(key) + _PART.pattern)
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
    """The text that `key` accompanies, if it does: synonyms go with their label, a segment's wording with the common one."""
    base, _, last = key.rpartition(".")
    return base if last in SEGMENTS or key.endswith(ALSO) else None


def common_wording(key: str, known: Collection[str]) -> str:
    """The text of which `key` is a segment's wording; `key` itself where it is none."""
    base, _, last = key.rpartition(".")
    return base if last in SEGMENTS and base in known else key


def is_command(key: str) -> bool:
    """Whether `key` holds the words of a command."""
    return key.startswith(PREFIX) and key.endswith(SUFFIX)


def _named(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Every string that could be a key."""
    return (words for node in nodes for words in _constant(node) if _KEY.fullmatch(words))


def _made(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Every `Text(…)` with what it makes its key of, both ways of `Text("…" if … else "…")`."""
    for node in nodes:
        match node:
            case ast.Call(func=ast.Name(id="Text") | ast.Attribute(attr="Text"), args=[ast.IfExp() as first, *_]):
                yield from ((node, first.body), (node, first.orelse))
            case ast.Call(func=ast.Name(id="Text") | ast.Attribute(attr="Text"), args=[first, *_]):
                yield node, first


def _assembled(nodes: Sequence[ast.AST]) -> Iterator[_Parts]:
    """The f-strings that make keys: any that say the family, and in a `Text(…)` also those that do not."""
    for node in nodes:
        if isinstance(node, ast.JoinedStr) and (parts := _parts(node)) and _START.fullmatch(parts[0] or ""):
            yield parts
    for _, first in _made(nodes):
        if isinstance(first, ast.JoinedStr) and (parts := _parts(first)) and parts[0] is None:
            yield parts


def _parts(node: ast.JoinedStr) -> _Parts:
    """What an f-string is made of, None for each value; nothing where it makes no key."""
    parts = tuple(str(part.value) if isinstance(part, ast.Constant) else None for part in node.values)
    return parts if all(part is None or _PART.fullmatch(part) for part in parts) else ()


def _pattern(parts: _Parts, named: frozenset[str]) -> str:
    """The keys that an f-string makes; a family that it does not say is one that its file names."""
    first = re.escape(parts[0]) if parts[0] else f"(?:{'|'.join(sorted(name for name in named if '.' not in name))})"
    return first + "".join("[a-z0-9_.]+" if part is None else re.escape(part) for part in parts[1:])


def _constant(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _place(file: Path, node: ast.AST) -> str:
    return f"{file.relative_to(resources.PACKAGE.parent).as_posix()}:{getattr(node, 'lineno', 0)}"
