"""Reads the authored files into documents, ready to be checked and published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot import resources
from bot.core.errors import ContentError
from bot.publishing.release import Documents
from bot.texts.catalogues import read_catalogues


@dataclass(frozen=True, slots=True)
class Sources:
    """Where each kind of content lies; the shipped content unless told otherwise."""

    flows: Path = field(default_factory=resources.flows)
    commands: Path = field(default_factory=resources.commands)
    products: Path = field(default_factory=resources.products)
    stories: Path = field(default_factory=resources.case_stories)
    answers: Path = field(default_factory=resources.answers)
    notices: Path = field(default_factory=resources.notices)
    lead_rules: Path = field(default_factory=resources.lead_rules)
    desk: Path = field(default_factory=resources.desk)
    claims: Path = field(default_factory=resources.claims)
    usual_times: Path = field(default_factory=resources.usual_times)
    appointments: Path = field(default_factory=resources.appointments)
    branches: Path = field(default_factory=resources.branches)
    field_leads: Path = field(default_factory=resources.field_leads)
    signals: Path = field(default_factory=resources.signals)
    retention: Path = field(default_factory=resources.retention)
    locales: Path = field(default_factory=resources.locales)


def read_documents(sources: Sources | None = None) -> Documents:
    """All authored content. Raises `ContentError` naming file and line of what cannot be read."""
    lie = sources or Sources()
    return {
        "flows": _folder(lie.flows),
        "commands": _file(lie.commands),
        "products": _folder(lie.products),
        "stories": _folder(lie.stories),
        "answers": _folder(lie.answers),
        "notices": _folder(lie.notices),
        "lead_rules": _file(lie.lead_rules),
        "desk": _file(lie.desk),
        "claims": _file(lie.claims),
        "usual_times": _file(lie.usual_times),
        "appointments": _file(lie.appointments),
        "branches": _folder(lie.branches),
        "field_leads": _file(lie.field_leads),
        "signals": _file(lie.signals),
        "retention": _file(lie.retention),
        "messages": {
            locale: dict(sorted(words.items())) for locale, words in sorted(read_catalogues(lie.locales).items())
        },
    }


def parse_yaml(text: str, name: str) -> Any:
    """What one YAML file says, JSON-ready: dates stay text, and only `true` and `false` are truth values.

    So `on:` is a word and not a truth value, `12:30` a time and not 750. Raises `ContentError` with file and line.
    """
    try:
        return yaml.load(text, _AuthoredLoader)  # noqa: S506  # a SafeLoader with fewer kinds of scalars
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ContentError(
            f"{name}{line}: {error.problem or error.context}; check the indentation and quotes"
        ) from None
    except yaml.YAMLError as error:
        raise ContentError(f"{name}: not readable as YAML ({error})") from None


def _folder(folder: Path) -> Mapping[str, Any]:
    return {file.name: _file(file) for file in sorted(folder.glob("*.yaml"))}


def _file(file: Path) -> Any:
    try:
        return parse_yaml(file.read_text(encoding="utf-8"), file.name)
    except FileNotFoundError:
        raise ContentError(f"{file.name}: the whole file: add it to {file.parent.name}/") from None
    except UnicodeDecodeError:
        raise ContentError(f"{file.name}: the whole file: save it in UTF-8") from None


class _AuthoredLoader(yaml.SafeLoader):
    """YAML whose scalars are those of JSON, and which refuses a name given twice in one mapping."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML keeps resolvers on the class

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the name '{key.value}' needs quotes", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"'{key.value}' is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


for _kind, _pattern, _first in (
    ("bool", r"(?:true|false)$", "tf"),
    ("null", r"(?:null|~|)$", ["n", "~", ""]),
    ("int", r"-?(?:0|[1-9][0-9]*)$", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+$", "-0123456789"),
):
    _AuthoredLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), list(_first))
