"""The commands and the flows that a conversation begins with, as authored in `commands.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.core.errors import ContentError
from bot.dialogs.inputs import normalise
from bot.products.reading import Section
from bot.texts.catalogues import Messages

FILE = "commands.yaml"
PREFIX, SUFFIX = "command.", ".words"
BUILT_IN = frozenset({"start", "help", "cancel", "back", "why", "bot"})
"""Commands that the engine carries out itself, without a flow."""


@dataclass(frozen=True, slots=True)
class Menu:
    """Which flow a new customer enters, which is home, which resumes a form, and which each command opens.

    `links` are the flows that links open, by what their payload begins with.
    """

    entry: str
    home: str
    resume: str
    flows: Mapping[str, str]
    links: Mapping[str, str]


def parse_menu(document: object) -> Menu:
    """The menu as authored. Raises `ContentError` that names field and remedy."""
    section = Section(document, FILE)
    commands = section.section("commands")
    links = section.optional("links", section.section, None)
    menu = Menu(
        entry=section.text("entry"),
        home=section.text("home"),
        resume=section.text("resume"),
        flows={name: commands.text(name) for name in commands.names()},
        links={name: links.text(name) for name in links.names()} if links else {},
    )
    section.done()
    return menu


def command_words(messages: Messages) -> Mapping[str, str]:
    """What may be typed for a command, normalised, and the command it means; of all languages together.

    A text `command.<name>.words` holds them, separated by `|`; `/<name>` is always one. Raises `ContentError` where one word means two commands.
    """
    commands: dict[str, str] = {}
    for word, name in _spoken(messages):
        if commands.setdefault(word, name) != name:
            raise ContentError(
                f"locales: {PREFIX}{name}{SUFFIX}: '{word}' already means the command '{commands[word]}'; keep one"
            )
    return commands


def alternatives(words: str) -> tuple[str, ...]:
    """The words that authors separated by `|`, normalised."""
    return tuple(filter(None, map(normalise, words.split("|"))))


def command_names(keys: Iterable[str]) -> frozenset[str]:
    """The commands that have words."""
    return frozenset(
        key.removeprefix(PREFIX).removesuffix(SUFFIX) for key in keys if key.startswith(PREFIX) and key.endswith(SUFFIX)
    )


def _spoken(messages: Messages) -> Iterator[tuple[str, str]]:
    for _, words in sorted(messages.items()):
        for name in sorted(command_names(words)):
            yield from ((word, name) for word in (f"/{name}", *alternatives(words[f"{PREFIX}{name}{SUFFIX}"])))
