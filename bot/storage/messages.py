"""Outgoing messages as rows of the outbox, and back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any, Final, Literal

from bot.conversation.ports import Document, Key, Outgoing, Posted, Relayed
from bot.figures.worded import restored, stored
from bot.storage.envelope import place_of
from bot.storage.sealing import Sealing

LEASE: Final = timedelta(seconds=30)
"""How long a message is its own process's to send, from when it is posted or claimed."""
UNREACHABLE: Final = "unreachable"
"""The failure of messages that were given up since their customer cannot be reached."""
ERASED: Final = "erased"
"""The failure of messages that were given up since the customer whom they told of was erased."""
WITHDRAWN: Final = "withdrawn"
"""The failure of marketing that was given up since its customer has taken the consent back."""

Priority = Literal["reply", "notice", "campaign"]
PRIORITIES: Final[tuple[Priority, ...]] = ("reply", "notice", "campaign")


async def encode_message(message: Outgoing, position: int, sealing: Sealing) -> dict[str, Any]:
    """`message` as the statement that posts it takes it; `position` is its place among those of its turn."""
    whose = message.conversation if message.subject is None else message.subject
    content = await sealing.seal(whose, _place(message.conversation, message.slot), _content(message))
    return {
        "position": position,
        "conversation_id": message.conversation,
        "channel": message.channel,
        "subject": message.subject,
        "slot": message.slot,
        "content": f"\\x{content.hex()}",
        "priority": PRIORITIES.index(message.priority),
        "edit": message.edit,
    }


def place(row: Any) -> str:
    """What the content of a row of the outbox is bound to."""
    return _place(row["conversation_id"], row["slot"])


def _place(conversation: int, slot: str) -> str:
    return place_of("outbox", "content", conversation, slot)


def _content(message: Outgoing) -> dict[str, Any]:
    """What is sealed; what is not there is left out."""
    payload: dict[str, Any] = {"address": message.address, "html": message.html, "author": message.author}
    if message.keys:
        payload["keys"] = [[[key.label, key.token, key.url] for key in row] for row in message.keys]
    if message.target is not None:
        payload["target"] = message.target
    if message.ask_contact is not None:
        payload["ask_contact"] = message.ask_contact
    if message.relayed is not None:
        payload["relayed"] = [message.relayed.kind, message.relayed.file]
    if message.figure is not None:
        payload["figure"] = stored(message.figure)
    if message.answers is not None:
        payload["answers"] = message.answers
    if message.answers_slot is not None:
        payload["answers_slot"] = message.answers_slot
    if message.release is not None:
        payload["release"] = message.release
    for name in ("topic", "thread", "ends_topic"):
        if (value := getattr(message, name)) is not None:
            payload[name] = value
    if message.document is not None:
        document = message.document
        payload["document"] = [document.name, document.media_type, b64encode(document.content).decode()]
    return payload


def decode_message(row: Any, payload: dict[str, Any]) -> Outgoing:
    """The message that a row of the outbox holds; `payload` is what was sealed in it."""
    relayed = payload.get("relayed")
    return Outgoing(
        conversation=row["conversation_id"],
        channel=row["channel"],
        address=payload["address"],
        slot=row["slot"],
        html=payload["html"],
        keys=tuple(tuple(Key(*key) for key in keys) for keys in payload.get("keys", ())),
        edit=row["edit"],
        target=payload.get("target"),
        ask_contact=payload.get("ask_contact"),
        relayed=relayed and Relayed(*relayed),
        priority=PRIORITIES[row["priority"]],
        author=payload["author"],
        figure=restored(payload["figure"]) if "figure" in payload else None,
        document=_document(payload.get("document")),
        release=payload.get("release"),
        subject=row["subject"],
        answers=payload.get("answers"),
        answers_slot=payload.get("answers_slot"),
        topic=payload.get("topic"),
        thread=payload.get("thread"),
        ends_topic=payload.get("ends_topic"),
    )


def _document(stored: list[str] | None) -> Document | None:
    if stored is None:
        return None
    name, media_type, content = stored
    return Document(name, media_type, b64decode(content))


def decode_posted(row: Any, payload: dict[str, Any]) -> Posted:
    """The posted message that a row of the outbox is."""
    return Posted(row["id"], decode_message(row, payload))
