"""Words from gettext catalogues: `<folder>/<locale>/LC_MESSAGES/<domain>.po`. A language is a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser

from bot.core.errors import ContentError

Messages: TypeAlias = Mapping[str, Mapping[str, str]]
"""Words by locale and key."""


def read_catalogues(folder: Path) -> Messages:
    """The words of every locale in `folder`, all domains of a locale merged.

    Raises `ContentError` that lists every entry which is fuzzy, empty or said twice, with file, line and key.
    """
    problems: list[str] = []
    messages = {place.name: _merged(place, problems) for place in sorted(folder.iterdir()) if place.is_dir()}
    if not messages:
        problems.append(
            f"{folder.name}: no language has a catalogue; add {folder.name}/<locale>/LC_MESSAGES/<domain>.po"
        )
    if problems:
        raise ContentError("\n".join(problems))
    return messages


class _EveryEntry(Catalog):
    """A catalogue that keeps entries as they come: Babel's own silently merges two with the same key."""

    def __init__(self, locale: str) -> None:
        super().__init__(locale)
        self.entries: list[Message] = []

    def __setitem__(self, id: Any, message: Message) -> None:  # noqa: A002  # the base class names it so
        if id:
            self.entries.append(message)
        else:
            super().__setitem__(id, message)


def _merged(place: Path, problems: list[str]) -> dict[str, str]:
    words: dict[str, str] = {}
    first: dict[str, str] = {}
    for file in sorted(place.glob("LC_MESSAGES/*.po")):
        for message in _entries(file, place.name, problems):
            at = f"{place.name}/LC_MESSAGES/{file.name}:{message.lineno}"
            key, said = str(message.id), str(message.string)
            if key in first:
                problems.append(f"{at}: '{key}' was given before, at {first[key]}; keep one")
            elif fault := _fault(message):
                problems.append(f"{at}: '{key}' {fault}")
            else:
                words[key] = said
            first.setdefault(key, at)
    return words


def _entries(file: Path, locale: str, problems: list[str]) -> Iterator[Message]:
    catalogue = _EveryEntry(locale)
    try:
        with file.open(encoding="utf-8") as lines:
            PoFileParser(catalogue, ignore_obsolete=True, abort_invalid=True).parse(lines)
    except (PoFileError, UnicodeDecodeError) as error:
        line = f":{error.lineno + 1}" if isinstance(error, PoFileError) else ""
        problems.append(f"{locale}/LC_MESSAGES/{file.name}{line}: not a gettext catalogue in UTF-8 ({error})")
    return iter(catalogue.entries)


def _fault(message: Message) -> str | None:
    if message.pluralizable or message.context:
        return "has a plural or a context; a key has one text, plurals are written {count:one|other}"
    if message.fuzzy:
        return "is marked fuzzy; review the words and take the mark off"
    return None if message.string else "has no words; write them or take the entry out"
