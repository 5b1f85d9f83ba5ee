"""Effects become messages: words are chosen here, in the customer's language, so that what was shown is known exactly."""

from __future__ import annotations

from dataclasses import replace

from bot.conversation.ports import Conversation, Key, Outgoing
from bot.core.figures import Chart, Figure, Table
from bot.core.values import Text, Value, Values
from bot.dialogs.effects import Button, Show
from bot.dialogs.state import State
from bot.figures.wording import worded
from bot.texts.texts import Texts


def locale_of(state: State, texts: Texts) -> str:
    """The language of a conversation: the one chosen, else the one the channel claimed, else the default."""
    chosen = state.known.get("locale")
    return texts.nearest(chosen if isinstance(chosen, str) else None)


def outgoing(  # noqa: PLR0913, PLR0917 -- what is shown, to whom, in which words, and where
    show: Show, conversation: Conversation, texts: Texts, release: int, locale: str, target: str | None
) -> Outgoing:
    """The message that shows `show` in the words of `release`; `target` is the channel's id of the message in its slot."""
    return Outgoing(
        conversation=conversation.id,
        channel=conversation.channel,
        address=conversation.address,
        slot=show.slot,
        html="\n\n".join(texts.render(paragraph, locale) for paragraph in show.body),
        keys=tuple(tuple(_key(button, texts, locale) for button in row) for row in show.buttons),
        edit=show.edit,
        target=target,
        ask_contact=texts.label(Text("button.contact"), locale) if show.asks_contact else None,
        figure=worded(show.figure, texts, locale) if show.figure else None,
        release=release,
    )


def _key(button: Button, texts: Texts, locale: str) -> Key:
    label = texts.label(button.label, locale)
    # A word that is small within a sentence begins a label in languages that have capitals.
    return Key(label[:1].upper() + label[1:], button.token, button.url)


def trimmed(text: Text, texts: Texts) -> Text:
    """`text` with only the values that its words name, so that a stored state holds no more than is shown."""
    if not texts.knows(text.key):
        return text
    return Text(text.key, {name: _trimmed(text.values.get(name), texts) for name in texts.placeholders(text.key)})


def _trimmed(value: Value, texts: Texts) -> Value:
    match value:
        case Text():
            return trimmed(value, texts)
        case tuple():
            return tuple(_trimmed(item, texts) for item in value)
        case _:
            return value


def trimmed_figure(figure: Figure, texts: Texts) -> Figure:
    """A figure whose texts are trimmed."""
    match figure:
        case Table():
            return Table(
                tuple(trimmed(title, texts) for title in figure.head),
                tuple(tuple(_trimmed(cell, texts) for cell in row) for row in figure.rows),
                figure.caption and trimmed(figure.caption, texts),
            )
        case Chart():
            return replace(
                figure,
                title=trimmed(figure.title, texts),
                columns=tuple(
                    replace(one, label=_trimmed(one.label, texts), mark=_trimmed(one.mark, texts))
                    for one in figure.columns
                ),
                series=tuple(trimmed(name, texts) for name in figure.series),
                whole=figure.whole and trimmed(figure.whole, texts),
                note=figure.note and trimmed(figure.note, texts),
            )


def trimmed_all(values: Values, texts: Texts) -> Values:
    """Each text among the values trimmed."""
    return {name: _trimmed(value, texts) for name, value in values.items()}
