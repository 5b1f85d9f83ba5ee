"""What a customer may type instead of pressing a button: its label, in any language, and its synonyms.

Synonyms of the label `<key>` are the text `<key>.also`, separated by `|`; a language that needs none has none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from bot.dialogs.inputs import normalise
from bot.dialogs.model import Await, Cards, Choose, Flow, Listed, Review, Step
from bot.publishing.menu import alternatives
from bot.texts import markup
from bot.texts.catalogues import Messages

ALSO = ".also"
BUTTONS = "button."
"""Keys of the labels that the program itself puts on buttons begin so."""

_DECORATION = re.compile(r"^[\W_]+|[\W_]+$")


def label_keys(flows: Iterable[Flow], keys: Iterable[str]) -> frozenset[str]:
    """Every text that stands on a button: labels of options, and the program's own."""
    keys = tuple(keys)
    authored = (label for flow in flows for step in flow.steps.values() for label in _labels(step, keys))
    return frozenset(authored).union(
        key.removesuffix(ALSO) for key in keys if key.startswith(BUTTONS) or key.endswith(ALSO)
    )


def label_words(labels: Iterable[str], messages: Messages) -> Mapping[str, frozenset[str]]:
    """What may be typed, normalised, with the labels it can mean. A label with a placeholder has only its synonyms."""
    meant: dict[str, set[str]] = defaultdict(set)
    for key in labels:
        for words in messages.values():
            for word in _typed(words.get(key, ""), words.get(key + ALSO, "")):
                meant[word].add(key)
    return {word: frozenset(keys) for word, keys in meant.items()}


def _typed(label: str, synonyms: str) -> Iterator[str]:
    yield from alternatives(synonyms)
    if "{" not in label:
        plain = markup.bare(label)
        yield from filter(None, {normalise(plain), normalise(_DECORATION.sub("", plain))})


def _labels(step: Step, keys: Iterable[str]) -> tuple[str, ...]:
    """The labels on the buttons of a step; of those that come with values, every one that there are words for."""
    match step:
        case Choose(listed=Listed() as listed):
            return (*listed.labels(keys), *(option.label for option in step.options))
        case Choose() | Cards() | Await():
            return tuple(option.label for option in step.options)
        case Review():
            return (step.confirm,)
    return ()
